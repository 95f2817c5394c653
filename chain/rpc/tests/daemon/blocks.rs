//! Headers and blocks.

use crate::fixture::Fixture;
use oxen_node_api::{BlockOutcome, ChainReader, ChainWriter};
use oxen_rpc::types::{
    ErrorCode,
    block::{BlockAnswer, HeaderEntry},
};
use oxen_testkit::TransferBuilder;
use oxen_types::{Block, ConsensusDecode, Hash};
use serde_json::{Value, json};

fn header(value: &Value) -> HeaderEntry {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn a_header_has_what_monero_clients_read() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let id = fixture.mine(&[&transfer]);
    let answer = fixture.result(
        "get_block_header_by_height",
        &json!({ "height": 11, "get_tx_hashes": true }),
    );
    let fields = &answer["block_header"];
    for name in [
        "hash",
        "height",
        "timestamp",
        "major_version",
        "minor_version",
        "difficulty",
        "nonce",
        "orphan_status",
        "prev_hash",
        "reward",
        "miner_tx_hash",
        "wide_difficulty",
        "block_weight",
        "long_term_weight",
        "num_txes",
        "pow_hash",
        "depth",
        "cumulative_difficulty",
        "service_node_winner",
    ] {
        assert!(fields.get(name).is_some(), "{name}");
    }
    let header = header(fields);
    assert_eq!((header.hash, header.height, header.num_txes), (id, 11, 1));
    assert_eq!((header.major_version, header.minor_version), (19, 3));
    assert_eq!((header.difficulty, header.cumulative_difficulty), (1, 12));
    assert_eq!(header.tx_hashes, Some(vec![transfer.id()]));
    let row = fixture.source().tip().1;
    assert_eq!(header.reward, row.reward.atomic());
    assert!(header.reward > 16_500_000_000, "the fee is credited");
    assert_eq!(header.block_weight, row.weight.bytes());
}

#[test]
fn headers_come_by_hash_height_and_range() {
    let fixture = Fixture::start();
    let ids: Vec<Hash> = fixture.source().blocks().iter().map(|mined| mined.block.id()).collect();
    let one = fixture.result("get_block_header_by_hash", &json!({ "hash": ids[0] }));
    assert_eq!(one["block_header"]["height"], 1);
    assert!(one.get("block_headers").is_none());
    let several = fixture.result("getblockheaderbyhash", &json!({ "hashes": [ids[2], ids[0]] }));
    assert_eq!(
        (
            &several["block_headers"][0]["height"],
            &several["block_headers"][1]["height"]
        ),
        (&json!(3), &json!(1))
    );
    let by_heights = fixture.result("get_block_header_by_height", &json!({ "heights": [5, "0"] }));
    assert_eq!(by_heights["block_headers"][0]["hash"], ids[4].to_string());
    assert_eq!(by_heights["block_headers"][1]["height"], 0);
    let range = fixture.result(
        "get_block_headers_range",
        &json!({ "start_height": 2, "end_height": 4 }),
    );
    let heights: Vec<u64> = range["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| header(found).height)
        .collect();
    assert_eq!(heights, [2, 3, 4]);
}

#[test]
fn each_header_request_that_makes_no_sense_has_its_error() {
    let fixture = Fixture::start();
    let zeros = Hash::ZERO;
    for (method, params, code) in [
        (
            "get_block_header_by_hash",
            json!({ "hash": "abc" }),
            ErrorCode::WrongParameter,
        ),
        (
            "get_block_header_by_hash",
            json!({ "hash": zeros }),
            ErrorCode::Internal,
        ),
        ("get_block_header_by_hash", json!({}), ErrorCode::WrongParameter),
        (
            "get_block_header_by_height",
            json!({ "height": 11 }),
            ErrorCode::HeightTooBig,
        ),
        ("get_block_header_by_height", json!({}), ErrorCode::WrongParameter),
        (
            "get_block_header_by_height",
            json!({ "height": -1 }),
            ErrorCode::InvalidParameters,
        ),
        (
            "get_block_headers_range",
            json!({ "start_height": 0, "end_height": 11 }),
            ErrorCode::HeightTooBig,
        ),
        (
            "get_block_headers_range",
            json!({ "start_height": 11, "end_height": 11 }),
            ErrorCode::HeightTooBig,
        ),
        (
            "get_block_headers_range",
            json!({ "start_height": 3, "end_height": 2 }),
            ErrorCode::WrongParameter,
        ),
        (
            "get_block_headers_range",
            json!({ "start_height": 3 }),
            ErrorCode::InvalidParameters,
        ),
        ("get_block", json!({ "hash": "x" }), ErrorCode::WrongParameter),
        ("get_block", json!({ "hash": zeros }), ErrorCode::Internal),
        ("get_block", json!({ "height": 11 }), ErrorCode::HeightTooBig),
        (
            "get_coinbase_tx_sum",
            json!({ "height": 11, "count": 1 }),
            ErrorCode::HeightTooBig,
        ),
    ] {
        assert_eq!(fixture.failure(method, &params).0, code, "{method} {params}");
    }
}

#[test]
fn a_block_comes_as_bytes_and_as_json_in_a_string() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let id = fixture.mine(&[&transfer]);
    for params in [
        json!({ "hash": id }),
        json!({ "height": 11 }),
        json!({ "hash": id, "height": 0 }),
    ] {
        let answer: BlockAnswer = serde_json::from_value(fixture.result("get_block", &params)).unwrap();
        let block = Block::decode(&answer.blob.0).unwrap();
        assert_eq!((block.id(), answer.block_header.hash), (id, id));
        assert_eq!(answer.tx_hashes, [transfer.id()]);
        assert_eq!(answer.miner_tx_hash, answer.block_header.miner_tx_hash);
        let json: Value = serde_json::from_str(&answer.json).unwrap();
        assert_eq!(json["tx_hashes"], json!([transfer.id()]));
        assert_eq!(json["height"], 11);
        assert_eq!(json["miner_tx"]["vin"][0]["gen"]["height"], 11);
        assert!(json.get("pulse").is_some() && json.get("service_node_winner_key").is_some());
        assert!(answer.txs.is_none());
    }
    let first = fixture.result("get_block", &json!({}));
    assert_eq!(
        first["block_header"]["height"], 0,
        "libraries mean the first block by nothing"
    );
    let empty: Value = serde_json::from_str(first["json"].as_str().unwrap()).unwrap();
    assert_eq!(empty["tx_hashes"], json!([]));
}

