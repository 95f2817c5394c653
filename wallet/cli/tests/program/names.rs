//! Names: bought, looked up, changed and renewed, by one wallet and by two.

use crate::dialogue::{Desk, Run};
use oxen_names::{Name, NameKind};
use oxen_types::{Amount, extra::Extra};
use oxen_wallet_cli::command::ExitStatus;
use oxen_wallet_core::{
    address::{AddressUse, parse_address},
    wallet::WalletNetwork,
};
use serde_json::{Value, json};

const OXEN: u64 = 1_000_000_000;
const ID: &str = "05abababababababababababababababababababababababababababababababab";
const OTHER_ID: &str = "05cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";

/// Wallets `w` and `other` with twenty outputs of ten OXEN each that can be spent, and their addresses.
fn rich_desk() -> (Desk, String, String) {
    let desk = Desk::with_daemon();
    let (own, other) = (desk.make("w", 1), desk.make("other", 2));
    let prefixes = WalletNetwork::from(&oxen_types::Network::regtest()).prefixes;
    let address = |text: &str| parse_address(text, &prefixes, AddressUse::Payment).unwrap();
    {
        let mut chain = desk.daemon().chain();
        for text in [&own, &other] {
            for _ in 0..2 {
                chain.mine(&vec![(address(text), Amount::from_atomic(10 * OXEN)); 10]);
            }
        }
        chain.mine_strangers(15);
    }
    (desk, own, other)
}

fn onion(digit: char) -> String {
    format!("{}o.loki", digit.to_string().repeat(51))
}

/// Runs a command that must be sent, and mines it.
fn sent(desk: &Desk, wallet: &str, command: &[&str]) -> Value {
    let result = desk.script(wallet, command).result();
    assert_eq!(result["transactions"][0]["status"], "sent");
    desk.daemon().chain().mine_pool();
    result
}

