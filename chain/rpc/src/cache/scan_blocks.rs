//! Blocks in the form wallets scan, encoded once: many wallets ask for the same newest blocks.

use super::lock;
use bytes::Bytes;
use oxen_types::Hash;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

struct Entry {
    encoded: Bytes,
    /// When it was last used, in steps of [`Entries::step`].
    used: u64,
}

#[derive(Default)]
struct Entries {
    blocks: HashMap<Hash, Entry>,
    /// Ids by last use, the oldest first.
    by_use: BTreeMap<u64, Hash>,
    bytes: usize,
    step: u64,
}

/// Encoded blocks by id, the least recently used dropped first.
pub(crate) struct ScanBlockCache {
    capacity: usize,
    entries: Mutex<Entries>,
}

impl ScanBlockCache {
    /// Keeps at most this many bytes.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: Mutex::default(),
        }
    }

    pub(crate) fn get(&self, id: &Hash) -> Option<Bytes> {
        let mut entries = lock(&self.entries);
        let step = entries.next_step();
        let entry = entries.blocks.get_mut(id)?;
        let before = std::mem::replace(&mut entry.used, step);
        let encoded = entry.encoded.clone();
        entries.by_use.remove(&before);
        entries.by_use.insert(step, *id);
        Some(encoded)
    }

    pub(crate) fn insert(&self, id: Hash, encoded: Bytes) {
        let size = encoded.len();
        if size > self.capacity / 4 {
            return;
        }
        let mut entries = lock(&self.entries);
        entries.remove(&id);
        while entries.bytes.saturating_add(size) > self.capacity {
            let Some((_, oldest)) = entries.by_use.first_key_value() else {
                break;
            };
            let oldest = *oldest;
            entries.remove(&oldest);
        }
        let used = entries.next_step();
        entries.bytes = entries.bytes.saturating_add(size);
        entries.by_use.insert(used, id);
        entries.blocks.insert(id, Entry { encoded, used });
    }
}

impl Entries {
    const fn next_step(&mut self) -> u64 {
        self.step = self.step.wrapping_add(1);
        self.step
    }

    fn remove(&mut self, id: &Hash) {
        if let Some(entry) = self.blocks.remove(id) {
            self.by_use.remove(&entry.used);
            self.bytes = self.bytes.saturating_sub(entry.encoded.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(number: u8) -> (Hash, Bytes) {
        (Hash::new([number; 32]), Bytes::from(vec![number; 10]))
    }

    #[test]
    fn the_least_recently_used_block_goes_first() {
        let cache = ScanBlockCache::new(40);
        for number in 0..4 {
            let (id, encoded) = block(number);
            cache.insert(id, encoded);
        }
        assert!(cache.get(&block(0).0).is_some());
        cache.insert(block(4).0, block(4).1);
        assert!(cache.get(&block(1).0).is_none(), "it was used longest ago");
        for number in [0, 2, 3, 4] {
            assert_eq!(cache.get(&block(number).0), Some(block(number).1));
        }
    }

    #[test]
    fn memory_is_bounded_and_the_same_block_counts_once() {
        let cache = ScanBlockCache::new(40);
        for number in 0..100 {
            let (id, encoded) = block(number % 7);
            cache.insert(id, encoded);
        }
        let entries = lock(&cache.entries);
        assert!(entries.bytes <= 40 && entries.blocks.len() == 4 && entries.by_use.len() == 4);
        drop(entries);
        cache.insert(Hash::new([9; 32]), Bytes::from(vec![0; 30]));
        assert!(cache.get(&Hash::new([9; 32])).is_none(), "too large to keep");
    }
}
