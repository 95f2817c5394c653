//! Swapping as far as a wallet decides alone; burns on a chain are in the end-to-end tests.

use crate::dialogue::Desk;
use oxen_types::Amount;
use oxen_wallet_cli::command::ExitStatus;
use oxen_wallet_core::{
    address::{AddressUse, parse_address},
    wallet::WalletNetwork,
};

const ADDRESS: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

/// A wallet `w` with money on a chain whose swap is not scheduled.
fn desk() -> Desk {
    let desk = Desk::with_daemon();
    let own = desk.make("w", 1);
    let prefixes = WalletNetwork::from(&oxen_types::Network::regtest()).prefixes;
    let address = parse_address(&own, &prefixes, AddressUse::Payment).unwrap();
    let mut chain = desk.daemon().chain();
    chain.mine(&vec![(address, Amount::from_atomic(10_000_000_000)); 10]);
    chain.mine_strangers(15);
    drop(chain);
    desk
}

fn refused(desk: &Desk, words: &[&str]) -> (String, String) {
    let run = desk.script("w", words);
    assert_ne!(run.status, ExitStatus::Done, "{}", run.output);
    let error = run.json()["error"].clone();
    assert!(desk.daemon().chain().submitted.is_empty(), "nothing was sent");
    let text = |field: &str| error[field].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

#[test]
fn an_address_without_its_checksum_or_with_a_wrong_one_is_not_burned_for() {
    let desk = desk();
    for (text, reason) in [
        (ADDRESS.to_lowercase(), "has no checksum"),
        (ADDRESS.replace("6053F", "6052F"), "a digit was changed"),
        ("0x12".to_owned(), "40 hexadecimal digits"),
    ] {
        let (code, message) = refused(&desk, &["swap", "5", &text]);
        assert_eq!(code, "invalid_ethereum_address");
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn what_breaks_a_rule_is_refused_before_anything_is_signed() {
    let desk = desk();
    let zero = format!("0x{}", "00".repeat(20));
    for (words, reason) in [
        (["swap", "1.9", ADDRESS], "at least 2"),
        (["swap", "1000001", ADDRESS], "at most 1000000"),
        (["swap", "5", &zero], "zero address"),
    ] {
        let (code, message) = refused(&desk, &words);
        assert_eq!(code, "swap_refused", "{message}");
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn a_swap_that_has_not_begun_says_when_it_begins() {
    let (code, message) = refused(&desk(), &["swap", "5", ADDRESS]);
    assert_eq!(code, "swap_not_begun");
    assert!(message.contains("at no height that is decided"), "{message}");
}

#[test]
fn a_wallet_that_burned_nothing_has_an_empty_history() {
    let desk = desk();
    assert_eq!(
        desk.script("w", &["swap", "history"]).result()["burns"],
        serde_json::json!([])
    );
}
