//! The command that registers this service node.

use crate::fixture::Fixture;
use oxen_crypto::{AddressKind, address::Address};
use oxen_rpc::{Access, types::ErrorCode};
use oxen_staking_rules::registry::registration::RegistrationTerms;
use oxen_testkit::Account;
use oxen_types::{Amount, PaymentId, PublicKey, extra::Registration, network::HardForkVersion};
use serde_json::{Value, json};

/// What a wallet reads from a command.
fn parsed(command: &str, fixture: &Fixture) -> (Registration, PublicKey) {
    let words: Vec<&str> = command.split(' ').collect();
    assert_eq!(words[0], "register_service_node");
    let (pairs, tail) = words[2..].split_at(words.len() - 5);
    let prefixes = &fixture.chain_network().address_prefixes;
    let address = |text: &str| Address::parse(text, prefixes).unwrap();
    let registration = Registration {
        spend_keys: pairs.chunks(2).map(|pair| address(pair[0]).spend()).collect(),
        view_keys: pairs.chunks(2).map(|pair| address(pair[0]).view()).collect(),
        fee: words[1].parse().unwrap(),
        amounts: pairs.chunks(2).map(|pair| pair[1].parse().unwrap()).collect(),
        hard_fork_or_expiration: tail[0].parse().unwrap(),
        signature: tail[2].parse().unwrap(),
    };
    (registration, tail[1].parse().unwrap())
}

fn address(fixture: &Fixture, name: &str) -> String {
    Account::named(name).address_text(&fixture.chain_network())
}

fn requirement(fixture: &Fixture) -> u64 {
    fixture.chain_network().staking.oxen_requirement.atomic()
}

#[test]
fn both_forms_give_a_command_that_the_chain_accepts() {
    let fixture = Fixture::start();
    let key = fixture.own.start();
    let whole = requirement(&fixture);
    let (operator, other) = (address(&fixture, "operator"), address(&fixture, "other"));
    let old = json!({ "operator_cut": "10.5", "staking_requirement": whole,
        "contributions": [{ "address": operator, "amount": whole / 2 }, { "address": other, "amount": whole / 4 }] });
    let new = json!({ "operator_cut": 10.5, "contributor_addresses": [operator, other],
        "contributor_amounts": [whole / 2, (whole / 4).to_string()] });
    let raw = json!({ "args": ["1050", operator, (whole / 2).to_string(), other, (whole / 4).to_string()] });
    for (method, params) in [
        ("get_service_node_registration_cmd", old),
        ("get_service_node_registration_cmd", new),
        ("get_service_node_registration_cmd_raw", raw),
    ] {
        let answer = fixture.result(method, &params);
        assert_eq!(answer["status"], "OK");
        let (registration, found) = parsed(answer["registration_cmd"].as_str().unwrap(), &fixture);
        assert_eq!(found, key);
        let version = HardForkVersion::REWARD_BATCHING;
        let terms = RegistrationTerms::check(&registration, &key, version, Amount::from_atomic(whole)).unwrap();
        assert_eq!(terms.fee, 1_050);
        assert_eq!(terms.reservations[0].0, Account::named("operator").recipient());
        assert_eq!(terms.reservations[1].1.atomic(), whole / 4);
    }
}

#[test]
fn people_are_told_where_to_run_the_command() {
    let fixture = Fixture::start();
    fixture.own.start();
    let args = json!([
        0.to_string(),
        address(&fixture, "operator"),
        requirement(&fixture).to_string()
    ]);
    let params = json!({ "args": args, "make_friendly": true });
    let answer = fixture.result("get_service_node_registration_cmd_raw", &params);
    let text = answer["registration_cmd"].as_str().unwrap();
    assert!(text.starts_with("Run this command in the wallet"), "{text}");
    assert!(text.contains("\nregister_service_node 0 "), "{text}");
}

#[track_caller]
fn assert_refused(fixture: &Fixture, params: &Value, code: ErrorCode, says: &str) {
    let (found, message) = fixture.failure("get_service_node_registration_cmd", params);
    assert_eq!(found, code, "{message}");
    assert!(message.contains(says), "{message}");
}

#[test]
fn refusals_name_what_would_be_accepted() {
    use ErrorCode::{WrongAddress, WrongParameter};
    let fixture = Fixture::start();
    let whole = requirement(&fixture);
    let operator = address(&fixture, "operator");
    let solo =
        |amount: u64| json!({ "operator_cut": "10", "contributions": [{ "address": operator, "amount": amount }] });
    assert_refused(&fixture, &solo(whole), WrongParameter, "--service-node");
    fixture.own.start();
    let minimum = Amount::from_atomic(whole / 4).to_string();
    assert_refused(&fixture, &solo(whole / 4 - 1), WrongParameter, &minimum);
    assert_refused(
        &fixture,
        &solo(whole + 1),
        WrongParameter,
        &Amount::from_atomic(whole).to_string(),
    );
    let with = |name: &str, value: Value| {
        let mut params = solo(whole);
        params[name] = value;
        params
    };
    assert_refused(
        &fixture,
        &with("operator_cut", json!("101")),
        WrongParameter,
        "0 to 100 percent",
    );
    assert_refused(&fixture, &with("contributions", json!([])), WrongParameter, "1 to 10");
    let needed = Amount::from_atomic(whole).to_string();
    assert_refused(
        &fixture,
        &with("staking_requirement", json!(5)),
        WrongParameter,
        &needed,
    );
    let twice = json!([{ "address": operator, "amount": whole / 2 }, { "address": operator, "amount": whole / 2 }]);
    assert_refused(&fixture, &with("contributions", twice), WrongParameter, "twice");
    let unknown = json!([{ "address": "dV3", "amount": whole }]);
    assert_refused(&fixture, &with("contributions", unknown), WrongAddress, "dV3");
    let account = Account::named("operator").address();
    let integrated = account.with_payment_id(PaymentId::new([5; 8])).unwrap();
    assert!(matches!(integrated.kind(), AddressKind::Integrated(_)));
    let integrated = integrated.encode(&fixture.chain_network().address_prefixes);
    let integrated = json!([{ "address": integrated, "amount": whole }]);
    assert_refused(
        &fixture,
        &with("contributions", integrated),
        WrongAddress,
        "primary address",
    );
    let uneven = json!({ "operator_cut": "10", "contributor_addresses": [operator], "contributor_amounts": [] });
    assert_refused(&fixture, &uneven, WrongParameter, "different numbers");
}

#[test]
fn raw_arguments_come_in_pairs_of_address_and_amount() {
    let fixture = Fixture::start();
    fixture.own.start();
    let operator = address(&fixture, "operator");
    for args in [
        json!([]),
        json!(["10"]),
        json!(["10", operator]),
        json!(["10", operator, "5", operator]),
        json!(["ten", operator, "5"]),
        json!(["10001", operator, requirement(&fixture).to_string()]),
        json!(["10", operator, "-5"]),
    ] {
        let (code, message) = fixture.failure("get_service_node_registration_cmd_raw", &json!({ "args": args }));
        assert_eq!(code, ErrorCode::WrongParameter, "{args}: {message}");
    }
    let denied = fixture
        .call(Access::Public, "get_service_node_registration_cmd_raw", &json!({}))
        .unwrap_err();
    assert_eq!(denied.code, ErrorCode::NotPublic.number());
}
