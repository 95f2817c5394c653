//! Making blocks and running the node (rpc §3.10).

use super::{
    number,
    status::Status,
    text::{HexBytes, HexText},
};
use oxen_types::Hash;
use serde::{Deserialize, Serialize};

/// An answer that says nothing but how it went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StatusAnswer {
    /// `OK`, or what failed.
    pub status: Status,
    /// Always false.
    pub untrusted: bool,
}

/// Parameters of `get_block_template`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateRequest {
    /// Must be an address of the network when given; HF19 pays a miner nothing.
    #[serde(deserialize_with = "number::null_as_default")]
    pub wallet_address: String,
    /// Bytes to keep free in the coinbase, at most 255.
    #[serde(deserialize_with = "number::optional")]
    pub reserve_size: Option<u64>,
    /// The parent; only the newest block will do.
    #[serde(deserialize_with = "number::null_as_default")]
    pub prev_block: String,
}

/// Answer of `get_block_template`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateAnswer {
    /// The block, nonce 0.
    pub blocktemplate_blob: HexBytes,
    /// What the proof of work is done over.
    pub blockhashing_blob: HexBytes,
    /// Difficulty to reach.
    pub difficulty: u64,
    /// Upper half of it.
    pub difficulty_top64: u64,
    /// The same as `0x` hexadecimal.
    pub wide_difficulty: String,
    /// What the block earns, atomic units.
    pub expected_reward: u64,
    /// Its height.
    pub height: u64,
    /// Its parent.
    pub prev_hash: Hash,
    /// Where the reserved bytes stand in the block; 0 when none were asked for.
    pub reserved_offset: u64,
    /// Block whose id keys the proof-of-work hash.
    pub seed_hash: Hash,
    /// Its height.
    pub seed_height: u64,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Answer of `submit_block`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SubmitBlockAnswer {
    /// Id of the block.
    pub block_id: Hash,
    /// Its height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `generateblocks`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GenerateRequest {
    /// How many.
    #[serde(deserialize_with = "number::optional")]
    pub amount_of_blocks: Option<u64>,
    /// Must be an address of the network when given; HF19 pays a miner nothing.
    #[serde(deserialize_with = "number::null_as_default")]
    pub wallet_address: String,
}

/// Answer of `generateblocks`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GenerateAnswer {
    /// Height of the last one.
    pub height: u64,
    /// Ids, in order.
    pub blocks: Vec<Hash>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `pop_blocks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PopBlocksRequest {
    /// How many.
    #[serde(deserialize_with = "number::required")]
    pub nblocks: u64,
}

/// Answer of `pop_blocks`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PopBlocksAnswer {
    /// Number of blocks that are left.
    pub height: u64,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `flush_txpool` and `relay_tx`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TransactionIdsRequest {
    /// Which; nothing means all for `flush_txpool`.
    #[serde(deserialize_with = "number::null_as_default")]
    pub txids: Vec<HexText<Hash>>,
}

/// Answer of `mining_status`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MiningStatusAnswer {
    /// Always false: this version makes blocks only on request.
    pub active: bool,
    /// Always 0.
    pub speed: u64,
    /// Always 0.
    pub threads_count: u32,
    /// Always empty.
    pub address: String,
    /// The network's hash function.
    pub pow_algorithm: String,
    /// Seconds between blocks.
    pub block_target: u64,
    /// What the newest block earned, atomic units.
    pub block_reward: u64,
    /// Difficulty of the next block.
    pub difficulty: u64,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}
