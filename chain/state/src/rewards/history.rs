//! What L2 recipients had at recent heights: what nodes sign is a balance at a height that can no longer be taken back (bridge
//! §4.1, §4.6).
//!
//! Kept is not the balance of everybody at every height but, for those few whose rows a block changes, what the rows were before.

use super::{AccruedRewards, AccruedRewardsKey, RewardStreams, RewardStreamsRow, accrued_rewards_key, balance::Rates};
use crate::{
    delta::{Overlay, scan_rows},
    table::{Table, TableId, TableKey},
    tables::Totals,
    view::{TypedView, View, ViewError},
};
use oxen_staking_rules::{MilliAmount, Recipient};
use oxen_types::{Height, Network, bytes::EthereumAddress, network::HardForkVersion};
use parity_scale_codec::{Decode, Encode};

/// Heights whose balances can be told, the newest block's among them.
pub const REWARD_HISTORY_BLOCKS: u64 = 65;

/// What a recipient had before a block that changed its rows.
#[derive(Debug, Clone, Copy)]
pub enum RewardHistory {}

impl Table for RewardHistory {
    const ID: TableId = TableId::RewardHistory;
    type Key = RewardHistoryKey;
    type Row = RewardHistoryRow;
}

/// Key of [`RewardHistory`]: those of one block stand together, so that they go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RewardHistoryKey {
    /// The block.
    pub height: Height,
    /// Whose rows it changed.
    pub address: EthereumAddress,
}

impl TableKey for RewardHistoryKey {
    fn to_key_bytes(&self) -> Vec<u8> {
        let mut bytes = self.height.to_key_bytes();
        bytes.extend_from_slice(self.address.as_bytes());
        bytes
    }
}

/// The rows as they were.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RewardHistoryRow {
    /// What was settled.
    pub balance: MilliAmount,
    /// What brought more.
    pub streams: Option<RewardStreamsRow>,
}

/// The lifetime total of an address on L2 after the block at `height`, in thousandths of an atomic SESH; `None` when that is not
/// one of the last [`REWARD_HISTORY_BLOCKS`] of HF21. Nothing for somebody unknown.
///
/// # Errors
/// The state could not be read.
pub fn lifetime_total_at(
    view: &dyn View,
    network: &Network,
    address: EthereumAddress,
    height: Height,
) -> Result<Option<MilliAmount>, ViewError> {
    let tip = view.expect::<Totals>(&())?.tip;
    let is_recent = height <= tip && tip.since(height) < REWARD_HISTORY_BLOCKS;
    if !is_recent || !network.forks.is_active(HardForkVersion::ETHEREUM, height) {
        return Ok(None);
    }
    let rows = rows_at(view, network, address, height, tip)?;
    let Some(streams) = rows.streams else {
        return Ok(Some(rows.balance));
    };
    let rates = Rates::between(view, streams.settled, height)?;
    let total = rates
        .pending(&streams, height)
        .and_then(|pending| rows.balance.checked_add(pending));
    total.map(Some).ok_or(ViewError::Corrupt {
        table: RewardHistory::ID,
    })
}

/// The rows as they were after the block at `height`: those before the first later block that changed them, or today's.
fn rows_at(
    view: &dyn View,
    network: &Network,
    address: EthereumAddress,
    height: Height,
    tip: Height,
) -> Result<RewardHistoryRow, ViewError> {
    let mut later = height.next();
    while later <= tip {
        let key = RewardHistoryKey { height: later, address };
        if let Some(row) = view.get::<RewardHistory>(&key)? {
            return Ok(row);
        }
        later = later.next();
    }
    let key = accrued_rewards_key(&Recipient::Ethereum(address), network);
    key.map_or(Ok(RewardHistoryRow::NOTHING), |key| rows_now(view, &key))
}

impl RewardHistoryRow {
    const NOTHING: Self = Self {
        balance: MilliAmount::ZERO,
        streams: None,
    };
}

fn rows_now(view: &(impl View + ?Sized), key: &AccruedRewardsKey) -> Result<RewardHistoryRow, ViewError> {
    let settled = view.get::<AccruedRewards>(key)?;
    Ok(RewardHistoryRow {
        balance: settled.map_or(MilliAmount::ZERO, |row| row.balance),
        streams: view.get::<RewardStreams>(key)?,
    })
}

/// Keeps the rows of a recipient before the block at `height` changes them for the first time. Only L2 recipients have a
/// history.
pub(super) fn remember(
    state: &mut Overlay<&dyn View>,
    key: &AccruedRewardsKey,
    recipient: &Recipient,
    height: Height,
) -> Result<(), ViewError> {
    let Recipient::Ethereum(address) = *recipient else {
        return Ok(());
    };
    let place = RewardHistoryKey { height, address };
    if !state.contains::<RewardHistory>(&place)? {
        let before = rows_now(&*state, key)?;
        state.put::<RewardHistory>(&place, &before);
    }
    Ok(())
}

/// Drops what no height that can be told needs any more after the block at `height`.
pub(super) fn forget_old(state: &mut Overlay<&dyn View>, height: Height) -> Result<(), ViewError> {
    let Some(old) = height.checked_sub(REWARD_HISTORY_BLOCKS) else {
        return Ok(());
    };
    for (key, _) in scan_rows::<RewardHistory>(&*state, &old.to_key_bytes(), &[], usize::MAX)? {
        let address = key
            .last_chunk::<{ EthereumAddress::LENGTH }>()
            .ok_or(ViewError::Corrupt {
                table: RewardHistory::ID,
            })?;
        let address = EthereumAddress::new(*address);
        state.delete::<RewardHistory>(&RewardHistoryKey { height: old, address });
    }
    Ok(())
}
