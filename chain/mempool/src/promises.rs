//! What this node promised to blinks: inputs that it keeps for a transaction whose approval it may have signed (chain §5.3).
//!
//! A held transaction can leave the pool before its time is over, when a block spends the same; should that block be taken
//! back, the promise still keeps this node from approving what conflicts.

use oxen_staking_rules::blink::is_held;
use oxen_state::transaction::CheckedTransaction;
use oxen_types::{Hash, Height, KeyImage};
use std::collections::HashMap;

/// Inputs and whom they are kept for.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    by_key_image: HashMap<KeyImage, Promise>,
}

#[derive(Debug, Clone, Copy)]
struct Promise {
    transaction: Hash,
    authorization: Height,
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
    pub(crate) fn make(&mut self, transaction: &CheckedTransaction, authorization: Height) {
        let id = transaction.id();
        for image in transaction.transaction().prefix.key_images() {
            let known = self.by_key_image.get(&image).map(|promise| promise.authorization);
            let promise = Promise {
                transaction: id,
                authorization: known.map_or(authorization, |known| known.max(authorization)),
            };
            self.by_key_image.insert(image, promise);
        }
    }

    /// The transaction cannot become approved any more.
    pub(crate) fn end(&mut self, id: &Hash) {
        self.by_key_image.retain(|_, promise| promise.transaction != *id);
    }

    /// Ends those whose time is over.
    pub(crate) fn end_overdue(&mut self, chain_height: Height) {
        self.by_key_image
            .retain(|_, promise| is_held(promise.authorization, chain_height));
    }
}