fn refused(desk: &Desk, wallet: &str, command: &[&str]) -> (String, String) {
    let before = desk.daemon.as_ref().map_or(0, |daemon| daemon.chain().submitted.len());
    let run = desk.script(wallet, command);
    assert_ne!(run.status, ExitStatus::Done, "{}", run.output);
    let error = run.json()["error"].clone();
    let after = desk.daemon.as_ref().map_or(0, |daemon| daemon.chain().submitted.len());
    assert_eq!(after, before, "nothing was sent");
    let text = |field: &str| error[field].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

/// Answers on the screen.
fn dialogue(desk: &Desk, command: &[&str], answers: &str) -> Run {
    let path = desk.file("w");
    let mut words = vec!["--wallet-file", &path, "--password", ""];
    words.extend(command);
    desk.run(&words, answers)
}

#[test]
fn the_dialogue_shows_price_fee_owner_and_how_long_before_it_asks() {
    let (desk, own, other) = rich_desk();
    let backup = format!("backup_owner={other}");
    let value = onion('y');
    let command = ["ons_buy_mapping", "type=lokinet_2y", &backup, "Shop.loki", &value];
    let refused = dialogue(&desk, &command, "n\n");
    assert_eq!(refused.status, ExitStatus::Failed);
    for expected in [
        "Buying the lokinet name shop.loki\n",
        &format!("  points to {value}\n"),
        &format!("  owner {own} (account 0, address 0 of this wallet)\n"),
        &format!("  backup owner {other}\n"),
        // Two years are four blocks on this network, and twenty blocks are there.
        "  registered until block 24, about 8 min 0 s from now\n",
        "The price is 14.0, which is burned; with the network fee of 0.0",
        " you pay 14.0",
        "Is this okay? (Y/Yes/N/No): ",
    ] {
        assert!(
            refused.output.contains(expected),
            "{expected} is not in:\n{}",
            refused.output
        );
    }
    assert!(desk.daemon().chain().submitted.is_empty());
    let done = dialogue(&desk, &command, "yes\n").ok();
    assert!(done.output.contains("ons_lookup shows it then"), "{}", done.output);
    assert_eq!(desk.daemon().chain().submitted.len(), 1);
}

#[test]
fn a_bought_name_is_mined_looked_up_and_listed() {
    let (desk, own, _) = rich_desk();
    let bought = sent(&desk, "w", &["ons_buy_mapping", "Oracle", ID]);
    assert_eq!(
        (&bought["name"], &bought["type"], &bought["price"]),
        (&json!("oracle"), &json!("session"), &json!(7 * OXEN))
    );
    let transaction = desk.daemon().chain().submitted[0].clone();
    assert_eq!(transaction.prefix.outputs.len(), 1);
    let extra = Extra::parse(&transaction.prefix.extra).unwrap();
    assert_eq!(extra.burned().atomic(), 7 * OXEN);
    let found = desk.script("w", &["ons_lookup", "ORACLE"]).result();
    assert_eq!(
        found[0],
        json!({
            "name": "oracle", "type": "session", "registered": true, "value": ID, "owner": own, "backup_owner": null,
            "update_height": 20, "expiration_height": null, "txid": transaction.id(),
        })
    );
    let listed = desk.script("w", &["ons_by_owner"]).result();
    assert_eq!(listed[0]["txid"], json!(transaction.id()));
    assert_eq!(listed[0]["note"], "Buying the session name oracle");
    assert_eq!(desk.script("other", &["ons_by_owner"]).result(), json!([]));
    assert_eq!(
        desk.script("other", &["ons_by_owner", &own]).result()[0]["txid"],
        json!(transaction.id())
    );
    let fee = bought["transactions"][0]["fee"].as_u64().unwrap();
    assert_eq!(desk.script("w", &["balance"]).result()["balance"], 200 * OXEN - fee);
}

#[test]
fn every_kind_of_name_and_value_is_taken() {
    let (desk, own, _) = rich_desk();
    let id = desk.script("w", &["integrated_address", "1020304050607080"]).result();
    let integrated = id["integrated_address"].as_str().unwrap().to_owned();
    let key = format!("owner={}", "07".repeat(32));
    let value = onion('n');
    for command in [
        &["ons_buy_mapping", "type=wallet", "purse", own.as_str()][..],
        &["ons_buy_mapping", "type=wallet", &key, "till", &integrated],
        &["ons_buy_mapping", "a-b.loki", &value],
        &["ons_buy_mapping", "normal", "normal", ID],
    ] {
        sent(&desk, "w", command);
    }
    let look = |name: &str| desk.script("other", &["ons_lookup", name]).result()[0].clone();
    assert_eq!(look("purse")["value"], own.as_str());
    assert_eq!(look("till")["value"], integrated.as_str());
    assert_eq!(look("till")["owner"], "07".repeat(32));
    assert_eq!(look("a-b.loki")["value"], value.as_str());
    assert_eq!(look("normal")["value"], ID);
    // Names of one text in two kinds are both shown; their owners must be the same.
    let (code, message) = refused(&desk, "other", &["ons_buy_mapping", "purse", ID]);
    assert_eq!(code, "name_refused");
    assert!(message.contains("must be its owner or backup owner"), "{message}");
    sent(&desk, "w", &["ons_buy_mapping", "purse", ID]);
    let both = desk.script("w", &["ons_lookup", "purse", "nobody"]).result();
    let kinds: Vec<&Value> = both.as_array().unwrap().iter().map(|one| &one["type"]).collect();
    assert_eq!(kinds, [&json!("session"), &json!("wallet"), &Value::Null]);
}

#[test]
fn whatever_is_wrong_is_refused_with_what_would_be_right() {
    let (desk, own, _) = rich_desk();
    for (command, code, says) in [
        (
            &["ons_buy_mapping", "-bad", ID][..],
            "invalid_name",
            "begins with a letter a-z, a digit or an underscore",
        ),
        (
            &["ons_buy_mapping", "snode.loki", ID],
            "invalid_name",
            "take another name",
        ),
        (
            &["ons_buy_mapping", "type=lokinet", "shop", ID],
            "invalid_name",
            "ends in .loki",
        ),
        (
            &["ons_buy_mapping", "oracle", "06ab"],
            "invalid_name_value",
            "66 hexadecimal characters beginning with 05",
        ),
        (
            &["ons_buy_mapping", "type=wallet", "oracle", ID],
            "invalid_name_value",
            "an address of this network",
        ),
        (
            &["ons_buy_mapping", "shop.loki", "yyy.loki"],
            "invalid_name_value",
            "52 characters of base32z",
        ),
        (
            &["ons_buy_mapping", "type=onion", "oracle", ID],
            "invalid_name_type",
            "lokinet_10y",
        ),
        (
            &["ons_buy_mapping", "owner=me", "oracle", ID],
            "invalid_name_owner",
            "ed25519 key of 64 hexadecimal",
        ),
        (&["ons_buy_mapping", "oracle"], "usage", "The value is missing"),
        (
            &["ons_buy_mapping", "blink", "oracle", ID],
            "blink_unavailable",
            "Leave the word blink out",
        ),
        (
            &["ons_renew_mapping", "type=session", "a.loki"],
            "invalid_name_type",
            "only lokinet names expire",
        ),
        (
            &["ons_renew_mapping", "a.loki"],
            "name_not_registered",
            "ons_buy_mapping buys it",
        ),
        (
            &["ons_update_mapping", "oracle"],
            "usage",
            "give value=, owner= or backup_owner=",
        ),
        (
            &["ons_update_mapping", "value=05", "oracle"],
            "invalid_name_value",
            "66 hexadecimal",
        ),
        (
            &["ons_update_mapping", "encrypted_value=ab", "oracle"],
            "invalid_name_value",
            "ons_encrypt",
        ),
        (&["ons_lookup"], "usage", "The name is missing"),
        (
            &["ons_by_owner", "nobody"],
            "invalid_name_owner",
            "an address of this network",
        ),
    ] {
        let (found, message) = refused(&desk, "w", command);
        assert_eq!(found, code, "{command:?}: {message}");
        assert!(message.contains(says), "{command:?}: {message}");
    }
    let twice = [format!("owner={own}"), format!("backup_owner={own}")];
    let (code, message) = refused(&desk, "w", &["ons_buy_mapping", &twice[0], &twice[1], "oracle", ID]);
    assert_eq!(
        (code.as_str(), message.contains("must differ")),
        ("name_refused", true),
        "{message}"
    );
}

#[test]
fn a_name_that_is_taken_is_not_paid_for() {
    let (desk, _, _) = rich_desk();
    sent(&desk, "w", &["ons_buy_mapping", "oracle", ID]);
    let (code, message) = refused(&desk, "other", &["ons_buy_mapping", "oracle", OTHER_ID]);
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("name_refused", "the name is already registered")
    );
    desk.daemon().chain().hard_fork = 20;
    let (code, message) = refused(&desk, "other", &["ons_buy_mapping", "late", OTHER_ID]);
    assert_eq!(code, "sales_ended");
    assert!(message.contains("can still be updated"), "{message}");
    sent(
        &desk,
        "w",
        &["ons_update_mapping", &format!("value={OTHER_ID}"), "oracle"],
    );
}

