//! Instant transactions with real service nodes, real sockets between them and a real wallet.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

use oxen_localnet::{NetworkRules, NetworkSettings, OXEN, PrivateNetwork, Seen, wallet::Wallet};
use serde_json::{Value, json};

/// Service nodes: as many as a sub-quorum has seats, so that all of them are asked.
const NODES: usize = 10;
/// What a node holds.
const REQUIREMENT: u64 = 100 * OXEN;
/// Blocks after which the quorums are those of ten active nodes (chain §5.1).
const BLOCKS_TO_QUORUMS: u64 = 41;

fn register_all(network: &PrivateNetwork, operator: &Wallet) {
    let address = operator.address().unwrap();
    for index in 0..NODES {
        network
            .register(index, operator, 0, &[(&address, REQUIREMENT)])
            .unwrap();
        network.mine(1).unwrap();
    }
    network.mine(BLOCKS_TO_QUORUMS).unwrap();
}

/// The entry of a transaction as a node sees it.
fn seen_by(network: &PrivateNetwork, node: Option<usize>, id: &str) -> Value {
    let rpc = node.map_or(network.rpc(), |index| network.node(index).rpc());
    let answer = rpc.call("get_transactions", &json!({ "txs_hashes": [id] })).unwrap();
    answer["txs"][0].clone()
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn a_payment_is_instant_with_a_quorum_and_honestly_unknown_without() {
    let mut folder = tempfile::tempdir().unwrap();
    // For looking into a failure.
    folder.disable_cleanup(std::env::var_os("OXEN_KEEP_FOLDERS").is_some());
    let mut network =
        PrivateNetwork::start(folder.path(), &NetworkSettings::new(NODES, NetworkRules::mined())).unwrap();
    let faucet = network.faucet().unwrap();
    let shop = network.wallet("shop").unwrap();
    let to = shop.address().unwrap();
    register_all(&network, &faucet);

    // Approved, and everybody knows it before any block.
    let sent = faucet.command(&["transfer", "blink", &to, "3"]).unwrap();
    let payment = &sent["transactions"][0];
    assert_eq!(payment["status"], "approved", "{sent}");
    let id = payment["tx_hash"].as_str().unwrap().to_owned();
    for node in std::iter::once(None).chain((0..NODES).map(Some)) {
        network
            .await_that("every node knows the approved payment", || {
                let seen = seen_by(&network, node, &id);
                Ok(if seen["blink"] == true && seen["in_pool"] == true {
                    Seen::Yes(())
                } else {
                    Seen::NotYet(seen.to_string())
                })
            })
            .unwrap();
    }
    let shown = shop.command(&["show_transfers", "all"]).unwrap().to_string();
    assert!(shown.contains(&id), "the shop sees it before any block: {shown}");
    network.mine(1).unwrap();
    assert_eq!(seen_by(&network, None, &id)["in_pool"], false);

    // With four of ten gone there is no quorum: neither success nor failure.
    for index in 0..4 {
        network.kill(index).unwrap();
    }
    let undecided = faucet
        .command(&["transfer", "blink", &to, "2"])
        .unwrap_err()
        .to_string();
    for part in ["it is not known whether", "Do not pay again", "resend"] {
        assert!(undecided.contains(part), "{undecided}");
    }
    let pool = network.rpc().call("get_transaction_pool", &json!({})).unwrap();
    assert_eq!(pool["transactions"].as_array().map(Vec::len), Some(1), "{pool}");
    assert_eq!(pool["transactions"][0]["blink"], false, "{pool}");

    // Thirteen blocks later it cannot be approved any more, and never was sent to anybody.
    network.mine(14).unwrap();
    let pool = network.rpc().call("get_transaction_pool", &json!({})).unwrap();
    assert!(pool["transactions"].as_array().is_none_or(Vec::is_empty), "{pool}");
    faucet.command(&["refresh"]).unwrap();
    faucet.command(&["transfer", "unimportant", &to, "2"]).unwrap();
}
