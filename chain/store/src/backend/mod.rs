//! What bytes are kept in: one narrow trait, and what implements it.
//!
//! Every backend keeps named columns of keys in byte order, writes a [`Batch`] whole or not at all, and hands out snapshots that
//! see one moment between two writes. `tests/backend_suite.rs` holds each of them to that.

mod batch;
mod error;
mod failing;
mod memory;
mod rocks;

pub use batch::{Batch, Operation};
pub use error::BackendError;
pub use failing::{FailingBackend, Fault, FaultPlan};
pub use memory::MemoryBackend;
pub use rocks::{RocksBackend, RocksSettings};

use oxen_state::view::RawEntry;

/// What a write must outlive before it is reported as done. Whatever the choice, a later write never survives without the
/// earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Survives {
    /// The end of the process, however it comes.
    ProcessEnd,
    /// Loss of power: the disk has said that it holds this write and all before it.
    PowerLoss,
}

/// Room that a column takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnStatistics {
    /// Its name.
    pub name: String,
    /// Bytes in files of its own, which is 0 where it has none and while rows are only in the write-ahead log.
    pub disk_bytes: u64,
}

/// Room that a database takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Bytes of all files, the write-ahead log included.
    pub disk_bytes: u64,
    /// Bytes in memory: unwritten rows and cached blocks.
    pub memory_bytes: u64,
    /// Every column by name.
    pub columns: Vec<ColumnStatistics>,
}

/// A set of named columns on a disk, or something that acts like it.
pub trait Backend: Send + Sync {
    /// Names of the columns that exist, sorted.
    fn columns(&self) -> Vec<String>;

    /// Makes an empty column; one that exists stays as it is.
    ///
    /// # Errors
    /// The disk failed, or a snapshot is held.
    fn create_column(&mut self, name: &str) -> Result<(), BackendError>;

    /// Removes a column and its rows; one that does not exist is no error.
    ///
    /// # Errors
    /// The disk failed, or a snapshot is held.
    fn drop_column(&mut self, name: &str) -> Result<(), BackendError>;

    /// Writes all of `batch` or nothing of it.
    ///
    /// # Errors
    /// A column does not exist, and nothing was written; or the disk failed, and whether the batch was written is known only
    /// after opening again.
    fn write(&self, batch: &Batch<'_>, survives: Survives) -> Result<(), BackendError>;

    /// The rows as they are now. Never waits for a write, and no write ever waits for it.
    fn snapshot(&self) -> Box<dyn BackendSnapshot>;

    /// Brings everything into its final files, so that opening has no log to replay.
    ///
    /// # Errors
    /// The disk failed.
    fn flush(&self) -> Result<(), BackendError>;

    /// Bytes that are free on the disk; none where there is no disk.
    ///
    /// # Errors
    /// The disk failed.
    fn available_bytes(&self) -> Result<Option<u64>, BackendError>;

    /// Room taken.
    ///
    /// # Errors
    /// The disk failed.
    fn statistics(&self) -> Result<Statistics, BackendError>;
}

/// The rows at one moment between two writes.
pub trait BackendSnapshot: Send + Sync {
    /// The row under `key`.
    ///
    /// # Errors
    /// The column does not exist, or the disk failed.
    fn get(&self, column: &str, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError>;

    /// Up to `limit` entries whose key starts with `prefix` and is at least `from`, in key order.
    ///
    /// # Errors
    /// The column does not exist, or the disk failed.
    fn scan(&self, column: &str, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<RawEntry>, BackendError>;
}
