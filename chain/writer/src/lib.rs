//! The one writer of the chain: takes blocks, keeps the branches beside the main chain, reorganises, makes blocks.
//!
//! A service; depends on types, crypto, state, store, verifier and node-api. Readers take snapshots and never wait for it.
//!
//! A walk: [`chain`] is the handle that implements the node's traits; `candidate` brings a block together with its
//! transactions and verifies their proofs on all cores, `ahead` those of blocks that are to come; [`extend`](chain) puts a block on the tip; `alternative` takes blocks
//! beside the main chain, `branches` keeps them, and `reorganise` makes such a branch the main one, in one write; `checkpoints` keeps those of service nodes,
//! `held_back` lets blocks that conflict with an approved blink wait for one; [`replay`]
//! checks a database against its own blocks; `mining` makes blocks on private networks, `pulse` those that a quorum signs.
#![forbid(unsafe_code)]

mod ahead;
mod alternative;
mod branches;
mod candidate;
pub mod chain;
mod checkpoints;
mod held_back;
mod mining;
mod pulse;
mod reorganise;
pub mod replay;

pub use chain::{Chain, ChainParts, OpenChainError};
