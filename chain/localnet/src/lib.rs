//! The real programs as child processes: what `oxen-localnet` and the end-to-end tests drive.
//!
//! Depends on nothing of ours: it speaks to `oxend` and `oxen-wallet-cli` as anybody would, through command lines and JSON-RPC.
//!
//! A walk: [`NetworkRules`] are written as a description into the network's folder ([`network_folder`]); [`PrivateNetwork`]
//! starts a [`NodeProcess`] for each node, or one process for all, and makes [`wallet::Wallet`]s; the first blocks are mined, the service nodes are
//! registered ([`registration`]), Pulse takes over ([`blocks`]), and [`NetworkView`] tells how it all goes. With [`bridge`] the
//! network goes over to [`arbitrum`] on the way.
#![forbid(unsafe_code)]

pub mod arbitrum;
pub mod blocks;
pub mod bridge;
pub mod bridge_view;
pub mod network_folder;
pub mod network_view;
pub mod node;
pub mod private_network;
mod process;
pub mod programs;
pub mod registration;
pub mod rpc;
pub mod rules;
mod service_node;
pub mod wallet;

pub use bridge::BridgeSettings;
pub use network_view::NetworkView;
pub use node::{NodeError, NodeProcess, NodeStart, Tie};
pub use private_network::{NetworkError, NetworkSettings, PrivateNetwork, Processes, Seen};
pub use process::InOneProcess;
pub use rpc::{CallError, RpcClient};
pub use rules::{NetworkRules, OXEN};
pub use service_node::ServiceNode;
