//! A service node under a supervisor: what it refuses, what it tells.

use crate::node::{RunningNode, run_in};
use oxen_types::Network;
use serde_json::{Value, json};

/// A network with other machines, where addresses must be public.
fn private_network() -> String {
    let regtest = Network::regtest();
    json!({
        "name": "elsewhere",
        "network_id": "00112233445566778899aabbccddeeff",
        "address_prefixes": regtest.address_prefixes,
        "hard_forks": [{ "version": 7, "revision": 0, "height": 0 }, { "version": 19, "revision": 3, "height": 1 }],
        "genesis_tx": hex::encode(&regtest.genesis.transaction),
        "genesis_nonce": regtest.genesis.nonce,
        "genesis_block_version": [regtest.genesis.major_version, regtest.genesis.minor_version],
        "genesis_timestamp": regtest.genesis.timestamp.seconds(),
        "genesis_hash": regtest.genesis.block_id,
        "constants": { "FIXED_DIFFICULTY": { "value": 1 } },
    })
    .to_string()
}

#[test]
fn a_service_node_without_a_public_address_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let description = folder.path().join("network.json");
    std::fs::write(&description, private_network()).unwrap();
    let network = format!("--network={}", description.display());
    for (address, words) in [
        (None, "--service-node needs --service-node-public-ip"),
        (Some("192.168.0.1"), "not reached from the internet"),
        (Some("::1"), "invalid value '::1'"),
    ] {
        let address = address.map(|address| format!("--service-node-public-ip={address}"));
        let options: Vec<&str> = [network.as_str(), "--rpc-port=0", "--log-file=none", "--service-node"]
            .into_iter()
            .chain(address.as_deref())
            .collect();
        let spoken = run_in(folder.path(), &options);
        assert!(!spoken.success && spoken.errors.contains(words), "{words}: {spoken:?}");
    }
}

#[test]
fn the_supervisor_sees_the_status_and_signs_of_life() {
    let node = RunningNode::start(&["--service-node"]);
    let status = node.await_notice("STATUS=");
    assert!(
        status.contains("Height: 1 ON regtest") && status.contains("SN: "),
        "{status}"
    );
    node.await_notice("WATCHDOG=1");
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &node.process_id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    node.await_notice("STOPPING=1");
    assert!(node.wait().success(), "SIGTERM ends with exit status 0");
}

#[test]
fn a_service_node_says_that_nobody_registered_it() {
    let node = RunningNode::start(&["--service-node"]);
    let status = node.command(&["status"]).succeeded();
    assert!(status.contains("SN: ") && status.contains("not registered"), "{status}");
    let own = node.command(&["print_sn_status"]).succeeded();
    assert!(
        own.contains("is not registered") && own.contains("prepare_registration"),
        "{own}"
    );
    let ready: Value = ureq::get(format!("http://{}/ready", node.address()))
        .call()
        .unwrap()
        .body_mut()
        .read_json()
        .unwrap();
    assert_eq!(ready["service_node"]["state"], "not registered", "{ready}");
}
