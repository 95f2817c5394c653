//! The swap: its rules, what was burned, what may be claimed.

use crate::fixture::Fixture;
use oxen_bridge_rules::address::checksummed;
use oxen_rpc::types::ErrorCode;
use oxen_testkit::{SWAP_BEGINS, SwapBuilder, TestNetwork, Transfer};
use oxen_types::{Amount, Height, bytes::EthereumAddress};
use serde_json::{Value, json};

const OXEN: u64 = 1_000_000_000;
const RECIPIENT: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

/// A chain with eleven blocks on which burns mature after two more, with room for 50 OXEN in three blocks and 60 in all.
fn open() -> Fixture {
    let network = TestNetwork::new().with_swap(|swap| {
        swap.maturity_blocks = 2;
        swap.rate_window_blocks = 3;
        swap.rate_cap = Amount::from_atomic(27 * OXEN);
        swap.pool_cap = Amount::from_atomic(32_400_000_000);
        swap.end_height = Some(Height::new(40));
    });
    Fixture::on(&network, |_| {})
}

fn burn(fixture: &Fixture, oxen: u64) -> Transfer {
    let recipient: EthereumAddress = RECIPIENT[2..].to_lowercase().parse().unwrap();
    SwapBuilder::new(recipient, Amount::from_atomic(oxen * OXEN)).build(&mut fixture.source())
}

fn total(fixture: &Fixture, height: Option<u64>) -> Value {
    let asked = json!({ "addresses": [RECIPIENT], "height": height });
    fixture.result("get_swap_totals", &asked)["totals"][0]["total"].clone()
}

#[test]
fn the_rules_the_ratio_and_the_room_are_told() {
    let fixture = open();
    let info = fixture.result("get_swap_info", &json!({}));
    assert_eq!((&info["state"], &info["height"]), (&json!("open"), &json!(10)));
    assert_eq!(
        info["rules"],
        json!({
            "begin_height": SWAP_BEGINS, "end_height": 40, "l2_chain_id": 42_161,
            "contract": checksummed(&EthereumAddress::new([0xc1; 20])), "min_burn": 2 * OXEN,
            "max_burn": 1_000_000 * OXEN, "pool_cap": 32_400_000_000_u64, "rate_cap": 27 * OXEN,
            "rate_window_blocks": 3, "maturity_blocks": 2,
        }),
    );
    assert_eq!(
        info["ratio"],
        json!({ "index": 0, "from_height": 0, "sesh": 54, "oxen": 100 })
    );
    assert_eq!(
        info["remaining"],
        json!({ "pool": 32_400_000_000_u64, "rate": 27 * OXEN })
    );
    assert_eq!(
        info["sums"],
        json!({ "burns": 0, "burned": 0, "credited": 0, "matured": 0 })
    );
}

#[test]
fn a_network_without_swap_says_so() {
    let network = TestNetwork::new().with(|network| network.swap = None);
    let fixture = Fixture::on(&network, |_| {});
    let info = fixture.result("get_swap_info", &json!({}));
    assert_eq!((&info["state"], &info["rules"]), (&json!("none"), &Value::Null));
    let fixture = Fixture::start();
    assert_eq!(fixture.result("get_swap_info", &json!({}))["state"], "not_begun");
}

#[test]
fn a_burn_is_followed_from_the_pool_to_the_total() {
    let fixture = open();
    let transfer = burn(&fixture, 10);
    fixture.submit(&transfer);
    let state = || fixture.result("get_swap_burns", &json!({ "txids": [transfer.id()] }))["burns"][0].clone();
    assert_eq!(
        state(),
        json!({
            "txid": transfer.id(), "state": "waiting", "recipient": RECIPIENT, "burned": 10 * OXEN, "ratio_index": 0,
            "nonce": "0000000000000000",
        })
    );
    fixture.mine(&[&transfer]);
    assert_eq!(
        state(),
        json!({
            "txid": transfer.id(), "state": "mined", "recipient": RECIPIENT, "burned": 10 * OXEN,
            "credited": 5_400_000_000_u64, "ratio_index": 0, "nonce": "0000000000000000", "height": 11, "mature_height": 13,
        })
    );
    assert_eq!(total(&fixture, None), json!(0));
    fixture.mine(&[]);
    fixture.mine(&[]);
    assert_eq!(state()["state"], "matured");
    assert_eq!(total(&fixture, None), json!(5_400_000_000_u64));
    assert_eq!(total(&fixture, Some(12)), json!(0), "as it was then");
    let listed = fixture.result(
        "get_swap_burns",
        &json!({ "address": RECIPIENT.to_lowercase(), "count": 5 }),
    );
    assert_eq!(listed["burns"], json!([state()]));
    let info = fixture.result("get_swap_info", &json!({}));
    assert_eq!(
        info["sums"],
        json!({ "burns": 1, "burned": 10 * OXEN, "credited": 5_400_000_000_u64, "matured": 5_400_000_000_u64 })
    );
}

#[test]
fn a_full_and_an_ended_swap_say_so() {
    let fixture = open();
    for oxen in [50, 10] {
        let transfer = burn(&fixture, oxen);
        fixture.mine(&[&transfer]);
        for _ in 0..3 {
            fixture.mine(&[]);
        }
    }
    assert_eq!(fixture.result("get_swap_info", &json!({}))["state"], "full");
    while fixture.height() < 40 {
        fixture.mine(&[]);
    }
    assert_eq!(fixture.result("get_swap_info", &json!({}))["state"], "ended");
}

#[test]
fn a_refused_burn_is_answered_with_the_reason() {
    let fixture = open();
    let recipient = EthereumAddress::new([7; 20]);
    let other_ratio = SwapBuilder::new(recipient, Amount::from_atomic(2 * OXEN))
        .with(|field| field.ratio_index = 3)
        .build(&mut fixture.source());
    let asked = json!({ "tx_as_hex": hex::encode(other_ratio.blob()) });
    let answer = fixture.result("send_raw_transaction", &asked);
    let reason = answer["reason"].as_str().unwrap();
    assert!(reason.contains("ratio 0 holds now: make the swap again"), "{answer}");
}

#[test]
fn wrong_questions_are_answered_with_what_is_wrong() {
    let fixture = open();
    for (method, params, code) in [
        ("get_swap_burns", json!({}), ErrorCode::WrongParameter),
        ("get_swap_burns", json!({ "txids": ["00"] }), ErrorCode::WrongParameter),
        ("get_swap_burns", json!({ "address": "0x12" }), ErrorCode::WrongAddress),
        (
            "get_swap_burns",
            json!({ "address": RECIPIENT, "count": 1_001 }),
            ErrorCode::WrongParameter,
        ),
        (
            "get_swap_totals",
            json!({ "addresses": [RECIPIENT.replace("6053F", "6052F")] }),
            ErrorCode::WrongAddress,
        ),
        (
            "get_swap_totals",
            json!({ "addresses": [RECIPIENT], "height": 11 }),
            ErrorCode::HeightTooBig,
        ),
    ] {
        let (found, message) = fixture.failure(method, &params);
        assert_eq!(found, code, "{method} {params}: {message}");
    }
    let missing = fixture.result("get_swap_burns", &json!({ "txids": ["11".repeat(32)] }));
    assert_eq!(
        (&missing["burns"], &missing["missing"]),
        (&json!([]), &json!(["11".repeat(32)]))
    );
}
