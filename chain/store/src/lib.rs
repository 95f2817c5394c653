//! The chain on disk: RocksDB with one typed column a table, one atomic batch a commit, an undo log, and snapshots.
//!
//! A service: it does I/O, and knows types and state only. Nothing else in the workspace speaks to RocksDB.
//!
//! What it promises:
//! - a [`Commit`] is written whole or not at all, a reorganisation of many blocks included; whenever the process is killed,
//!   the database opens to the state after some commit;
//! - a [`Snapshot`] sees exactly one such state, for as long as it is held, and never makes the writer wait;
//! - after a write that failed nothing more is written until the database is opened again, because nobody knows how far the
//!   failed one came;
//! - a database of another network, of a newer version, or in use by another process is refused in a sentence.
//!
//! A walk: [`store`] is the handle that a node holds, [`open`] what happens before there is one; [`commit`] is what the writer
//! hands in, [`snapshot`] what readers take, [`auxiliary`] the tables beside the state; [`mod@column`] names what is stored where,
//! [`meta`] and `undo` are rows of the store's own, [`migration`] brings older databases up to date; [`backend`] is what
//! bytes are kept in: RocksDB, memory, or one that fails on purpose.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod auxiliary;
pub mod backend;
pub mod column;
pub mod commit;
pub mod error;
pub mod meta;
pub mod migration;
pub mod open;
pub mod settings;
pub mod snapshot;
pub mod store;
mod undo;

pub use auxiliary::{
    AlternativeBlock, AlternativeBlocks, AuxiliaryBatch, AuxiliaryEntry, AuxiliaryId, AuxiliaryKey, AuxiliaryTable,
    Blinks, GuardKey, MempoolEntries, PulseGuard, UptimeProofs,
};
pub use backend::{Backend, BackendError, FailingBackend, MemoryBackend, RocksBackend, Statistics};
pub use column::Column;
pub use commit::{Commit, CommitError};
pub use error::StoreError;
pub use meta::{DATABASE_VERSION, DatabaseVersion, Identity, Tip};
pub use migration::{Migration, MigrationPlan, MigrationProgress};
pub use open::OpenError;
pub use settings::{Durability, StoreSettings};
pub use snapshot::Snapshot;
pub use store::ChainStore;
