//! The chain as JSON: blocks, transactions and their extra, in the shapes that explorers and wallets read (rpc §3.2, §3.3).

mod address;
mod block;
mod extra;
mod header;
pub(crate) mod own_service_node;
mod service_node;
mod stake;
mod transaction;

pub use address::recipient_address;
pub use block::block_json;
pub use extra::extra_json;
pub(crate) use header::{HeaderContext, alternative_header, halves, header_entry, wide};
pub use service_node::{NodeContext, NodeJson, StakeJson, fee_millionths};
pub use stake::stake_amount;
pub use transaction::{ExtraList, Part, Signatures, TransactionJson};
