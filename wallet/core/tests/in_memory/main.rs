//! The wallet against a chain in memory: what it builds is valid, what it is paid it finds.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod building;
mod names;
mod scanning;
mod staking;
mod swap;
mod toy_chain;
