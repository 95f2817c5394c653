//! The pool's copy on disk.

use oxen_node_api::{PoolTransaction, Relay, Source};
use oxen_types::{Hash, Timestamp};
use parity_scale_codec::{Decode, Encode};
use thiserror::Error;

/// The copy on disk could not be read or written.
#[derive(Debug, Error)]
#[error("the pool's copy on disk: {0}")]
pub struct StorageError(pub Box<dyn std::error::Error + Send + Sync>);

/// Keeps encoded [`StoredEntry`]s by transaction id.
pub trait PoolStorage: Send + Sync {
    /// Everything that is kept.
    ///
    /// # Errors
    /// It could not be read.
    fn load(&self) -> Result<Vec<(Hash, StoredEntry)>, StorageError>;

    /// Keeps an entry, replacing an older one, and drops others, together.
    ///
    /// # Errors
    /// It could not be written; nothing changed.
    fn update(&self, put: &[(Hash, StoredEntry)], remove: &[Hash]) -> Result<(), StorageError>;
}

/// Keeps nothing: for tests and tools.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoStorage;

impl PoolStorage for NoStorage {
    fn load(&self) -> Result<Vec<(Hash, StoredEntry)>, StorageError> {
        Ok(Vec::new())
    }

    fn update(&self, _: &[(Hash, StoredEntry)], _: &[Hash]) -> Result<(), StorageError> {
        Ok(())
    }
}

/// What a restart needs of a waiting transaction.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct StoredEntry {
    /// Its bytes.
    pub blob: Vec<u8>,
    /// When it arrived.
    pub received: Timestamp,
    /// It waits until somebody releases it.
    pub kept_back: bool,
    /// It comes from a block that was taken back.
    pub from_reverted_block: bool,
}

impl StoredEntry {
    pub(crate) fn of(transaction: &PoolTransaction) -> Self {
        Self {
            blob: transaction.blob.to_vec(),
            received: transaction.received,
            kept_back: transaction.relay == Relay::Keep,
            from_reverted_block: transaction.source == Source::RevertedBlock,
        }
    }

    pub(crate) const fn relay(&self) -> Relay {
        if self.kept_back { Relay::Keep } else { Relay::Relay }
    }

    pub(crate) const fn source(&self) -> Source {
        if self.from_reverted_block {
            Source::RevertedBlock
        } else {
            Source::Submitted
        }
    }
}