#[test]
fn owner_and_backup_owner_change_a_name_and_nobody_else() {
    let (desk, own, other) = rich_desk();
    sent(
        &desk,
        "w",
        &["ons_buy_mapping", &format!("backup_owner={other}"), "oracle", ID],
    );
    let value = format!("value={OTHER_ID}");
    let changed = sent(&desk, "other", &["ons_update_mapping", &value, "oracle"]);
    assert_eq!(changed["price"], 0);
    let look = || desk.script("w", &["ons_lookup", "type=session", "oracle"]).result()[0].clone();
    assert_eq!((&look()["value"], &look()["owner"]), (&json!(OTHER_ID), &json!(own)));
    // A subaddress as the owner signs with its own key.
    let subaddress = desk.script("w", &["address", "new", "names"]).result()[0]["address"]
        .as_str()
        .unwrap()
        .to_owned();
    let key = format!("backup_owner={}", "09".repeat(32));
    sent(
        &desk,
        "w",
        &["ons_update_mapping", &format!("owner={subaddress}"), &key, "oracle"],
    );
    assert_eq!(look()["owner"], subaddress.as_str());
    sent(
        &desk,
        "w",
        &["ons_update_mapping", "unimportant", &format!("value={ID}"), "oracle"],
    );
    assert_eq!(look()["value"], ID);
    let (code, message) = refused(&desk, "other", &["ons_update_mapping", &value, "oracle"]);
    assert_eq!(code, "name_not_ours");
    assert!(
        message.contains(&subaddress) && message.contains("ons_make_update_mapping_signature"),
        "{message}"
    );
    let same = format!("value={ID}");
    sent(&desk, "w", &["ons_update_mapping", &same, "oracle"]);
    let (code, message) = refused(
        &desk,
        "w",
        &["ons_update_mapping", &format!("owner={subaddress}"), "oracle"],
    );
    assert_eq!(
        (code.as_str(), message.contains("already has")),
        ("name_refused", true),
        "{message}"
    );
}

#[test]
fn another_wallet_pays_for_a_change_that_the_owner_signed() {
    let (desk, _, other) = rich_desk();
    sent(&desk, "w", &["ons_buy_mapping", "oracle", ID]);
    let value = format!("value={OTHER_ID}");
    let owner = format!("owner={other}");
    let signed = desk
        .script("w", &["ons_make_update_mapping_signature", &value, &owner, "oracle"])
        .result();
    let command = signed["command"].as_str().unwrap();
    let words: Vec<&str> = command.split(' ').collect();
    let plain = format!("signature={}", signed["signature"].as_str().unwrap());
    let (code, message) = refused(&desk, "other", &["ons_update_mapping", &value, &plain, "oracle"]);
    assert_eq!(
        (code.as_str(), message.contains("encrypted_value=")),
        ("invalid_signature", true),
        "{message}"
    );
    let mut wrong = words.clone();
    wrong.retain(|word| !word.starts_with("owner="));
    let (code, message) = refused(&desk, "other", &wrong);
    assert_eq!(
        (code.as_str(), message.contains("signed neither by")),
        ("name_refused", true),
        "{message}"
    );
    sent(&desk, "other", &words);
    let found = desk.script("w", &["ons_lookup", "oracle"]).result()[0].clone();
    assert_eq!((&found["value"], &found["owner"]), (&json!(OTHER_ID), &json!(other)));
    let (code, _) = refused(&desk, "other", &words);
    assert_eq!(code, "name_refused", "a signature is good once");
}

