//! The pool.

use crate::fixture::Fixture;
use oxen_node_api::{Pool, Relay};
use oxen_rpc::{
    Access,
    types::{ErrorCode, transaction::PoolAnswer},
};
use oxen_testkit::TransferBuilder;
use oxen_types::Hash;
use serde_json::{Value, json};

#[test]
fn an_empty_pool_has_empty_lists() {
    let fixture = Fixture::start();
    let answer = fixture.path(Access::Public, "/get_transaction_pool", &json!({})).json();
    assert_eq!(
        (&answer["transactions"], &answer["spent_key_images"]),
        (&json!([]), &json!([]))
    );
    let hashes = fixture
        .path(Access::Public, "/get_transaction_pool_hashes", &json!({}))
        .json();
    assert_eq!(hashes["tx_hashes"], json!([]));
    let stats = fixture.result("get_transaction_pool_stats", &json!({}));
    assert_eq!(
        (&stats["pool_stats"]["txs_total"], &stats["pool_stats"]["histo"]),
        (&json!(0), &json!([]))
    );
}

#[test]
fn waiting_transactions_are_shown_whole() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().inputs(2).build(&mut fixture.source());
    fixture.submit(&transfer);
    let answer = fixture.result("get_transaction_pool", &json!({ "tx_extra": true }));
    let answer: PoolAnswer = serde_json::from_value(answer).unwrap();
    let entry = &answer.transactions[0];
    assert_eq!((entry.id_hash, &entry.tx_blob.0), (transfer.id(), &transfer.blob()));
    assert_eq!(
        (entry.fee, entry.receive_time),
        (transfer.transaction.fee().atomic(), fixture.now())
    );
    assert_eq!(entry.blob_size, transfer.blob().len() as u64);
    assert!(entry.extra.is_some());
    let json: Value = serde_json::from_str(&entry.tx_json).unwrap();
    assert_eq!(json["vin"].as_array().unwrap().len(), 2);
    let row = fixture.source().tip().1;
    assert_eq!(entry.max_used_block_id_hash, row.id);
    let mut images = transfer.key_images();
    images.sort();
    let listed: Vec<_> = answer.spent_key_images.iter().map(|spent| spent.id_hash).collect();
    assert_eq!(listed, images);
    assert_eq!(answer.spent_key_images[0].txs_hashes, [transfer.id()]);
    let hashes = fixture.result("get_transaction_pool_hashes", &json!({}));
    assert_eq!(hashes["tx_hashes"], json!([transfer.id()]));
}

#[test]
fn figures_add_up() {
    let fixture = Fixture::start();
    let transfers = TransferBuilder::new().build_many(2, &mut fixture.source());
    fixture.submit(&transfers[0]);
    fixture.advance(700);
    fixture.submit(&transfers[1]);
    let stats = fixture
        .path(Access::Public, "/get_transaction_pool_stats", &json!({}))
        .json()["pool_stats"]
        .take();
    assert_eq!((&stats["txs_total"], &stats["num_10m"]), (&json!(2), &json!(1)));
    let bytes: usize = transfers.iter().map(|transfer| transfer.blob().len()).sum();
    assert_eq!(stats["bytes_total"], bytes);
    assert_eq!(stats["oldest"], fixture.now() - 700);
    assert_eq!(stats["histo"][0]["txs"], 1);
    assert_eq!(stats["histo"][9]["txs"], 1);
}

#[test]
fn transactions_are_flushed_by_id_or_all() {
    let fixture = Fixture::start();
    let transfers = TransferBuilder::new().build_many(3, &mut fixture.source());
    for transfer in &transfers {
        fixture.submit(transfer);
    }
    fixture.result("flush_txpool", &json!({ "txids": [transfers[0].id()] }));
    assert_eq!(fixture.pool.len(), 2);
    fixture.result("flush_txpool", &json!({}));
    assert!(fixture.pool.is_empty());
    assert_eq!(
        fixture.failure("flush_txpool", &json!({ "txids": ["1"] })).0,
        ErrorCode::WrongParameter
    );
    assert_eq!(
        fixture.failure("relay_tx", &json!({ "txids": [Hash::ZERO] })).0,
        ErrorCode::WrongParameter
    );
    assert_eq!(
        fixture.failure("relay_tx", &json!({ "txids": ["1"] })).0,
        ErrorCode::WrongParameter
    );
}

#[test]
fn strangers_do_not_see_what_is_kept_here() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    fixture.pool.submit(&transfer.blob(), Relay::Keep).unwrap();
    let id = transfer.id().to_string();
    let image = transfer.key_images()[0].to_string();
    let asks = [
        ("get_transaction_pool", json!({})),
        ("get_transaction_pool_hashes", json!({})),
        ("get_transactions", json!({ "memory_pool": true })),
        ("get_transactions", json!({ "txs_hashes": [id] })),
        ("is_key_image_spent", json!({ "key_images": [image] })),
        ("get_transaction_pool_stats", json!({})),
    ];
    let seen = |access, method, params: &Value| match fixture.call(access, method, params).unwrap() {
        answer if method == "is_key_image_spent" => answer["spent_status"][0] == 2,
        answer if method == "get_transaction_pool_stats" => answer["pool_stats"]["txs_total"] == 1,
        mut answer => {
            answer.as_object_mut().unwrap().remove("missed_tx");
            answer.to_string().contains(&id)
        }
    };
    for (method, params) in asks {
        assert!(seen(Access::Admin, method, &params), "{method}");
        assert!(!seen(Access::Public, method, &params), "{method}");
    }
}
