//! The uptime proofs' copy on disk: rows beside the chain in the same database.

use oxen_staking_prober::{ObservationStorage, StorageError, StoredObservations};
use oxen_store::{AuxiliaryBatch, ChainStore, UptimeProofs};
use oxen_types::PublicKey;
use parity_scale_codec::{DecodeAll, Encode};

/// Rows read at a time.
const PAGE: usize = 1_000;

/// Keeps uptime proofs in the chain's database.
pub(crate) struct DatabaseProofStorage(pub(crate) ChainStore);

impl ObservationStorage for DatabaseProofStorage {
    fn load(&self) -> Result<Vec<(PublicKey, StoredObservations)>, StorageError> {
        let snapshot = self.0.snapshot();
        let mut rows = Vec::new();
        let mut after = None;
        loop {
            let page = snapshot
                .scan_auxiliary::<UptimeProofs>(after.as_ref(), PAGE)
                .map_err(storage_error)?;
            after = page.last().map(|(key, _)| *key);
            for (key, row) in page {
                match StoredObservations::decode_all(&mut row.as_slice()) {
                    Ok(stored) => rows.push((key, stored)),
                    // The node proves again within the hour.
                    Err(error) => {
                        tracing::warn!(%key, %error, "an uptime proof on disk does not decode and is dropped")
                    }
                }
            }
            if after.is_none() {
                return Ok(rows);
            }
        }
    }

    fn update(&self, put: &[(PublicKey, StoredObservations)], remove: &[PublicKey]) -> Result<(), StorageError> {
        let mut batch = AuxiliaryBatch::new();
        for key in remove {
            batch.delete::<UptimeProofs>(key);
        }
        for (key, stored) in put {
            batch.put::<UptimeProofs>(key, &stored.encode());
        }
        self.0.write_auxiliary(&batch).map_err(storage_error)
    }
}

fn storage_error(error: oxen_store::StoreError) -> StorageError {
    StorageError(Box::new(error))
}
