//! Scanning, reorganisations, daemons that fail, files that are lost.

use crate::dialogue::{Desk, files};
use oxen_crypto::Address;
use oxen_types::Amount;
use oxen_wallet_cli::command::ExitStatus;
use oxen_wallet_core::{WalletKeys, address::AddressUse, address::parse_address, wallet::WalletNetwork};
use std::fs;

const OXEN: u64 = 1_000_000_000;

/// The address of a wallet that `Desk::make` made.
fn address(text: &str) -> Address {
    let prefixes = WalletNetwork::from(&oxen_types::Network::regtest()).prefixes;
    parse_address(text, &prefixes, AddressUse::Payment).unwrap()
}

fn balance(desk: &Desk, name: &str) -> u64 {
    desk.script(name, &["balance"]).result()["balance"].as_u64().unwrap()
}

#[test]
fn payments_are_found_over_several_answers_and_scanning_goes_on_where_it_was() {
    let desk = Desk::with_daemon();
    let own = address(&desk.make("w", 1));
    desk.daemon().chain().mine_strangers(20);
    desk.daemon().chain().mine(&[(own, Amount::OXEN)]);
    desk.daemon().chain().mine_strangers(20);
    let refreshed = desk.script("w", &["refresh"]).result();
    assert_eq!(
        (refreshed["blocks"].as_u64(), refreshed["received"].as_u64()),
        (Some(42), Some(OXEN))
    );
    desk.daemon().chain().mine(&[(own, Amount::OXEN)]);
    let refreshed = desk.script("w", &["refresh"]).result();
    assert_eq!(
        (refreshed["blocks"].as_u64(), refreshed["from"].as_u64()),
        (Some(1), Some(42))
    );
    assert_eq!(balance(&desk, "w"), 2 * OXEN);
}

#[test]
fn another_branch_takes_back_what_the_first_one_brought() {
    let desk = Desk::with_daemon();
    let own = address(&desk.make("w", 1));
    desk.daemon().chain().mine_strangers(10);
    desk.daemon().chain().mine(&[(own, Amount::OXEN)]);
    desk.daemon().chain().mine_strangers(3);
    assert_eq!(balance(&desk, "w"), OXEN);
    desk.daemon().chain().take_back(4);
    // Fewer blocks than were scanned: the wallet waits and says so.
    let run = desk.script("w", &["refresh"]);
    assert_eq!(run.result()["blocks"], 0);
    assert_eq!(balance(&desk, "w"), OXEN);
    desk.daemon().chain().mine_strangers(8);
    let refreshed = desk.script("w", &["refresh"]).result();
    assert_eq!(
        (refreshed["blocks_taken_back"].as_u64(), refreshed["blocks"].as_u64()),
        (Some(4), Some(8))
    );
    assert_eq!(balance(&desk, "w"), 0);
}

#[test]
fn a_connection_that_breaks_now_and_then_costs_nothing() {
    let desk = Desk::with_daemon();
    let own = address(&desk.make("w", 1));
    desk.daemon().chain().mine(&[(own, Amount::OXEN)]);
    desk.daemon().chain().mine_strangers(10);
    desk.daemon().chain().broken_block_requests = 2;
    assert_eq!(desk.script("w", &["refresh"]).result()["blocks"], 12);
    assert!(desk.daemon().chain().block_requests >= 4);
}

#[test]
fn what_was_scanned_before_a_failure_is_kept() {
    let desk = Desk::with_daemon();
    let own = address(&desk.make("w", 1));
    desk.daemon().chain().mine(&[(own, Amount::OXEN)]);
    desk.daemon().chain().mine_strangers(30);
    // The first answer comes, then none.
    desk.script("w", &["--no-refresh", "version"]);
    let requests = desk.daemon().chain().block_requests;
    desk.daemon().chain().broken_block_requests = 0;
    let daemon = desk.daemon();
    let watcher = std::thread::scope(|scope| {
        let breaker = scope.spawn(|| {
            while daemon.chain().block_requests == requests {
                std::thread::yield_now();
            }
            daemon.chain().broken_block_requests = usize::MAX;
        });
        let run = desk.script("w", &["refresh"]);
        breaker.join().unwrap();
        run
    });
    assert_eq!(watcher.status, ExitStatus::NoDaemon, "{}", watcher.output);
    desk.daemon().chain().broken_block_requests = 0;
    let refreshed = desk.script("w", &["refresh"]).result();
    assert!(refreshed["from"].as_u64().unwrap() > 0, "{refreshed}");
    assert_eq!((refreshed["height"].as_u64(), balance(&desk, "w")), (Some(32), OXEN));
}

