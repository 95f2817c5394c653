//! What happened, for people: everything `show_transfers` needs (wallet §3.1, §14.5).

use crate::{
    output::OwnedOutput,
    sent::{Relay, SentDestination, SentTransaction},
    wallet::{PoolRecord, TransactionRecord, Wallet},
};
use oxen_crypto::SubaddressIndex;
use oxen_types::{
    Amount, Hash, Height, KeyImage, PaymentId, PublicKey, Timestamp, UnlockTime,
    scan::{PoolApproval, ScanKind},
    transaction::TransactionType,
};
use std::collections::{BTreeMap, BTreeSet};

/// Where a transfer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferState {
    /// In a block.
    Mined {
        /// Its height.
        height: Height,
        /// When the block was made.
        timestamp: Timestamp,
    },
    /// In the pool.
    Pool {
        /// When the node first saw it.
        received: Timestamp,
        /// Whether service nodes approved it.
        approval: PoolApproval,
    },
    /// Sent by this wallet, not seen by it in pool or block.
    Pending {
        /// When it was made.
        created: Timestamp,
    },
    /// Sent by this wallet, and refused or lost.
    Failed {
        /// When it was made.
        created: Timestamp,
        /// What the daemon said; none when it was lost.
        reason: Option<String>,
    },
}

/// What a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TransferKind {
    /// Somebody paid us.
    Incoming,
    /// A reward: a coinbase output.
    Reward,
    /// We paid, or moved money between own addresses.
    Outgoing,
    /// We staked on a service node.
    Stake,
    /// We asked for a stake back.
    StakeUnlock,
    /// We bought, renewed or changed a name.
    Name,
    /// We burned OXEN for SESH.
    Swap,
}

/// One line of the history. A transaction that pays several of our addresses has one line for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The transaction.
    pub transaction: Hash,
    /// What it is.
    pub kind: TransferKind,
    /// Where it stands.
    pub state: TransferState,
    /// What came, or what went without fee and change.
    pub amount: Amount,
    /// The fee, as far as we paid it.
    pub fee: Amount,
    /// The burned part of it.
    pub burned: Amount,
    /// Its payment id.
    pub payment_id: Option<PaymentId>,
    /// The account it belongs to.
    pub account: u32,
    /// Addresses of the account that got or paid it.
    pub addresses: BTreeSet<u32>,
    /// Whom we paid, where this wallet sent it.
    pub destinations: Vec<SentDestination>,
    /// What came back.
    pub change: Amount,
    /// The longest lock of its outputs.
    pub unlock_time: UnlockTime,
    /// The service node it is about.
    pub service_node: Option<PublicKey>,
    /// What the user wrote.
    pub note: String,
}

impl Transfer {
    /// Blocks on top of it, its own included; 0 while it is not mined.
    #[must_use]
    pub fn confirmations(&self, chain_height: Height) -> u64 {
        match self.state {
            TransferState::Mined { height, .. } => chain_height.since(height),
            _ => 0,
        }
    }

    /// When it happened, as well as that is known.
    #[must_use]
    pub const fn time(&self) -> Timestamp {
        match &self.state {
            TransferState::Mined { timestamp, .. } => *timestamp,
            TransferState::Pool { received, .. } => *received,
            TransferState::Pending { created } | TransferState::Failed { created, .. } => *created,
        }
    }
}

/// Which transfers are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransferFilter {
    /// Only of this account.
    pub account: Option<u32>,
    /// Only of these addresses of it.
    pub addresses: Option<BTreeSet<u32>>,
    /// Only mined at this height or above.
    pub from: Option<Height>,
    /// Only mined at this height or below.
    pub to: Option<Height>,
}

impl TransferFilter {
    fn accepts(&self, transfer: &Transfer) -> bool {
        let in_range = match transfer.state {
            TransferState::Mined { height, .. } => {
                self.from.is_none_or(|from| height >= from) && self.to.is_none_or(|to| height <= to)
            }
            _ => true,
        };
        in_range
            && self.account.is_none_or(|account| account == transfer.account)
            && self
                .addresses
                .as_ref()
                .is_none_or(|wanted| !wanted.is_disjoint(&transfer.addresses))
    }
}

/// What was received at one address.
#[derive(Default)]
struct Received {
    amount: Amount,
    unlock_time: UnlockTime,
}

impl Received {
    fn add(&mut self, amount: Amount, unlock_time: UnlockTime) {
        self.amount = self.amount.checked_add(amount).unwrap_or(self.amount);
        if unlock_time.value() > self.unlock_time.value() {
            self.unlock_time = unlock_time;
        }
    }
}

