//! `blocks.json`, `txs.json`, `outputs.json`: the chain itself.

use super::text::HexBytes;
use oxen_types::{Amount, Commitment, GlobalOutputIndex, Hash, Height, PublicKey, Timestamp, transaction::Weight};
use serde::Deserialize;
use serde_json::Value;

/// An entry of `blocks.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedBlock {
    /// Its height.
    pub height: Height,
    /// Its id.
    pub hash: Hash,
    /// Id of the coinbase.
    pub miner_tx_hash: Hash,
    /// Ids of its other transactions.
    pub tx_hashes: Vec<Hash>,
    /// Its bytes.
    pub blob: HexBytes,
    /// The RPC's header.
    pub header: RecordedHeader,
    /// The RPC's decoded form.
    pub json: Value,
}

/// The RPC's block header, as far as a chain determines it.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedHeader {
    /// Version of the rules.
    pub major_version: u8,
    /// Revision of the rules, or what the producer knows.
    pub minor_version: u8,
    /// Time.
    pub timestamp: Timestamp,
    /// Id of the parent.
    pub prev_hash: Hash,
    /// Nonce.
    pub nonce: u32,
    /// Height.
    pub height: Height,
    /// Id.
    pub hash: Hash,
    /// Id of the coinbase.
    pub miner_tx_hash: Hash,
    /// Outputs of the coinbase.
    pub miner_tx_outs: u64,
    /// Transactions beside the coinbase.
    pub num_txes: u64,
    /// Weight.
    pub block_weight: Weight,
    /// Weight as the long-term median counts it.
    pub long_term_weight: Weight,
    /// Difficulty.
    pub difficulty: u64,
    /// Sum of difficulties.
    pub cumulative_difficulty: u64,
    /// What the block says it earned; before HF19 what its coinbase pays.
    pub reward: Amount,
    /// What its coinbase pays.
    pub coinbase_payouts: Amount,
    /// The leader whom the coinbase names.
    pub service_node_winner: PublicKey,
}

/// An entry of `txs.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedTransaction {
    /// Its id.
    pub txid: Hash,
    /// Height of its block.
    pub height: Height,
    /// Place in the block; −1 for the coinbase.
    pub index_in_block: i64,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: RecordedKind,
    /// Its bytes.
    pub blob: HexBytes,
    /// Hash of the signed part.
    pub prefix_hash: Hash,
    /// Hash of the proofs' bytes, of no bytes where there are none.
    pub prunable_hash: Hash,
    /// Prefix and base bytes.
    pub pruned: HexBytes,
    /// Proof bytes.
    pub prunable: HexBytes,
    /// Weight.
    pub weight: Weight,
    /// Global indices of its outputs.
    pub output_indices: Vec<u64>,
    /// The RPC's parsed form of the extra fields.
    pub extra: Value,
    /// The RPC's decoded form.
    pub json: Value,
    /// The rest of the RPC's answer.
    pub rpc: RecordedTransactionDetails,
}

/// What a recorded transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedKind {
    /// Coinbase.
    Miner,
    /// Payment.
    Transfer,
    /// Stake that registers a node.
    Registration,
    /// Stake into a registered node.
    Stake,
    /// Request for an unlock.
    KeyImageUnlock,
    /// Name.
    Ons,
    /// State change of a node.
    StateChange,
}

/// What `get_transactions` says beside the bytes.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedTransactionDetails {
    /// Fee without the burned part.
    pub fee: Amount,
    /// Burned part of the fee.
    pub burned: Amount,
    /// Bytes.
    pub size: u64,
    /// Raw extra fields.
    pub tx_extra_raw: HexBytes,
    /// What a stake locks.
    pub stake_amount: Option<Amount>,
}

/// An entry of `outputs.json`, whose place is its global index.
#[derive(Debug, Clone, Deserialize)]
pub struct RecordedOutput {
    /// One-time key.
    pub key: PublicKey,
    /// Commitment.
    pub mask: Commitment,
    /// Its transaction.
    pub txid: Hash,
    /// Height of its block.
    pub height: Height,
}

/// The output with this global index.
#[must_use]
pub fn output_at(outputs: &[RecordedOutput], index: GlobalOutputIndex) -> Option<&RecordedOutput> {
    outputs.get(usize::try_from(index.index()).ok()?)
}
