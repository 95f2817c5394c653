//! Transactions that blink quorums approved: known by id and by what they spend, until they are final (chain §5.4).

use oxen_node_api::ApprovedBlink;
use oxen_state::transaction::CheckedTransaction;
use oxen_types::{Hash, KeyImage};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// An approved blink with its transaction, checked.
#[derive(Debug, Clone)]
pub(crate) struct KnownBlink {
    pub(crate) blink: ApprovedBlink,
    pub(crate) transaction: Arc<CheckedTransaction>,
}

/// All approved blinks that are not final. No two of them conflict.
#[derive(Debug, Default)]
pub(crate) struct Blinks {
    by_id: BTreeMap<Hash, KnownBlink>,
    by_key_image: HashMap<KeyImage, Hash>,
}

impl Blinks {
    pub(crate) fn get(&self, id: &Hash) -> Option<&KnownBlink> {
        self.by_id.get(id)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(crate) fn contains(&self, id: &Hash) -> bool {
        self.by_id.contains_key(id)
    }

    /// In the order of the ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &KnownBlink> {
        self.by_id.values()
    }

    /// What an approved blink other than the transaction itself spends too.
    pub(crate) fn conflict(&self, transaction: &CheckedTransaction) -> Option<(KeyImage, Hash)> {
        let id = transaction.id();
        transaction.transaction().prefix.key_images().find_map(|image| {
            let by = *self.by_key_image.get(&image)?;
            (by != id).then_some((image, by))
        })
    }

    /// Adds a blink that conflicts with none that is here.
    pub(crate) fn insert(&mut self, known: KnownBlink) {
        let id = known.transaction.id();
        for image in known.transaction.transaction().prefix.key_images() {
            self.by_key_image.insert(image, id);
        }
        self.by_id.insert(id, known);
    }

    pub(crate) fn remove(&mut self, id: &Hash) -> Option<KnownBlink> {
        let known = self.by_id.remove(id)?;
        for image in known.transaction.transaction().prefix.key_images() {
            self.by_key_image.remove(&image);
        }
        Some(known)
    }
}