impl Wallet {
    /// Every transfer that the filter accepts: mined ones in the order of the chain, then those of the pool, pending and
    /// failed ones by time.
    #[must_use]
    pub fn transfers(&self, filter: &TransferFilter) -> Vec<Transfer> {
        let mut mined: Vec<(&Hash, &TransactionRecord)> = self.transactions().iter().collect();
        mined.sort_by_key(|(_, record)| (record.height, record.received.first().copied()));
        let mut transfers: Vec<Transfer> = mined
            .into_iter()
            .flat_map(|(id, record)| self.mined_transfers(id, record))
            .collect();
        let mut waiting: Vec<Transfer> = self
            .waiting_pool()
            .flat_map(|(id, pool)| self.pool_transfers(id, pool))
            .collect();
        waiting.extend(self.unmined_sent().map(|sent| self.unmined_transfer(sent)));
        waiting.sort_by_key(Transfer::time);
        transfers.extend(waiting);
        transfers.retain(|transfer| filter.accepts(transfer));
        transfers
    }

    /// Every line of one transaction.
    #[must_use]
    pub fn transfers_of(&self, id: &Hash) -> Vec<Transfer> {
        let mut transfers: Vec<Transfer> = self
            .transactions()
            .get(id)
            .into_iter()
            .flat_map(|record| self.mined_transfers(id, record))
            .collect();
        transfers.extend(
            self.waiting_pool()
                .filter(|(other, _)| *other == id)
                .flat_map(|(id, pool)| self.pool_transfers(id, pool)),
        );
        transfers.extend(
            self.unmined_sent()
                .filter(|sent| sent.id == *id)
                .map(|sent| self.unmined_transfer(sent)),
        );
        transfers
    }

    /// What this wallet sent and is not mined; those the pool shows are shown from here alone.
    fn unmined_sent(&self) -> impl Iterator<Item = &SentTransaction> {
        self.journal()
            .sent()
            .filter(|sent| !self.transactions().contains_key(&sent.id))
    }

    fn blank(&self, id: &Hash, kind: TransferKind, state: TransferState) -> Transfer {
        Transfer {
            transaction: *id,
            kind,
            state,
            amount: Amount::ZERO,
            fee: Amount::ZERO,
            burned: Amount::ZERO,
            payment_id: None,
            account: 0,
            addresses: BTreeSet::new(),
            destinations: Vec::new(),
            change: Amount::ZERO,
            unlock_time: UnlockTime::NONE,
            service_node: None,
            note: self.journal().note(id).to_owned(),
        }
    }

    fn mined_transfers(&self, id: &Hash, record: &TransactionRecord) -> Vec<Transfer> {
        let state = TransferState::Mined {
            height: record.height,
            timestamp: record.timestamp,
        };
        let received: Vec<&OwnedOutput> = record
            .received
            .iter()
            .filter_map(|index| self.outputs().get(*index))
            .collect();
        if !record.spent.is_empty() {
            return vec![self.mined_outgoing(id, record, &received, state)];
        }
        if let Some(stake) = record.unlocked_stake {
            return vec![self.stake_unlock(id, record, stake, state)];
        }
        let kind = match record.kind {
            ScanKind::Coinbase => TransferKind::Reward,
            ScanKind::Ordinary(_) => TransferKind::Incoming,
        };
        let counted = received.iter().filter(|output| self.outputs().counts(output));
        let by_address = group(counted.map(|output| (output.address, output.amount, output.unlock_time)));
        self.incoming_lines(id, by_address, record.payment_id, kind, &state)
    }

    fn incoming_lines(
        &self,
        id: &Hash,
        by_address: BTreeMap<SubaddressIndex, Received>,
        payment_id: Option<PaymentId>,
        kind: TransferKind,
        state: &TransferState,
    ) -> Vec<Transfer> {
        let line = |(address, received): (SubaddressIndex, Received)| Transfer {
            amount: received.amount,
            unlock_time: received.unlock_time,
            payment_id,
            account: address.major,
            addresses: BTreeSet::from([address.minor]),
            ..self.blank(id, kind, state.clone())
        };
        by_address.into_iter().map(line).collect()
    }

    /// What we spent, less what came back, less the fee.
    fn mined_outgoing(
        &self,
        id: &Hash,
        record: &TransactionRecord,
        received: &[&OwnedOutput],
        state: TransferState,
    ) -> Transfer {
        let spent: Vec<&OwnedOutput> = record
            .spent
            .iter()
            .filter_map(|image| self.outputs().by_key_image(image))
            .collect();
        let add = |outputs: &[&OwnedOutput]| {
            outputs.iter().fold(Amount::ZERO, |sum, output| {
                sum.checked_add(output.amount).unwrap_or(sum)
            })
        };
        let back = add(received);
        let sent = self.journal().sent_transaction(id);
        let kind = kind_of(record.kind);
        Transfer {
            amount: add(&spent).saturating_sub(back).saturating_sub(record.fee),
            fee: record.fee,
            burned: record.burned,
            change: sent.map_or(back, |sent| sent.change),
            account: spent.first().map_or(0, |output| output.address.major),
            addresses: spent.iter().map(|output| output.address.minor).collect(),
            destinations: sent.map(|sent| sent.destinations.clone()).unwrap_or_default(),
            payment_id: sent.and_then(|sent| sent.payment_id),
            unlock_time: sent.map_or(UnlockTime::NONE, |sent| sent.unlock_time),
            service_node: record.service_node,
            ..self.blank(id, kind, state)
        }
        .with_own_payments(sent)
    }

