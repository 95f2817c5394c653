//! The rules of the bridge to Arbitrum, as pure functions over values: no I/O, no clock, no randomness. May depend on types;
//! `chain/state`, `bridge/follower`, `bridge/aggregation` and the wallet call it.
//!
//! A walk: [`contract_log`] reads what the rewards contract logged, [`event_transaction`] makes the transaction that reports it,
//! [`picture`] is what a node sees of L2 and its opinion of reports, [`template`] what it writes into blocks and what it signs,
//! [`reward_rate`] how far the rate in them may move.
//!
//! The other direction: [`bls`] are the signatures that the contracts check; [`message`] builds what is signed and the tags that
//! bind it to a chain and a contract; [`non_signers`] says how many nodes may be missing and names them as the contract does.
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

pub mod address;
pub mod bls;
pub mod confirmation;
pub mod contract_log;
pub mod event_transaction;
pub mod message;
pub mod non_signers;
pub mod picture;
pub mod reward_rate;
pub mod swap;
pub mod template;
