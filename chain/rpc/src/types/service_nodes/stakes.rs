//! Stakes as the chain has them: what a node must hold, which stakes are blacklisted, what became of nodes.

use crate::types::{number, status::Status};
use oxen_types::KeyImage;
use serde::{Deserialize, Serialize};

/// Parameters of `get_staking_requirement`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StakingRequirementRequest {
    /// For a registration at this height; the next block's when none is given.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
}

/// Answer of `get_staking_requirement`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StakingRequirementAnswer {
    /// What a node must hold, atomic OXEN.
    pub staking_requirement: u64,
    /// At which height.
    pub height: u64,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Answer of `get_service_node_blacklisted_key_images`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BlacklistAnswer {
    /// Stakes of deregistered nodes, in the order in which they were blacklisted.
    pub blacklist: Vec<BlacklistEntry>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// A stake that stays locked after its node was deregistered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BlacklistEntry {
    /// Its key image.
    pub key_image: KeyImage,
    /// The first height at which it may be spent.
    pub unlock_height: u64,
    /// Atomic OXEN.
    pub amount: u64,
}

/// Parameters of `get_service_nodes_state_changes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StateChangesRequest {
    /// First block; the first of the chain when none is given.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub start_height: Option<u64>,
    /// Last block; the newest when none is given.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub end_height: Option<u64>,
}

/// Answer of `get_service_nodes_state_changes`: how many transactions of each kind the blocks have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StateChangesAnswer {
    /// Nodes thrown out.
    pub total_deregister: u64,
    /// Penalties for a changed address.
    pub total_ip_change_penalty: u64,
    /// Suspensions.
    pub total_decommission: u64,
    /// Returns from a suspension.
    pub total_recommission: u64,
    /// Requests to unlock a stake.
    pub total_unlock: u64,
    /// First block.
    pub start_height: u64,
    /// Last block.
    pub end_height: u64,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}
