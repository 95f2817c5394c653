//! What the node knows of the chain as a whole (rpc §3.1).

use super::{number, status::Status};
use oxen_types::Hash;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A request without parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NoParameters {}

/// Answer of `get_height`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeightAnswer {
    /// Number of blocks: the height of the newest one plus 1.
    pub height: u64,
    /// Id of the newest block.
    pub hash: Hash,
    /// Height at and below which blocks are final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable_height: Option<u64>,
    /// Id of the block at that height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable_hash: Option<Hash>,
    /// Always false: what is said comes from this node.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Answer of `get_block_count`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BlockCountAnswer {
    /// Number of blocks.
    pub count: u64,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `get_block_hash`: heights in a list, as Monero has it, or under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BlockHashRequest {
    /// Exactly one height; the answer is the bare id.
    Positional(#[serde(deserialize_with = "number::list")] Vec<u64>),
    /// Up to 1000 heights; the answer is [`BlockHashesAnswer`].
    Named {
        /// The heights.
        #[serde(deserialize_with = "number::list")]
        heights: Vec<u64>,
    },
}

/// Answer of `get_block_hash` for several heights.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BlockHashesAnswer {
    /// Height of the newest block.
    pub height: u64,
    /// Always `OK`.
    pub status: Status,
    /// Id by height, the heights being keys beside the fields above.
    #[serde(flatten)]
    pub hashes: BTreeMap<String, Hash>,
}

/// Answer of `get_info` (rpc §3.1). Fields that only an admin listener gives are optional.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InfoAnswer {
    /// Number of blocks.
    pub height: u64,
    /// Height the network is at; 0 when this node is there too.
    pub target_height: u64,
    /// Id of the newest block.
    pub top_block_hash: Hash,
    /// The same under Monero's newer name.
    pub top_hash: Hash,
    /// Height at and below which blocks are final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable_height: Option<u64>,
    /// Id of the block at that height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable_block_hash: Option<Hash>,
    /// Hard fork of the next block.
    pub hard_fork: u8,
    /// Is the next block to be made by a Pulse quorum?
    pub pulse: bool,
    /// When the next block would be due had every block come in time, Unix seconds; absent before Pulse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pulse_ideal_timestamp: Option<u64>,
    /// When the first round of the next block begins, Unix seconds; absent where the network does not check it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pulse_target_timestamp: Option<u64>,
    /// Difficulty of the next block.
    pub difficulty: u64,
    /// Always 0: difficulties fit 64 bits.
    pub difficulty_top64: u64,
    /// Difficulty as `0x` hexadecimal.
    pub wide_difficulty: String,
    /// Sum of all difficulties.
    pub cumulative_difficulty: u64,
    /// The upper half of that sum.
    pub cumulative_difficulty_top64: u64,
    /// That sum as `0x` hexadecimal.
    pub wide_cumulative_difficulty: String,
    /// Seconds between blocks.
    pub target: u64,
    /// Transactions in the chain without coinbases.
    pub tx_count: u64,
    /// Transactions in the pool.
    pub tx_pool_size: u64,
    /// Registered names: session, wallet, lokinet.
    pub ons_counts: [u64; 3],
    /// The same under its old name.
    pub lns_counts: [u64; 3],
    /// Is this the network with value?
    pub mainnet: bool,
    /// Is this the public test network?
    pub testnet: bool,
    /// Is this the rehearsal network?
    pub stagenet: bool,
    /// Is this the development network?
    pub devnet: bool,
    /// Name of the network.
    pub nettype: String,
    /// Most bytes a block may weigh.
    pub block_size_limit: u64,
    /// Weight above which fees are penalised.
    pub block_size_median: u64,
    /// As `block_size_limit`.
    pub block_weight_limit: u64,
    /// As `block_size_median`.
    pub block_weight_median: u64,
    /// Time of the node's clock, Unix seconds.
    pub adjusted_time: u64,
    /// Is the node still catching up?
    pub busy_syncing: bool,
    /// Has the node caught up?
    pub synchronized: bool,
    /// Does the node run without a network?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub offline: bool,
    /// Bytes of the database; rounded up to whole gigabytes on a public listener.
    pub database_size: u64,
    /// Version of the software; only its first number on a public listener.
    pub version: String,
    /// OXEN that a service node must hold, atomic units.
    pub staking_requirement: u64,
    /// Most contributors of a service node.
    pub max_contributors: u64,
    /// Least part of the operator, atomic units.
    pub min_operator_contribution: u64,
    /// Is this a public listener?
    pub restricted: bool,
    /// Always false.
    pub untrusted: bool,
    /// Always empty.
    pub bootstrap_daemon_address: String,
    /// As `height`.
    pub height_without_bootstrap: u64,
    /// Always false.
    pub was_bootstrap_ever_used: bool,
    /// Always false: the node looks for no updates.
    pub update_available: bool,
    /// Always empty.
    pub credits: u64,
    /// Things the operator should act on; empty when all is well.
    pub warnings: Vec<String>,
    /// `OK`.
    pub status: Status,
    /// One line for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_line: Option<String>,
    /// Blocks beside the main chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_blocks_count: Option<u64>,
    /// Peers this node called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outgoing_connections_count: Option<u64>,
    /// Peers that called this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incoming_connections_count: Option<u64>,
    /// Clients connected to the RPC listeners.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpc_connections_count: Option<u64>,
    /// Peers remembered as reachable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub white_peerlist_size: Option<u64>,
    /// Peers remembered from hearsay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grey_peerlist_size: Option<u64>,
    /// Is this a service node?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_node: Option<bool>,
    /// When the storage server pinged last, Unix seconds; 0 for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_storage_server_ping: Option<u64>,
    /// When the onion router pinged last, Unix seconds; 0 for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_lokinet_ping: Option<u64>,
    /// When the node was started, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<u64>,
    /// Bytes left on the disk of the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_space: Option<u64>,
}

