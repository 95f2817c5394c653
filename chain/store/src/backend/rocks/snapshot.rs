//! RocksDB snapshots that keep their database alive.

use super::{family, fault::describe};
use crate::backend::{BackendError, BackendSnapshot};
use oxen_state::view::RawEntry;
use rocksdb::{DB, Direction, IteratorMode, ReadOptions, SnapshotWithThreadMode};
use self_cell::self_cell;
use std::sync::Arc;

type Borrowed<'a> = SnapshotWithThreadMode<'a, DB>;

self_cell!(
    /// The library's snapshot borrows the database; this owns both, and lets go of the snapshot first.
    struct Owned {
        owner: Arc<DB>,
        #[covariant]
        dependent: Borrowed,
    }
);

/// The rows at one moment. RocksDB keeps what a snapshot sees until it is dropped, so one that is held for hours costs disk
/// space; it never costs the writer time.
pub(super) struct RocksSnapshot(Owned);

impl RocksSnapshot {
    pub(super) fn take(database: Arc<DB>) -> Self {
        Self(Owned::new(database, |database| database.snapshot()))
    }
}

/// The first key after all that start with `prefix`; none when no key comes after them.
fn end_of(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    let byte = end.last_mut()?;
    *byte = byte.saturating_add(1);
    Some(end)
}

impl BackendSnapshot for RocksSnapshot {
    fn get(&self, column: &str, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        let family = family(self.0.borrow_owner(), column)?;
        self.0.borrow_dependent().get_cf(family, key).map_err(describe)
    }

    fn scan(&self, column: &str, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<RawEntry>, BackendError> {
        let family = family(self.0.borrow_owner(), column)?;
        let mut options = ReadOptions::default();
        if let Some(end) = end_of(prefix) {
            options.set_iterate_upper_bound(end);
        }
        let start = prefix.max(from);
        let mode = IteratorMode::From(start, Direction::Forward);
        let mut entries = Vec::new();
        for entry in self
            .0
            .borrow_dependent()
            .iterator_cf_opt(family, options, mode)
            .take(limit)
        {
            let (key, row) = entry.map_err(describe)?;
            if !key.starts_with(prefix) {
                break;
            }
            entries.push((key.into_vec(), row.into_vec()));
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_the_next_key_that_does_not_have_it() {
        assert_eq!(end_of(&[]), None);
        assert_eq!(end_of(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(end_of(&[1, 0xff, 0xff]), Some(vec![2]));
        assert_eq!(end_of(&[0xff, 0xff]), None);
    }

    #[test]
    fn snapshots_may_be_sent_and_shared() {
        const fn shared<T: Send + Sync>() {}
        shared::<RocksSnapshot>();
    }
}
