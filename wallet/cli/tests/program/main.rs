//! The whole program, in this process, with scripted answers in place of a person.
//!
//! The daemon in these tests is a scaffold ([`fake_daemon`]): it serves blocks that tests make up, and fails on demand, which a
//! real node would not. What it cannot show, that real nodes accept what the wallet sends, is shown end to end elsewhere.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

// The development node and its service nodes.
#[allow(dead_code, reason = "the tests of wallet/ethereum use more of it")]
#[path = "../../../ethereum/tests/on_anvil/arbitrum.rs"]
mod arbitrum;
mod claiming;
mod commands;
mod contribution;
mod creating;
mod dialogue;
mod ethereum;
mod fake_bridge;
mod fake_daemon;
mod fake_names;
mod fake_registry;
mod fake_swap;
mod forgetting;
mod keystore;
mod names;
#[allow(dead_code, reason = "the tests of wallet/ethereum use more of it")]
#[path = "../../../ethereum/tests/on_anvil/nodes.rs"]
mod nodes;
mod refreshing;
mod secrecy;
mod sending;
mod staking;
mod swap;
mod swap_contract;
