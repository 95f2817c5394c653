//! Rewards and checkpoints (rpc §2.1).

use super::{number, status::Status};
use oxen_types::{Hash, Signature};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Parameters of `get_accrued_rewards`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccruedRewardsRequest {
    /// Whose; nothing means everybody's.
    #[serde(deserialize_with = "number::null_as_default")]
    pub addresses: Vec<String>,
}

/// Answer of `get_accrued_rewards`, in the forms of both generations.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccruedRewardsAnswer {
    /// Atomic units by address.
    pub balances: BTreeMap<String, u64>,
    /// The addresses, in the order of the request or of their text.
    pub addresses: Vec<String>,
    /// Atomic units in the same order.
    pub amounts: Vec<u64>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `get_checkpoints`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckpointsRequest {
    /// First height.
    #[serde(deserialize_with = "number::optional")]
    pub start_height: Option<u64>,
    /// Last height; the newest block unless said otherwise.
    #[serde(deserialize_with = "number::optional")]
    pub end_height: Option<u64>,
    /// Most checkpoints: the newest when no first height is given; 60 unless said otherwise.
    #[serde(deserialize_with = "number::optional")]
    pub count: Option<u64>,
}

/// Answer of `get_checkpoints`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckpointsAnswer {
    /// From the start height upwards; the newest first when no start height is given.
    pub checkpoints: Vec<CheckpointEntry>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// A block that service nodes signed or that the software knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckpointEntry {
    /// Height of the block.
    pub height: u64,
    /// Id of the block.
    pub block_hash: Hash,
    /// Height of the checkpoint before.
    pub prev_height: u64,
    /// 0 known to the software, 1 signed by service nodes.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Always 0.
    pub version: u8,
    /// Votes.
    pub signatures: Vec<CheckpointVote>,
}

/// A vote for a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckpointVote {
    /// Position in the quorum.
    pub voter_index: u16,
    /// Signature over the block id.
    pub signature: Signature,
}
