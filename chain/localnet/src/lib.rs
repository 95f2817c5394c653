//! The real programs as child processes: what `oxen-localnet` and the end-to-end tests drive.
//!
//! Depends on nothing of ours: it speaks to `oxend` and `oxen-wallet-cli` as anybody would, through command lines and JSON-RPC.
#![forbid(unsafe_code)]

pub mod node;
pub mod private_network;
pub mod programs;
pub mod rpc;
pub mod wallet;

pub use node::{NodeError, NodeProcess};
pub use private_network::{NetworkError, PrivateNetwork, Seen};
pub use rpc::{CallError, RpcClient};
