//! Filling the pool after a restart, and emptying it of what waited too long.

use crate::{
    blinks::KnownBlink,
    mempool::Mempool,
    promises::{Purpose, promise_key},
    storage::{StorageError, StoredEntry},
};
use oxen_node_api::{ApprovedBlink, BlinkState, PoolTransaction, Relay, Source};
use oxen_staking_rules::blink::is_held;
use oxen_state::{
    View,
    block::weight::WeightLimits,
    names::check_name_transaction,
    queries,
    transaction::{CheckedTransaction, spent_key_image},
};
use oxen_types::{Hash, Timestamp, transaction::TransactionType};
use oxen_verifier::Resolved;
use std::{collections::HashSet, sync::Arc};

/// What a restart found in the copy on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reloaded {
    /// Back in the pool.
    pub kept: usize,
    /// Dropped, because the chain moved on without them.
    pub dropped: usize,
}

impl Mempool {
    /// Takes up what the last run left. Proofs are verified in one batch; what does not fit the chain any more is dropped.
    ///
    /// # Errors
    /// The copy on disk could not be read.
    pub fn reload(&self) -> Result<Reloaded, StorageError> {
        let snapshot = self.parts.chain.snapshot();
        let view: &dyn View = &*snapshot;
        let (promised, mut stored): (Vec<_>, Vec<_>) = self
            .parts
            .storage
            .load()?
            .into_iter()
            .partition(|(_, row)| row.is_promise);
        let mut dropped = self.reload_promises(view, &promised);
        let waiting: HashSet<Hash> = stored.iter().map(|(id, _)| *id).collect();
        let blinks = self.reload_blinks(view)?;
        stored.extend(blinks.into_iter().filter(|(id, _)| !waiting.contains(id)));
        let ended_promises = dropped.len();
        let mut entries = Vec::new();
        for (id, entry) in stored {
            match self.readmit(view, &id, &entry) {
                Some(resolved) => entries.push((entry, resolved)),
                None => dropped.push(id),
            }
        }
        let batch: Vec<Resolved> = entries.iter().map(|(_, resolved)| resolved.clone()).collect();
        let all_valid = self.parts.verifier.verify(&batch).is_ok();
        let height = queries::totals(view)
            .map(|totals| totals.tip.next())
            .unwrap_or_default();
        let mut kept = 0;
        for (entry, resolved) in entries {
            let id = resolved.0.id();
            // One bad transaction fails the batch: then each is asked for itself.
            if !all_valid && self.parts.verifier.verify(std::slice::from_ref(&resolved)).is_err() {
                dropped.push(resolved.0.id());
                continue;
            }
            // The node may have stopped between the two writes of an approval, when its entry was still held.
            let (blink, relay) = if self.lock().blinks.contains(&id) {
                (BlinkState::Approved, Relay::Relay)
            } else {
                (entry.blink(), entry.relay())
            };
            let transaction = PoolTransaction {
                transaction: resolved.0,
                received: entry.received,
                relay,
                source: entry.source(),
                blob: Arc::new(entry.blob),
                last_relayed: None,
                double_spend_seen: false,
                verified_at: height,
                last_failure: None,
                blink,
            };
            let mut inner = self.lock();
            if let BlinkState::Held { authorization } = transaction.blink {
                inner
                    .promises
                    .make(&transaction.transaction, authorization, Purpose::Sending);
            }
            inner.contents.insert(transaction);
            drop(inner);
            kept += 1;
        }
        self.parts.storage.update(&[], &dropped)?;
        Ok(Reloaded {
            kept,
            dropped: dropped.len().saturating_sub(ended_promises),
        })
    }

    /// Takes up what was promised before an approval was signed; returns the rows that are of no use any more.
    fn reload_promises(&self, view: &dyn View, promised: &[(Hash, StoredEntry)]) -> Vec<Hash> {
        let Ok(height) = queries::totals(view).map(|totals| totals.tip.next()) else {
            return Vec::new();
        };
        let version = self.parts.chain.network().forks.version_at(height).version;
        let mut ended = Vec::new();
        for (key, row) in promised {
            let checked = CheckedTransaction::from_blob(&row.blob, version).ok();
            let authorization = row
                .held_for_blink
                .filter(|authorization| is_held(*authorization, height));
            match (checked, authorization) {
                (Some(transaction), Some(authorization)) if promise_key(&transaction.id()) == *key => {
                    self.lock().promises.make(&transaction, authorization, Purpose::Signing);
                }
                _ => ended.push(*key),
            }
        }
        ended
    }

