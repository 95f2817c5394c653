//! What survives a restart: the newest proof of each node and the addresses it proved from (staking §14.5).
//!
//! Histories of participation and reachability are not kept: after a restart they say nothing yet, which passes.

use oxen_staking_rules::obligations::{AddressHistory, NodeObservations, SeenProof};
use oxen_types::{PublicKey, Timestamp};
use parity_scale_codec::{Decode, Encode};
use thiserror::Error;

/// What is stored of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct StoredObservations {
    /// The newest proof.
    pub proof: Option<SeenProof>,
    /// When a proof was accepted last, unless the node was decommissioned since.
    pub last_accepted: Option<Timestamp>,
    /// From when on the node counts as having proved.
    pub proof_counts_from: Option<Timestamp>,
    /// Where it proved from.
    pub addresses: AddressHistory,
}

impl From<&NodeObservations> for StoredObservations {
    fn from(seen: &NodeObservations) -> Self {
        Self {
            proof: seen.proof,
            last_accepted: seen.last_accepted,
            proof_counts_from: seen.proof_counts_from,
            addresses: seen.addresses,
        }
    }
}

impl From<StoredObservations> for NodeObservations {
    fn from(stored: StoredObservations) -> Self {
        Self {
            proof: stored.proof,
            last_accepted: stored.last_accepted,
            proof_counts_from: stored.proof_counts_from,
            addresses: stored.addresses,
            ..Self::default()
        }
    }
}

/// Why observations could not be read or written.
#[derive(Debug, Error)]
#[error("the uptime proofs on disk: {0}")]
pub struct StorageError(pub Box<dyn std::error::Error + Send + Sync>);

/// The copy on disk.
pub trait ObservationStorage: Send + Sync {
    /// Everything that is stored, by primary key.
    ///
    /// # Errors
    /// It could not be read.
    fn load(&self) -> Result<Vec<(PublicKey, StoredObservations)>, StorageError>;

    /// Writes and removes rows, together or not at all.
    ///
    /// # Errors
    /// They could not be written.
    fn update(&self, put: &[(PublicKey, StoredObservations)], remove: &[PublicKey]) -> Result<(), StorageError>;
}

/// Nothing survives.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoStorage;

impl ObservationStorage for NoStorage {
    fn load(&self) -> Result<Vec<(PublicKey, StoredObservations)>, StorageError> {
        Ok(Vec::new())
    }

    fn update(&self, _: &[(PublicKey, StoredObservations)], _: &[PublicKey]) -> Result<(), StorageError> {
        Ok(())
    }
}
