//! PyPI's `monero` library works as a client of the node (rpc §5).

use oxen_localnet::{NodeProcess, private_network::FAUCET_SEED, wallet::Wallet};
use serde_json::json;
use std::{path::Path, process::Command};

#[test]
#[ignore = "needs the programs and OXEN_PYTHON: make end-to-end"]
fn the_monero_library_reads_blocks_and_transactions_and_sends() {
    let Ok(python) = std::env::var("OXEN_PYTHON") else {
        println!("SKIPPED: OXEN_PYTHON does not name a Python with the monero package; `make end-to-end` sets it");
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let node = NodeProcess::start_regtest(folder.path(), 0, &[]).expect("the node starts");
    node.rpc().generate_blocks(40).expect("blocks are made");
    let faucet = Wallet::new(&folder.path().join("faucet"), node.address());
    faucet.restore(FAUCET_SEED.trim()).expect("the faucet is restored");
    let address = faucet.address().expect("an address");

    let mined = send(&faucet, &address);
    node.rpc().generate_blocks(1).expect("a block is made");
    let height = node.rpc().height().expect("the node answers") - 1;
    // Signed, taken by the node, then forgotten by it: a raw transaction for the client to send.
    let raw_id = send(&faucet, &address);
    let raw = pool_blob(&node, &raw_id);
    node.rpc()
        .call("flush_txpool", &json!({ "txids": [raw_id] }))
        .expect("the pool forgets it");
    let waiting = send(&faucet, &address);

    let port = node.address().rsplit(':').next().expect("an address has a port");
    let script = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("python/daemon_client.py");
    let output = Command::new(python)
        .arg(script)
        .args([port, &height.to_string(), &mined, &raw, &waiting])
        .output()
        .expect("Python runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.ends_with("all done\n"), "{text}");
}

fn send(faucet: &Wallet, address: &str) -> String {
    let sent = faucet
        .command(&["transfer", address, "12.5"])
        .expect("the transfer is sent");
    sent["transactions"][0]["tx_hash"]
        .as_str()
        .expect("a transaction id")
        .to_owned()
}

fn pool_blob(node: &NodeProcess, id: &str) -> String {
    let pool = node
        .rpc()
        .call("get_transaction_pool", &json!({}))
        .expect("the node answers");
    let entries = pool["transactions"].as_array().expect("a list");
    let entry = entries
        .iter()
        .find(|entry| entry["id_hash"] == id)
        .expect("the transaction waits");
    entry["tx_blob"].as_str().expect("its bytes").to_owned()
}
