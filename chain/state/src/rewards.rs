//! Accrued rewards: who is due at a height, what a block adds (chain §4.7).

use crate::{
    delta::{Overlay, scan_rows},
    service_nodes::RewardDuties,
    table::{Table, TableId, TableKey},
    view::{TypedView, View, ViewError},
};
use oxen_crypto::address::{Address, AddressKind, AddressPrefixes};
use oxen_staking_rules::{BatchPayout, MilliAmount, Recipient};
use oxen_types::{
    Amount, Height, Network,
    network::{
        FoundationAccrual, HardForkVersion, PaymentStart,
        constants::{FOUNDATION_BLOCK_REWARD, SERVICE_NODE_BLOCK_REWARD},
    },
};
use parity_scale_codec::{Decode, Encode};
use thiserror::Error;

/// Accrued rewards by payout offset and address text, so that those due at a height stand together in the order in which the
/// coinbase must pay them.
#[derive(Debug, Clone, Copy)]
pub enum AccruedRewards {}

impl Table for AccruedRewards {
    const ID: TableId = TableId::AccruedRewards;
    type Key = AccruedRewardsKey;
    type Row = AccruedRewardsRow;
}

/// Key of [`AccruedRewards`].
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// What a recipient has accrued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct AccruedRewardsRow {
    /// Who.
    pub recipient: Recipient,
    /// How much.
    pub balance: MilliAmount,
}

/// Why rewards could not be accrued.
#[derive(Debug, Error)]
pub enum RewardError {
    /// A sum leaves 64 bits.
    #[error("accrued rewards overflow")]
    Overflow,
    /// A recipient's keys are not those of an address.
    #[error("a recipient's keys are not curve points")]
    InvalidRecipient,
    /// The state could not be read.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// The payouts that the coinbase at `height` must make, in their order (step 2). Rewards that the block itself adds do not
/// count.
///
/// # Errors
/// The state could not be read.
pub fn due_payouts(view: &dyn View, network: &Network, height: Height) -> Result<Vec<BatchPayout>, ViewError> {
    let Some(begin) = network.forks.begins(HardForkVersion::REWARD_BATCHING) else {
        return Ok(Vec::new());
    };
    let started = match network.batching.payments {
        PaymentStart::AfterFork => height > begin,
        PaymentStart::AtFork => height >= begin,
    };
    if !started {
        return Ok(Vec::new());
    }
    let offset = height
        .index()
        .checked_rem(network.batching.interval_blocks)
        .unwrap_or(0);
    let rows = scan_rows::<AccruedRewards>(view, &offset.to_be_bytes(), &[], usize::MAX)?;
    Ok(rows
        .into_iter()
        .map(|(_, row)| BatchPayout {
            recipient: row.recipient,
            amount: row.balance.whole(),
        })
        .filter(|payout| payout.amount >= network.batching.minimum_payment)
        .collect())
}

/// What a block added to all balances together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accrued {
    /// New money.
    pub created: MilliAmount,
    /// Fees that changed hands; less than what was paid by what rounding and mined blocks lose.
    pub credited_fees: MilliAmount,
}

/// What a block adds to and takes from the accrued rewards.
pub struct RewardLedger<'a, 'v> {
    state: &'a mut Overlay<&'v dyn View>,
    network: &'a Network,
}

impl<'a, 'v> RewardLedger<'a, 'v> {
    /// Works on the state of one block.
    pub fn new(state: &'a mut Overlay<&'v dyn View>, network: &'a Network) -> Self {
        Self { state, network }
    }

    /// Takes off what the coinbase paid (step 3).
    ///
    /// # Errors
    /// The state could not be read, or a balance is smaller than its payout.
    pub fn pay(&mut self, payouts: &[BatchPayout]) -> Result<(), RewardError> {
        for payout in payouts {
            let key = self.key(&payout.recipient)?;
            let paid = MilliAmount::from_amount(payout.amount).ok_or(RewardError::Overflow)?;
            let row = self.state.expect::<AccruedRewards>(&key)?;
            let balance = row.balance.checked_sub(paid).ok_or(RewardError::Overflow)?;
            self.write(&key, payout.recipient, balance);
        }
        Ok(())
    }

