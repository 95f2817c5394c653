//! Arbitrum on this machine: anvil, and on it the contracts that the network works with (bridge §1).
//!
//! Depends on nothing of ours. The contracts are those that forge built; anvil is driven through its JSON-RPC.
//!
//! A walk: [`Tools`] finds anvil and the contracts; [`Anvil`] is the process, whose state survives it; [`contracts`] is the part
//! of their interface that is used here; [`deployment`] says where they come to lie, and brings them there.

pub mod anvil;
pub mod contracts;
pub mod deployment;
mod tools;

pub use anvil::Anvil;
pub use deployment::{Addresses, Deployment, SeededNode};
pub use tools::Tools;

use crate::rpc::CallError;
use std::path::PathBuf;
use thiserror::Error;

/// Chain id of anvil's chain, which the network's description names.
pub const CHAIN_ID: u64 = 31_337;

/// Why Arbitrum could not be had.
#[derive(Debug, Error)]
pub enum ArbitrumError {
    /// A tool from npm is missing.
    #[error(
        "{what} is not there: `.ci/prerequisites contracts` installs it with npm, or go without Arbitrum: --no-bridge"
    )]
    Missing {
        /// What.
        what: String,
    },
    /// The contracts do not compile.
    #[error("forge cannot build the contracts in {}: {output}", folder.display())]
    Build {
        /// Where they are.
        folder: PathBuf,
        /// What it said.
        output: String,
    },
    /// A file of forge is not what it should be.
    #[error("{} is no contract that forge built: {reason}", file.display())]
    Artifact {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It does not start.
    #[error("anvil does not start; its log says why: {}", log.display())]
    NotServing {
        /// Its log.
        log: PathBuf,
    },
    /// It refused a request.
    #[error(transparent)]
    Call(#[from] CallError),
    /// It answered something else.
    #[error("unexpected answer of anvil to {method}: {answer}")]
    Answer {
        /// What was asked.
        method: &'static str,
        /// The answer.
        answer: String,
    },
    /// A transaction was refused by the contract.
    #[error("{what} failed on Arbitrum (transaction {transaction})")]
    Reverted {
        /// What should have been done.
        what: String,
        /// The transaction.
        transaction: String,
    },
    /// A file or a program.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
