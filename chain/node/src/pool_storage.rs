//! The pool's copy on disk: rows beside the chain in the same database.

use oxen_mempool::{PoolStorage, StorageError, StoredBlink, StoredEntry};
use oxen_store::{AuxiliaryBatch, AuxiliaryTable, Blinks, ChainStore, MempoolEntries};
use oxen_types::Hash;
use parity_scale_codec::{Decode, DecodeAll, Encode};

/// Rows read at a time.
const PAGE: usize = 1_000;

/// What a write outlives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Survives {
    /// The end of the process, however it ends.
    ProcessEnd,
    /// Loss of power too. What a signature promises must be there whatever happens: a member that forgets it could approve two
    /// blinks that conflict, and approvals are told to others.
    PowerLoss,
}

/// Keeps the pool in the chain's database.
pub(crate) struct DatabasePoolStorage(pub(crate) ChainStore);

impl PoolStorage for DatabasePoolStorage {
    fn load(&self) -> Result<Vec<(Hash, StoredEntry)>, StorageError> {
        self.load_rows::<MempoolEntries, _>("a pool entry")
    }

    fn update(&self, put: &[(Hash, StoredEntry)], remove: &[Hash]) -> Result<(), StorageError> {
        let survives = if put.iter().any(|(_, entry)| entry.held_for_blink.is_some()) {
            Survives::PowerLoss
        } else {
            Survives::ProcessEnd
        };
        self.update_rows::<MempoolEntries, _>(put, remove, survives)
    }

    fn load_blinks(&self) -> Result<Vec<(Hash, StoredBlink)>, StorageError> {
        self.load_rows::<Blinks, _>("a blink")
    }

    fn update_blinks(&self, put: &[(Hash, StoredBlink)], remove: &[Hash]) -> Result<(), StorageError> {
        let survives = if put.is_empty() {
            Survives::ProcessEnd
        } else {
            Survives::PowerLoss
        };
        self.update_rows::<Blinks, _>(put, remove, survives)
    }
}

impl DatabasePoolStorage {
    /// Every row of a table; `what` names one in the log when it does not decode.
    fn load_rows<T, R>(&self, what: &str) -> Result<Vec<(Hash, R)>, StorageError>
    where
        T: AuxiliaryTable<Key = Hash, Row = Vec<u8>>,
        R: Decode,
    {
        let snapshot = self.0.snapshot();
        let mut rows = Vec::new();
        let mut after = None;
        loop {
            let page = snapshot
                .scan_auxiliary::<T>(after.as_ref(), PAGE)
                .map_err(storage_error)?;
            after = page.last().map(|(id, _)| *id);
            for (id, row) in page {
                match R::decode_all(&mut row.as_slice()) {
                    Ok(row) => rows.push((id, row)),
                    Err(error) => tracing::warn!(%id, %error, "{what} on disk does not decode and is dropped"),
                }
            }
            if after.is_none() {
                return Ok(rows);
            }
        }
    }

    fn update_rows<T, R>(&self, put: &[(Hash, R)], remove: &[Hash], survives: Survives) -> Result<(), StorageError>
    where
        T: AuxiliaryTable<Key = Hash, Row = Vec<u8>>,
        R: Encode,
    {
        let mut batch = AuxiliaryBatch::new();
        for id in remove {
            batch.delete::<T>(id);
        }
        for (id, row) in put {
            batch.put::<T>(id, &row.encode());
        }
        let written = match survives {
            Survives::ProcessEnd => self.0.write_auxiliary(&batch),
            Survives::PowerLoss => self.0.write_auxiliary_durably(&batch),
        };
        written.map_err(storage_error)
    }
}

fn storage_error(error: oxen_store::StoreError) -> StorageError {
    StorageError(Box::new(error))
}
