//! Making blocks, and running the node.

use crate::fixture::Fixture;
use oxen_node_api::Pool;
use oxen_rpc::{Access, types::ErrorCode};
use oxen_testkit::{Account, TransferBuilder};
use oxen_types::{Block, ConsensusDecode, ConsensusEncode};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn a_template_can_be_submitted() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    fixture.submit(&transfer);
    let template = fixture
        .call(Access::Public, "get_block_template", &json!({ "reserve_size": 60 }))
        .unwrap();
    assert_eq!((&template["height"], &template["difficulty"]), (&json!(11), &json!(1)));
    let blob = bytes(&template["blocktemplate_blob"]);
    let block = Block::decode(&blob).unwrap();
    assert_eq!(block.transaction_ids, [transfer.id()]);
    assert_eq!(template["blockhashing_blob"], hex::encode(block.hashing_blob()));
    assert_eq!(template["seed_hash"], fixture.result("get_block_hash", &json!([0])));
    assert_eq!(template["expected_reward"], block.reward().unwrap().atomic());
    let offset = usize::try_from(template["reserved_offset"].as_u64().unwrap()).unwrap();
    assert_eq!(&blob[offset - 2..offset], [2, 60], "tag and length of the nonce");
    let mut filled = blob.clone();
    filled[offset..offset + 60].fill(7);
    let filled = Block::decode(&filled).unwrap();
    let answer = fixture
        .call(Access::Public, "submit_block", &json!([hex::encode(filled.encode())]))
        .unwrap();
    assert_eq!(
        (&answer["status"], &answer["block_id"]),
        (&json!("OK"), &json!(filled.id()))
    );
    assert_eq!(fixture.height(), 12);
    assert!(fixture.pool.is_empty());
    let again = fixture.result("submit_block", &json!([hex::encode(filled.encode())]));
    assert_eq!(again["status"], "OK", "a known block is no error");
    let plain = fixture.result("getblocktemplate", &json!({}));
    assert_eq!(plain["reserved_offset"], 0);
}

#[test]
fn each_template_request_that_makes_no_sense_has_its_error() {
    let fixture = Fixture::start();
    let network = fixture.source().network().clone();
    let miner = Account::named("miner");
    let primary = miner.address_text(&network);
    fixture.result("get_block_template", &json!({ "wallet_address": primary }));
    let index = oxen_crypto::SubaddressIndex { major: 0, minor: 1 };
    let subaddress = oxen_crypto::Address::of_account(&miner.keys().view_keys(), index).unwrap();
    let subaddress = subaddress.encode(&network.address_prefixes);
    for (params, code) in [
        (json!({ "reserve_size": 256 }), ErrorCode::ReserveSizeTooBig),
        (json!({ "wallet_address": "nobody" }), ErrorCode::WrongAddress),
        (json!({ "wallet_address": subaddress }), ErrorCode::Subaddress),
        (json!({ "prev_block": "00".repeat(32) }), ErrorCode::Unsupported),
    ] {
        assert_eq!(fixture.failure("get_block_template", &params).0, code, "{params}");
    }
}

#[test]
fn each_block_that_is_none_has_its_error() {
    let fixture = Fixture::start();
    let template = fixture.result("get_block_template", &json!({}));
    let mut block = Block::decode(&bytes(&template["blocktemplate_blob"])).unwrap();
    block.header.major_version = 18;
    block.batching_tail = None;
    let wrong_version = hex::encode(block.encode());
    for (params, code) in [
        (json!([]), ErrorCode::WrongParameter),
        (json!(["00", "00"]), ErrorCode::WrongParameter),
        (json!(["zz"]), ErrorCode::WrongParameter),
        (json!(["00"]), ErrorCode::WrongBlockSize),
        (json!(["00".repeat(100)]), ErrorCode::WrongBlock),
        (json!([wrong_version]), ErrorCode::BlockNotAccepted),
    ] {
        assert_eq!(fixture.failure("submit_block", &params).0, code, "{params}");
    }
}

#[test]
fn blocks_are_generated_and_taken_back() {
    let fixture = Fixture::start();
    let answer = fixture.result(
        "generateblocks",
        &json!({ "amount_of_blocks": 3, "wallet_address": "" }),
    );
    assert_eq!(answer["height"], 13);
    assert_eq!(answer["blocks"].as_array().unwrap().len(), 3);
    assert_eq!(fixture.height(), 14);
    let popped = fixture
        .path(Access::Admin, "/pop_blocks", &json!({ "nblocks": 2 }))
        .json();
    assert_eq!((&popped["height"], &popped["status"]), (&json!(12), &json!("OK")));
    assert_eq!(fixture.height(), 12);
    assert_eq!(
        fixture.failure("generateblocks", &json!({})).0,
        ErrorCode::WrongParameter
    );
    assert_eq!(
        fixture
            .failure("generateblocks", &json!({ "amount_of_blocks": 10_001 }))
            .0,
        ErrorCode::WrongParameter
    );
    let params = json!({ "amount_of_blocks": 1, "wallet_address": "x" });
    assert_eq!(fixture.failure("generateblocks", &params).0, ErrorCode::WrongAddress);
    assert_eq!(
        fixture.failure("pop_blocks", &json!({})).0,
        ErrorCode::InvalidParameters
    );
}

#[test]
fn the_node_can_be_asked_to_stop_and_still_answers() {
    let fixture = Fixture::start();
    let answer = fixture.client(Access::Admin).get("/stop_daemon");
    assert_eq!((answer.status, answer.json()["status"].take()), (200, json!("OK")));
    assert_eq!(fixture.control.stops.load(Ordering::SeqCst), 1);
    assert_eq!(fixture.result("save_bc", &json!({}))["status"], "OK");
    let mining = fixture.path(Access::Admin, "/mining_status", &json!({})).json();
    assert_eq!((&mining["active"], &mining["difficulty"]), (&json!(false), &json!(1)));
}
