//! A recording of a few blocks of our own, for tests that must not need anything recorded.

use oxen_conformance::forms::{extra, wire};
use oxen_state::{
    CheckedBlock, MemoryState, NoServiceNodes, NoWorkHash, Rules, UntrustedBlock, apply, apply_genesis, queries,
    template::{TemplateL2, TemplateRequest, build_template},
    transaction::ProofsAssumedValid,
};
use oxen_types::{
    Block, ConsensusEncode, Extra, Height, Network, PublicKey, Timestamp, Transaction, keccak256,
    network::NetworkDescription,
};
use serde_json::{Value, json};
use std::{fs, path::Path};

/// A key that is a point: the base point.
const POINT: &str = "5866666666666666666666666666666666666666666666666666666666666666";

/// Writes a recording whose chain has `mined` blocks beside its first.
pub fn write(directory: &Path, mined: u64) {
    let network = Network::regtest();
    let chain = Chain::grow(&network, mined);
    let description = NetworkDescription::of(&network).to_json();
    fs::write(directory.join("network.json"), description).unwrap();
    for (name, value) in [
        ("blocks.json", chain.blocks),
        ("txs.json", chain.transactions),
        ("outputs.json", chain.outputs),
        ("state.json", chain.states),
    ] {
        fs::write(directory.join(name), Value::Array(value).to_string()).unwrap();
    }
}

#[derive(Default)]
struct Chain {
    blocks: Vec<Value>,
    transactions: Vec<Value>,
    outputs: Vec<Value>,
    states: Vec<Value>,
}

impl Chain {
    fn grow(network: &Network, mined: u64) -> Self {
        let mut chain = Self::default();
        let mut state = MemoryState::new();
        state.commit(&apply_genesis(network).unwrap());
        chain.record(network, &state, &network.genesis.block().unwrap());
        for height in 1..=mined {
            let now = Timestamp::from_seconds(1_000_000 + 120 * height);
            let request = TemplateRequest {
                now,
                coinbase_key: POINT.parse().unwrap(),
                leader: PublicKey::ZERO,
                producer: PublicKey::ZERO,
                l2: TemplateL2::default(),
            };
            let template = build_template(&state, network, &request, &[]).unwrap();
            let block: CheckedBlock = UntrustedBlock::from_blob(&template.block.encode())
                .unwrap()
                .with_transactions(Vec::new())
                .unwrap();
            let rules = Rules {
                network,
                service_nodes: &NoServiceNodes,
                proofs: &ProofsAssumedValid,
                work: &NoWorkHash,
                now,
            };
            let applied = apply(&state, &rules, &block).unwrap();
            state.commit(&applied.delta);
            chain.record(network, &state, block.block());
        }
        chain
    }

    fn record(&mut self, network: &Network, state: &MemoryState, block: &Block) {
        let coinbase = block.miner_transaction.as_ref().unwrap();
        let (height, row) = queries::tip(state).unwrap();
        self.record_coinbase(network, height, coinbase);
        let payouts = row.coinbase_payouts;
        self.blocks.push(json!({
            "height": height,
            "hash": block.id(),
            "miner_tx_hash": coinbase.id(),
            "tx_hashes": block.transaction_ids,
            "blob": hex::encode(block.encode()),
            "json": wire::block(block),
            "header": {
                "major_version": block.header.major_version,
                "minor_version": block.header.minor_version,
                "timestamp": block.header.timestamp,
                "prev_hash": block.header.previous,
                "nonce": block.header.nonce,
                "height": height,
                "hash": block.id(),
                "miner_tx_hash": coinbase.id(),
                "miner_tx_outs": coinbase.prefix.outputs.len(),
                "num_txes": 0,
                "block_weight": row.weight,
                "long_term_weight": row.long_term_weight,
                "difficulty": 1,
                "cumulative_difficulty": height.index() + 1,
                "reward": block.reward().unwrap_or(payouts),
                "coinbase_payouts": payouts,
                "service_node_winner": Extra::parse_or_empty(&coinbase.prefix.extra).winner().unwrap_or_default(),
            },
        }));
        let next = network.forks.version_at(height.next()).version;
        self.states.push(json!({
            "height": height,
            "get_info": {
                "height": height.index() + 1,
                "top_block_hash": block.id(),
                "cumulative_difficulty": height.index() + 1,
                "difficulty": 1,
                "tx_count": 0,
                "block_size_limit": 600_000,
                "block_size_median": 300_000,
                "hard_fork": next.number(),
                "target": network.target_block_seconds,
                "staking_requirement": network.staking.oxen_requirement,
            },
            "get_service_nodes": {"block_hash": block.id(), "service_node_states": []},
            "get_accrued_rewards": {"id": "0", "result": {"balances": {}}},
            "hard_fork_info": {"version": next.number(), "earliest_height": network.forks.begins(next)},
        }));
    }

    fn record_coinbase(&mut self, network: &Network, height: Height, coinbase: &Transaction) {
        let first = self.outputs.len();
        let parsed = Extra::parse_or_empty(&coinbase.prefix.extra);
        self.transactions.push(json!({
            "txid": coinbase.id(),
            "height": height,
            "index_in_block": -1,
            "type": "miner",
            "blob": hex::encode(coinbase.encode()),
            "prefix_hash": coinbase.hashes().prefix,
            "prunable_hash": keccak256(&[]),
            "pruned": hex::encode(coinbase.encode_pruned()),
            "prunable": "",
            "weight": coinbase.weight(),
            "output_indices": (first..first + coinbase.prefix.outputs.len()).collect::<Vec<_>>(),
            "extra": extra::parsed(&parsed, network),
            "json": wire::transaction(coinbase),
            "rpc": {
                "fee": 0,
                "burned": 0,
                "size": coinbase.encode().len(),
                "tx_extra_raw": hex::encode(&coinbase.prefix.extra),
            },
        }));
        for output in &coinbase.prefix.outputs {
            self.outputs.push(json!({
                "key": output.key(),
                "mask": oxen_crypto::commitment::coinbase_commitment(output.amount),
                "txid": coinbase.id(),
                "height": height,
            }));
        }
    }
}
