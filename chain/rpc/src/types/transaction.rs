//! Transactions, mined and waiting (rpc §3.3).

use super::{
    number,
    status::Status,
    text::{HexBytes, HexText},
};
use oxen_types::{Hash, KeyImage};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Parameters of `get_transactions`, both generations (rpc §2.2): `txs_hashes` asks for entries as Monero and the stable
/// daemon give them, `tx_hashes` for those of the development line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TransactionsRequest {
    /// Ids; the answer has `as_hex` and `as_json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txs_hashes: Option<Vec<HexText<Hash>>>,
    /// Ids; the answer has the fields of the transaction merged into each entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_hashes: Option<Vec<HexText<Hash>>>,
    /// Fill `as_json`.
    #[serde(deserialize_with = "number::null_as_default")]
    pub decode_as_json: bool,
    /// Leave the prunable part out.
    #[serde(deserialize_with = "number::null_as_default")]
    pub prune: bool,
    /// Give the two parts apart.
    #[serde(deserialize_with = "number::null_as_default")]
    pub split: bool,
    /// Give the parsed extra.
    #[serde(deserialize_with = "number::null_as_default")]
    pub tx_extra: bool,
    /// Give the bytes of the extra; for `tx_hashes`.
    #[serde(deserialize_with = "number::null_as_default")]
    pub tx_extra_raw: bool,
    /// Give the staked amount of stakes.
    #[serde(deserialize_with = "number::null_as_default")]
    pub stake_info: bool,
    /// Give the bytes; for `tx_hashes`.
    #[serde(deserialize_with = "number::null_as_default")]
    pub data: bool,
    /// Give every transaction of the pool; for `tx_hashes`.
    #[serde(deserialize_with = "number::null_as_default")]
    pub memory_pool: bool,
}

/// Answer of `get_transactions`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TransactionsAnswer {
    /// In the order of the request.
    pub txs: Vec<TransactionEntry>,
    /// Ids that neither chain nor pool knows.
    pub missed_tx: Vec<Hash>,
    /// `as_hex` of each entry again, for old clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txs_as_hex: Option<Vec<String>>,
    /// `as_json` of each entry again, for old clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txs_as_json: Option<Vec<String>>,
    /// Key images that the pool spends, with `memory_pool`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mempool_key_images: Option<Vec<SpentKeyImageEntry>>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// A transaction as `get_transactions` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TransactionEntry {
    /// Its id.
    pub tx_hash: Hash,
    /// The bytes; empty when they are given in parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_hex: Option<String>,
    /// The transaction as JSON, in a string; empty unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_json: Option<String>,
    /// The bytes without the prunable part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pruned_as_hex: Option<String>,
    /// The prunable part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prunable_as_hex: Option<String>,
    /// The bytes, for `tx_hashes` with `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<HexBytes>,
    /// The bytes without the prunable part, for `tx_hashes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pruned: Option<HexBytes>,
    /// The prunable part, for `tx_hashes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prunable: Option<HexBytes>,
    /// Hash of the prunable part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prunable_hash: Option<Hash>,
    /// Bytes of the whole transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Its weight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u64>,
    /// Fee without the burned part, atomic units.
    pub fee: u64,
    /// Burned part of the fee, atomic units.
    pub burned: u64,
    /// Does it wait in the pool?
    pub in_pool: bool,
    /// Was another transaction seen that spends the same?
    pub double_spend_seen: bool,
    /// Was it approved by a blink quorum?
    pub blink: bool,
    /// Height of its block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_height: Option<u64>,
    /// Time of its block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_timestamp: Option<u64>,
    /// Blocks from its own to the newest, both counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmations: Option<u64>,
    /// Global indices of its outputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_indices: Option<Vec<u64>>,
    /// Bytes of the extra.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_extra_raw: Option<HexBytes>,
    /// What a stake locks, atomic units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stake_amount: Option<u64>,
    /// What the pool knows of it.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolFacts>,
    /// For `tx_hashes`: the fields of the transaction, and the parsed `extra`.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// What the pool knows of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PoolFacts {
    /// Was it sent to others?
    pub relayed: bool,
    /// When it arrived, Unix seconds.
    pub received_timestamp: u64,
    /// Does it come from a block that was taken back?
    pub kept_by_block: bool,
    /// When it was last sent to others, Unix seconds; 0 when never.
    pub last_relayed_time: u64,
    /// Is it kept here?
    pub do_not_relay: bool,
    /// Height at which its inputs were last found valid.
    pub max_used_block: u64,
    /// The same under the name of the development line.
    pub max_used_height: u64,
    /// Height at which it last failed to fit; 0 when never.
    pub last_failed_height: u64,
    /// Block at that height.
    pub last_failed_block: Hash,
}