    /// Adds what the block earned (step 4): fees to its producer, the service node reward to every payable node in equal
    /// parts, and the foundation's.
    ///
    /// # Errors
    /// The state could not be read, or a balance overflows.
    pub fn accrue(
        &mut self,
        height: Height,
        credited_fees: Amount,
        duties: &RewardDuties,
    ) -> Result<Accrued, RewardError> {
        let mut credited = MilliAmount::ZERO;
        if let Some(producer) = &duties.producer {
            let fees = MilliAmount::from_amount(credited_fees).ok_or(RewardError::Overflow)?;
            for (recipient, amount) in producer.split(fees) {
                self.add(recipient, amount)?;
                credited = credited.checked_add(amount).ok_or(RewardError::Overflow)?;
            }
        }
        let mut created = MilliAmount::ZERO;
        let reward = MilliAmount::from_amount(SERVICE_NODE_BLOCK_REWARD).ok_or(RewardError::Overflow)?;
        let share = reward.share(duties.payable.len() as u64);
        for node in &duties.payable {
            for (recipient, amount) in node.split(share) {
                self.add(recipient, amount)?;
                created = created.checked_add(amount).ok_or(RewardError::Overflow)?;
            }
        }
        if self.network.batching.foundation == FoundationAccrual::Paid
            && let Some(foundation) = self.foundation(height)
        {
            let amount = MilliAmount::from_amount(FOUNDATION_BLOCK_REWARD).ok_or(RewardError::Overflow)?;
            self.add(&foundation, amount)?;
            created = created.checked_add(amount).ok_or(RewardError::Overflow)?;
        }
        Ok(Accrued {
            created,
            credited_fees: credited,
        })
    }

    /// The foundation's address at this height.
    fn foundation(&self, height: Height) -> Option<Recipient> {
        let text = self
            .network
            .governance
            .at(self.network.forks.version_at(height).version);
        let address = Address::parse(text, &self.prefixes()).ok()?;
        Some(Recipient {
            spend: address.spend(),
            view: address.view(),
        })
    }

    fn add(&mut self, recipient: &Recipient, amount: MilliAmount) -> Result<(), RewardError> {
        let key = self.key(recipient)?;
        let before = self
            .state
            .get::<AccruedRewards>(&key)?
            .map_or(MilliAmount::ZERO, |row| row.balance);
        let balance = before.checked_add(amount).ok_or(RewardError::Overflow)?;
        self.write(&key, *recipient, balance);
        Ok(())
    }

    /// Zero balances have no row.
    fn write(&mut self, key: &AccruedRewardsKey, recipient: Recipient, balance: MilliAmount) {
        if balance == MilliAmount::ZERO {
            self.state.delete::<AccruedRewards>(key);
        } else {
            self.state
                .put::<AccruedRewards>(key, &AccruedRewardsRow { recipient, balance });
        }
    }

    fn prefixes(&self) -> AddressPrefixes {
        address_prefixes(self.network)
    }

    fn key(&self, recipient: &Recipient) -> Result<AccruedRewardsKey, RewardError> {
        accrued_rewards_key(recipient, self.network).ok_or(RewardError::InvalidRecipient)
    }
}

/// Where a recipient's rewards stand; `None` when its keys are not curve points.
#[must_use]
pub fn accrued_rewards_key(recipient: &Recipient, network: &Network) -> Option<AccruedRewardsKey> {
    let address = Address::new(AddressKind::Standard, recipient.spend, recipient.view).ok()?;
    Some(AccruedRewardsKey {
        offset: recipient.payout_offset(network.batching.interval_blocks),
        address: address.encode(&address_prefixes(network)),
    })
}

/// The network's address prefixes as the address codec takes them.
#[must_use]
pub fn address_prefixes(network: &Network) -> AddressPrefixes {
    AddressPrefixes {
        standard: network.address_prefixes.standard,
        integrated: network.address_prefixes.integrated,
        subaddress: network.address_prefixes.subaddress,
    }
}
