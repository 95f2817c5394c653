//! The pool: transactions that wait for a block (chain §4.11).
//!
//! A service; depends on types, state, node-api and the verifier. It keeps everything in memory and a copy on disk through
//! [`PoolStorage`], so that a restart loses nothing.
//!
//! A walk: [`Mempool`] implements [`oxen_node_api::Pool`] for those who submit and [`oxen_node_api::PoolKeeper`] for the writer
//! of the chain, and [`oxen_node_api::BlinkPool`] for instant transactions; a transaction passes the admission checks, whose proofs are verified once and remembered by the verifier;
//! [`contents`] holds what was admitted in the order in which blocks take it; [`settings`] are its limits, [`storage`] its copy
//! on disk, [`maintenance`] drops what waited too long, `staking` what service nodes made pointless, `swaps` burns
//! that no block takes any more; `blinks` protects what their
//! quorums approved.
#![forbid(unsafe_code)]

mod admission;
mod approval;
mod blinks;
pub mod contents;
mod keeper;
pub mod maintenance;
mod mempool;
mod promises;
pub mod settings;
mod staking;
pub mod storage;
mod swaps;

pub use mempool::{Mempool, MempoolParts};
pub use settings::PoolSettings;
pub use storage::{NoStorage, PoolStorage, StorageError, StoredBlink, StoredEntry};

#[cfg(test)]
mod tests;
