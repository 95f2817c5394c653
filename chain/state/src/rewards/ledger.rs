//! What a block adds to and takes from the accrued rewards.

use super::{
    AccruedRewards, AccruedRewardsKey, AccruedRewardsRow, NewestFirst, RewardRate, RewardRates, RewardStream,
    RewardStreams, RewardStreamsRow, accrued_rewards_key,
    balance::{Rates, decode_key, offset_prefix},
    history,
};
use crate::{
    delta::{Overlay, scan_rows},
    service_nodes::{EarningNode, PayableChange, Producer, RewardDuties},
    table::Table,
    view::{TypedView, View, ViewError},
};
use oxen_crypto::address::Address;
use oxen_staking_rules::{BatchPayout, MilliAmount, NodeShares, Recipient, RewardPart};
use oxen_types::{
    Amount, Height, Network,
    network::{
        FoundationAccrual,
        constants::{FOUNDATION_BLOCK_REWARD, SERVICE_NODE_BLOCK_REWARD},
    },
};
use std::collections::BTreeMap;
use thiserror::Error;

/// Why rewards could not be accrued.
#[derive(Debug, Error)]
pub enum RewardError {
    /// A sum leaves its bits, or a balance is smaller than its payout.
    #[error("accrued rewards overflow")]
    Overflow,
    /// A recipient's keys are not those of an address.
    #[error("a recipient's keys are not curve points")]
    InvalidRecipient,
    /// The block took its own producer off the registry and has fees, which nobody can be credited with (staking §22, quirk 7).
    #[error("the block's producer is no longer registered after it, so its fees cannot be credited")]
    ProducerGone,
    /// The state could not be read.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// What a block added to all balances together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accrued {
    /// New money.
    pub created: MilliAmount,
    /// Fees that changed hands; less than what was paid by what rounding and mined blocks lose.
    pub credited_fees: MilliAmount,
}

impl Accrued {
    /// A block that adds no OXEN.
    pub const NOTHING: Self = Self {
        created: MilliAmount::ZERO,
        credited_fees: MilliAmount::ZERO,
    };
}

/// What a block adds to and takes from the accrued rewards.
pub struct RewardLedger<'a, 'v> {
    pub(super) state: &'a mut Overlay<&'v dyn View>,
    pub(super) network: &'a Network,
    pub(super) height: Height,
}

impl<'a, 'v> RewardLedger<'a, 'v> {
    /// Works on the state of the block at `height`.
    pub fn new(state: &'a mut Overlay<&'v dyn View>, network: &'a Network, height: Height) -> Self {
        Self { state, network, height }
    }

    /// Settles the streams of those whose turn it is, and takes off what the coinbase paid (step 3).
    ///
    /// # Errors
    /// The state could not be read, or a balance is smaller than its payout.
    pub fn pay(&mut self, payouts: &[BatchPayout]) -> Result<(), RewardError> {
        self.settle_due()?;
        let prefix = offset_prefix(self.network, self.height);
        let rows = scan_rows::<AccruedRewards>(&*self.state, &prefix, &[], usize::MAX)?;
        // Keys are taken from the table: making the text of an address is the dearest thing here.
        let mut rows: BTreeMap<Recipient, (Vec<u8>, MilliAmount)> = rows
            .into_iter()
            .map(|(key, row)| (row.recipient, (key, row.balance)))
            .collect();
        for payout in payouts {
            let missing = ViewError::Missing {
                table: AccruedRewards::ID,
            };
            let (key, balance) = rows.remove(&payout.recipient).ok_or(missing)?;
            let paid = MilliAmount::from_amount(payout.amount);
            let balance = balance.checked_sub(paid).ok_or(RewardError::Overflow)?;
            self.write(&decode_key(&key)?, payout.recipient, balance);
        }
        Ok(())
    }

    /// Adds what the block earned (step 4): fees to its producer, the service node reward to every payable node in equal
    /// parts, and the foundation's.
    ///
    /// # Errors
    /// The state could not be read, or a balance overflows.
    pub fn accrue(&mut self, credited_fees: Amount, duties: &RewardDuties) -> Result<Accrued, RewardError> {
        let credited = self.credit_fees(credited_fees, &duties.producer)?;
        let mut created = match &duties.change {
            Some(change) => self.change_payable(change)?,
            None => self.newest_rate()?.map_or(MilliAmount::ZERO, |rate| rate.created),
        };
        if self.network.batching.foundation == FoundationAccrual::Paid
            && let Some(foundation) = self.foundation()
        {
            let amount = MilliAmount::from_amount(FOUNDATION_BLOCK_REWARD);
            self.add(&foundation, amount)?;
            created = created.checked_add(amount).ok_or(RewardError::Overflow)?;
        }
        Ok(Accrued {
            created,
            credited_fees: credited,
        })
    }

    fn credit_fees(&mut self, fees: Amount, producer: &Producer) -> Result<MilliAmount, RewardError> {
        let shares = match producer {
            Producer::Miner => return Ok(MilliAmount::ZERO),
            Producer::Gone if fees.is_zero() => return Ok(MilliAmount::ZERO),
            Producer::Gone => return Err(RewardError::ProducerGone),
            Producer::Node(shares) => shares,
        };
        let fees = MilliAmount::from_amount(fees);
        let mut credited = MilliAmount::ZERO;
        for (recipient, amount) in shares.split(fees) {
            self.add(recipient, amount)?;
            credited = credited.checked_add(amount).ok_or(RewardError::Overflow)?;
        }
        Ok(credited)
    }