/// Parameters of `get_transaction_pool`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PoolRequest {
    /// Give the parsed extra.
    #[serde(deserialize_with = "number::null_as_default")]
    pub tx_extra: bool,
    /// Give the staked amount of stakes.
    #[serde(deserialize_with = "number::null_as_default")]
    pub stake_info: bool,
}

/// Answer of `get_transaction_pool`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PoolAnswer {
    /// In the order in which a block would take them.
    pub transactions: Vec<PoolEntry>,
    /// Key images that they spend.
    pub spent_key_images: Vec<SpentKeyImageEntry>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// A transaction in the pool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PoolEntry {
    /// Its id.
    pub id_hash: Hash,
    /// The transaction as JSON, in a string.
    pub tx_json: String,
    /// The bytes.
    pub tx_blob: HexBytes,
    /// Number of bytes.
    pub blob_size: u64,
    /// Its weight.
    pub weight: u64,
    /// The whole fee, burned part included, atomic units.
    pub fee: u64,
    /// Burned part of the fee, atomic units.
    pub burned: u64,
    /// When it arrived, Unix seconds.
    pub receive_time: u64,
    /// Was it sent to others?
    pub relayed: bool,
    /// When it was last sent to others, Unix seconds; 0 when never.
    pub last_relayed_time: u64,
    /// Is it kept here?
    pub do_not_relay: bool,
    /// Was another transaction seen that spends the same?
    pub double_spend_seen: bool,
    /// Does it come from a block that was taken back?
    pub kept_by_block: bool,
    /// Height at which its inputs were last found valid.
    pub max_used_block_height: u64,
    /// Block at that height.
    pub max_used_block_id_hash: Hash,
    /// Height at which it last failed to fit; 0 when never.
    pub last_failed_height: u64,
    /// Block at that height.
    pub last_failed_id_hash: Hash,
    /// Was it approved by a blink quorum?
    pub blink: bool,
    /// The parsed extra.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Value>,
    /// What a stake locks, atomic units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stake_amount: Option<u64>,
}

/// A key image with the transactions that spend it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SpentKeyImageEntry {
    /// The key image.
    pub id_hash: KeyImage,
    /// Who spends it.
    pub txs_hashes: Vec<Hash>,
}

