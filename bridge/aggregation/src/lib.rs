//! Service nodes sign for the contracts on L2, and any node gathers their signatures (bridge §4).
//!
//! A service; depends on types, staking rules, bridge rules, state and node-api. What is signed, and how signatures add up, stands
//! in [`oxen_bridge_rules`]; here is who signs what and when, who is asked, and what becomes of the answers.
//!
//! A walk: [`Aggregation`] is the service and [`AggregationParts`] what it works with. `signing` is a node's own side: its own
//! value or nothing, `rate` keeps anybody from asking too much. `collecting` asks all nodes of the contract, `verifying` finds
//! those that signed wrongly, `gathered` keeps what the contract takes. `requests` is what front ends see
//! ([`oxen_node_api::BridgeSignatures`]); `wire` is what nodes say to each other. [`ChainSources`] reads what the chain knows.
//!
//! Nobody is believed. A node signs only its own value of a height at which blocks are final; who asks compares with its own value
//! and checks every signature, and the contract checks the sum.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")
)]

mod chain_sources;
mod collecting;
mod gathered;
mod heights;
mod rate;
mod requests;
mod service;
mod signing;
mod verifying;
mod wire;

pub use chain_sources::ChainSources;
pub use heights::{ChainHeights, Heights};
pub use requests::BridgeRequests;
pub use service::{Aggregation, AggregationParts, SigningKeys};

#[cfg(test)]
mod tests;
