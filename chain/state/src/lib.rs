//! The state transition: the only place where coin, staking, names and bridge rules meet.
//!
//! Pure: no I/O, no clock, no randomness; reads through [`View`], returns what changes. May depend on types, crypto and the
//! rules crates.
//!
//! A walk: [`table`] says what a table is, [`tables`] lists the coin's; [`view`] reads them, [`delta`] changes them and takes
//! changes back; [`memory`] holds them in memory, [`digest`] hashes them.
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects))]

pub mod delta;
pub mod digest;
pub mod memory;
pub mod table;
pub mod tables;
pub mod view;

pub use delta::{Change, Delta, Overlay, Undo};
pub use digest::state_digest;
pub use memory::MemoryState;
pub use table::{Table, TableId, TableKey};
pub use view::{TypedView, View, ViewError};
