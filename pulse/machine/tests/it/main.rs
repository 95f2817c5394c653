//! A network of machines on one thread and virtual time, and what is played on it.
//!
//! [`world`] is the network: links, clocks, delivery in seeded order. [`actor`] is one node: a machine with a small driver,
//! its chain, its faults. [`chain`] holds blocks, quorums and the rules that a block must keep. A failing seed is in the
//! message of its assertion.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::large_enum_variant,
    reason = "a test ends where it fails, and its acts are few"
)]

mod actor;
mod boundaries;
mod chain;
mod clocks;
mod equivocation;
mod failures;
mod properties;
mod refusals;
mod restarts;
mod world;
