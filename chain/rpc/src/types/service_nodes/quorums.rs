//! Who watches, votes, approves and makes blocks.

use crate::types::{number, status::Status};
use oxen_types::PublicKey;
use serde::{Deserialize, Serialize};

/// Parameters of `get_quorum_state`. Heights missing, or at 2⁶⁴ − 1, mean the newest quorum of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct QuorumStateRequest {
    /// First height; `end_height` when only that is given. May lie above the last: then they are told downwards.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub start_height: Option<u64>,
    /// Last height; `start_height` when only that is given.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub end_height: Option<u64>,
    /// 0 obligations, 1 checkpointing, 2 blink, 3 Pulse, 255 all; all when it is missing.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub quorum_type: Option<u8>,
}

/// Answer of `get_quorum_state`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct QuorumStateAnswer {
    /// In the order of heights, then of kinds.
    pub quorums: Vec<QuorumEntry>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// A quorum.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct QuorumEntry {
    /// Height of its state; for checkpointing the height that it votes on, for Pulse the block that it makes.
    pub height: u64,
    /// 0 obligations, 1 checkpointing, 2 blink, 3 Pulse.
    pub quorum_type: u8,
    /// Its members.
    pub quorum: QuorumMembers,
}

/// Members of a quorum by primary key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct QuorumMembers {
    /// They vote.
    pub validators: Vec<PublicKey>,
    /// They are watched, or make the block.
    pub workers: Vec<PublicKey>,
}
