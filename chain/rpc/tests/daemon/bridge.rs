//! Signatures for the contracts on L2: what clients give and get. How they are gathered is tested where that is done.

use super::fixture::{
    Fixture,
    scripted_bridge::{Asked, KEY, PRIMARY},
};
use oxen_node_api::bridge::{Departure, Ledger, NodeKey, TotalHeight};
use oxen_rpc::{Access, types::ErrorCode};
use oxen_types::{Height, bytes::EthereumAddress};
use serde_json::json;

const ADDRESS: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

fn address() -> EthereumAddress {
    ADDRESS[2..].parse().unwrap()
}

#[test]
fn a_signed_total_has_the_fields_that_claims_need() {
    let fixture = Fixture::start();
    *fixture.bridge.is_final.lock().unwrap() = true;
    for (method, ledger) in [
        ("bls_rewards_request", Ledger::Rewards),
        ("bls_swap_request", Ledger::Swap),
    ] {
        let answer = fixture
            .call(Access::Public, method, &json!({ "address": ADDRESS }))
            .unwrap();
        assert_eq!(
            answer,
            json!({ "status": "OK", "untrusted": false, "address": ADDRESS, "amount": u64::MAX, "height": 92,
                "msg_to_sign": "010203", "signature": "04".repeat(128), "aggregate_pubkey": "05".repeat(64),
                "non_signer_indices": [3, 9] })
        );
        let asked = fixture.bridge.asked.lock().unwrap().pop();
        assert_eq!(asked, Some(Asked::Total(ledger, address(), TotalHeight::Newest)));
    }
}

#[test]
fn heights_of_zero_and_less_count_from_the_tip() {
    let fixture = Fixture::start();
    *fixture.bridge.is_final.lock().unwrap() = true;
    for (given, meant) in [
        (-2, TotalHeight::BelowTip(2)),
        (0, TotalHeight::BelowTip(0)),
        (50, TotalHeight::At(Height::new(50))),
    ] {
        fixture.result("bls_rewards_request", &json!({ "address": ADDRESS, "height": given }));
        let asked = fixture.bridge.asked.lock().unwrap().pop();
        assert_eq!(asked, Some(Asked::Total(Ledger::Rewards, address(), meant)));
    }
}

#[test]
fn what_cannot_be_signed_has_its_own_code_and_says_why() {
    let fixture = Fixture::start();
    let (code, text) = fixture.failure("bls_rewards_request", &json!({ "address": ADDRESS }));
    assert_eq!(code, ErrorCode::BlsSignature);
    assert!(text.contains("two checkpoints"), "{text}");
    let (code, _) = fixture.failure(
        "bls_swap_request",
        &json!({ "address": ADDRESS.replace("aAeb", "aaeb") }),
    );
    assert_eq!(code, ErrorCode::WrongAddress);
}

#[test]
fn leave_to_go_is_asked_for_by_either_key() {
    let fixture = Fixture::start();
    *fixture.bridge.is_final.lock().unwrap() = true;
    let method = "bls_exit_liquidation_request";
    let answer = fixture.result(method, &json!({ "pubkey": PRIMARY }));
    assert_eq!(
        (&answer["timestamp"], &answer["bls_pubkey"]),
        (&json!(1_900_000_000), &json!(KEY))
    );
    assert_eq!(answer["non_signer_indices"], json!([3, 9]));
    fixture.result(method, &json!({ "bls_pubkey": KEY, "liquidate": true }));
    assert_eq!(
        *fixture.bridge.asked.lock().unwrap(),
        [
            Asked::Departure(Departure::Exit, NodeKey::Primary(PRIMARY)),
            Asked::Departure(Departure::Liquidation, NodeKey::Bls(KEY)),
        ]
    );
    for params in [json!({}), json!({ "pubkey": "12" }), json!({ "bls_pubkey": PRIMARY })] {
        assert_eq!(
            fixture.failure(method, &params).0,
            ErrorCode::WrongParameter,
            "{params}"
        );
    }
}

#[test]
fn those_who_left_are_a_list() {
    let fixture = Fixture::start();
    assert_eq!(
        fixture
            .call(Access::Public, "bls_exit_liquidation_list", &json!({}))
            .unwrap(),
        json!([{ "service_node_pubkey": PRIMARY, "height": 60, "liquidation_height": 5_100, "type": "deregister",
            "info": { "bls_pubkey": KEY } }])
    );
}

#[test]
fn the_papers_for_a_registration_are_for_the_operator_alone() {
    let fixture = Fixture::start();
    let params = json!({ "address": ADDRESS });
    let answer = fixture.result("bls_registration_request", &params);
    assert_eq!(answer["proof_of_possession"], "06".repeat(128));
    assert_eq!(answer["service_node_signature"], "09".repeat(64));
    assert_eq!(
        (&answer["service_node_pubkey"], &answer["bls_pubkey"]),
        (&json!(PRIMARY), &json!(KEY))
    );
    assert_eq!(answer["address"], ADDRESS);
    let refused = fixture
        .call(Access::Public, "bls_registration_request", &params)
        .unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotPublic.number());
}
