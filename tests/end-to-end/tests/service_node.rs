//! An operator's first day: a service node is started, registered from a wallet, and looked at.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use oxen_localnet::{NodeProcess, private_network::FAUCET_SEED, programs, wallet::Wallet};
use serde_json::{Value, json};
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// Runs a command of `oxend` against the node of a data directory; what it printed.
fn oxend(data_directory: &Path, words: &[&str], input: &str) -> String {
    let mut child = Command::new(programs::find("oxend").unwrap())
        .arg("--regtest")
        .arg("--data-dir")
        .arg(data_directory)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{words:?}: {text}");
    text
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn a_node_is_registered_with_the_line_of_its_wizard_and_shown_by_its_commands() {
    let folder = tempfile::tempdir().unwrap();
    let node = NodeProcess::start_regtest(folder.path(), 0, &["--service-node"]).unwrap();
    let oxend = |words: &[&str], input: &str| oxend(folder.path(), words, input);
    node.rpc().generate_blocks(40).unwrap();
    let wallet = Wallet::new(&folder.path().join("faucet"), node.address());
    wallet.restore(FAUCET_SEED.trim()).unwrap();
    let address = wallet.address().unwrap();

    let printed = oxend(&["prepare_registration"], &format!("{address}\n50\nn\n7.5\ny\n"));
    let line = printed
        .lines()
        .find(|line| line.starts_with("register_service_node "))
        .unwrap();
    wallet.command(&line.split_whitespace().collect::<Vec<_>>()).unwrap();
    node.rpc().generate_blocks(1).unwrap();

    let keys: Value = serde_json::from_str(&oxend(&["print_sn_key", "+json"], "")).unwrap();
    let key = keys["service_node_pubkey"].as_str().unwrap();
    let all = oxend(&["print_sn"], "");
    for said in [
        "Service Node Unregistered Queue: 1 node",
        key,
        "awaiting contributions",
        "7.50 %",
        "50 OXEN of 100 OXEN",
        "9 places",
        &address,
    ] {
        assert!(all.contains(said), "{said}: {all}");
    }
    let status = oxend(&["status"], "");
    assert!(
        status.contains(&format!("SN: {key} awaiting contributions")),
        "{status}"
    );
    assert!(oxend(&["print_sn_status"], "").contains("awaiting contributions"));

    let staked = ["stake", key, "50"];
    node.rpc().generate_blocks(10).unwrap();
    wallet.command(&staked).unwrap();
    node.rpc().generate_blocks(1).unwrap();
    let active = oxend(&["print_sn", key, "+detail"], "");
    assert!(active.contains("active for 0 blocks, not payable yet"), "{active}");
    assert!(active.contains("key image"), "{active}");
    let status: Value = serde_json::from_str(&oxend(&["print_sn_status", "+json"], "")).unwrap();
    assert_eq!(status["service_node_state"]["active"], json!(true), "{status}");
    let (_, ready) = node.rpc().get("/ready").unwrap();
    let ready: Value = serde_json::from_str(&ready).unwrap();
    assert_eq!(ready["service_node"]["state"], "active", "{ready}");
    assert!(ready["service_node"]["credit_blocks"].is_i64(), "{ready}");
    let again = oxend(&["keys", "show"], "");
    assert!(again.contains(key), "{again}");
    assert!(node.stop().unwrap().success());
}
