//! Transactions by id, and key images.

use crate::fixture::Fixture;
use oxen_rpc::{
    Access,
    types::{
        ErrorCode,
        transaction::{TransactionEntry, TransactionsAnswer},
    },
};
use oxen_testkit::{Transfer, TransferBuilder};
use oxen_types::{Amount, Hash, keccak256};
use serde_json::{Value, json};

fn mined(fixture: &Fixture) -> Transfer {
    let burned = Amount::from_atomic(5_000);
    let transfer = TransferBuilder::new()
        .inputs(2)
        .burn(burned)
        .build(&mut fixture.source());
    fixture.mine(&[&transfer]);
    fixture.mine(&[]);
    transfer
}

fn ask(fixture: &Fixture, params: &Value) -> TransactionsAnswer {
    serde_json::from_value(fixture.result("get_transactions", params)).unwrap()
}

#[test]
fn the_stable_generation_gets_strings() {
    let fixture = Fixture::start();
    let transfer = mined(&fixture);
    let params = json!({ "txs_hashes": [transfer.id()], "decode_as_json": true, "prune": false });
    let answer = fixture.path(Access::Public, "/get_transactions", &params).json();
    let entry = &answer["txs"][0];
    assert_eq!(answer["status"], "OK");
    assert_eq!(answer["missed_tx"], json!([]));
    assert_eq!(entry["tx_hash"], transfer.id().to_string());
    assert_eq!(entry["as_hex"], hex::encode(transfer.blob()));
    assert_eq!(
        (&entry["pruned_as_hex"], &entry["prunable_as_hex"]),
        (&json!(""), &json!(""))
    );
    assert_eq!(
        (&entry["in_pool"], &entry["double_spend_seen"], &entry["blink"]),
        (&json!(false), &json!(false), &json!(false))
    );
    assert_eq!(
        (&entry["block_height"], &entry["confirmations"]),
        (&json!(11), &json!(2))
    );
    assert_eq!(entry["output_indices"], json!([64, 65]));
    assert_eq!(entry["size"], transfer.blob().len());
    assert_eq!(entry["burned"], 5_000);
    assert_eq!(entry["fee"], transfer.transaction.fee().atomic() - 5_000);
    let json: Value = serde_json::from_str(entry["as_json"].as_str().unwrap()).unwrap();
    assert_eq!(json["rct_signatures"]["txnFee"], transfer.transaction.fee().atomic());
    assert_eq!(json["vin"].as_array().unwrap().len(), 2);
    assert_eq!(json["extra"], json!(transfer.transaction.prefix.extra));
    assert_eq!(answer["txs_as_hex"][0], entry["as_hex"]);
    assert_eq!(answer["txs_as_json"][0], entry["as_json"]);
}

#[test]
fn the_development_generation_gets_fields() {
    let fixture = Fixture::start();
    let transfer = mined(&fixture);
    let params = json!({ "tx_hashes": [transfer.id()], "tx_extra": true, "tx_extra_raw": true, "data": true });
    let answer = fixture.result("get_transactions", &params);
    let entry = &answer["txs"][0];
    assert_eq!(entry["tx_hash"], transfer.id().to_string());
    assert_eq!(entry["data"], hex::encode(transfer.blob()));
    assert_eq!(entry["tx_extra_raw"], hex::encode(&transfer.transaction.prefix.extra));
    assert_eq!(entry["extra"]["burn_amount"], 5_000);
    assert_eq!((&entry["version"], &entry["type"]), (&json!(4), &json!(0)));
    assert_eq!(entry["rct_signatures"]["type"], 5);
    assert_eq!(entry["block_height"], 11);
    assert!(entry.get("as_hex").is_none() && answer.get("txs_as_hex").is_none());
    let split = fixture.result(
        "get_transactions",
        &json!({ "tx_hashes": [transfer.id()], "split": true }),
    );
    let (pruned, prunable) = (
        transfer.transaction.encode_pruned(),
        transfer.transaction.encode_prunable(),
    );
    assert_eq!(split["txs"][0]["pruned"], hex::encode(pruned));
    assert_eq!(split["txs"][0]["prunable"], hex::encode(&prunable));
    assert_eq!(split["txs"][0]["prunable_hash"], keccak256(&prunable).to_string());
    let pruned = fixture.result(
        "get_transactions",
        &json!({ "tx_hashes": [transfer.id()], "prune": true }),
    );
    assert!(pruned["txs"][0].get("prunable").is_none() && pruned["txs"][0].get("rctsig_prunable").is_none());
}

