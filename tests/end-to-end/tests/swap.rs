//! OXEN burned by a real wallet on a chain that crosses HF20, HF21 and the fork of the swap, with a node that dies in between.

use oxen_localnet::{NodeProcess, OXEN, private_network::FAUCET_SEED, programs, rpc::RpcClient, wallet::Wallet};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The first block that takes burns.
const SWAP_HEIGHT: u64 = 45;
/// Blocks after which a burn counts, on this network.
const MATURITY: u64 = 5;
const RECIPIENT: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const OTHER: &str = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359";
const CONTRACT: &str = "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB";

/// Regtest with the forks up to the swap, and room for 100 OXEN in four blocks.
fn describe(folder: &Path) -> PathBuf {
    let output = Command::new(programs::find("oxend").expect("oxend is built"))
        .args(["--regtest", "--print-network"])
        .output()
        .expect("oxend runs");
    let mut description: Value = serde_json::from_slice(&output.stdout).expect("a description");
    description["name"] = json!("swapnet");
    description["kind"] = json!("private");
    description["data_directory"] = json!("swapnet");
    description["hard_forks"] = json!([
        { "version": 7, "revision": 0, "height": 0 },
        { "version": 19, "revision": 3, "height": 1 },
        { "version": 20, "revision": 0, "height": 35 },
        { "version": 21, "revision": 0, "height": 40 },
        { "version": 30, "revision": 0, "height": SWAP_HEIGHT },
    ]);
    let constants = description["constants"].as_object_mut().expect("constants");
    for (name, value) in [
        ("PULSE_MIN_SERVICE_NODES", json!(1000)),
        ("SWAP_CONTRACT", json!(CONTRACT.to_lowercase())),
        ("SWAP_RATE_CAP", json!(54 * OXEN)),
        ("SWAP_RATE_WINDOW", json!(4)),
        ("SWAP_MATURITY", json!(MATURITY)),
    ] {
        constants.insert(name.to_owned(), json!({ "value": value }));
    }
    let file = folder.join("network.json");
    fs::write(&file, description.to_string()).expect("it is written");
    file
}

fn start(folder: &Path, description: &Path) -> NodeProcess {
    let network = format!("--network={}", description.display());
    NodeProcess::start(&folder.join("node"), &[&network, "--rpc-port=0"]).expect("the node starts")
}

fn call(rpc: &RpcClient, method: &str, params: &Value) -> Value {
    rpc.call(method, params).expect("the node answers")
}

fn the_burn(rpc: &RpcClient, id: &str) -> Value {
    call(rpc, "get_swap_burns", &json!({ "txids": [id] }))["burns"][0].clone()
}

fn total(rpc: &RpcClient, address: &str) -> u64 {
    let answer = call(rpc, "get_swap_totals", &json!({ "addresses": [address] }));
    answer["totals"][0]["total"].as_u64().expect("a number")
}