    fn stake_unlock(&self, id: &Hash, record: &TransactionRecord, stake: KeyImage, state: TransferState) -> Transfer {
        let address = self
            .outputs()
            .by_key_image(&stake)
            .map(|output| output.address)
            .unwrap_or_default();
        Transfer {
            account: address.major,
            addresses: BTreeSet::from([address.minor]),
            service_node: record.service_node,
            ..self.blank(id, TransferKind::StakeUnlock, state)
        }
    }

    fn pool_transfers(&self, id: &Hash, pool: &PoolRecord) -> Vec<Transfer> {
        // What we sent ourselves is told by its own record, which knows more.
        if self.journal().sent_transaction(id).is_some() {
            return Vec::new();
        }
        let state = TransferState::Pool {
            received: pool.received,
            approval: pool.approval,
        };
        let by_address = group(
            pool.outputs
                .iter()
                .map(|output| (output.address, output.amount, output.unlock_time)),
        );
        if pool.spent.is_empty() {
            return self.incoming_lines(id, by_address, pool.payment_id, TransferKind::Incoming, &state);
        }
        let spent: Vec<&OwnedOutput> = pool
            .spent
            .iter()
            .filter_map(|image| self.outputs().by_key_image(image))
            .collect();
        let total = super::build::select::total(spent.iter().copied());
        let back = by_address
            .values()
            .fold(Amount::ZERO, |sum, one| sum.checked_add(one.amount).unwrap_or(sum));
        vec![Transfer {
            amount: total.saturating_sub(back).saturating_sub(pool.fee),
            fee: pool.fee,
            change: back,
            account: spent.first().map_or(0, |output| output.address.major),
            addresses: spent.iter().map(|output| output.address.minor).collect(),
            ..self.blank(id, kind_of(pool.kind), state)
        }]
    }

    fn unmined_transfer(&self, sent: &SentTransaction) -> Transfer {
        let created = sent.created;
        let state = match (&sent.relay, self.pool().get(&sent.id)) {
            (Relay::Rejected(reason), _) => TransferState::Failed {
                created,
                reason: Some(reason.clone()),
            },
            (Relay::Dropped, _) => TransferState::Failed { created, reason: None },
            (Relay::Unknown | Relay::Accepted | Relay::Blink { .. }, Some(pool)) => TransferState::Pool {
                received: pool.received,
                approval: pool.approval,
            },
            (Relay::Unknown | Relay::Accepted | Relay::Blink { .. }, None) => TransferState::Pending { created },
        };
        Transfer {
            fee: sent.fee,
            burned: sent.burned,
            payment_id: sent.payment_id,
            account: sent.account,
            addresses: sent.inputs.iter().map(|input| input.address.minor).collect(),
            destinations: sent.destinations.clone(),
            change: sent.change,
            unlock_time: sent.unlock_time,
            service_node: self.stakes().named_node(&sent.id),
            ..self.blank(
                &sent.id,
                kind_of(ScanKind::Ordinary(sent.kind.transaction_type())),
                state,
            )
        }
        .with_own_payments(Some(sent))
    }
}

impl Transfer {
    /// Where the destinations are known, the amount is what they got, ourselves included.
    fn with_own_payments(self, sent: Option<&SentTransaction>) -> Self {
        let Some(sent) = sent else {
            return self;
        };
        let amounts = sent.destinations.iter().map(|destination| destination.amount);
        Self {
            amount: Amount::checked_sum(amounts).unwrap_or(self.amount),
            ..self
        }
    }
}

fn group(outputs: impl Iterator<Item = (SubaddressIndex, Amount, UnlockTime)>) -> BTreeMap<SubaddressIndex, Received> {
    let mut by_address: BTreeMap<SubaddressIndex, Received> = BTreeMap::new();
    for (address, amount, unlock_time) in outputs {
        by_address.entry(address).or_default().add(amount, unlock_time);
    }
    by_address
}

const fn kind_of(kind: ScanKind) -> TransferKind {
    match kind {
        ScanKind::Ordinary(TransactionType::Stake) => TransferKind::Stake,
        ScanKind::Ordinary(TransactionType::OxenNameSystem) => TransferKind::Name,
        ScanKind::Ordinary(TransactionType::OxenSwap) => TransferKind::Swap,
        ScanKind::Ordinary(TransactionType::KeyImageUnlock) => TransferKind::StakeUnlock,
        ScanKind::Ordinary(_) | ScanKind::Coinbase => TransferKind::Outgoing,
    }
}
