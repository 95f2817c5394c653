//! Blocks, transactions and extras rendered as a reference daemon rendered them, for every one that was recorded. Reads the
//! folders of `OXEN_VECTORS`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod service_nodes;

use flate2::read::GzDecoder;
use oxen_rpc::render::{Part, TransactionJson, block_json, extra_json, stake_amount};
use oxen_types::{Block, ConsensusDecode, Extra, Network, Transaction, transaction::Proofs};
use serde_json::{Value, json};
use std::{fs::File, io::Read, path::PathBuf};

const SETS: [&str; 2] = ["oxend-hf19", "oxend-hf7-19"];

/// Elements of a recorded file, or nothing when there are no recordings.
fn recorded(set: &str, file: &str) -> Vec<Value> {
    let Some(root) = std::env::var_os("OXEN_VECTORS") else {
        println!("skipped: OXEN_VECTORS does not name a folder of recorded chains");
        return Vec::new();
    };
    let path = PathBuf::from(root).join(set).join(file);
    let mut text = String::new();
    GzDecoder::new(File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .read_to_string(&mut text)
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

/// Recorded values are there with the same content; ours may have more fields.
#[track_caller]
fn assert_covers(ours: &Value, theirs: &Value, what: &str) {
    match theirs {
        Value::Object(fields) => {
            for (name, value) in fields {
                let found = ours
                    .get(name)
                    .unwrap_or_else(|| panic!("{what}: {name} is missing in {ours}"));
                assert_covers(found, value, &format!("{what}.{name}"));
            }
        }
        other => assert_eq!(ours, other, "{what}"),
    }
}

#[test]
fn every_transaction_reads_as_recorded() {
    for set in SETS {
        for entry in recorded(set, "txs.json.gz") {
            let id = entry["txid"].as_str().unwrap();
            let transaction = Transaction::decode(&bytes(&entry["blob"])).unwrap();
            let ours = serde_json::to_value(TransactionJson::new(&transaction, Part::Whole)).unwrap();
            assert_eq!(ours, entry["json"], "{id}");
        }
    }
}

#[test]
fn every_extra_reads_as_recorded() {
    for set in SETS {
        for entry in recorded(set, "txs.json.gz") {
            let id = entry["txid"].as_str().unwrap();
            let transaction = Transaction::decode(&bytes(&entry["blob"])).unwrap();
            let mut ours = extra_json(&transaction.prefix.parse_extra(), &Network::localdev());
            // The recording daemon leaves names out.
            if let Some(fields) = ours.as_object_mut() {
                let record = Extra::parse(&transaction.prefix.extra).unwrap().name_record().is_some();
                assert_eq!(fields.remove("ons").is_some(), record, "{id}");
            }
            assert_eq!(ours, entry["extra"], "{id}");
        }
    }
}

#[test]
fn every_stake_opens_to_the_recorded_amount() {
    for set in SETS {
        let mut stakes = 0;
        for entry in recorded(set, "txs.json.gz") {
            let transaction = Transaction::decode(&bytes(&entry["blob"])).unwrap();
            let base = match &transaction.proofs {
                Proofs::Clsag(proofs) => Some(&proofs.base),
                _ => None,
            };
            let ours = stake_amount(&transaction.prefix, base).map(oxen_types::Amount::atomic);
            assert_eq!(json!(ours), entry["rpc"]["stake_amount"], "{}", entry["txid"]);
            stakes += usize::from(ours.is_some());
        }
        assert!(stakes > 0 || std::env::var_os("OXEN_VECTORS").is_none());
    }
}

#[test]
fn every_block_reads_as_recorded() {
    for set in SETS {
        for entry in recorded(set, "blocks.json.gz") {
            let block = Block::decode(&bytes(&entry["blob"])).unwrap();
            let ours = block_json(&block).unwrap();
            assert_covers(&ours, &entry["json"], &format!("{set} {}", entry["height"]));
            let winner = block.miner_transaction.as_ref().map(|coinbase| {
                Extra::parse_or_empty(&coinbase.prefix.extra)
                    .winner()
                    .unwrap_or_default()
                    .to_string()
            });
            assert_eq!(
                json!(winner),
                entry["header"]["service_node_winner"],
                "{set} {}",
                entry["height"]
            );
            let size = entry["blob"].as_str().unwrap().len() as u64 / 2;
            let weight = entry["header"]["block_weight"].as_u64().unwrap();
            assert_eq!(
                entry["header"]["block_size"],
                size + weight,
                "{set} {}",
                entry["height"]
            );
        }
    }
}