#[test]
fn without_a_daemon_the_wallet_shows_what_it_knew() {
    let mut desk = Desk::with_daemon();
    let own = address(&desk.make("w", 1));
    desk.daemon().chain().mine(&[(own, Amount::OXEN)]);
    assert_eq!(balance(&desk, "w"), OXEN);
    let address = desk.daemon().address();
    desk.daemon = None;
    let path = desk.file("w");
    let mut options = vec!["--wallet-file", &path, "--password", "", "--json"];
    options.extend(["balance"]);
    assert_eq!(desk.run(&options, "").result()["balance"], OXEN);
    // A daemon that should be there and is not.
    let options = <oxen_wallet_cli::options::Options as clap::Parser>::try_parse_from([
        "wallet",
        "--regtest",
        "--daemon-address",
        &address,
        "--wallet-file",
        &path,
        "--password",
        "",
        "balance",
    ])
    .unwrap();
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let mut pipe = oxen_wallet_cli::terminal::Pipe::new(std::io::empty(), &mut output, &mut errors, Default::default());
    assert_eq!(
        oxen_wallet_cli::program::run_with(&options, &mut pipe),
        ExitStatus::Done
    );
    assert!(String::from_utf8(output).unwrap().contains("Balance: 1.0"));
    let errors = String::from_utf8(errors).unwrap();
    assert!(
        errors.contains("no daemon answers") && errors.contains("what it knew before"),
        "{errors}"
    );
}

#[test]
fn a_daemon_of_another_network_is_refused_with_both_names() {
    let desk = Desk::with_daemon();
    desk.make("w", 1);
    desk.daemon().chain().nettype = "stagenet".to_owned();
    let error = desk.script("w", &["refresh"]).json()["error"].clone();
    assert_eq!(error["code"], "wrong_network");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("for regtest") && message.contains("serves stagenet"),
        "{message}"
    );
}

#[test]
fn a_private_network_with_another_first_block_is_refused() {
    let desk = Desk::with_daemon();
    desk.make("w", 1);
    {
        let mut chain = desk.daemon().chain();
        chain.genesis = oxen_types::Hash::new([9; 32]);
        chain.take_back(1);
        chain.mine(&[]);
    }
    let error = desk.script("w", &["refresh"]).json()["error"].clone();
    assert_eq!(error["code"], "wrong_network");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("its chain begins with block 0909"),
        "{error}"
    );
}

#[test]
fn a_lost_cache_is_scanned_again_and_notes_and_labels_stay() {
    let desk = Desk::with_daemon();
    let own = address(&desk.make("w", 1));
    desk.daemon().chain().mine(&[(own, Amount::OXEN)]);
    assert_eq!(balance(&desk, "w"), OXEN);
    desk.script("w", &["address", "new", "shop"]).ok();
    let id = "ab".repeat(32);
    desk.script("w", &["set_tx_note", &id, "for bread"]).ok();
    for file in files(desk.folder(), "w") {
        let name = file.file_name().unwrap().to_str().unwrap();
        if name == "w" || name == "w.bak" {
            fs::remove_file(file).unwrap();
        }
    }
    let run = desk.script("w", &["balance"]);
    assert!(run.errors.contains("the chain is scanned again"), "{}", run.errors);
    assert_eq!(run.result()["balance"], OXEN);
    assert_eq!(desk.script("w", &["get_tx_note", &id]).result()["note"], "for bread");
    assert_eq!(desk.script("w", &["address", "1"]).result()[0]["label"], "shop");
}

#[test]
fn the_keys_alone_bring_the_money_back() {
    let desk = Desk::with_daemon();
    let own = address(&desk.make("w", 1));
    desk.daemon().chain().mine(&[(own, Amount::OXEN)]);
    assert_eq!(balance(&desk, "w"), OXEN);
    fs::copy(desk.path("w.keys"), desk.path("copy.keys")).unwrap();
    assert_eq!(balance(&desk, "copy"), OXEN);
}

#[test]
fn money_at_addresses_that_another_copy_made_is_found() {
    let desk = Desk::with_daemon();
    desk.make("w", 1);
    let keys = WalletKeys::from_seed_words(&crate::dialogue::seed_words(1))
        .unwrap()
        .keys;
    let primary = keys.primary_address().unwrap();
    desk.daemon().chain().mine(&[(primary, Amount::OXEN)]);
    let made = desk.script("w", &["address", "new"]).result()[0]["address"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(made, desk.script("w", &["address"]).result()[0]["address"]);
    assert_eq!(balance(&desk, "w"), OXEN);
}
