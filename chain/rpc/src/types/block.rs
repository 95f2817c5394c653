//! Blocks and their headers (rpc §3.2).

use super::{
    number,
    status::Status,
    text::{HexBytes, HexText},
    transaction::TransactionEntry,
};
use oxen_types::{Hash, PublicKey};
use serde::{Deserialize, Serialize};

/// A block header with what the chain adds to it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeaderEntry {
    /// Hard fork.
    pub major_version: u8,
    /// Revision of the fork.
    pub minor_version: u8,
    /// Unix seconds.
    pub timestamp: u64,
    /// Id of the parent.
    pub prev_hash: Hash,
    /// Nonce of a mined block.
    pub nonce: u32,
    /// Is the block beside the main chain? Then difficulties and weights are 0: they are not known.
    pub orphan_status: bool,
    /// Its height.
    pub height: u64,
    /// Blocks above it.
    pub depth: u64,
    /// Its id.
    pub hash: Hash,
    /// Its difficulty.
    pub difficulty: u64,
    /// Always 0: difficulties fit 64 bits.
    pub difficulty_top64: u64,
    /// Difficulty as `0x` hexadecimal.
    pub wide_difficulty: String,
    /// Sum of difficulties up to this block.
    pub cumulative_difficulty: u64,
    /// Upper half of that sum.
    pub cumulative_difficulty_top64: u64,
    /// That sum as `0x` hexadecimal.
    pub wide_cumulative_difficulty: String,
    /// What it earned, most of it paid later, atomic units.
    pub reward: u64,
    /// What its coinbase pays, atomic units.
    pub coinbase_payouts: u64,
    /// Bytes of the block plus its weight, as the reference has it.
    pub block_size: u64,
    /// Weight of coinbase and transactions.
    pub block_weight: u64,
    /// Weight as the long-term median sees it.
    pub long_term_weight: u64,
    /// Transactions without the coinbase.
    pub num_txes: u64,
    /// Always empty: this version has no proof-of-work hash.
    pub pow_hash: String,
    /// Id of the coinbase; absent from HF21 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub miner_tx_hash: Option<Hash>,
    /// Outputs of the coinbase.
    pub miner_tx_outs: u64,
    /// The block leader that the coinbase names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_node_winner: Option<PublicKey>,
    /// Last bytes of the leader's key, HF20 and later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_node_winner_tail: Option<HexBytes>,
    /// L2 height the producer saw, HF21.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub l2_height: Option<u64>,
    /// Reward rate the producer read, HF21.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub l2_reward: Option<u64>,
    /// Votes on L2 events, HF21.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub l2_votes: Option<Vec<bool>>,
    /// Ids of the transactions, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_hashes: Option<Vec<Hash>>,
}

/// Parameters of `get_last_block_header`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LastHeaderRequest {
    /// Ignored: this version has no proof-of-work hash.
    #[serde(deserialize_with = "number::null_as_default")]
    pub fill_pow_hash: bool,
    /// Give ids of transactions too.
    #[serde(deserialize_with = "number::null_as_default")]
    pub get_tx_hashes: bool,
}

/// Parameters of `get_block_header_by_hash`: one hash or several.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeaderByHashRequest {
    /// One block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<HexText<Hash>>,
    /// Several blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hashes: Option<Vec<HexText<Hash>>>,
    /// Give ids of transactions too.
    #[serde(deserialize_with = "number::null_as_default")]
    pub get_tx_hashes: bool,
}

/// Parameters of `get_block_header_by_height`: one height or several.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeaderByHeightRequest {
    /// One block.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Several blocks.
    #[serde(deserialize_with = "number::list", skip_serializing_if = "Vec::is_empty")]
    pub heights: Vec<u64>,
    /// Give ids of transactions too.
    #[serde(deserialize_with = "number::null_as_default")]
    pub get_tx_hashes: bool,
}

/// Answer with one header, or several as asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeaderAnswer {
    /// The block asked for by its one hash or height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_header: Option<HeaderEntry>,
    /// The blocks asked for by lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_headers: Option<Vec<HeaderEntry>>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`, or `BUSY` while the node catches up.
    pub status: Status,
}

/// Parameters of `get_block_headers_range`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderRangeRequest {
    /// First height.
    #[serde(deserialize_with = "number::required")]
    pub start_height: u64,
    /// Last height.
    #[serde(deserialize_with = "number::required")]
    pub end_height: u64,
    /// Give ids of transactions too.
    #[serde(default, deserialize_with = "number::null_as_default")]
    pub get_tx_hashes: bool,
}

/// Answer of `get_block_headers_range`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeaderRangeAnswer {
    /// In order of height.
    pub headers: Vec<HeaderEntry>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `get_block`; without any, the genesis block is meant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BlockRequest {
    /// By id; goes before the height.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<HexText<Hash>>,
    /// By height.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Give its transactions too.
    #[serde(
        deserialize_with = "number::null_as_default",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub include_txs: bool,
}

/// Answer of `get_block`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BlockAnswer {
    /// Its header.
    pub block_header: HeaderEntry,
    /// Id of the coinbase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub miner_tx_hash: Option<Hash>,
    /// Ids of the other transactions.
    pub tx_hashes: Vec<Hash>,
    /// The bytes.
    pub blob: HexBytes,
    /// The block as JSON, in a string.
    pub json: String,
    /// Its transactions, coinbase first, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txs: Option<Vec<TransactionEntry>>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `get_coinbase_tx_sum`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoinbaseSumRequest {
    /// First height.
    #[serde(deserialize_with = "number::required")]
    pub height: u64,
    /// Number of blocks.
    #[serde(deserialize_with = "number::required")]
    pub count: u64,
}

/// Answer of `get_coinbase_tx_sum`; atomic units.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CoinbaseSumAnswer {
    /// What coinbases paid less the fees that were not burned.
    pub emission_amount: i64,
    /// Fees without the burned part.
    pub fee_amount: u64,
    /// Burned.
    pub burn_amount: u64,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Answer of `get_alternative_chains`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AlternativeChainsAnswer {
    /// Longest first.
    pub chains: Vec<AlternativeChainEntry>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// A chain beside the main one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AlternativeChainEntry {
    /// Its newest block.
    pub block_hash: Hash,
    /// Height of its first block.
    pub height: u64,
    /// Number of blocks.
    pub length: u64,
    /// Cumulative difficulty at its newest block.
    pub difficulty: u64,
    /// Upper half of it.
    pub difficulty_top64: u64,
    /// The same as `0x` hexadecimal.
    pub wide_difficulty: String,
    /// Its blocks, newest first.
    pub block_hashes: Vec<Hash>,
    /// The block of the main chain it branches off.
    pub main_chain_parent_block: Hash,
}

/// Answer of `get_alt_blocks_hashes`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AlternativeHashesAnswer {
    /// Blocks beside the main chain.
    pub blks_hashes: Vec<Hash>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}
