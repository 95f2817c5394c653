//! What RocksDB's errors mean to an operator.
//!
//! The library passes errors on as text alone. The texts looked for here are RocksDB's own or those of `strerror`, which are
//! English because this process never sets a locale; a test provokes each that can be provoked.

use crate::backend::BackendError;
use rocksdb::{Error, ErrorKind};

/// RocksDB could not lock its folder, because of another process or of this one.
const LOCKED: [&str; 2] = ["While lock file", "lock hold by current process"];
/// No space, or none for this user.
const FULL: [&str; 2] = ["No space left on device", "Disk quota exceeded"];

/// The error of ours that `error` amounts to.
pub(super) fn describe(error: Error) -> BackendError {
    let contains = |texts: [&str; 2]| texts.iter().any(|text| error.as_ref().contains(text));
    let (locked, full) = (contains(LOCKED), contains(FULL));
    let kind = error.kind();
    let source = Box::new(error);
    match kind {
        _ if locked => BackendError::InUse { source },
        _ if full => BackendError::DiskFull { source },
        ErrorKind::IOError => BackendError::Io { source },
        ErrorKind::Corruption => BackendError::Corrupt { source },
        _ => BackendError::Refused { source },
    }
}
