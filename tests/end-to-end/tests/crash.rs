//! `kill -9` at any moment costs nothing that was acknowledged, and the database is always one that its blocks make.

use oxen_localnet::{NodeProcess, programs};
use std::{path::Path, process::Command, thread, time::Duration};

/// Rounds in CI; `make soak` asks for more.
const ROUNDS: u64 = 12;

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn a_node_killed_again_and_again_keeps_every_acknowledged_block_and_an_exact_state() {
    let rounds = std::env::var("OXEN_KILL_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(ROUNDS);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut acknowledged = 0;
    for round in 0..rounds {
        let node =
            NodeProcess::start_regtest(folder.path(), 0, &["--log-level=warning"]).expect("the node starts again");
        let height = node.rpc().height().expect("the node answers");
        assert!(
            height >= acknowledged,
            "round {round}: {acknowledged} blocks were acknowledged, {height} are left"
        );

        let rpc = node.rpc().clone();
        let miner = thread::spawn(move || {
            let mut highest = 0;
            while rpc.generate_blocks(3).is_ok() {
                let Ok(height) = rpc.height() else { break };
                highest = height;
            }
            highest
        });
        // A different moment of the writing each time, from at once to a few dozen writes in.
        thread::sleep(Duration::from_millis(round * 37 % 400));
        node.kill().expect("the node is killed");
        acknowledged = acknowledged.max(miner.join().expect("the miner ends"));
        check_database(folder.path());
    }
    assert!(
        acknowledged > 0,
        "no block was ever acknowledged: the test killed too early to mean anything"
    );
}

/// `oxend --check-database` makes the state anew from the blocks and compares digests.
fn check_database(data_directory: &Path) {
    let output = Command::new(programs::find("oxend").expect("oxend is built"))
        .args(["--regtest", "--check-database", "--log-level=warning", "--data-dir"])
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
