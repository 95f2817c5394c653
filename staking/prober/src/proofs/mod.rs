//! Uptime proofs: taking those of others, sending our own in time, forgetting those of nodes that left.

mod possession;
mod purging;
mod receiving;
mod sending;

pub use possession::BlsPossession;
pub use receiving::ProofHandler;
pub(crate) use sending::OwnProofState;
