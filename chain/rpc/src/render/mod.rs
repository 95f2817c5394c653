//! The chain as JSON: blocks, transactions and their extra, in the shapes that explorers and wallets read (rpc §3.2, §3.3).

mod block;
mod extra;
mod header;
mod stake;
mod transaction;

pub use block::block_json;
pub use extra::extra_json;
pub(crate) use header::{HeaderContext, alternative_header, halves, header_entry, wide};
pub use stake::stake_amount;
pub use transaction::{ExtraList, Part, Signatures, TransactionJson};
