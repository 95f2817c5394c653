//! The rules of the bridge to Arbitrum, as pure functions over values: no I/O, no clock, no randomness. May depend on types;
//! `chain/state`, `bridge/follower` and the wallet call it.
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

pub mod confirmation;
