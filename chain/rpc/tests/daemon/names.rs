//! The name system: resolving, owners of names, names of owners.

use crate::fixture::Fixture;
use oxen_names::{EncryptedValue, Name, NameKind, NameValue, name::hash_text};
use oxen_node_api::ChainReader;
use oxen_rpc::{Access, types::ErrorCode};
use oxen_testkit::{Account, NameBuilder, Transfer, name_owner};
use oxen_types::{
    PublicKey,
    extra::{NameOwner, NameType},
};
use serde_json::{Value, json};

fn name(kind: NameKind, text: &str) -> Name {
    Name::parse(kind, text).unwrap()
}

fn value(kind: NameKind) -> NameValue {
    match kind {
        NameKind::Session => NameValue::Session([5; 33]),
        NameKind::Wallet => NameValue::Wallet(Account::named("alice").address()),
        NameKind::Lokinet => NameValue::Lokinet([6; 32]),
    }
}

fn buy(name_type: NameType, text: &str) -> NameBuilder {
    let kind = NameKind::of(name_type);
    NameBuilder::buy(name_type, &name(kind, text), &value(kind), &Account::named("alice"))
}

/// Alice has a session and an onion name, the second with Bob as backup; Bob's key has a wallet name.
fn registered() -> (Fixture, [Transfer; 3]) {
    let fixture = Fixture::start();
    let bob = name_owner(&Account::named("bob"));
    let key = NameOwner::Ed25519(PublicKey::new([7; 32]));
    let transfers = {
        let mut source = fixture.source();
        [
            buy(NameType::Session, "oracle").build(&mut source),
            buy(NameType::LokinetOneYear, "oracle.loki")
                .backup_owner(bob)
                .build(&mut source),
            buy(NameType::Wallet, "purse").owner(key).build(&mut source),
        ]
    };
    fixture.mine(&transfers.each_ref());
    (fixture, transfers)
}

fn address(fixture: &Fixture, account: &str) -> String {
    Account::named(account).address_text(fixture.chain.network())
}

#[test]
fn a_name_is_resolved_by_both_names_and_both_forms_of_its_hash() {
    let (fixture, _) = registered();
    let oracle = name(NameKind::Session, "oracle");
    for (method, hash) in [
        ("ons_resolve", hash_text(&oracle.hash())),
        ("lns_resolve", oracle.hash().to_string()),
    ] {
        let answer = fixture.result(method, &json!({ "type": 0, "name_hash": hash }));
        assert_eq!(answer["status"], "OK");
        let bytes = |field: &str| hex::decode(answer[field].as_str().unwrap()).unwrap();
        let (ciphertext, nonce) = (bytes("encrypted_value"), bytes("nonce"));
        assert_eq!((ciphertext.len(), nonce.len()), (49, 24));
        let stored = EncryptedValue::from_bytes([ciphertext, nonce].concat());
        assert_eq!(stored.decrypt(&oracle), Ok(value(NameKind::Session)));
    }
}

#[test]
fn a_name_that_nobody_has_or_that_expired_resolves_to_nothing() {
    let (fixture, _) = registered();
    let resolve = |kind: u8, text: &str| {
        let hash = hash_text(&name(NameKind::from_number(kind.into()).unwrap(), text).hash());
        fixture.result("ons_resolve", &json!({ "type": kind, "name_hash": hash }))
    };
    assert_eq!(resolve(1, "oracle"), json!({ "status": "OK" }));
    assert!(resolve(2, "oracle.loki")["encrypted_value"].is_string());
    // Its year has two blocks on this network.
    for _ in 0..2 {
        fixture.mine(&[]);
    }
    assert_eq!(resolve(2, "oracle.loki"), json!({ "status": "OK" }));
}

#[test]
fn owners_are_found_by_name_in_the_form_of_both_generations() {
    let (fixture, [session, lokinet, _]) = registered();
    let hash = |kind, text| hash_text(&name(kind, text).hash());
    let (oracle, onion) = (
        hash(NameKind::Session, "oracle"),
        hash(NameKind::Lokinet, "oracle.loki"),
    );
    let (alice, bob) = (address(&fixture, "alice"), address(&fixture, "bob"));
    let asked = json!({ "entries": [
        { "name_hash": hash(NameKind::Session, "nobody"), "types": [0, 1, 2] },
        { "name_hash": onion },
        { "name_hash": oracle, "types": [0] },
    ]});
    let answer = fixture.result("ons_names_to_owners", &asked);
    assert_eq!(fixture.result("lns_names_to_owners", &asked), answer);
    let entries = answer["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(
        entries[0],
        json!({
            "entry_index": 1, "type": 2, "name_hash": onion, "owner": alice, "backup_owner": bob,
            "encrypted_value": entries[0]["encrypted_value"], "update_height": 11, "expiration_height": 13,
            "txid": lokinet.id(),
        })
    );
    assert_eq!(
        entries[1],
        json!({
            "entry_index": 2, "type": 0, "name_hash": oracle, "owner": alice, "backup_owner": null,
            "encrypted_value": entries[1]["encrypted_value"], "update_height": 11, "expiration_height": null,
            "txid": session.id(),
        })
    );
    assert_eq!(entries[1]["encrypted_value"].as_str().unwrap().len(), 146);
    let newer = fixture.result("ons_names_to_owners", &json!({ "name_hash": [oracle], "type": [0] }));
    assert_eq!(newer[0]["txid"], json!(session.id()));
    let newer = fixture.result("ons_names_to_owners", &json!({ "name_hash": onion }));
    assert_eq!(
        newer.as_array().map(Vec::len),
        Some(1),
        "without a type, every one is looked at"
    );
}

