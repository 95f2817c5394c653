//! Blocks and transactions as the RPC shows their wire form.

use oxen_types::{
    Block, Transaction,
    block::BatchingTail,
    transaction::{
        BulletproofBytes, ClsagProofs, Input, Output, OutputTarget, Proofs, TransactionType, TransactionVersion,
    },
};
use serde_json::{Map, Value, json};

/// A transaction; `None` for one with parts that no transaction of the forks with CLSAG, and no coinbase, has.
#[must_use]
pub fn transaction(transaction: &Transaction) -> Option<Value> {
    let prefix = &transaction.prefix;
    let mut form = Map::new();
    let mut set = |key: &str, value: Value| {
        form.insert(key.to_owned(), value);
    };
    set("version", json!(prefix.version.number()));
    set("unlock_time", json!(prefix.unlock_time.value()));
    if prefix.version >= TransactionVersion::V3 {
        let times: Vec<u64> = prefix.output_unlock_times.iter().map(|time| time.value()).collect();
        set("output_unlock_times", json!(times));
    }
    match prefix.version {
        TransactionVersion::V3 => set("is_state_change", json!(prefix.kind == TransactionType::StateChange)),
        TransactionVersion::V4 => set("type", json!(prefix.kind.number())),
        TransactionVersion::V1 | TransactionVersion::V2 => {}
    }
    set("vin", prefix.inputs.iter().map(input).collect::<Option<Value>>()?);
    set("vout", prefix.outputs.iter().map(output).collect::<Option<Value>>()?);
    set("extra", json!(prefix.extra));
    match &transaction.proofs {
        Proofs::Absent => {}
        Proofs::Null => set("rct_signatures", json!({"type": 0})),
        Proofs::Clsag(proofs) => {
            set("rct_signatures", ring_ct_base(proofs));
            set("rctsig_prunable", prunable(proofs));
        }
        Proofs::Legacy(_) | Proofs::RingSignatures(_) => return None,
    }
    Some(Value::Object(form))
}

fn input(input: &Input) -> Option<Value> {
    match input {
        Input::Generation { height } => Some(json!({"gen": {"height": height}})),
        Input::Key {
            amount,
            key_offsets,
            key_image,
        } => Some(json!({"key": {"amount": amount, "key_offsets": key_offsets, "k_image": key_image}})),
        Input::Script { .. } | Input::ScriptHash { .. } => None,
    }
}

fn output(output: &Output) -> Option<Value> {
    match &output.target {
        OutputTarget::Key(key) => Some(json!({"amount": output.amount, "target": {"key": key}})),
        OutputTarget::Script(_) | OutputTarget::ScriptHash(_) => None,
    }
}

fn ring_ct_base(proofs: &ClsagProofs) -> Value {
    let amounts: Vec<Value> = proofs
        .base
        .encrypted_amounts
        .iter()
        .map(|amount| json!({"amount": hex::encode(amount)}))
        .collect();
    json!({"type": 5, "txnFee": proofs.base.fee, "ecdhInfo": amounts, "outPk": proofs.base.commitments})
}

fn prunable(proofs: &ClsagProofs) -> Value {
    let signatures: Vec<Value> = proofs
        .prunable
        .signatures
        .iter()
        .map(|signature| {
            json!({
                "s": texts(&signature.responses),
                "c1": hex::encode(signature.challenge),
                "D": hex::encode(signature.auxiliary_image),
            })
        })
        .collect();
    json!({
        "nbp": 1,
        "bp": [range_proof(&proofs.prunable.range_proof)],
        "CLSAGs": signatures,
        "pseudoOuts": proofs.prunable.pseudo_outputs,
    })
}

fn range_proof(proof: &BulletproofBytes) -> Value {
    let mut form = Map::new();
    let names = ["A", "S", "T1", "T2", "taux", "mu"].into_iter().zip(&proof.head);
    for (name, bytes) in names.chain(["a", "b", "t"].into_iter().zip(&proof.tail)) {
        form.insert(name.to_owned(), json!(hex::encode(bytes)));
    }
    form.insert("L".to_owned(), json!(texts(&proof.left)));
    form.insert("R".to_owned(), json!(texts(&proof.right)));
    Value::Object(form)
}

fn texts(elements: &[[u8; 32]]) -> Vec<String> {
    elements.iter().map(hex::encode).collect()
}

/// A block; `None` if its coinbase has no form, or if it is of HF20 or later, whose form no recording has shown yet.
#[must_use]
pub fn block(block: &Block) -> Option<Value> {
    let header = &block.header;
    if header.leader.is_some() || header.l2.is_some() {
        return None;
    }
    let mut form = json!({
        "major_version": header.major_version,
        "minor_version": header.minor_version,
        "timestamp": header.timestamp,
        "prev_id": header.previous,
        "nonce": header.nonce,
        "miner_tx": transaction(block.miner_transaction.as_ref()?)?,
        "tx_hashes": block.transaction_ids,
    });
    if let Some(pulse) = &header.pulse {
        form["pulse"] = json!({
            "random_value": hex::encode(pulse.random_value),
            "round": pulse.round,
            "validator_bitset": pulse.validator_bitset,
        });
        form["signatures"] = block
            .signatures
            .iter()
            .map(|one| json!({"voter_index": one.voter_index, "signature": one.signature}))
            .collect();
    }
    match &block.batching_tail {
        Some(BatchingTail::Full {
            height,
            producer,
            reward,
        }) => {
            form["height"] = json!(height);
            form["pulse_producer"] = json!(producer);
            form["reward"] = json!(reward);
        }
        Some(BatchingTail::Compact { reward }) => {
            form["height"] = json!(0);
            form["reward"] = json!(reward);
        }
        None => {}
    }
    Some(form)
}
