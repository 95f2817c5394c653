//! Proof that this implementation agrees with a chain that the reference daemon made and recorded.
//!
//! A walk: [`recording`] reads a directory of recorded JSON files; [`decode`] takes every block and transaction apart and puts
//! it together again, computes every id, weight and index, verifies every proof and signature and scans for every wallet;
//! [`replay`] feeds the blocks to the state transition and compares what it says at every height, then takes every block back
//! and applies it again. Both write into a [`report`], which counts agreements and keeps the first difference of each check.
//! [`forms`] writes our values in the form in which the recording has them; [`payees`] says who was paid, for chains
//! whose registry cannot be computed; [`balances`] compares accrued rewards.
//!
//! What the binary prints comes from [`report`]; what stops it early is a [`ConformanceError`].
#![forbid(unsafe_code)]

pub mod balances;
pub mod decode;
pub mod error;
pub mod forms;
pub mod payees;
pub mod progress;
pub mod recording;
pub mod replay;
pub mod report;

pub use error::ConformanceError;
pub use recording::Recording;
pub use report::{Check, Difference, Report};