#[test]
fn expired_names_are_found_on_request() {
    let (fixture, _) = registered();
    for _ in 0..2 {
        fixture.mine(&[]);
    }
    let onion = hash_text(&name(NameKind::Lokinet, "oracle.loki").hash());
    let count = |method: &str, mut params: Value, include: bool| {
        params["include_expired"] = json!(include);
        fixture.result(method, &params)["entries"].as_array().unwrap().len()
    };
    let by_name = json!({ "entries": [{ "name_hash": onion }] });
    let by_owner = json!({ "entries": [address(&fixture, "alice")] });
    assert_eq!(count("ons_names_to_owners", by_name.clone(), false), 0);
    assert_eq!(count("ons_names_to_owners", by_name, true), 1);
    assert_eq!(count("ons_owners_to_names", by_owner.clone(), false), 1);
    assert_eq!(count("ons_owners_to_names", by_owner, true), 2);
}

#[test]
fn names_are_found_by_owner_backup_owner_and_key() {
    let (fixture, [session, lokinet, wallet]) = registered();
    let (alice, bob) = (address(&fixture, "alice"), address(&fixture, "bob"));
    let key = "07".repeat(32);
    let found = |owners: &[&str]| -> Vec<(u64, String)> {
        let answer = fixture.result("ons_owners_to_names", &json!({ "entries": owners }));
        let entries = answer["entries"].as_array().unwrap().clone();
        let index = |entry: &Value| entry["request_index"].as_u64().unwrap();
        entries
            .iter()
            .map(|entry| (index(entry), entry["txid"].as_str().unwrap().to_owned()))
            .collect()
    };
    let [session, lokinet, wallet] = [session, lokinet, wallet].map(|transfer| transfer.id().to_string());
    assert_eq!(found(&[&alice]), [(0, session.clone()), (0, lokinet.clone())]);
    assert_eq!(found(&[&bob]), [(0, lokinet.clone())]);
    assert_eq!(found(&[&key]), [(0, wallet.clone())]);
    // A name of two of them stands there once, under its owner.
    assert_eq!(found(&[&bob, &key, &alice]), [(2, session), (1, wallet), (2, lokinet)]);
    assert_eq!(found(&[&address(&fixture, "carol")]), []);
    let answer = fixture.result("lns_owners_to_names", &json!({ "entries": [key] }));
    assert_eq!(answer["entries"][0]["owner"], key);
}

#[test]
fn wrong_parameters_are_answered_with_what_is_right() {
    let fixture = Fixture::start();
    for (method, params, says) in [
        ("ons_resolve", json!({ "type": 0, "name_hash": "abc" }), "44 of base64"),
        (
            "ons_resolve",
            json!({ "name_hash": "00".repeat(32) }),
            "type is missing",
        ),
        (
            "ons_resolve",
            json!({ "type": 6, "name_hash": "00".repeat(32) }),
            "not 6",
        ),
        (
            "ons_names_to_owners",
            json!({ "entries": [{ "name_hash": "" }] }),
            "44 of base64",
        ),
        (
            "ons_names_to_owners",
            json!({ "entries": [{ "name_hash": "00".repeat(32), "types": [9] }] }),
            "not 9",
        ),
        (
            "ons_owners_to_names",
            json!({ "entries": ["nobody"] }),
            "ed25519 key of 64 hexadecimal",
        ),
    ] {
        let (code, message) = fixture.failure(method, &params);
        assert_eq!(code, ErrorCode::WrongParameter, "{method} {params}");
        assert!(message.contains(says), "{message}");
    }
    for method in ["ons_names_to_owners", "ons_owners_to_names"] {
        let hash = hash_text(&name(NameKind::Session, "a").hash());
        let entry = if method == "ons_names_to_owners" {
            json!({ "name_hash": hash })
        } else {
            json!("00".repeat(32))
        };
        let ask = |count| {
            fixture.call(
                Access::Public,
                method,
                &json!({ "entries": vec![entry.clone(); count] }),
            )
        };
        assert!(ask(256).is_ok());
        assert_eq!(ask(257).unwrap_err().code, ErrorCode::WrongParameter.number());
    }
}

#[test]
fn info_counts_active_names() {
    let (fixture, _) = registered();
    let counts = || fixture.result("get_info", &json!({}))["ons_counts"].clone();
    assert_eq!(counts(), json!([1, 1, 1]));
    assert_eq!(fixture.result("get_info", &json!({}))["lns_counts"], json!([1, 1, 1]));
    for _ in 0..2 {
        fixture.mine(&[]);
    }
    assert_eq!(counts(), json!([1, 1, 0]));
}