    /// Takes up the approved blinks that are not final, and gives those that a block does not hold as entries of the pool.
    fn reload_blinks(&self, view: &dyn View) -> Result<Vec<(Hash, StoredEntry)>, StorageError> {
        let Ok(height) = queries::totals(view).map(|totals| totals.tip.next()) else {
            return Ok(Vec::new());
        };
        let version = self.parts.chain.network().forks.version_at(height).version;
        let mut waiting = Vec::new();
        let mut undecodable = Vec::new();
        for (id, stored) in self.parts.storage.load_blinks()? {
            let checked = CheckedTransaction::from_blob(&stored.blob, version).ok();
            let Some(transaction) = checked.filter(|transaction| transaction.id() == id) else {
                undecodable.push(id);
                continue;
            };
            self.lock().blinks.insert(KnownBlink {
                blink: ApprovedBlink {
                    certificate: stored.certificate,
                    blob: Arc::new(stored.blob.clone()),
                },
                transaction: Arc::new(transaction),
            });
            if queries::transaction_row(view, &id).is_ok_and(|row| row.is_none()) {
                let entry = StoredEntry {
                    blob: stored.blob,
                    received: stored.received,
                    kept_back: false,
                    from_reverted_block: false,
                    held_for_blink: None,
                    is_promise: false,
                };
                waiting.push((id, entry));
            }
        }
        let settled = self.drop_settled_blinks(&mut self.lock(), &[], view);
        undecodable.extend(settled);
        self.parts.storage.update_blinks(&[], &undecodable)?;
        Ok(waiting)
    }

    fn readmit(&self, view: &dyn View, id: &Hash, entry: &StoredEntry) -> Option<Resolved> {
        let totals = queries::totals(view).ok()?;
        let height = totals.tip.next();
        let version = self.parts.chain.network().forks.version_at(height).version;
        let transaction = Arc::new(CheckedTransaction::from_blob(&entry.blob, version).ok()?);
        let known = queries::transaction_row(view, id).ok()?.is_some();
        if transaction.id() != *id || known || spent_key_image(view, &transaction).ok()?.is_some() {
            return None;
        }
        if self.lock().blinks.conflict(&transaction).is_some() {
            return None;
        }
        self.parts
            .service_nodes
            .check_transaction(view, &transaction, height)
            .ok()?;
        check_name_transaction(view, self.parts.chain.network(), &transaction, height).ok()?;
        if transaction.transaction().prefix.kind == TransactionType::OxenSwap {
            let limits = WeightLimits::of_next_block(view, &totals).ok()?;
            self.check_swap(view, &transaction, height, &limits).ok()?;
        }
        let rings = self.resolve(view, &transaction, height).ok()?;
        Some((transaction, rings))
    }

    /// Drops what waited longer than its kind may and remembers it, so that it is not taken again. Returns how many.
    pub fn expire(&self, now: Timestamp) -> usize {
        let settings = self.parts.settings;
        let (removed, blinks) = {
            let mut inner = self.lock();
            let due: Vec<Hash> = inner
                .contents
                .iter()
                .filter(|transaction| {
                    let lifetime = match transaction.source {
                        _ if transaction.blink == BlinkState::Approved => settings.reverted_lifetime_seconds,
                        Source::RevertedBlock => settings.reverted_lifetime_seconds,
                        Source::Submitted if !transaction.transaction.transaction().prefix.kind.is_transfer() => {
                            settings.nonstandard_lifetime_seconds
                        }
                        Source::Submitted => settings.lifetime_seconds,
                    };
                    now > transaction.received.saturating_add(lifetime)
                })
                .map(|transaction| transaction.transaction.id())
                .collect();
            let mut blinks = Vec::new();
            for id in &due {
                inner.contents.remove(id);
                inner.remember_expired(*id, settings.remembered_expired);
                if inner.blinks.remove(id).is_some() {
                    blinks.push(*id);
                }
            }
            (due, blinks)
        };
        self.forget_blinks(&blinks);
        self.announce_removed(&removed);
        removed.len()
    }
}