#[test]
fn parts_are_given_apart_when_asked_for() {
    let fixture = Fixture::start();
    let transfer = mined(&fixture);
    let (pruned, prunable) = (
        transfer.transaction.encode_pruned(),
        transfer.transaction.encode_prunable(),
    );
    let split = &ask(&fixture, &json!({ "txs_hashes": [transfer.id()], "split": true })).txs[0];
    assert_eq!(split.as_hex.as_deref(), Some(""));
    assert_eq!(split.pruned_as_hex, Some(hex::encode(&pruned)));
    assert_eq!(split.prunable_as_hex, Some(hex::encode(&prunable)));
    assert_eq!(split.prunable_hash, Some(keccak256(&prunable)));
    let params = json!({ "txs_hashes": [transfer.id()], "prune": true, "decode_as_json": true });
    let short = &ask(&fixture, &params).txs[0];
    assert_eq!(short.pruned_as_hex, Some(hex::encode(&pruned)));
    assert_eq!(
        (short.as_hex.as_deref(), short.prunable_as_hex.as_deref()),
        (Some(""), Some(""))
    );
    assert!(!short.as_json.as_deref().unwrap().contains("rctsig_prunable"));
}

#[test]
fn a_coinbase_is_a_transaction_with_a_generation_input() {
    let fixture = Fixture::start();
    let coinbase = fixture.result("get_block", &json!({ "height": 3 }))["miner_tx_hash"].clone();
    let answer = ask(&fixture, &json!({ "txs_hashes": [coinbase], "decode_as_json": true }));
    let json: Value = serde_json::from_str(answer.txs[0].as_json.as_deref().unwrap()).unwrap();
    assert_eq!(json["vin"][0]["gen"]["height"], 3);
    assert_eq!(answer.txs[0].output_indices, Some(vec![]));
    assert_eq!(
        answer.txs[0].prunable_hash,
        Some(keccak256(&[])),
        "as the reference shows it"
    );
}

#[test]
fn the_pool_is_searched_too_and_unknown_ids_are_listed() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    fixture.submit(&transfer);
    let unknown = Hash::new([9; 32]);
    let answer = ask(
        &fixture,
        &json!({ "txs_hashes": [unknown, transfer.id()], "tx_extra": true }),
    );
    assert_eq!(answer.missed_tx, [unknown]);
    let entry: &TransactionEntry = &answer.txs[0];
    assert!(entry.in_pool && entry.block_height.is_none() && entry.output_indices.is_none());
    let pool = entry.pool.as_ref().unwrap();
    assert_eq!((pool.received_timestamp, pool.kept_by_block), (fixture.now(), false));
    assert_eq!(entry.fields["extra"]["pubkey"].as_str().map(str::len), Some(64));
    let whole = fixture.result("get_transactions", &json!({ "memory_pool": true }));
    assert_eq!(whole["txs"][0]["tx_hash"], transfer.id().to_string());
    let images: Vec<Value> = transfer.key_images().iter().map(|image| json!(image)).collect();
    assert_eq!(whole["mempool_key_images"][0]["id_hash"], images[0]);
}

#[test]
fn a_wrong_hash_or_too_many_fail_the_request() {
    let fixture = Fixture::start();
    assert_eq!(
        fixture.failure("get_transactions", &json!({ "txs_hashes": ["zz"] })).0,
        ErrorCode::WrongParameter
    );
    let many = vec![Hash::ZERO; 1_001];
    let error = fixture
        .call(Access::Public, "get_transactions", &json!({ "txs_hashes": many }))
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::WrongParameter.number());
    assert!(error.message.contains("1000"), "{}", error.message);
    assert_eq!(
        fixture.failure("get_transactions", &json!({ "txs_hashes": 5 })).0,
        ErrorCode::InvalidParameters
    );
}

#[test]
fn output_indices_come_by_transaction() {
    let fixture = Fixture::start();
    let transfer = mined(&fixture);
    let indices = fixture.result("get_o_indexes", &json!({ "txid": transfer.id() }));
    assert_eq!(indices["o_indexes"], json!([64, 65]));
    assert_eq!(
        fixture.failure("get_o_indexes", &json!({ "txid": Hash::ZERO })).0,
        ErrorCode::WrongParameter
    );
    assert_eq!(
        fixture.failure("get_o_indexes", &json!({ "txid": "x" })).0,
        ErrorCode::WrongParameter
    );
}

#[test]
fn key_images_are_unspent_then_in_the_pool_then_in_the_chain() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let images = json!({ "key_images": [transfer.key_images()[0], "11".repeat(32)] });
    let status = |expected: Value| {
        let answer = fixture.path(Access::Public, "/is_key_image_spent", &images).json();
        assert_eq!(answer["spent_status"], expected);
    };
    status(json!([0, 0]));
    fixture.submit(&transfer);
    status(json!([2, 0]));
    fixture.mine(&[&transfer]);
    status(json!([1, 0]));
    assert_eq!(
        fixture.failure("is_key_image_spent", &json!({ "key_images": ["1"] })).0,
        ErrorCode::WrongParameter
    );
    let many = vec!["11".repeat(32); 5_001];
    let error = fixture
        .call(Access::Public, "is_key_image_spent", &json!({ "key_images": many }))
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::WrongParameter.number());
}
