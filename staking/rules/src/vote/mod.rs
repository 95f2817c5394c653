//! Votes of service nodes: on what becomes of another node, and on checkpoints (staking §15.7, §15.8; pulse §9.2, §9.3).
//!
//! [`ballot`] is one vote: made, signed, verified. [`wire`] is its form between our nodes. [`age`] says when it counts, [`pool`]
//! gathers votes until there are enough, [`result`] makes of them what goes into the chain.

pub mod age;
pub mod ballot;
pub mod pool;
pub mod result;
pub mod wire;

pub use age::{VoteAgeError, check_age};
pub use ballot::{CastVote, Vote, VoteBody, VoteError};
pub use pool::{Origin, VoteOutcome, VotePool};
pub use result::{new_checkpoint, state_change, state_change_transaction};
pub use wire::{MAX_VOTE_BYTES, VoteWireError};
