//! The rules of staking, as pure functions over values: no state of its own, no I/O, no clock, no randomness. May depend on
//! types and crypto; `chain/state` calls it.
//!
//! A walk: [`rewards`] splits a block's reward among a node's contributors, [`batching`] says when and to which one-time keys
//! the accrued rewards are paid. [`randomness`] is the generator that all nodes share; with it [`quorum`] chooses the service
//! nodes that watch, vote and make blocks, and [`swarm`] groups them for storing messages.
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

pub mod batching;
pub mod quorum;
pub mod randomness;
pub mod rewards;
pub mod swarm;

pub use batching::{BatchPayout, Recipient};
pub use quorum::{Quorum, QuorumKind};
pub use randomness::QuorumRandom;
pub use rewards::{Contribution, MilliAmount, NodeShares};
pub use swarm::SwarmId;
