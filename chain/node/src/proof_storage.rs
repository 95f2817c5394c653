//! The prober's copy on disk: rows beside the chain in the same database.

use oxen_staking_prober::{ObservationStorage, StorageError, StoredObservations};
use oxen_store::{AuxiliaryBatch, ChainStore, StoreError, UptimeProofs};
use oxen_types::PublicKey;
use parity_scale_codec::{DecodeAll, Encode};

/// Rows read at a time.
const PAGE: usize = 1_000;

/// Keeps uptime proofs in the chain's database.
pub struct DatabaseProofStorage(pub ChainStore);

impl ObservationStorage for DatabaseProofStorage {
    fn load(&self) -> Result<Vec<(PublicKey, StoredObservations)>, StorageError> {
        let snapshot = self.0.snapshot();
        let mut observations = Vec::new();
        let mut after = None;
        loop {
            let page = snapshot
                .scan_auxiliary::<UptimeProofs>(after.as_ref(), PAGE)
                .map_err(storage_error)?;
            after = page.last().map(|(key, _)| *key);
            for (key, row) in page {
                match StoredObservations::decode_all(&mut row.as_slice()) {
                    Ok(stored) => observations.push((key, stored)),
                    Err(error) => {
                        tracing::warn!(%key, %error, "an uptime proof on disk does not decode and is dropped")
                    }
                }
            }
            if after.is_none() {
                return Ok(observations);
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

fn storage_error(error: StoreError) -> StorageError {
    StorageError(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_staking_rules::obligations::AddressHistory;
    use oxen_store::Identity;
    use oxen_types::{Hash, NetworkId, Timestamp};

    #[test]
    fn what_is_written_is_read_and_what_is_removed_is_gone() {
        let identity = Identity {
            network: NetworkId::new([1; 16]),
            genesis: Hash::ZERO,
        };
        let storage = DatabaseProofStorage(ChainStore::in_memory(&identity).unwrap());
        let row = |seconds| StoredObservations {
            proof: None,
            last_accepted: Some(Timestamp::from_seconds(seconds)),
            proof_counts_from: None,
            addresses: AddressHistory::default(),
        };
        let [one, two] = [1, 2].map(|number| PublicKey::new([number; 32]));
        storage.update(&[(one, row(1)), (two, row(2))], &[]).unwrap();
        storage.update(&[(two, row(3))], &[one]).unwrap();
        assert_eq!(storage.load().unwrap(), [(two, row(3))]);
    }
}
