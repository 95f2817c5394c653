//! The rules of staking, as pure functions over values: no state of its own, no I/O, no clock, no randomness. May depend on
//! types and crypto; `chain/state` calls it.
//!
//! A walk: [`rewards`] splits a block's reward among a node's contributors, [`batching`] says when and to which one-time keys
//! the accrued rewards are paid. The registry, quorums and votes come beside these.
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
pub mod keys;
pub mod rewards;
pub mod uptime_proof;

pub use batching::{BatchPayout, Recipient};
pub use blame::Blame;
pub use keys::{Ed25519Signature, ServiceNodeKeys, X25519PublicKey};
pub use rewards::{Contribution, MilliAmount, NodeShares};
