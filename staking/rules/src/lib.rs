//! The rules of staking, as pure functions over values: no state of its own, no I/O, no clock, no randomness. May depend on
//! types and crypto; `chain/state` calls it.
//!
//! A walk: [`registry`] is who is registered and what a block does to them; [`quorum`] draws from it, by [`randomness`], those
//! who test, vote and make blocks, [`swarm`] those who keep messages together. [`rewards`] splits a block's reward among a
//! node's contributors, [`batching`] says when and to which one-time keys the accrued rewards are paid.
//!
//! [`keys`] are those of a service node, [`uptime_proof`] is what it tells of itself with them, [`vote`] what it says about
//! others and about blocks; [`blame`] is shared by the two. [`obligations`] decides which votes those are. [`blink`] counts the
//! votes on instant transactions.
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
pub mod blame;
pub mod blink;
pub mod keys;
pub mod obligations;
pub mod quorum;
pub mod randomness;
pub mod registry;
pub mod rewards;
pub mod swarm;
pub mod uptime_proof;
pub mod vote;

pub use batching::{BatchPayout, Recipient};
pub use blame::Blame;
pub use keys::{Ed25519Signature, ServiceNodeKeys, X25519PublicKey};
pub use quorum::{Quorum, QuorumKind};
pub use randomness::QuorumRandom;
pub use registry::{Registry, ServiceNode};
pub use rewards::{Contribution, MilliAmount, NodeShares, RewardPart};
pub use swarm::SwarmId;
