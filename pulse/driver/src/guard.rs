//! What the node promised to sign, on disk: a restarted validator signs no second block for a round (pulse §13).

use oxen_pulse_machine::GuardRecord;
use thiserror::Error;

/// Why the disk does not remember.
#[derive(Debug, Error)]
#[error("the promises of Pulse cannot be read or written: {0}")]
pub struct GuardStorageError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// What became of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// It is on disk, now or already.
    Kept,
    /// Another one stands in its place.
    Taken,
}

/// Keeps promises so that they survive the process and the loss of power.
pub trait GuardStorage: Send + Sync {
    /// The newest promises, at least [`oxen_pulse_machine::guard::REMEMBERED_RECORDS`] of them.
    ///
    /// # Errors
    /// The disk cannot be read; without its promises a node must not sign.
    fn load(&self) -> Result<Vec<GuardRecord>, GuardStorageError>;

    /// Returns once the promise is on disk, unless another one has its height, round and act.
    ///
    /// # Errors
    /// It could not be written.
    fn promise(&self, record: &GuardRecord) -> Result<Promise, GuardStorageError>;
}