#[test]
fn a_wallet_without_a_daemon_signs_over_the_transaction_it_is_told() {
    let (desk, _, _) = rich_desk();
    let cold = Desk::offline();
    let address = cold.make("cold", 3);
    sent(
        &desk,
        "w",
        &["ons_buy_mapping", &format!("owner={address}"), "oracle", ID],
    );
    let found = desk.script("w", &["ons_lookup", "oracle"]).result()[0].clone();
    let previous = format!("previous={}", found["txid"].as_str().unwrap());
    let encrypted = cold.script("cold", &["ons_encrypt", "oracle", OTHER_ID]).result();
    let value = format!("encrypted_value={}", encrypted["encrypted_value"].as_str().unwrap());
    let words = ["ons_make_update_mapping_signature", &previous, &value, "oracle"];
    let signed = cold.script("cold", &words).result();
    let command: Vec<String> = signed["command"]
        .as_str()
        .unwrap()
        .split(' ')
        .map(ToOwned::to_owned)
        .collect();
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    sent(&desk, "w", &command);
    assert_eq!(
        desk.script("w", &["ons_lookup", "oracle"]).result()[0]["value"],
        OTHER_ID
    );
    let foreign = cold.script("cold", &["ons_encrypt", "prophet", OTHER_ID]).result();
    let value = format!("encrypted_value={}", foreign["encrypted_value"].as_str().unwrap());
    let (code, message) = refused(
        &cold,
        "cold",
        &["ons_make_update_mapping_signature", &previous, &value, "oracle"],
    );
    assert_eq!(
        (code.as_str(), message.contains("not encrypted with the name")),
        ("name_unreadable", true),
        "{message}"
    );
}

#[test]
fn a_renewal_adds_years_and_an_expired_name_is_nobodys() {
    let (desk, _, _) = rich_desk();
    let value = onion('y');
    sent(&desk, "w", &["ons_buy_mapping", "shop.loki", &value]);
    let shown = dialogue(&desk, &["ons_renew_mapping", "type=lokinet_5y", "shop.loki"], "no\n").output;
    for expected in [
        "Renewing the lokinet name shop.loki\n  registered until block 22,",
        "  after that until block 32,",
        "The price is 28.0, which is burned",
    ] {
        assert!(shown.contains(expected), "{expected} is not in:\n{shown}");
    }
    // Anybody may renew.
    sent(&desk, "other", &["ons_renew_mapping", "type=lokinet_5y", "shop.loki"]);
    let look = || desk.script("w", &["ons_lookup", "shop.loki"]).result()[0].clone();
    assert_eq!(look()["expiration_height"], 32);
    desk.daemon().chain().mine_strangers(11);
    assert_eq!(look(), json!({"name": "shop.loki", "registered": false}));
    let (code, message) = refused(&desk, "w", &["ons_renew_mapping", "shop.loki"]);
    assert_eq!(
        (code.as_str(), message.contains("or it expired")),
        ("name_not_registered", true),
        "{message}"
    );
    sent(&desk, "other", &["ons_buy_mapping", "shop.loki", &value]);
    let hash = Name::parse(NameKind::Lokinet, "shop.loki").unwrap().hash();
    assert!(desk.daemon().chain().names.row(NameKind::Lokinet, hash).is_some());
}

#[test]
fn a_stranger_s_daemon_is_not_told_which_addresses_belong_together() {
    let (desk, own, _) = rich_desk();
    let path = desk.file("w");
    let ask = |command: &[&str]| {
        let mut words = vec![
            "--wallet-file",
            &path,
            "--password",
            "",
            "--json",
            "--yes",
            "--untrusted-daemon",
        ];
        words.extend(command);
        desk.run(&words, "")
    };
    let run = ask(&["ons_by_owner"]);
    assert_eq!(run.json()["error"]["code"], "daemon_not_trusted");
    assert_eq!(ask(&["ons_by_owner", &own]).result(), json!([]));
}
