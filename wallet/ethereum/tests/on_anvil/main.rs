//! Against the real contracts on a real development node.
//!
//! `OXEN_ANVIL` names the program `anvil`, `OXEN_CONTRACTS` the folder of the contracts with forge's `out` in it. Without them
//! each test says that it was skipped, and passes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test ends where it fails, and nobody imports it"
)]

#[allow(dead_code, reason = "the tests of wallet/cli use it too")]
mod arbitrum;
mod claims;
mod contribution;
mod crashes;
mod lost_transactions;
mod nodes;
mod refused;
mod registration;
mod swapped_coins;