#[test]
fn a_block_can_bring_its_transactions() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let id = fixture.mine(&[&transfer]);
    let answer: BlockAnswer =
        serde_json::from_value(fixture.result("get_block", &json!({ "hash": id, "include_txs": true }))).unwrap();
    let txs = answer.txs.unwrap();
    assert_eq!(Some(txs[0].tx_hash), answer.miner_tx_hash);
    assert_eq!(txs[1].as_hex, Some(hex::encode(transfer.blob())));
}

#[test]
fn blocks_beside_the_chain_are_orphans_and_can_be_listed() {
    let fixture = Fixture::start();
    let mut branch = fixture.source().clone();
    branch.diverge();
    fixture.mine(&[]);
    fixture.mine(&[]);
    let side = branch.mine(&[]).clone();
    let outcome = fixture.chain.submit_block(side.submission()).unwrap();
    assert!(matches!(outcome, BlockOutcome::Alternative { .. }), "{outcome:?}");
    let id = side.block.id();
    let header = fixture.result("get_block_header_by_hash", &json!({ "hash": id }));
    assert_eq!(header["block_header"]["orphan_status"], true);
    assert_eq!(header["block_header"]["height"], 11);
    assert_eq!(header["block_header"]["depth"], 1);
    let block = fixture.result("get_block", &json!({ "hash": id }));
    assert_eq!(block["blob"], hex::encode(side.submission().block));
    let chains = fixture.result("get_alternate_chains", &json!({}))["chains"].take();
    assert_eq!(chains[0]["block_hash"], id.to_string());
    assert_eq!((&chains[0]["height"], &chains[0]["length"]), (&json!(11), &json!(1)));
    assert_eq!(chains[0]["block_hashes"], json!([id]));
    let parent = fixture.source().blocks()[9].block.id();
    assert_eq!(chains[0]["main_chain_parent_block"], parent.to_string());
    assert_eq!(
        fixture.result("get_alt_blocks_hashes", &json!({}))["blks_hashes"],
        json!([id])
    );
    assert_eq!(fixture.result("get_info", &json!({}))["alt_blocks_count"], 1);
}

#[test]
fn sums_over_coinbases_add_up() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new()
        .burn(oxen_types::Amount::from_atomic(1_000))
        .build(&mut fixture.source());
    fixture.mine(&[&transfer]);
    let sum = fixture.result("get_coinbase_tx_sum", &json!({ "height": 0, "count": 1_000_000 }));
    let row = fixture.source().tip().1;
    let fees = row.fees.atomic() - 1_000;
    assert_eq!(sum["fee_amount"], fees);
    assert_eq!(sum["burn_amount"], 1_000);
    let premine = 64 * 1_000 * 1_000_000_000_u64;
    assert_eq!(sum["emission_amount"], premine - fees);
    let nothing = fixture.result("get_coinbase_tx_sum", &json!({ "height": 1, "count": 3 }));
    assert_eq!(
        (&nothing["emission_amount"], &nothing["fee_amount"]),
        (&json!(0), &json!(0))
    );
    assert!(fixture.chain.database_bytes() < u64::MAX);
}
