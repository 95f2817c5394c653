//! `ethereum forget`, when the key of what was begun is lost; with the real contracts on a development node.

use crate::{
    arbitrum::SESH,
    claiming::{Office, run_until},
};
use serde_json::json;

/// A claim whose first transaction waits, and whose key is lost.
fn lost() -> Option<Office> {
    let office = Office::open()?;
    office.owe(office.address, 10 * SESH);
    office
        .runtime
        .block_on(office.arbitrum.ask("evm_setAutomine", json!([false])));
    run_until(&office, "w", &["rewards", "claim", "4"], "Sent transaction", 0);
    std::fs::remove_file(office.desk.path("w.ethereum")).unwrap();
    office.script(&["ethereum", "create"]).result();
    let other_key = office.script(&["ethereum", "resume"]).json();
    assert_eq!(other_key["error"]["code"], "wrong_ethereum_key");
    let message = other_key["error"]["message"].as_str().unwrap();
    assert!(message.contains("`ethereum forget`"), "{message}");
    Some(office)
}

fn is_left(office: &Office) -> bool {
    office.script(&["ethereum", "resume"]).result().is_null()
}

#[test]
fn what_waits_is_forgotten_only_when_told() {
    let Some(office) = lost() else { return };
    let refused = office.script(&["ethereum", "forget"]).json();
    assert_eq!(refused["error"]["code"], "l2_transaction_waits", "{refused}");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("its number is free"), "{message}");
    // Without a provider nobody knows.
    let blind = office.desk.script("w", &["ethereum", "forget"]).json();
    assert_eq!(blind["error"]["code"], "l2_transaction_waits", "{blind}");
    let forgotten = office.script(&["ethereum", "forget", "anyway"]).result();
    let state = forgotten["state"].as_str().unwrap();
    assert!(state.contains("may still be mined"), "{state}");
    assert!(is_left(&office));
}

#[test]
fn what_is_in_a_block_is_forgotten_after_a_question() {
    let Some(office) = lost() else { return };
    office.runtime.block_on(office.arbitrum.mine());
    let (path, options) = (office.desk.file("w"), office.options());
    let mut words = vec!["--wallet-file", &path, "--password", ""];
    words.extend(options.iter().map(String::as_str));
    words.extend(["ethereum", "forget"]);
    let run = office.desk.run(&words, "no\n");
    assert!(
        run.output.contains("is in a block, and did what it says"),
        "{}",
        run.output
    );
    assert!(run.errors.contains("cancelled"), "{}", run.errors);
    office.desk.run(&words, "yes\n").ok();
    assert!(is_left(&office));
    let nothing = office.script(&["ethereum", "forget"]).result();
    assert!(nothing.is_null(), "{nothing}");
}
