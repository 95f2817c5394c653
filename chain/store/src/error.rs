//! What can go wrong in an open store.

use crate::backend::BackendError;
use thiserror::Error;

/// Why the store could not read or write.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The backend failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A row of the store's own is not what it must be.
    #[error(
        "{what} in the database cannot be read: it is damaged; restore its folder from a copy, or move it away and let the \
         node synchronise anew"
    )]
    Corrupt {
        /// The row.
        what: &'static str,
    },
    /// Too little is free on the disk; nothing was written, and the store goes on as soon as there is more.
    #[error("only {} MiB are free on the disk of the database, and at least {} MiB must be: free some space on it",
        available / (1024 * 1024), reserve.div_ceil(1024 * 1024))]
    DiskNearlyFull {
        /// Free bytes.
        available: u64,
        /// Bytes that must be free.
        reserve: u64,
    },
    /// An earlier write failed, and nobody knows how far it came.
    #[error("nothing is written any more, because an earlier write failed: start the node again")]
    Stopped,
}
