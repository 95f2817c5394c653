//! What this node knows of service nodes beside the chain: what it saw of others, and what it is itself.
//!
//! [`observations`] is what is seen of others and of ourselves as everybody sees it; it feeds votes and never decides whether a
//! block holds. [`own`] is the service node that this process runs, if it does.

pub mod observations;
pub mod own;

pub use observations::{NothingObserved, ServiceNodePeers};
pub use own::{
    Companion, CompanionPing, CompanionState, NotAServiceNode, OwnKeys, OwnProofs, OwnSecretKeys, OwnServiceNode,
    PingError, ProofHindrance, ReportError, SignError, VoteOnUs,
};
