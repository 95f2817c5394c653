//! Whole networks of service nodes on virtual time: one thread, one seed, and every run of a seed is the same.
//!
//! A node here is the Pulse machine that ships, a chain with the fork choice that ships, votes, a guard that survives crashes,
//! and a clock. Blocks are applied by the real transition with the real registry, quorums and rewards. What is the simulator's own
//! is the network between nodes, time, and what goes wrong.
//!
//! A walk: [`ground`] is the chain that plays start from, [`state`] how states share what is equal, [`ledger`] every block with
//! its state; [`chain`] is the chain of one node, [`node`] the node, [`effects`] what its machine wants done, [`votes`] its votes;
//! [`links`], [`queue`] and [`network`] are the world, `happening` is what happens in it; [`fault`] says what can be wrong with a node, [`adversary`] what becomes of
//! its messages; [`promises`] is what must hold at every event.
//!
//! What plays have shown, beyond promises kept:
//!
//! - Three double signers in one quorum with an equivocating producer make two blocks of equal weight. Nodes keep the one that
//!   they saw first, as the reference does, so that the network stays split until one side makes another block: rounds, and when
//!   the sides are equal hours. Nothing final is touched.
//! - A network in equal halves hardly makes blocks at all: failed rounds leave no trace in the order of candidates, so that those
//!   who are out of reach are drawn again and again.
//! - Two nodes may hold the same block with different seven of its signatures, and then differ in the digest of the whole state,
//!   which covers the bytes of blocks, and in nothing else.
#![forbid(unsafe_code)]
#![allow(
    clippy::missing_panics_doc,
    reason = "a simulation stops at the first promise that is broken"
)]

pub mod adversary;
pub mod chain;
pub mod effects;
pub mod fault;
pub mod ground;
mod happening;
pub mod ledger;

pub mod links;
pub mod meter;
pub mod network;
pub mod node;
pub mod play;
pub mod promises;
pub mod queue;
pub mod seeds;
pub mod shadow;
pub mod signatures;
pub mod state;
pub mod traffic;
pub mod votes;

pub use fault::Fault;
pub use ground::Ground;
pub use ledger::{Ledger, Rulebook};
pub use links::{Groups, Links};
pub use network::Network;
