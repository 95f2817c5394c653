//! The node among its peers: connections, gossip and sync.
//!
//! A service; depends on types, crypto, staking rules, state and node-api, and nothing in the workspace but the node depends on it. Peers
//! speak libp2p (TCP with Noise, and QUIC) and SCALE messages whose lengths are checked before memory is taken.
//!
//! A walk: [`PeerNetwork::start`] is what a node calls with a [`PeerConfig`] and its services. `network` is the task that owns
//! the connections: it greets, dials, serves and spreads, and never waits. `wire` are the messages; `peers` who is connected
//! and known, and how each stands; `penalty` the one table of what costs how much. `gossip` takes messages in, has them judged
//! on blocking threads before anybody else gets them, and sends the node's own: blocks at once, transactions on a stem that
//! hides where they come from. `quorum` is what waits for one service node or came from one: a service node proves in its greeting
//! who it is, and [`oxen_node_api::QuorumNetwork`] is how services use that. `sync` asks for what others have: ids from one peer, blocks from all. `limits` is every bound.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")
)]

mod address;
mod config;
mod gossip;
mod handle;
mod identity;
mod limits;
mod network;
mod peers;
mod penalty;
mod quorum;
mod shared;
mod sync;
mod wire;

#[cfg(test)]
mod tests;

pub use address::{AddressError, PeerAddress};
pub use config::{PeerChoice, PeerConfig, StartError, SyncMode};
pub use handle::PeerNetwork;
pub use identity::IdentityError;
pub use peers::file::PeerFileError;
pub use shared::PeerServices;
