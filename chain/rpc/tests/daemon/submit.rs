//! Sending transactions: every flag and reason code.

use crate::fixture::Fixture;
use oxen_rpc::{
    Access,
    types::{ErrorCode, transaction::SubmitAnswer},
};
use oxen_testkit::{Fault, Transfer, TransferBuilder};
use oxen_types::{
    Amount,
    transaction::{TransactionType, TransactionVersion},
};
use serde_json::{Value, json};

fn send(fixture: &Fixture, params: &Value) -> SubmitAnswer {
    let answer = fixture.path(Access::Public, "/sendrawtransaction", params);
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_value(answer.json()).unwrap()
}

fn send_transfer(fixture: &Fixture, transfer: &Transfer) -> SubmitAnswer {
    send(
        fixture,
        &json!({ "tx_as_hex": hex::encode(transfer.blob()), "do_not_relay": false }),
    )
}

#[test]
fn a_good_transaction_is_taken_and_sending_it_again_is_no_error() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let first = send_transfer(&fixture, &transfer);
    assert!(
        first.status.is_ok() && !first.not_relayed && first.reason.is_empty(),
        "{first:?}"
    );
    assert_eq!(first.tx_hash, Some(transfer.id()));
    assert!(first.tvc.added_to_pool && first.reason_codes.is_empty());
    let again = send_transfer(&fixture, &transfer);
    assert!(again.status.is_ok() && again.not_relayed, "{again:?}");
    assert!(again.reason.starts_with("Not relayed"));
    fixture.mine(&[&transfer]);
    let mined = send_transfer(&fixture, &transfer);
    assert!(
        mined.status.is_ok() && mined.reason.contains("in the chain"),
        "{mined:?}"
    );
}

#[test]
fn all_names_and_fields_of_both_generations_are_there() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let hex = hex::encode(transfer.blob());
    for method in ["send_raw_transaction", "sendrawtransaction", "submit_transaction"] {
        assert_eq!(
            fixture.result(method, &json!({ "tx": hex }))["status"],
            "OK",
            "{method}"
        );
    }
    let answer = fixture.result("send_raw_transaction", &json!({ "tx_as_hex": "00ff" }));
    assert_eq!(answer["status"], "Failed");
    for flag in [
        "double_spend",
        "fee_too_low",
        "invalid_input",
        "invalid_output",
        "low_mixin",
        "overspend",
        "too_big",
        "too_few_outputs",
        "not_rct",
        "sanity_check_failed",
        "untrusted",
    ] {
        assert_eq!(answer[flag], false, "{flag}");
    }
    assert_eq!(answer["tvc"]["m_verifivation_failed"], true);
    assert_eq!(answer["reason_codes"], json!(["failed"]));
    assert_eq!(answer["not_relayed"], true);
}

#[test]
fn each_broken_rule_has_its_code_and_flag() {
    let fixture = Fixture::start();
    for (fault, code) in [
        (Fault::Version(TransactionVersion::V3), "invalid_version"),
        (Fault::Kind(TransactionType::EthereumNewServiceNode), "invalid_type"),
        (Fault::OutputKeyNotAPoint, "invalid_output"),
        (Fault::OutputCount(1), "too_few_outputs"),
        (Fault::OutputAmount, "invalid_output"),
        (Fault::InputAmount, "invalid_input"),
        (Fault::NoRingCt, "not_rct"),
        (Fault::SmallRing, "low_mixin"),
        (Fault::RingMemberTwice, "invalid_input"),
        (Fault::UnknownRingMember, "invalid_input"),
        (Fault::KeyImageOfSmallOrder, "invalid_input"),
        (Fault::Fee, "overspend"),
        (Fault::RingSignature(0), "invalid_input"),
        (Fault::LongExtra(1_000_000), "too_big"),
    ] {
        let transfer = TransferBuilder::new().build(&mut fixture.source()).with_fault(fault);
        let answer = serde_json::to_value(send_transfer(&fixture, &transfer)).unwrap();
        assert_eq!(answer["status"], "Failed", "{fault:?}");
        assert!(!answer["reason"].as_str().unwrap().is_empty());
        let told = match code {
            "invalid_version" | "invalid_type" => answer["tvc"][format!("m_{code}")].clone(),
            flag => answer[flag].clone(),
        };
        assert_eq!(told, true, "{fault:?}: {answer}");
        let codes: Vec<&str> = answer["reason_codes"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        match code {
            "low_mixin" => assert_eq!(codes, ["failed", "mixin"]),
            "not_rct" => assert_eq!(codes, ["failed"]),
            code => assert_eq!(codes, ["failed", code], "{fault:?}"),
        }
    }
}

#[test]
fn double_spends_and_low_fees_are_refused_with_their_codes() {
    let fixture = Fixture::start();
    let (first, second, cheap) = {
        let mut source = fixture.source();
        let first = TransferBuilder::new().build(&mut source);
        let second = TransferBuilder::new().spending(&first.spent).seed(1).build(&mut source);
        let cheap = TransferBuilder::new().fee(Amount::from_atomic(10)).build(&mut source);
        (first, second, cheap)
    };
    assert!(send_transfer(&fixture, &first).status.is_ok());
    let refused = send_transfer(&fixture, &second);
    assert!(refused.double_spend && !refused.status.is_ok());
    assert_eq!(refused.reason_codes, ["failed", "double_spend"]);
    assert_eq!(refused.tx_hash, Some(second.id()));
    fixture.mine(&[&first]);
    let spent = send_transfer(&fixture, &second);
    assert!(spent.double_spend, "{spent:?}");
    let low = send_transfer(&fixture, &cheap);
    assert!(low.fee_too_low, "{low:?}");
    assert_eq!(low.reason_codes, ["failed", "fee_too_low"]);
}

#[test]
fn a_transaction_that_is_kept_here_can_be_released() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let kept = send(
        &fixture,
        &json!({ "tx_as_hex": hex::encode(transfer.blob()), "do_not_relay": true }),
    );
    assert!(kept.status.is_ok() && kept.not_relayed);
    let waiting = fixture.result("get_transaction_pool", &json!({}));
    assert_eq!(waiting["transactions"][0]["do_not_relay"], true);
    fixture.result("relay_tx", &json!({ "txids": [transfer.id()] }));
    let released = fixture.result("get_transaction_pool", &json!({}));
    assert_eq!(released["transactions"][0]["do_not_relay"], false);
}

#[test]
fn text_that_is_no_transaction_is_a_wrong_parameter() {
    let fixture = Fixture::start();
    for params in [json!({ "tx_as_hex": "xyz" }), json!({})] {
        assert_eq!(
            fixture.failure("send_raw_transaction", &params).0,
            ErrorCode::WrongParameter
        );
        let answer = fixture.path(Access::Public, "/send_raw_transaction", &params);
        assert_eq!(answer.status, 200);
        assert_ne!(answer.json()["status"], "OK");
    }
}