/// Answer of `get_transaction_pool_hashes`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PoolHashesAnswer {
    /// Ids, in no particular order.
    pub tx_hashes: Vec<Hash>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Answer of `get_transaction_pool_stats`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PoolStatsAnswer {
    /// The figures.
    pub pool_stats: PoolStats,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Figures of the pool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PoolStats {
    /// Sum of all sizes, bytes.
    pub bytes_total: u64,
    /// Smallest, bytes.
    pub bytes_min: u64,
    /// Largest, bytes.
    pub bytes_max: u64,
    /// Median, bytes.
    pub bytes_med: u64,
    /// Sum of all fees, atomic units.
    pub fee_total: u64,
    /// When the oldest arrived, Unix seconds; 0 when there is none.
    pub oldest: u64,
    /// How many there are.
    pub txs_total: u64,
    /// How many failed to fit into a block.
    pub num_failing: u64,
    /// How many are older than ten minutes.
    pub num_10m: u64,
    /// How many were never sent to others.
    pub num_not_relayed: u64,
    /// How many compete with another.
    pub num_double_spends: u64,
    /// Age that 98 % do not reach, seconds; 0 when all share one bin.
    pub histo_98pc: u64,
    /// Ten bins of equal width by age, the youngest first; empty for fewer than two.
    pub histo: Vec<PoolBin>,
}

/// One bin of the pool by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PoolBin {
    /// Transactions.
    pub txs: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Parameters of `is_key_image_spent`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyImageRequest {
    /// The key images.
    #[serde(deserialize_with = "number::null_as_default")]
    pub key_images: Vec<HexText<KeyImage>>,
}

/// Answer of `is_key_image_spent`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyImageAnswer {
    /// In the order of the request: 0 unspent, 1 spent in the chain, 2 spent in the pool.
    pub spent_status: Vec<u8>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `send_raw_transaction`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubmitRequest {
    /// The bytes in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_as_hex: Option<String>,
    /// The bytes in hexadecimal or base64, under the name of the development line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx: Option<String>,
    /// Keep it here.
    #[serde(deserialize_with = "number::null_as_default")]
    pub do_not_relay: bool,
    /// Refuse rings that give the spender away; true unless said otherwise.
    pub do_sanity_checks: bool,
    /// Ask a blink quorum, and wait for it: ten seconds at most.
    #[serde(deserialize_with = "number::null_as_default")]
    pub blink: bool,
}

impl Default for SubmitRequest {
    fn default() -> Self {
        Self {
            tx_as_hex: None,
            tx: None,
            do_not_relay: false,
            do_sanity_checks: true,
            blink: false,
        }
    }
}

/// Answer of `send_raw_transaction`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SubmitAnswer {
    /// `OK`: it is in the pool or in the chain, or it is unknown whether it will be (`blink_status` 3). `Failed`: it is refused,
    /// and will be again.
    pub status: Status,
    /// Why, for people; empty for a new one.
    pub reason: String,
    /// Why, for programs: see [`reason_code`].
    pub reason_codes: Vec<String>,
    /// Its id, when the bytes are a transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_hash: Option<Hash>,
    /// It is not sent to others: kept here, known before, or refused.
    pub not_relayed: bool,
    /// 1 rejected, 2 accepted, 3 unknown; absent without `blink`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blink_status: Option<u8>,
    /// Another transaction spends the same.
    pub double_spend: bool,
    /// The fee is too low.
    pub fee_too_low: bool,
    /// An input is wrong.
    pub invalid_input: bool,
    /// An output is wrong.
    pub invalid_output: bool,
    /// A ring has the wrong size.
    pub low_mixin: bool,
    /// It creates money.
    pub overspend: bool,
    /// It is too large.
    pub too_big: bool,
    /// It has fewer outputs than it must.
    pub too_few_outputs: bool,
    /// It is not RingCT.
    pub not_rct: bool,
    /// Its rings give the spender away.
    pub sanity_check_failed: bool,
    /// The same in the nested form of the stable daemon.
    pub tvc: VerificationContext,
    /// Always false.
    pub untrusted: bool,
}

/// How a transaction fared, as the stable daemon tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VerificationContext {
    /// It was added to the pool.
    #[serde(rename = "m_added_to_pool")]
    pub added_to_pool: bool,
    /// It was refused.
    #[serde(rename = "m_verifivation_failed")]
    pub verification_failed: bool,
    /// It may be sent to others.
    #[serde(rename = "m_should_be_relayed")]
    pub should_be_relayed: bool,
    /// Its version does not exist at this fork.
    #[serde(rename = "m_invalid_version")]
    pub invalid_version: bool,
    /// Its type does not exist at this fork.
    #[serde(rename = "m_invalid_type")]
    pub invalid_type: bool,
    /// It spends a stake that is locked.
    #[serde(rename = "m_key_image_locked_by_snode")]
    pub key_image_locked_by_snode: bool,
    /// It spends the stake of a deregistered node.
    #[serde(rename = "m_key_image_blacklisted")]
    pub key_image_blacklisted: bool,
}

/// The values of [`SubmitAnswer::reason_codes`].
pub mod reason_code {
    /// Refused for a reason without a code of its own, which goes with every other.
    pub const FAILED: &str = "failed";
    /// A ring has the wrong size.
    pub const MIXIN: &str = "mixin";
    /// Another transaction spends the same.
    pub const DOUBLE_SPEND: &str = "double_spend";
    /// An input is wrong.
    pub const INVALID_INPUT: &str = "invalid_input";
    /// An output is wrong.
    pub const INVALID_OUTPUT: &str = "invalid_output";
    /// It has fewer outputs than it must.
    pub const TOO_FEW_OUTPUTS: &str = "too_few_outputs";
    /// It is too large.
    pub const TOO_BIG: &str = "too_big";
    /// It creates money.
    pub const OVERSPEND: &str = "overspend";
    /// The fee is too low.
    pub const FEE_TOO_LOW: &str = "fee_too_low";
    /// Its version does not exist at this fork.
    pub const INVALID_VERSION: &str = "invalid_version";
    /// Its type does not exist at this fork.
    pub const INVALID_TYPE: &str = "invalid_type";
    /// Blink cannot be had.
    pub const BLINK: &str = "blink";
}
