//! Whole service nodes without sockets and threads: real chains, pools, keys and registry, on a clock of the test's.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test ends where it fails, and has no readers of its items"
)]

mod network;
mod rounds;
mod thread;
mod world;
