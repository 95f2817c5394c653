//! Filling the pool after a restart, and emptying it of what waited too long.

use crate::{
    mempool::Mempool,
    storage::{StorageError, StoredEntry},
};
use oxen_node_api::{PoolTransaction, Source};
use oxen_state::{
    View,
    names::check_name_transaction,
    queries,
    transaction::{CheckedTransaction, spent_key_image},
};
use oxen_types::{Hash, Timestamp};
use oxen_verifier::Resolved;
use std::sync::Arc;

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
        let stored = self.parts.storage.load()?;
        let snapshot = self.parts.chain.snapshot();
        let view: &dyn View = &*snapshot;
        let mut dropped = Vec::new();
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
            // One bad transaction fails the batch: then each is asked for itself.
            if !all_valid && self.parts.verifier.verify(std::slice::from_ref(&resolved)).is_err() {
                dropped.push(resolved.0.id());
                continue;
            }
            let transaction = PoolTransaction {
                transaction: resolved.0,
                received: entry.received,
                relay: entry.relay(),
                source: entry.source(),
                blob: Arc::new(entry.blob),
                last_relayed: None,
                double_spend_seen: false,
                verified_at: height,
                last_failure: None,
            };
            self.lock().contents.insert(transaction);
            kept += 1;
        }
        self.parts.storage.update(&[], &dropped)?;
        Ok(Reloaded {
            kept,
            dropped: dropped.len(),
        })
    }

    fn readmit(&self, view: &dyn View, id: &Hash, entry: &StoredEntry) -> Option<Resolved> {
        let height = queries::totals(view).ok()?.tip.next();
        let version = self.parts.chain.network().forks.version_at(height).version;
        let transaction = Arc::new(CheckedTransaction::from_blob(&entry.blob, version).ok()?);
        let known = queries::transaction_row(view, id).ok()?.is_some();
        if transaction.id() != *id || known || spent_key_image(view, &transaction).ok()?.is_some() {
            return None;
        }
        self.parts
            .service_nodes
            .check_transaction(view, &transaction, height)
            .ok()?;
        check_name_transaction(view, self.parts.chain.network(), &transaction, height).ok()?;
        let rings = self.resolve(view, &transaction, height).ok()?;
        Some((transaction, rings))
    }

    /// Drops what waited longer than its kind may and remembers it, so that it is not taken again. Returns how many.
    pub fn expire(&self, now: Timestamp) -> usize {
        let settings = self.parts.settings;
        let removed: Vec<Hash> = {
            let mut inner = self.lock();
            let due: Vec<Hash> = inner
                .contents
                .iter()
                .filter(|transaction| {
                    let lifetime = match transaction.source {
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
            for id in &due {
                inner.contents.remove(id);
                inner.remember_expired(*id, settings.remembered_expired);
            }
            due
        };
        self.announce_removed(&removed);
        removed.len()
    }
}
