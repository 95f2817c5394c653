//! Instant transactions on a running node: a member of their quorum judges and signs, anybody submits, everybody hears what was
//! approved (chain §5).
//!
//! A service; depends on types, crypto, staking rules, state and node-api. What is signed and counted stands in
//! [`oxen_staking_rules::blink`], what an approval does to waiting transactions in the pool
//! ([`oxen_node_api::BlinkPool`]); here is who asks whom, when, and what becomes of the answers.
//!
//! A walk: [`BlinkService`] holds the parts. `submitting` asks members and tells what came of it
//! ([`oxen_node_api::Blink`]); `judging` is what a member does with a transaction, `counting` with votes; both work on the
//! [`sessions`](mod@sessions), one for each transaction, bounded. `wire` are their messages. [`BlinkHandler`] takes approved
//! blinks from gossip, `taking` brings them into the pool and rolls the chain back where a block conflicts with one.
//! [`run`] drives it.
//!
//! Left out: asking a peer for blinks that were approved while this node was away (chain §5.3, sync). Those that wait are told
//! again after every block; those in recent blocks protect only the nodes that were there.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")
)]

mod counting;
mod gossip;
mod judging;
mod quorums;
mod service;
mod sessions;
mod submitting;
mod taking;
mod wire;

pub use gossip::BlinkHandler;
pub use service::{BlinkParts, BlinkService, run};
pub use submitting::BlinkSender;

#[cfg(test)]
mod tests;
