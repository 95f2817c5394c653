//! The RPC over real sockets, against the daemon's own writer and pool in memory.
#![allow(clippy::unwrap_used, clippy::panic)]

mod access;
mod blink;
mod blocks;
mod bridge;
mod chain;
mod coverage;
mod envelope;
mod fixture;
mod http;
mod limits;
mod making;
mod names;
mod outputs;
mod own_service_node;
mod peers;
mod pool;
mod portable;
mod registration;
mod service_nodes;
mod stakes;
mod submit;
mod swap;
mod transactions;
mod wallet;
