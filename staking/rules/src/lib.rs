//! The rules of staking, as pure functions over values: no state of its own, no I/O, no clock, no randomness. May depend on
//! types and crypto; `chain/state` calls it.
//!
//! A walk: [`registry`] is who is registered and what a block does to them; [`quorum`] draws from it, by [`randomness`], those
//! who test, vote and make blocks, [`swarm`] those who keep messages together. [`rewards`] splits a block's reward among a
//! node's contributors, [`batching`] says when and to which one-time keys the accrued rewards are paid.
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
pub mod registry;
pub mod rewards;
pub mod swarm;

pub use batching::{BatchPayout, Recipient};
pub use quorum::{Quorum, QuorumKind};
pub use randomness::QuorumRandom;
pub use registry::{Registry, ServiceNode};
pub use rewards::{Contribution, MilliAmount, NodeShares, RewardPart};
pub use swarm::SwarmId;
