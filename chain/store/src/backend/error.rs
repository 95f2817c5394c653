//! What can go wrong below the store.

use std::error::Error as StdError;
use thiserror::Error;

/// What the database library or the operating system said.
type Source = Box<dyn StdError + Send + Sync>;

/// Why a backend failed. Each text says what an operator can do.
#[derive(Debug, Error)]
pub enum BackendError {
    /// No space is left.
    #[error("the disk is full: free some space on it, then start the node again; nothing needs to be repaired")]
    DiskFull {
        /// What the database said.
        #[source]
        source: Source,
    },
    /// Another process, or another part of this one, holds the database.
    #[error("the database is already in use by another process: stop that one first, or choose another data directory")]
    InUse {
        /// What the database said.
        #[source]
        source: Source,
    },
    /// Reading or writing a file failed.
    #[error(
        "reading or writing the database failed: check the permissions of the data directory and the health of its disk, \
         then start the node again"
    )]
    Io {
        /// What the database said.
        #[source]
        source: Source,
    },
    /// The files do not hold together.
    #[error(
        "the database is damaged: restore its folder from a copy, or move it away and let the node synchronise anew; \
         if the disk has not failed otherwise, check it first"
    )]
    Corrupt {
        /// What the database said.
        #[source]
        source: Source,
    },
    /// The database has stopped after an earlier failure, or refuses for a reason that has no name here.
    #[error("the database refused: look for the first error before this one, then start the node again")]
    Refused {
        /// What the database said.
        #[source]
        source: Source,
    },
    /// A column that does not exist was named.
    #[error("the database has no column {column}; this is a fault of the program")]
    NoSuchColumn {
        /// Its name.
        column: String,
    },
    /// Columns change only while nobody reads.
    #[error("the columns cannot be changed while a snapshot is held; this is a fault of the program")]
    SnapshotHeld,
}
