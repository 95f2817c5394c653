//! All service nodes with what this daemon knows of them.

use super::fields::FieldSelection;
use crate::types::{number, status::Status, text::HexText};
use oxen_types::{Hash, KeyImage, PublicKey};
use serde::{Deserialize, Serialize};

/// Parameters of `get_service_nodes`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceNodesRequest {
    /// Which nodes, by primary key; nothing means all.
    #[serde(deserialize_with = "number::null_as_default")]
    pub service_node_pubkeys: Vec<HexText<PublicKey>>,
    /// Only nodes that work?
    #[serde(deserialize_with = "number::null_as_default")]
    pub active_only: bool,
    /// So many of them, chosen at random; nothing or 0 means all.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Which fields of each.
    pub fields: FieldSelection,
    /// The newest block that the client knows: while it is the newest, the answer is only that nothing changed.
    #[serde(
        deserialize_with = "number::null_as_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub poll_block_hash: Option<HexText<Hash>>,
    /// Should the list be given as text, too?
    #[serde(deserialize_with = "number::null_as_default")]
    pub include_json: bool,
    /// As `include_json`.
    #[serde(deserialize_with = "number::null_as_default")]
    pub as_json: bool,
}

/// Answer of `get_service_nodes`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceNodesAnswer {
    /// Height of the newest block.
    pub height: u64,
    /// Height the network is at; 0 when this node is there too.
    pub target_height: u64,
    /// Id of the newest block.
    pub block_hash: Hash,
    /// Hard fork of the newest block.
    pub hardfork: u8,
    /// Its revision.
    pub snode_revision: u8,
    /// True, and nothing else is given, when `poll_block_hash` is the newest block.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
    /// The nodes in the order of their keys, or of the request.
    pub service_node_states: Vec<ServiceNodeEntry>,
    /// The list as text, when it was asked for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub as_json: String,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// A service node as both generations of clients read it. Every field may be missing when only some were asked for; those that
/// are optional here are also missing before the first uptime proof, or while there is nothing to tell. What the older
/// generation called `checkpoint_participation`, `pulse_participation`, `timestamp_participation` and `timesync_status` is sent
/// beside these, and says the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceNodeEntry {
    /// The primary key.
    pub service_node_pubkey: PublicKey,
    /// The auxiliary key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pubkey_ed25519: Option<String>,
    /// The transport key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pubkey_x25519: Option<String>,
    /// The BLS key, 128 hexadecimal digits; from HF20 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pubkey_bls: Option<String>,
    /// Height of the registering block.
    pub registration_height: u64,
    /// Hard fork at the registration.
    pub registration_hf_version: u8,
    /// Height after which the node leaves; 0 while nobody asked.
    pub requested_unlock_height: u64,
    /// Place in the order of leaders: height.
    pub last_reward_block_height: u64,
    /// Place in the order of leaders: transaction in that block; 2³² − 1 for none.
    pub last_reward_transaction_index: u32,
    /// Works: fully funded and not suspended.
    pub active: bool,
    /// Has its whole stake.
    pub funded: bool,
    /// Earns: works for long enough.
    pub payable: bool,
    /// Height at which the present state began.
    pub state_height: u64,
    /// How often it was suspended.
    pub decommission_count: u32,
    /// Decommission credit, blocks.
    pub earned_downtime_blocks: i64,
    /// Reasons of the last suspension that all voters gave, bits of [`oxen_types::extra::Reasons`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_decommission_reason_consensus_all: Option<u16>,
    /// Reasons of the last suspension that any voter gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_decommission_reason_consensus_any: Option<u16>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_decomm_reasons: Option<DecommissionReasons>,
    /// What it must hold, atomic OXEN.
    pub staking_requirement: u64,
    /// What it holds, atomic OXEN.
    pub total_contributed: u64,
    /// What it holds and keeps for others, atomic OXEN; missing when that is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_reserved: Option<u64>,
    /// The operator's fee, of 2⁶⁴ − 4.
    pub portions_for_operator: u64,
    /// The operator's fee in millionths.
    pub operator_fee: u32,
    /// Address of the operator.
    pub operator_address: String,
    /// The swarm; 2⁶⁴ − 1 for none.
    pub swarm_id: u64,
    /// The swarm in hexadecimal, for clients whose numbers end at 2⁵³.
    pub swarm: String,
    /// Who staked what.
    pub contributors: Vec<ContributorEntry>,
    /// Height of the last penalty for a changed address; the registration's before the first.
    pub last_ip_change_height: u64,
    /// Public address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<String>,
    /// HTTPS port of the storage server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_port: Option<u16>,
    /// Message queue port of the storage server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_lmq_port: Option<u16>,
    /// Port of the quorums.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorumnet_port: Option<u16>,
    /// From when on the newest uptime proof counts, Unix seconds; 0 for none.
    pub last_uptime_proof: u64,
    /// Version of the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_node_version: Option<[u16; 3]>,
    /// Version of its storage server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_server_version: Option<[u16; 3]>,
    /// Version of its onion router.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lokinet_version: Option<[u16; 3]>,
    /// Whether its storage server can be reached; it and the three below are missing where nothing was reported here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_server_reachable: Option<bool>,
    /// Since when its storage server cannot be reached, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_server_first_unreachable: Option<u64>,
    /// When its storage server could not be reached last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_server_last_unreachable: Option<u64>,
    /// When its storage server was reached last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_server_last_reachable: Option<u64>,
    /// As `storage_server_reachable`, of the onion router.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lokinet_reachable: Option<bool>,
    /// As `storage_server_first_unreachable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lokinet_first_unreachable: Option<u64>,
    /// As `storage_server_last_unreachable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lokinet_last_unreachable: Option<u64>,
    /// As `storage_server_last_reachable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lokinet_last_reachable: Option<u64>,
    /// Heights of the last checkpointing quorums it was in: 11 below the checkpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint_votes: Option<Participation<u64>>,
    /// Height and round of the last Pulse quorums it was in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pulse_votes: Option<Participation<(u64, u8)>>,
    /// How often of the last times it told its time, and did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorumnet_tests: Option<(u8, u8)>,
    /// How often of the last times its clock was right, and wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timesync_tests: Option<(u8, u8)>,
}

/// Why a node was suspended, as short codes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DecommissionReasons {
    /// All voters gave them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<String>,
    /// Some voters gave them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub some: Vec<String>,
}

/// When a node took part and when it did not, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Participation<T> {
    /// It did.
    pub voted: Vec<T>,
    /// It did not.
    pub missed: Vec<T>,
}

/// Somebody with a part of a node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContributorEntry {
    /// The address.
    pub address: String,
    /// Staked, atomic OXEN.
    pub amount: u64,
    /// Kept, atomic OXEN; missing when that is what is staked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved: Option<u64>,
    /// The outputs that hold the stake.
    pub locked_contributions: Vec<LockedContributionEntry>,
}

impl ContributorEntry {
    /// Staked and kept together, atomic OXEN.
    #[must_use]
    pub fn reserved(&self) -> u64 {
        self.reserved.unwrap_or(self.amount)
    }
}

/// An output that holds a stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LockedContributionEntry {
    /// The whole output, atomic OXEN.
    pub amount: u64,
    /// Its key image.
    pub key_image: KeyImage,
    /// Its one-time key.
    pub key_image_pub_key: PublicKey,
}
