//! A block as JSON.

use super::transaction::{Part, TransactionJson};
use oxen_types::{Block, Height, PublicKey, block::BatchingTail};
use serde_json::{Map, Value, json};

/// The block as `get_block` puts it into a string.
///
/// # Errors
/// Never: everything in a block can be written as JSON.
pub fn block_json(block: &Block) -> Result<Value, serde_json::Error> {
    let header = &block.header;
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("major_version", json!(header.major_version));
    put("minor_version", json!(header.minor_version));
    put("timestamp", json!(header.timestamp));
    put("prev_id", json!(header.previous));
    put("nonce", json!(header.nonce));
    put("tx_hashes", json!(block.transaction_ids));
    if let Some(coinbase) = &block.miner_transaction {
        put(
            "miner_tx",
            serde_json::to_value(TransactionJson::new(coinbase, Part::Whole))?,
        );
    }
    if let Some(pulse) = &header.pulse {
        put(
            "pulse",
            json!({ "random_value": hex::encode(pulse.random_value), "round": pulse.round,
                "validator_bitset": pulse.validator_bitset }),
        );
        let signatures: Vec<Value> = block
            .signatures
            .iter()
            .map(|vote| json!({ "voter_index": vote.voter_index, "signature": vote.signature }))
            .collect();
        put("signatures", json!(signatures));
    }
    if let Some(tail) = &block.batching_tail {
        let (height, producer) = match tail {
            BatchingTail::Compact { .. } => (Height::GENESIS, PublicKey::ZERO),
            BatchingTail::Full { height, producer, .. } => (*height, *producer),
        };
        put("height", json!(height));
        put("reward", json!(tail.reward().atomic()));
        put("pulse_producer", json!(producer));
        put("service_node_winner_key", json!(producer));
    }
    if let Some(leader) = &header.leader {
        put("reward", json!(leader.reward.atomic()));
        put("sn_winner_tail", json!(hex::encode(leader.leader_key_end)));
    }
    if let Some(l2) = &header.l2 {
        put("height", json!(l2.height));
        put("l2_height", json!(l2.l2_height));
        put("l2_reward", json!(l2.l2_reward.atomic()));
        put("l2_votes", json!(l2.l2_votes));
    }
    Ok(Value::Object(fields))
}
