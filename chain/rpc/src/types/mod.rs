//! Requests and answers of the daemon's RPC as values (rpc §2, §3). Without the feature `server` this is all of the crate, for
//! clients: nothing here knows the node.
//!
//! Requests take what the clients of two daemon generations and of Monero send; answers are the superset of what those read
//! (rpc §2.2). Amounts are atomic units, times Unix seconds.

pub mod admin;
pub mod block;
pub mod bridge;
pub mod chain;
pub mod error_code;
pub mod names;
pub mod number;
pub mod output;
pub mod peers;
pub mod service_nodes;
pub mod staking;
pub mod status;
pub mod swap;
pub mod text;
pub mod transaction;
pub mod wallet;

pub use error_code::{ErrorCode, ErrorObject};
pub use status::Status;
pub use text::{HexBytes, HexText};

/// Version of the interface: 4.1 as 4·65536 + 1. Wallets compare the upper half.
pub const RPC_VERSION: u32 = 4 << 16 | 1;