    /// Ends and begins streams, and sets the rate from this block on; returns what the block creates.
    fn change_payable(&mut self, change: &PayableChange) -> Result<MilliAmount, RewardError> {
        self.change_streams(change)?;
        let reward = MilliAmount::from_amount(SERVICE_NODE_BLOCK_REWARD);
        let node = reward.share(change.payable.len() as u64);
        let created = created_per_block(&change.payable, node).ok_or(RewardError::Overflow)?;
        let rate = RewardRate {
            from: self.height,
            node,
            created,
        };
        self.state.put::<RewardRates>(&NewestFirst(self.height), &rate);
        Ok(created)
    }

    /// Ends and begins streams.
    pub(super) fn change_streams(&mut self, change: &PayableChange) -> Result<(), RewardError> {
        let mut touched: BTreeMap<AccruedRewardsKey, RewardStreamsRow> = BTreeMap::new();
        for EarningNode { key: node, shares } in &change.stopped {
            for (recipient, _) in shares.parts() {
                let row = self.settled_row(&mut touched, recipient)?;
                row.streams.retain(|stream| stream.node != *node);
            }
        }
        for EarningNode { key: node, shares } in &change.started {
            for (recipient, part) in shares.parts() {
                if part != (RewardPart::OperatorFee { portions: 0 }) {
                    let stream = RewardStream { node: *node, part };
                    self.settled_row(&mut touched, recipient)?.streams.push(stream);
                }
            }
        }
        for (key, row) in touched {
            if row.streams.is_empty() {
                self.state.delete::<RewardStreams>(&key);
            } else {
                self.state.put::<RewardStreams>(&key, &row);
            }
        }
        Ok(())
    }

    /// The streams of a recipient, settled up to the block before, to be changed.
    fn settled_row<'t>(
        &mut self,
        touched: &'t mut BTreeMap<AccruedRewardsKey, RewardStreamsRow>,
        recipient: &Recipient,
    ) -> Result<&'t mut RewardStreamsRow, RewardError> {
        let key = self.key(recipient)?;
        if !touched.contains_key(&key) {
            let settled = self.height.saturating_sub(1);
            history::remember(self.state, &key, recipient, self.height)?;
            let row = match self.state.get::<RewardStreams>(&key)? {
                Some(row) => {
                    let rates = Rates::between(&*self.state, row.settled, settled)?;
                    self.settle(&key, row, &rates)?
                }
                None => RewardStreamsRow {
                    recipient: *recipient,
                    settled,
                    streams: Vec::new(),
                },
            };
            touched.insert(key.clone(), row);
        }
        touched.get_mut(&key).ok_or(RewardError::InvalidRecipient)
    }

    /// Settles everybody whose turn comes at this height, paid or not, so that no stream runs for longer than an interval.
    pub(super) fn settle_due(&mut self) -> Result<(), RewardError> {
        let prefix = offset_prefix(self.network, self.height);
        let rows = scan_rows::<RewardStreams>(&*self.state, &prefix, &[], usize::MAX)?;
        let Some(oldest) = rows.iter().map(|(_, row)| row.settled).min() else {
            return Ok(());
        };
        let rates = Rates::between(&*self.state, oldest, self.height.saturating_sub(1))?;
        for (key, row) in rows {
            let key = decode_key(&key)?;
            history::remember(self.state, &key, &row.recipient, self.height)?;
            let settled = self.settle(&key, row, &rates)?;
            self.state.put::<RewardStreams>(&key, &settled);
        }
        Ok(())
    }

    /// Moves what the streams brought up to the block before into the balance.
    fn settle(
        &mut self,
        key: &AccruedRewardsKey,
        mut row: RewardStreamsRow,
        rates: &Rates,
    ) -> Result<RewardStreamsRow, RewardError> {
        let last = self.height.saturating_sub(1);
        let pending = rates.pending(&row, last).ok_or(RewardError::Overflow)?;
        if pending != MilliAmount::ZERO {
            self.add_under(key, &row.recipient, pending)?;
        }
        row.settled = last;
        Ok(row)
    }

    pub(super) fn newest_rate(&self) -> Result<Option<RewardRate>, RewardError> {
        let newest = scan_rows::<RewardRates>(&*self.state, &[], &[], 1)?;
        Ok(newest.into_iter().next().map(|(_, rate)| rate))
    }

    /// The foundation's address at this height.
    fn foundation(&self) -> Option<Recipient> {
        let version = self.network.forks.version_at(self.height).version;
        let text = self.network.governance.at(version);
        let address = Address::parse(text, &self.network.address_prefixes).ok()?;
        Some(Recipient::Oxen {
            spend: address.spend(),
            view: address.view(),
        })
    }

    pub(super) fn add(&mut self, recipient: &Recipient, amount: MilliAmount) -> Result<(), RewardError> {
        let key = self.key(recipient)?;
        self.add_under(&key, recipient, amount)
    }

    fn add_under(
        &mut self,
        key: &AccruedRewardsKey,
        recipient: &Recipient,
        amount: MilliAmount,
    ) -> Result<(), RewardError> {
        history::remember(self.state, key, recipient, self.height)?;
        let before = self
            .state
            .get::<AccruedRewards>(key)?
            .map_or(MilliAmount::ZERO, |row| row.balance);
        let balance = before.checked_add(amount).ok_or(RewardError::Overflow)?;
        self.write(key, *recipient, balance);
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

    fn key(&self, recipient: &Recipient) -> Result<AccruedRewardsKey, RewardError> {
        accrued_rewards_key(recipient, self.network).ok_or(RewardError::InvalidRecipient)
    }
}

/// What reaches the contributors of all nodes when each node earns `node`; `None` when the sum overflows.
fn created_per_block(payable: &[NodeShares], node: MilliAmount) -> Option<MilliAmount> {
    payable
        .iter()
        .flat_map(|shares| shares.split(node))
        .try_fold(MilliAmount::ZERO, |sum, (_, amount)| sum.checked_add(amount))
}
