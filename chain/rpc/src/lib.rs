//! The daemon's RPC: JSON-RPC, plain paths and binary endpoints (rpc §1–§3, §5).
//!
//! A service; depends on types, crypto, state and node-api. It sees the node only through the traits of node-api, and reads the
//! chain only in snapshots, so that no request ever waits for the writer or holds it up.
//!
//! A walk: [`types`] are the requests and answers, which clients use without the rest (feature `server` off). [`RpcServer`]
//! listens as [`config`] says; a request becomes a call of one of the [`methods`](all_methods), which reads the node and renders
//! the chain as JSON ([`render`]), or of a [`binary`] endpoint. [`docs`] describes them all from the same table.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod types;

#[cfg(feature = "server")]
pub mod binary;
#[cfg(feature = "server")]
mod cache;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod docs;
#[cfg(feature = "server")]
pub mod error;
#[cfg(feature = "server")]
mod ethereum_address;
#[cfg(feature = "server")]
pub mod method;
#[cfg(feature = "server")]
mod methods;
#[cfg(feature = "server")]
mod node;
#[cfg(feature = "server")]
pub mod render;
#[cfg(feature = "server")]
mod server;

#[cfg(feature = "server")]
pub use config::{Access, Limits, ListenerConfig, Login, Rate, RpcConfig};
#[cfg(feature = "server")]
pub use methods::all_methods;
#[cfg(feature = "server")]
pub use node::NodeHandles;
#[cfg(feature = "server")]
pub use server::{BindError, RpcServer};
