//! The state transition: the only place where coin, staking, names and bridge rules meet.
//!
//! Pure: no I/O, no clock, no randomness; reads through [`View`], returns what changes. May depend on types, crypto and the
//! rules crates.
//!
//! A walk: [`table`] says what a table is, [`tables`] lists the coin's; [`view`] reads them, [`delta`] changes them and takes
//! changes back; [`memory`] holds them in memory, [`digest`] hashes them. A block comes in as [`checked_block`] and
//! [`transaction`] stage it; [`mod@apply`] checks it against the rules in [`block`] and [`rewards`] and records it through the
//! ledger. [`service_nodes`] is the registry in it, [`names`] the registers of names, [`swap`] the ledger of
//! burned OXEN. [`queries`] answers readers,
//! [`template`] makes the next block.
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod apply;
pub mod block;
pub mod bridge;
pub mod checked_block;
pub mod delta;
pub mod digest;
pub mod error;
pub mod fees;
mod ledger;
pub mod memory;
pub mod names;
pub mod queries;
pub mod rewards;
pub mod service_nodes;
pub mod swap;
pub mod table;
pub mod tables;
pub mod template;
pub mod transaction;
pub mod view;

pub use apply::{Applied, Event, NoWorkHash, Rules, WorkHash, apply, apply_genesis};
pub use checked_block::{CheckedBlock, UntrustedBlock};
pub use delta::{Change, Delta, Overlay, Undo};
pub use digest::state_digest;
pub use error::{BlockError, TransactionError};
pub use memory::MemoryState;
pub use service_nodes::{NoServiceNodes, ServiceNodeRules, StakingRules};
pub use table::{Table, TableId, TableKey};
pub use view::{TypedView, View, ViewError};
