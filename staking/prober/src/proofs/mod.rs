//! Uptime proofs: taking those of others, sending our own in time, forgetting those of nodes that left.

mod purging;
mod receiving;
mod sending;

pub use receiving::ProofHandler;
pub(crate) use sending::OwnProofState;
