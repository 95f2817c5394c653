//! Looking at the pool: money on its way in, and what became of money on its way out (wallet §5.4).

use super::Wallet;
use crate::{
    output::AddressRow,
    scan::Findings,
    sent::{ABSENCES_BEFORE_FAILURE, Relay, SentTransaction},
};
use oxen_crypto::SubaddressIndex;
use oxen_types::{
    Amount, Hash, KeyImage, PaymentId, Timestamp, UnlockTime,
    scan::{PoolApproval, ScanKind, ScanPool, ScanPoolTransaction},
};
use parity_scale_codec::{Decode, Encode};
use std::collections::BTreeSet;

/// An output of ours that is not mined yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PoolOutput {
    /// To which address.
    #[codec(encoded_as = "AddressRow")]
    pub address: SubaddressIndex,
    /// How much.
    pub amount: Amount,
    /// Its lock.
    pub unlock_time: UnlockTime,
}

/// A transaction of the pool that concerns the wallet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PoolRecord {
    /// When the node first saw it.
    pub received: Timestamp,
    /// Whether service nodes approved it.
    pub approval: PoolApproval,
    /// What it is.
    pub kind: ScanKind,
    /// Its fee, burned part included.
    pub fee: Amount,
    /// Its payment id, if it is for us.
    pub payment_id: Option<PaymentId>,
    /// What it pays us.
    pub outputs: Vec<PoolOutput>,
    /// Key images of ours that it spends.
    pub spent: Vec<KeyImage>,
}

impl Wallet {
    /// Takes the whole pool in, with what [`crate::scan::find_in_pool`] found in it. Transactions that this wallet sent and
    /// that are nowhere to be seen twice in a row count as dropped, and free their inputs; blinks not before their quorums can
    /// no longer approve them.
    ///
    /// Answers the ids of transactions that were dropped now.
    pub fn apply_pool(&mut self, pool: &ScanPool, mut findings: Findings) -> Vec<Hash> {
        let transactions: Vec<_> = pool.transactions.iter().map(|entry| &entry.transaction).collect();
        if !findings.is_current(self.table.len()) {
            findings.refresh(&self.current_context(), &transactions);
        }
        self.state.pool = pool
            .transactions
            .iter()
            .enumerate()
            .filter_map(|(place, entry)| Some((entry.transaction.id, self.pool_record(place, entry, &findings)?)))
            .collect();
        let present: BTreeSet<Hash> = transactions.iter().map(|transaction| transaction.id).collect();
        self.count_absences(&present)
    }

    fn pool_record(&self, place: usize, entry: &ScanPoolTransaction, findings: &Findings) -> Option<PoolRecord> {
        let transaction = &entry.transaction;
        let hits: Vec<_> = findings.hits().iter().filter(|hit| hit.transaction == place).collect();
        let own = |image: &&KeyImage| self.state.outputs.by_key_image(image).is_some();
        let spent: Vec<KeyImage> = transaction.key_images.iter().filter(own).copied().collect();
        if hits.is_empty() && spent.is_empty() {
            return None;
        }
        let unlock_time = |position: usize| {
            transaction
                .outputs
                .get(position)
                .map(oxen_types::scan::ScanOutput::unlock_time)
                .unwrap_or_default()
        };
        Some(PoolRecord {
            received: entry.received,
            approval: entry.approval,
            kind: transaction.kind,
            fee: transaction.fee(),
            payment_id: if spent.is_empty() {
                hits.iter().find_map(|hit| hit.payment_id)
            } else {
                None
            },
            outputs: hits
                .iter()
                .map(|hit| PoolOutput {
                    address: hit.address,
                    amount: hit.amount,
                    unlock_time: unlock_time(hit.position),
                })
                .collect(),
            spent,
        })
    }

    fn count_absences(&mut self, present: &BTreeSet<Hash>) -> Vec<Hash> {
        let mut dropped = Vec::new();
        let chain_height = self.state.chain.next();
        for sent in self.state.journal.sent.values_mut() {
            if self.state.transactions.contains_key(&sent.id) {
                continue;
            }
            if present.contains(&sent.id) {
                sent.note_present(chain_height);
            } else if sent.holds_inputs() && !sent.may_be_hidden(chain_height) {
                sent.absences = sent.absences.saturating_add(1);
                if sent.absences >= ABSENCES_BEFORE_FAILURE {
                    sent.relay = Relay::Dropped;
                    dropped.push(sent.id);
                }
            }
        }
        dropped
    }

    /// Transactions of the pool that are not mined by now.
    pub(crate) fn waiting_pool(&self) -> impl Iterator<Item = (&Hash, &PoolRecord)> {
        self.state
            .pool
            .iter()
            .filter(|(id, _)| !self.state.transactions.contains_key(*id))
    }

    /// Transactions of ours that are neither mined nor given up.
    pub(crate) fn waiting_sent(&self) -> impl Iterator<Item = &SentTransaction> {
        let waiting = |sent: &&SentTransaction| sent.holds_inputs() && !self.state.transactions.contains_key(&sent.id);
        self.state.journal.sent.values().filter(waiting)
    }
}
