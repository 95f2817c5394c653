//! Accrued rewards: what a block adds to balances, who is due at a height (chain §4.7).
//!
//! A node's reward is split among its contributors in the same way in every block that has as many paid nodes, so a block does
//! not touch the balances of thousands of contributors: it only continues a [`RewardRate`]. A balance is what was
//! [settled](AccruedRewards), and what [streams](RewardStreams) have brought in since, at the rates of those blocks; every
//! stream is settled when it begins, when it ends, and when its recipient's turn to be paid comes. The sums are those of the
//! reference to the last thousandth of an atomic unit.
//!
//! [`balance`] reads, [`ledger`] writes. From HF21 on `ethereum` does, in SESH, and [`history`] tells what was at recent heights.

pub mod balance;
mod ethereum;
pub mod history;
pub mod ledger;

pub use balance::{Balance, balance_of, balances, balances_after, due_payouts, whole};
pub use history::{REWARD_HISTORY_BLOCKS, lifetime_total_at};
pub use ledger::{Accrued, RewardError, RewardLedger};

use crate::table::{Table, TableId, TableKey};
use oxen_crypto::address::{Address, AddressKind};
use oxen_staking_rules::{MilliAmount, Recipient, RewardPart};
use oxen_types::{Height, Network, PublicKey};
use parity_scale_codec::{Decode, Encode};

/// Settled balances by payout offset and address text, so that those due at a height stand together in the order in which the
/// coinbase must pay them.
#[derive(Debug, Clone, Copy)]
pub enum AccruedRewards {}

impl Table for AccruedRewards {
    const ID: TableId = TableId::AccruedRewards;
    type Key = AccruedRewardsKey;
    type Row = AccruedRewardsRow;
}

/// Streams of a recipient, under the keys of [`AccruedRewards`].
#[derive(Debug, Clone, Copy)]
pub enum RewardStreams {}

impl Table for RewardStreams {
    const ID: TableId = TableId::RewardStreams;
    type Key = AccruedRewardsKey;
    type Row = RewardStreamsRow;
}

/// What a paid node earns a block, by the height from which on it does, newest first.
#[derive(Debug, Clone, Copy)]
pub enum RewardRates {}

impl Table for RewardRates {
    const ID: TableId = TableId::RewardRates;
    type Key = NewestFirst;
    type Row = RewardRate;
}

/// A height as a key; the newest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewestFirst(pub Height);

impl TableKey for NewestFirst {
    fn to_key_bytes(&self) -> Vec<u8> {
        (!self.0.index()).to_be_bytes().to_vec()
    }
}

/// Key of [`AccruedRewards`] and [`RewardStreams`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccruedRewardsKey {
    /// [`Recipient::payout_offset`].
    pub offset: u64,
    /// The address as text; payouts are sorted by its bytes.
    pub address: String,
}

impl TableKey for AccruedRewardsKey {
    fn to_key_bytes(&self) -> Vec<u8> {
        let mut bytes = self.offset.to_be_bytes().to_vec();
        bytes.extend_from_slice(self.address.as_bytes());
        bytes
    }
}

/// What a recipient had at the last settlement, less what was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct AccruedRewardsRow {
    /// Who.
    pub recipient: Recipient,
    /// How much.
    pub balance: MilliAmount,
}

/// What brings a recipient more with every block.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RewardStreamsRow {
    /// Who.
    pub recipient: Recipient,
    /// The last block whose rewards are in the settled balance.
    pub settled: Height,
    /// From where more comes.
    pub streams: Vec<RewardStream>,
}

/// A recipient's part of one node's rewards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct RewardStream {
    /// Primary key of the node.
    pub node: PublicKey,
    /// The part.
    pub part: RewardPart,
}

/// What every paid node earns from some block on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct RewardRate {
    /// The first block with this rate.
    pub from: Height,
    /// A node's reward per block.
    pub node: MilliAmount,
    /// What reaches contributors per block, all nodes together; less than all nodes' rewards by what rounding loses.
    pub created: MilliAmount,
}

/// Where a recipient's rewards stand; `None` when its keys are not curve points.
#[must_use]
pub fn accrued_rewards_key(recipient: &Recipient, network: &Network) -> Option<AccruedRewardsKey> {
    let address = match recipient {
        Recipient::Oxen { spend, view } => Address::new(AddressKind::Standard, *spend, *view)
            .ok()?
            .encode(&network.address_prefixes),
        Recipient::Ethereum(address) => format!("0x{address}"),
    };
    Some(AccruedRewardsKey {
        offset: recipient.payout_offset(network.batching.interval_blocks),
        address,
    })
}
