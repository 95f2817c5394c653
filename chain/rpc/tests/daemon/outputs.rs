//! Outputs for rings, and fees.

use crate::fixture::Fixture;
use oxen_rpc::{
    Access,
    types::{ErrorCode, output::OutputTuplesAnswer},
};
use oxen_testkit::TransferBuilder;
use oxen_types::Hash;
use serde_json::{Value, json};

#[test]
fn outputs_come_in_the_order_of_the_request() {
    let fixture = Fixture::start();
    let genesis_coinbase: Hash = fixture.result("get_block", &json!({ "height": 0 }))["miner_tx_hash"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let params = json!({ "outputs": [{ "amount": 0, "index": 5 }, { "index": "0" }], "get_txid": true });
    let outs = fixture.path(Access::Public, "/get_outs", &params).json()["outs"].take();
    let owned: Vec<_> = fixture.source().unspent().cloned().collect();
    assert_eq!(outs[0]["key"], owned[5].pair.public.to_string());
    assert_eq!(outs[1]["key"], owned[0].pair.public.to_string());
    assert_eq!((&outs[0]["height"], &outs[0]["unlocked"]), (&json!(0), &json!(true)));
    assert_eq!(outs[0]["txid"], genesis_coinbase.to_string());
    let bare = fixture.result("get_outs", &json!({ "outputs": [5] }));
    assert_eq!(bare["outs"][0]["mask"], outs[0]["mask"]);
    assert!(bare["outs"][0].get("txid").is_none());
    let tuples = fixture.result(
        "get_outs",
        &json!({ "outputs": [5], "as_tuple": true, "get_txid": true }),
    );
    let tuples: OutputTuplesAnswer = serde_json::from_value(tuples).unwrap();
    assert_eq!(tuples.outs[0].0.txid, Some(genesis_coinbase));
}

#[test]
fn one_output_that_does_not_exist_fails_all() {
    let fixture = Fixture::start();
    let (code, text) = fixture.failure("get_outs", &json!({ "outputs": [0, 64] }));
    assert_eq!(code, ErrorCode::WrongParameter);
    assert!(text.contains("64"), "{text}");
    let with_amount = json!({ "outputs": [{ "amount": 7, "index": 0 }] });
    assert_eq!(fixture.failure("get_outs", &with_amount).0, ErrorCode::WrongParameter);
    let many: Vec<u64> = vec![0; 5_001];
    let error = fixture
        .call(Access::Public, "get_outs", &json!({ "outputs": many }))
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::WrongParameter.number());
    fixture.result("get_outs", &json!({ "outputs": many }));
    assert_eq!(
        fixture.failure("get_outs", &json!({ "outputs": [-1] })).0,
        ErrorCode::InvalidParameters
    );
}

fn distribution(fixture: &Fixture, params: &Value) -> Value {
    fixture.result("get_output_distribution", params)["distributions"][0].take()
}

#[test]
fn the_distribution_counts_outputs_by_block() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().outputs(3).build(&mut fixture.source());
    fixture.mine(&[&transfer]);
    fixture.mine(&[]);
    let all = distribution(&fixture, &json!({ "amounts": [0], "cumulative": true }));
    assert_eq!((&all["start_height"], &all["base"]), (&json!(0), &json!(0)));
    let sums = all["distribution"].as_array().unwrap();
    assert_eq!(sums.len(), 13);
    assert_eq!(
        (&sums[0], &sums[10], &sums[11], &sums[12]),
        (&json!(64), &json!(64), &json!(67), &json!(67))
    );
    let late = distribution(&fixture, &json!({ "from_height": 10, "to_height": 11 }));
    assert_eq!((&late["base"], &late["distribution"]), (&json!(64), &json!([0, 3])));
    fixture.result("pop_blocks", &json!({ "nblocks": 2 }));
    let back = distribution(&fixture, &json!({ "from_height": 9, "cumulative": true }));
    assert_eq!(
        back["distribution"],
        json!([64, 64]),
        "blocks that were taken back do not count"
    );
    for (params, code) in [
        (json!({ "amounts": [5] }), ErrorCode::WrongParameter),
        (json!({ "from_height": 11 }), ErrorCode::HeightTooBig),
        (json!({ "to_height": 11 }), ErrorCode::HeightTooBig),
        (json!({ "from_height": 5, "to_height": 4 }), ErrorCode::WrongParameter),
    ] {
        assert_eq!(fixture.failure("get_output_distribution", &params).0, code, "{params}");
    }
}

#[test]
fn the_histogram_counts_all_old_and_recent_outputs() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().outputs(3).build(&mut fixture.source());
    fixture.mine(&[&transfer]);
    let plain = fixture.result("get_output_histogram", &json!({}));
    assert_eq!(
        plain["histogram"],
        json!([{ "amount": 0, "total_instances": 67, "unlocked_instances": 0, "recent_instances": 0 }])
    );
    let tip = fixture.source().tip().1.timestamp.seconds();
    let full = fixture.result(
        "get_output_histogram",
        &json!({ "amounts": [0], "unlocked": true, "recent_cutoff": tip }),
    );
    assert_eq!(full["histogram"][0]["unlocked_instances"], 64);
    assert_eq!(full["histogram"][0]["recent_instances"], 3);
    let bounded = fixture.result("get_output_histogram", &json!({ "min_count": 68 }));
    assert_eq!(bounded["histogram"], json!([]));
    assert_eq!(
        fixture.failure("get_output_histogram", &json!({ "amounts": [1] })).0,
        ErrorCode::WrongParameter
    );
    let error = fixture
        .call(Access::Public, "get_output_histogram", &json!({ "recent_cutoff": 1 }))
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::WrongParameter.number());
    assert_eq!(
        fixture.result("get_output_histogram", &json!({ "recent_cutoff": 1 }))["histogram"][0]["recent_instances"],
        67
    );
}

#[test]
fn without_stakes_no_output_is_blacklisted() {
    let fixture = Fixture::start();
    assert_eq!(
        fixture.result("get_output_blacklist", &json!({}))["blacklist"],
        json!([])
    );
}

#[test]
fn fees_are_those_of_the_pool() {
    let fixture = Fixture::start();
    let fees = fixture.result("get_fee_estimate", &json!({ "grace_blocks": 10 }));
    assert_eq!(
        (&fees["fee_per_byte"], &fees["fee_per_output"]),
        (&json!(122), &json!(5_000_000))
    );
    assert_eq!(
        (&fees["blink_fee_per_byte"], &fees["blink_fee_per_output"]),
        (&json!(366), &json!(15_000_000))
    );
    assert_eq!(
        (&fees["blink_fee_fixed"], &fees["quantization_mask"]),
        (&json!(0), &json!(10))
    );
    assert_eq!(
        (&fees["fee"], &fees["fees"]),
        (&json!(122), &json!([122, 122, 122, 122]))
    );
}
