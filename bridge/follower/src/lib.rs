//! Follows Arbitrum for a service node: several providers, the events of the rewards contract, what is true and how sure of it.
//!
//! A service; depends on types, bridge rules, state and node-api, on alloy for JSON-RPC, and on tokio. Nothing of consensus waits for it:
//! it works on the runtime and publishes immutable pictures (`oxen_bridge_rules::picture`), which the rest of the node reads
//! through [`oxen_node_api::L2Reader`].
//!
//! A walk: [`Follower::start`] checks the providers' chain, takes up what `storage` kept and spawns a task that looks at L2 once a
//! minute. A `look` asks every provider that is in step for its head, reads the logs of the last minutes again and of the new
//! blocks, the reward rates and the contract's list; `agreement` says what a majority holds; `history` is what was read, with
//! marks of blocks by which a reorganisation below them shows. A `provider` speaks JSON-RPC over the bounded connections of `oxen-bridge-transport` within a
//! `budget`, and `journal` tells the operator what changed. [`EventReporter`] hands the events that are safe to the pool as
//! transactions, and takes those away that vanished; [`OwnWord`] is what the node writes into blocks and what it signs.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")
)]

mod agreement;
mod budget;
mod event_reports;
mod follower;
mod history;
mod journal;
mod look;
mod provider;
mod settings;
mod storage;
mod word;

pub use event_reports::{EventReporter, ReportingChain};
pub use follower::{Follower, StartError};
pub use reqwest::Url;
pub use settings::{ChainIdCheck, Followed, FollowerSettings};
pub use word::{OwnChain, OwnWord};
