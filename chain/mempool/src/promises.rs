//! What this node promised to blinks: inputs that it keeps for a transaction whose approval it may have signed (chain §5.3).
//!
//! A held transaction can leave the pool before its time is over, when a block spends the same or its quorum rejects it. Should
//! that block be taken back, or should somebody who rejected it sign an approval too, what was promised before we signed still
//! keeps this node from approving what conflicts. Such promises have rows of their own on disk.

use crate::storage::StoredEntry;
use oxen_node_api::PoolTransaction;
use oxen_staking_rules::blink::is_held;
use oxen_state::transaction::CheckedTransaction;
use oxen_types::{Hash, Height, KeyImage, keccak256};
use std::collections::{BTreeSet, HashMap};

/// Inputs and whom they are kept for.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    by_key_image: HashMap<KeyImage, Promise>,
}

/// What the inputs are kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A sender waits for the quorum; it ends with a rejection.
    Sending,
    /// We sign an approval; only time ends it.
    Signing,
}

/// The newest authorization height for each purpose.
#[derive(Debug, Clone, Copy)]
struct Promise {
    transaction: Hash,
    sending: Option<Height>,
    signing: Option<Height>,
}

impl Promises {
    /// What is promised to another transaction.
    pub(crate) fn conflict(&self, transaction: &CheckedTransaction) -> Option<(KeyImage, Hash)> {
        let id = transaction.id();
        transaction.transaction().prefix.key_images().find_map(|image| {
            let promise = self.by_key_image.get(&image)?;
            (promise.transaction != id).then_some((image, promise.transaction))
        })
    }

    /// Promises the inputs to a transaction that conflicts with no promise; the later of two authorization heights counts.
    pub(crate) fn make(&mut self, transaction: &CheckedTransaction, authorization: Height, purpose: Purpose) {
        for image in transaction.transaction().prefix.key_images() {
            let promise = self.by_key_image.entry(image).or_insert(Promise {
                transaction: transaction.id(),
                sending: None,
                signing: None,
            });
            let known = match purpose {
                Purpose::Sending => &mut promise.sending,
                Purpose::Signing => &mut promise.signing,
            };
            *known = (*known).max(Some(authorization));
        }
    }

    /// Its quorum rejected the transaction, or approved it: what was signed stays.
    pub(crate) fn end(&mut self, id: &Hash) {
        self.by_key_image.retain(|_, promise| {
            if promise.transaction == *id {
                promise.sending = None;
            }
            promise.sending.is_some() || promise.signing.is_some()
        });
    }

    /// Ends those whose time is over. Returns the transactions for which nothing signed is kept any more.
    pub(crate) fn end_overdue(&mut self, chain_height: Height) -> BTreeSet<Hash> {
        let mut ended = BTreeSet::new();
        let in_time = |authorization: &Height| is_held(*authorization, chain_height);
        self.by_key_image.retain(|_, promise| {
            promise.sending = promise.sending.filter(in_time);
            if promise
                .signing
                .take_if(|authorization| !in_time(authorization))
                .is_some()
            {
                ended.insert(promise.transaction);
            }
            promise.sending.is_some() || promise.signing.is_some()
        });
        ended
    }
}

/// Under which a signed promise lies on disk: not the transaction's id, whose row goes when the transaction leaves the pool.
pub(crate) fn promise_key(id: &Hash) -> Hash {
    let mut bytes = b"blink promise".to_vec();
    bytes.extend(id.to_bytes());
    keccak256(&bytes)
}

/// The row of a signed promise.
pub(crate) fn promise_row(waiting: &PoolTransaction, authorization: Height) -> (Hash, StoredEntry) {
    let entry = StoredEntry {
        held_for_blink: Some(authorization),
        is_promise: true,
        ..StoredEntry::of(waiting)
    };
    (promise_key(&waiting.transaction.id()), entry)
}
