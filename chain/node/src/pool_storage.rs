//! The pool's copy on disk: rows beside the chain in the same database.

use oxen_mempool::{PoolStorage, StorageError, StoredEntry};
use oxen_store::{AuxiliaryBatch, ChainStore, MempoolEntries};
use oxen_types::Hash;
use parity_scale_codec::{DecodeAll, Encode};

/// Rows read at a time.
const PAGE: usize = 1_000;

/// Keeps the pool in the chain's database.
pub(crate) struct DatabasePoolStorage(pub(crate) ChainStore);

impl PoolStorage for DatabasePoolStorage {
    fn load(&self) -> Result<Vec<(Hash, StoredEntry)>, StorageError> {
        let snapshot = self.0.snapshot();
        let mut entries = Vec::new();
        let mut after = None;
        loop {
            let page = snapshot
                .scan_auxiliary::<MempoolEntries>(after.as_ref(), PAGE)
                .map_err(storage_error)?;
            after = page.last().map(|(id, _)| *id);
            for (id, row) in page {
                match StoredEntry::decode_all(&mut row.as_slice()) {
                    Ok(entry) => entries.push((id, entry)),
                    Err(error) => tracing::warn!(%id, %error, "a pool entry on disk does not decode and is dropped"),
                }
            }
            if after.is_none() {
                return Ok(entries);
            }
        }
    }

    fn update(&self, put: &[(Hash, StoredEntry)], remove: &[Hash]) -> Result<(), StorageError> {
        let mut batch = AuxiliaryBatch::new();
        for id in remove {
            batch.delete::<MempoolEntries>(id);
        }
        for (id, entry) in put {
            batch.put::<MempoolEntries>(id, &entry.encode());
        }
        self.0.write_auxiliary(&batch).map_err(storage_error)
    }
}

fn storage_error(error: oxen_store::StoreError) -> StorageError {
    StorageError(Box::new(error))
}
