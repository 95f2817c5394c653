//! The node: every service wired into one process, and the `oxend` program around it.
//!
//! Depends on all services; nothing depends on it. A walk: [`arguments`] and [`config_file`] are what an operator writes,
//! [`network_choice`] which chain that means, [`data_directory`] where its files are, [`peers`] who it talks with,
//! [`service_node_options`] and [`service_node_keys`] what makes it a service node; `core` joins the services, [`launch`] starts
//! them; `health`, `metrics`, `status`, `standing`, `supervisor` and [`logging`] tell how it is, [`shutdown`] ends it;
//! `together` runs several of them in one process;
//! [`console`] is the other side: commands for the running node. [`faucet`] is the published wallet of regtest.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod arguments;
pub mod clock;
pub mod config_file;
pub mod console;
mod control;
mod core;
pub mod data_directory;
pub mod faucet;
mod health;
mod l2_options;
pub mod launch;
pub mod logging;
mod metrics;
pub mod network_choice;
mod notify;
mod own_report;
pub mod peers;
mod pool_storage;
pub mod program;
pub mod proof_storage;
mod pulse_guard;
pub mod service_node_keys;
pub mod service_node_options;
pub mod shutdown;
mod standing;
mod status;
mod supervisor;
mod together;

pub use launch::{LaunchError, Node, NodeSettings};
pub use shutdown::{Shutdown, ShutdownReason};
