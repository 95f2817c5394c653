//! The rules of the bridge to Arbitrum, as pure functions over values: no I/O, no clock, no randomness. May depend on types;
//! `chain/state`, `bridge/follower`, `bridge/aggregation` and the wallet call it.
//!
//! A walk: [`bls`] are the signatures that the contracts check; [`message`] builds what is signed and the tags that bind it to
//! a chain and a contract; [`non_signers`] says how many nodes may be missing and names them as the contract does.
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

pub mod bls;
pub mod message;
pub mod non_signers;