/// Parameters of `hard_fork_info`; without any, the fork of the next block is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HardForkRequest {
    /// A fork by number.
    #[serde(
        default,
        deserialize_with = "number::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub version: Option<u8>,
    /// The fork of a height.
    #[serde(
        default,
        deserialize_with = "number::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub height: Option<u64>,
}

/// Answer of `hard_fork_info`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HardForkAnswer {
    /// The fork.
    pub version: u8,
    /// Do its rules hold for the next block?
    pub enabled: bool,
    /// Its first height; absent when the network has not scheduled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earliest_height: Option<u64>,
    /// Its last height; absent when no later fork is scheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_height: Option<u64>,
    /// As `latest_height`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_height: Option<u64>,
    /// The revision that holds for the next block, or the last one of the fork.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u8>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// One entry of the fork table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HardForkEntry {
    /// The fork.
    pub hf_version: u8,
    /// Its revision.
    pub revision: u8,
    /// First height.
    pub height: u64,
}

/// Answer of `get_version`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VersionAnswer {
    /// Version of this interface: major times 65536 plus minor.
    pub version: u32,
    /// Is this a released version?
    pub release: bool,
    /// Number of blocks.
    pub current_height: u64,
    /// As `target_height` of [`InfoAnswer`].
    pub target_height: u64,
    /// The fork table.
    pub hard_forks: Vec<HardForkEntry>,
    /// How much one request may ask for on this listener.
    pub limits: PublishedLimits,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// How much one request may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PublishedLimits {
    /// Outputs of `get_outs`.
    pub outputs: usize,
    /// Transactions of `get_transactions`.
    pub transactions: usize,
    /// Key images of `is_key_image_spent`.
    pub key_images: usize,
    /// Headers of `get_block_headers_range`.
    pub block_headers: usize,
    /// Heights of `get_block_hash`.
    pub block_hashes: usize,
    /// Blocks of `get_blocks.bin` and `get_wallet_blocks.bin`.
    pub blocks: usize,
    /// Checkpoints of `get_checkpoints`.
    pub checkpoints: usize,
    /// Heights of `get_quorum_state`.
    pub quorum_heights: usize,
    /// Names of `ons_names_to_owners`, owners of `ons_owners_to_names`.
    pub names: usize,
    /// Requests of one JSON-RPC batch.
    pub batch: usize,
    /// Bytes of a request.
    pub request_bytes: usize,
    /// Bytes of an answer.
    pub response_bytes: usize,
}
