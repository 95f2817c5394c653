//! Talking to `oxend` (rpc): where it is, what it answers, whether it can be used.
//!
//! [`address`] is where; [`connection`] sends requests, bounded in time and size; [`client`] are the questions a wallet asks;
//! [`service_nodes`] are those of stakers, [`names`] those about names, [`swap`] those about burned OXEN, [`bridge`] those for
//! signatures of the network; [`submission`] is sending a transaction with its three
//! honest results; [`compatibility`] refuses daemons of other networks.

pub mod address;
pub mod bridge;
pub mod client;
pub mod compatibility;
pub mod connection;
pub mod error;
pub mod names;
pub mod service_nodes;
pub mod submission;
pub mod swap;

pub use address::{DaemonAddress, DaemonAddressError};
pub use client::{Daemon, DaemonTransaction, Place, Trust};
pub use compatibility::{DaemonStatus, Incompatible};
pub use connection::{Connection, ConnectionOptions, Login};
pub use error::DaemonError;
pub use submission::{Delivery, Relaying, Submission};
pub use swap::SwapAccount;
