//! Paying, proving, restoring, and a node that dies in between.

use oxen_localnet::{NodeProcess, OXEN, private_network::FAUCET_SEED, wallet::Wallet};
use serde_json::json;
use std::path::Path;

fn faucet(folder: &Path, node: &NodeProcess) -> Wallet {
    let wallet = Wallet::new(&folder.join("faucet"), node.address());
    wallet.restore(FAUCET_SEED.trim()).expect("the faucet is restored");
    wallet
}

fn transaction_id(sent: &serde_json::Value) -> String {
    sent["transactions"][0]["tx_hash"]
        .as_str()
        .expect("a transaction id")
        .to_owned()
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn a_payment_survives_the_death_of_the_node_and_can_be_proved_and_restored() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let node = NodeProcess::start_regtest(folder.path(), 0, &[]).expect("the node starts");
    node.rpc().generate_blocks(40).expect("blocks are made");
    let faucet_wallet = faucet(folder.path(), &node);
    let alice = Wallet::new(&folder.path().join("alice"), node.address());
    alice.create().expect("a wallet is made");
    let address = alice.address().expect("an address");
    let id = transaction_id(
        &faucet_wallet
            .command(&["transfer", &address, "75"])
            .expect("it is sent"),
    );

    // Killed while the payment waits: the pool is on disk.
    node.kill().expect("the node is killed");
    let node = NodeProcess::start_regtest(folder.path(), 0, &[]).expect("the node starts again");
    let waiting = node
        .rpc()
        .call("get_transaction_pool_hashes", &json!({}))
        .expect("the node answers");
    assert_eq!(waiting["tx_hashes"], json!([id]), "the payment still waits");
    node.rpc().generate_blocks(10).expect("blocks are made");

    let alice = Wallet::new(alice.file(), node.address());
    assert_eq!(alice.balance().expect("a balance"), (75 * OXEN, 75 * OXEN));
    let faucet_wallet = Wallet::new(faucet_wallet.file(), node.address());
    let key = faucet_wallet
        .command(&["get_tx_key", &id])
        .expect("the sender has the key");
    let key = key["tx_key"].as_str().expect("a key").to_owned();
    let checked = alice
        .command(&["check_tx_key", &id, &key, &address])
        .expect("the key proves the payment");
    assert_eq!(checked["received"], json!(75 * OXEN));

    // The words alone bring the money back.
    let seed = alice.command(&["seed"]).expect("the words");
    let words = seed["seed"].as_str().expect("words").to_owned();
    let restored = Wallet::new(&folder.path().join("restored"), node.address());
    restored.restore(&words).expect("the words restore the wallet");
    assert_eq!(restored.address().expect("an address"), address);
    assert_eq!(restored.balance().expect("a balance"), (75 * OXEN, 75 * OXEN));
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn a_payment_taken_back_by_the_node_is_pending_again_and_refusals_name_the_numbers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let node = NodeProcess::start_regtest(folder.path(), 0, &[]).expect("the node starts");
    node.rpc().generate_blocks(40).expect("blocks are made");
    let faucet_wallet = faucet(folder.path(), &node);
    let alice = Wallet::new(&folder.path().join("alice"), node.address());
    alice.create().expect("a wallet is made");
    let address = alice.address().expect("an address");
    faucet_wallet
        .command(&["transfer", &address, "5", &address, "7.5"])
        .expect("it is sent");
    node.rpc().generate_blocks(2).expect("blocks are made");
    assert_eq!(alice.balance().expect("a balance").0, 12 * OXEN + OXEN / 2);

    node.rpc()
        .call("pop_blocks", &json!({ "nblocks": 2 }))
        .expect("blocks are taken back");
    let pool = node
        .rpc()
        .call("get_transaction_pool_hashes", &json!({}))
        .expect("the node answers");
    assert_eq!(
        pool["tx_hashes"].as_array().map(Vec::len),
        Some(1),
        "the payment waits again"
    );
    alice.command(&["refresh"]).expect("the wallet follows the chain back");
    node.rpc().generate_blocks(10).expect("blocks are made");
    assert_eq!(
        alice.balance().expect("a balance"),
        (12 * OXEN + OXEN / 2, 12 * OXEN + OXEN / 2)
    );

    let refused = alice
        .command(&["transfer", &address, "500"])
        .expect_err("there is not enough");
    assert!(
        refused.to_string().contains("12.5") && refused.to_string().contains("500."),
        "{refused}"
    );
    let foreign = alice.command(&[
        "transfer",
        "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
        "1",
    ]);
    assert!(foreign.expect_err("a Monero address").to_string().contains("Monero"));
}