fn transaction_id(sent: &Value) -> String {
    sent["transactions"][0]["tx_hash"]
        .as_str()
        .expect("a transaction id")
        .to_owned()
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn burned_oxen_are_credited_once_whatever_happens_to_the_node() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let description = describe(folder.path());
    let node = start(folder.path(), &description);
    let wallet = |name: &str, node: &NodeProcess| {
        Wallet::new(&folder.path().join(name), node.address()).on_network(&description)
    };
    node.rpc().generate_blocks(SWAP_HEIGHT - 2).expect("blocks are made");
    let faucet = wallet("faucet", &node);
    faucet.restore(FAUCET_SEED.trim()).expect("the faucet is restored");
    let early = faucet.command(&["swap", "10", RECIPIENT]).expect_err("not yet");
    assert!(
        early.to_string().contains(&format!("begins at height {SWAP_HEIGHT}")),
        "{early}"
    );
    node.rpc().generate_blocks(1).expect("a block is made");

    // What a wallet refuses before it burns anything.
    for (words, reason) in [
        (["swap", "10", &RECIPIENT.to_lowercase()], "no checksum"),
        (
            ["swap", "10", &RECIPIENT.replace("6053F", "6052F")],
            "checksum of the address is wrong",
        ),
        (["swap", "10", CONTRACT], "nobody can claim for"),
        (["swap", "1", RECIPIENT], "at least 2"),
        (["swap", "101", RECIPIENT], "left for now"),
    ] {
        let refused = faucet.command(&words).expect_err("refused").to_string();
        assert!(refused.contains(reason), "{words:?}: {refused}");
    }

    let sent = faucet.command(&["swap", "100", RECIPIENT]).expect("it is sent");
    assert_eq!(
        (&sent["burned"], &sent["sesh"]),
        (&json!(100 * OXEN), &json!(54 * OXEN))
    );
    let id = transaction_id(&sent);
    assert_eq!(the_burn(node.rpc(), &id)["state"], "waiting");

    // Killed while the burn waits: pool and receipt are on disk.
    node.kill().expect("the node is killed");
    let node = start(folder.path(), &description);
    let faucet = wallet("faucet", &node);
    assert_eq!(the_burn(node.rpc(), &id)["state"], "waiting", "it still waits");
    assert_eq!(
        faucet.command(&["swap", "status", &id]).expect("its status")["status"],
        "pending"
    );
    node.rpc().generate_blocks(1).expect("a block is made");
    let mined = the_burn(node.rpc(), &id);
    assert_eq!(
        (&mined["state"], &mined["height"], &mined["mature_height"]),
        (&json!("mined"), &json!(SWAP_HEIGHT), &json!(SWAP_HEIGHT + MATURITY))
    );
    assert_eq!(
        (&mined["burned"], &mined["credited"]),
        (&json!(100 * OXEN), &json!(54 * OXEN))
    );
    assert_eq!(total(node.rpc(), RECIPIENT), 0);

    // The window is full: another burn is refused by the wallet, and would have to wait.
    let full = faucet
        .command(&["swap", "2", OTHER])
        .expect_err("the rate cap is reached");
    assert!(full.to_string().contains("only 0.0"), "{full}");

    // Killed again before the burn matures, then taken back and mined once more: it counts once.
    node.kill().expect("the node is killed");
    let node = start(folder.path(), &description);
    node.rpc().generate_blocks(MATURITY).expect("blocks are made");
    assert_eq!(total(node.rpc(), RECIPIENT), 54 * OXEN);
    call(node.rpc(), "pop_blocks", &json!({ "nblocks": MATURITY + 1 }));
    assert_eq!(total(node.rpc(), RECIPIENT), 0);
    assert_eq!(the_burn(node.rpc(), &id)["state"], "waiting", "it is back in the pool");
    node.rpc().generate_blocks(MATURITY + 1).expect("blocks are made");
    assert_eq!(total(node.rpc(), RECIPIENT), 54 * OXEN);
    let info = call(node.rpc(), "get_swap_info", &json!({}));
    assert_eq!(info["state"], "open");
    assert_eq!(
        info["sums"],
        json!({ "burns": 1, "burned": 100 * OXEN, "credited": 54 * OXEN, "matured": 54 * OXEN })
    );
    assert_eq!(info["remaining"]["rate"], json!(54 * OXEN), "the window has moved on");

    // A second burn of the same amount is another one, and the history has both with their receipts.
    let faucet = wallet("faucet", &node);
    let second = transaction_id(&faucet.command(&["swap", "100", RECIPIENT]).expect("it is sent"));
    assert_ne!(second, id);
    node.rpc().generate_blocks(MATURITY + 1).expect("blocks are made");
    assert_eq!(total(node.rpc(), RECIPIENT), 108 * OXEN);
    let history = faucet.command(&["swap", "history"]).expect("the history");
    let listed: Vec<(&Value, &Value, &Value)> = history["burns"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|burn| (&burn["tx_hash"], &burn["recipient"], &burn["sesh"]))
        .collect();
    assert_eq!(listed.len(), 2);
    for (found, recipient, sesh) in listed {
        assert!(found == &json!(id) || found == &json!(second));
        assert_eq!((recipient, sesh), (&json!(RECIPIENT), &json!(54 * OXEN)));
    }
    let burns = call(node.rpc(), "get_swap_burns", &json!({ "address": RECIPIENT }))["burns"].clone();
    assert_eq!(burns.as_array().map(Vec::len), Some(2));
    node.stop().expect("the node stops");
    check_database(&folder.path().join("node"), &description);
}

/// `oxend --check-database` makes the state anew from the blocks and compares digests: the ledger with it.
fn check_database(data_directory: &Path, description: &Path) {
    let output = Command::new(programs::find("oxend").expect("oxend is built"))
        .arg(format!("--network={}", description.display()))
        .args(["--check-database", "--log-level=warning", "--data-dir"])
        .arg(data_directory)
        .output()
        .expect("oxend runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("state digest"), "{text}");
}
