//! The pool as others see it.

use crate::{blinks::Blinks, contents::Contents, promises::Promises, settings::PoolSettings, storage::PoolStorage};
use oxen_node_api::{
    Admission, AdmissionError, BlinkState, ChainEvent, ChainReader, Clock, EventHub, Pool, PoolTransaction, Relay,
};
use oxen_state::ServiceNodeRules;
use oxen_types::{Hash, KeyImage};
use oxen_verifier::ProofVerifier;
use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What the pool works with.
pub struct MempoolParts {
    /// The chain.
    pub chain: Arc<dyn ChainReader>,
    /// The registry of service nodes.
    pub service_nodes: Arc<dyn ServiceNodeRules + Send + Sync>,
    /// Verifies proofs, shared with the writer.
    pub verifier: Arc<ProofVerifier>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where additions and removals are told.
    pub events: Arc<EventHub>,
    /// The copy on disk.
    pub storage: Arc<dyn PoolStorage>,
    /// Limits.
    pub settings: PoolSettings,
}

/// The pool.
pub struct Mempool {
    pub(crate) parts: MempoolParts,
    inner: Mutex<Inner>,
}

/// What the lock protects. It is never held while proofs are verified.
#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) contents: Contents,
    /// Approved by blink quorums, in the pool or in blocks that are not final.
    pub(crate) blinks: Blinks,
    /// Inputs that are kept for blinks whose quorums have not decided.
    pub(crate) promises: Promises,
    /// Counts block events: an admission whose checks ran before one must look again.
    pub(crate) generation: u64,
    expired: HashSet<Hash>,
    expired_order: VecDeque<Hash>,
}

impl Inner {
    pub(crate) fn is_expired(&self, id: &Hash) -> bool {
        self.expired.contains(id)
    }

    pub(crate) fn remember_expired(&mut self, id: Hash, capacity: usize) {
        if self.expired.insert(id) {
            self.expired_order.push_back(id);
        }
        while self.expired_order.len() > capacity {
            if let Some(oldest) = self.expired_order.pop_front() {
                self.expired.remove(&oldest);
            }
        }
    }
}

impl Mempool {
    /// An empty pool; [`Self::reload`] fills it from disk.
    #[must_use]
    pub fn new(parts: MempoolParts) -> Self {
        Self {
            parts,
            inner: Mutex::new(Inner::default()),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of removals and forgets them on disk. A failure to forget is harmless: the next start drops them again.
    pub(crate) fn announce_removed(&self, ids: &[Hash]) {
        self.forget(ids);
        for id in ids {
            self.parts.events.publish(&ChainEvent::PoolRemoved { id: *id });
        }
    }

    /// Forgets transactions on disk without telling of it: those that were mined.
    pub(crate) fn forget(&self, ids: &[Hash]) {
        if ids.is_empty() {
            return;
        }
        if let Err(error) = self.parts.storage.update(&[], ids) {
            tracing::warn!(%error, "removed transactions stay in the pool's copy on disk until the next start");
        }
    }

    /// Weight of everything that waits.
    #[must_use]
    pub fn weight(&self) -> oxen_types::transaction::Weight {
        self.lock().contents.weight()
    }
}

impl Pool for Mempool {
    fn submit(&self, blob: &[u8], relay: Relay) -> Result<Admission, AdmissionError> {
        self.admit_as(blob, relay, BlinkState::Ordinary)
    }

    fn get(&self, id: &Hash) -> Option<PoolTransaction> {
        self.lock().contents.get(id).cloned()
    }

    fn transactions(&self) -> Vec<PoolTransaction> {
        self.lock().contents.iter().cloned().collect()
    }

    fn ids(&self) -> Vec<Hash> {
        self.lock().contents.ids().copied().collect()
    }

    fn len(&self) -> usize {
        self.lock().contents.len()
    }

    fn spenders(&self, image: &KeyImage) -> Vec<Hash> {
        self.lock().contents.spenders(image).to_vec()
    }

    fn is_blink(&self, id: &Hash) -> bool {
        self.lock().blinks.contains(id)
    }

    fn flush(&self, ids: Option<&[Hash]>) -> usize {
        let (removed, blinks) = {
            let mut inner = self.lock();
            let ids = ids.map_or_else(|| inner.contents.ids().copied().collect(), <[Hash]>::to_vec);
            let removed: Vec<Hash> = ids
                .into_iter()
                .filter(|id| inner.contents.remove(id).is_some())
                .collect();
            // The operator wants them gone: nothing is kept for them any more.
            let blinks: Vec<Hash> = removed
                .iter()
                .filter(|id| inner.blinks.remove(id).is_some())
                .copied()
                .collect();
            (removed, blinks)
        };
        self.forget_blinks(&blinks);
        self.announce_removed(&removed);
        removed.len()
    }

    fn release(&self, id: &Hash) -> bool {
        let Some(released) = self.lock().contents.marks(id).map(crate::contents::Marks::release) else {
            return false;
        };
        self.after_waiting_released(&released);
        true
    }
}

impl Mempool {
    /// Tells of a transaction that was kept back and may be sent to others now.
    pub(crate) fn after_waiting_released(&self, released: &PoolTransaction) {
        let id = released.transaction.id();
        let entry = crate::storage::StoredEntry::of(released);
        if let Err(error) = self.parts.storage.update(&[(id, entry)], &[]) {
            tracing::warn!(%error, %id, "the release of a transaction is lost if the node stops before it is mined");
        }
        self.parts.events.publish(&ChainEvent::PoolAdded { id });
    }
}
