//! Every command against a live node (rpc §9 row 7: commands broke after refactors).

use crate::node::{RunningNode, run_in};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a command is expected to do.
enum Expected {
    /// It prints something with these words, and JSON with `+json`.
    Prints(&'static str),
    /// It is refused in a sentence with these words.
    Refused(&'static str),
    /// It depends on peers, of which a lonely node has none: it prints, or says so.
    PrintsOrRefused,
}

use Expected::{Prints, PrintsOrRefused, Refused};

const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Every command but those that end the node or ask questions, on a regtest node with eleven blocks and no service nodes.
const COMMANDS: &[(&[&str], Expected)] = &[
    (&["help"], Prints("print_sn_status")),
    (&["help", "print_bc"], Prints("print_bc START [END]")),
    (&["help", "nothing"], Refused("no command `nothing`")),
    (&["status"], Prints("Height: 11 ON regtest")),
    (&["version"], Prints("hard fork 19")),
    (&["print_height"], Prints("11")),
    (&["print_bc", "0", "3"], Prints("ac46e06c1353a301")),
    (&["print_bc", "3", "0"], Refused("0 is below 3")),
    (&["print_bc", "0", "99"], Refused("99")),
    (&["print_block", "0"], Prints("ac46e06c1353a301")),
    (
        &[
            "print_block",
            "ac46e06c1353a301f3f4b0b50b8748290b793cf413ff3f31b3011341e53134d6",
        ],
        Prints("height:                0"),
    ),
    (&["print_block", "nonsense"], Refused("neither a height nor")),
    (&["print_block", ZEROS], Refused("oxend: ")),
    (&["diff"], Prints("Height 11, top block")),
    (&["alt_chain_info"], Prints("0 chains")),
    (&["alt_chain_info", ">2"], Prints("0 chains")),
    (&["alt_chain_info", "-5"], Prints("0 chains")),
    (&["alt_chain_info", ZEROS], Refused("no chain beside")),
    (&["bc_dyn_stats", "5"], Prints("blocks:                5")),
    (&["output_histogram"], Prints("hidden")),
    (
        &["print_coinbase_tx_sum", "0", "5"],
        Prints("5 blocks from height 0 on"),
    ),
    (&["print_checkpoints"], Prints("No checkpoints")),
    (
        &[
            "print_tx",
            "a4cd8071b4bb78c7254c01e74ff3c203132b840540922b625dabdf1953c45893",
            "+hex",
        ],
        Prints("in block:"),
    ),
    (&["print_tx", ZEROS], Refused("neither chain nor pool")),
    (&["is_key_image_spent", ZEROS], Prints("unspent")),
    (&["is_key_image_spent"], Refused("a key image is missing")),
    (&["relay_tx", ZEROS], Refused("oxend: ")),
    (&["print_pool"], Prints("The pool is empty.")),
    (&["print_pool_sh"], Prints("The pool is empty.")),
    (&["print_pool_stats"], Prints("The pool is empty.")),
    (&["flush_txpool"], Prints("The pool is empty.")),
    (&["mining_status"], Prints("Not mining")),
    (&["start_mining", "somebody"], Refused("generateblocks")),
    (&["stop_mining"], Refused("generateblocks")),
    (&["print_sn"], Prints("No service nodes are registered.")),
    (&["print_sn", ZEROS], Refused("no service node is registered under")),
    (&["print_sn_status"], Refused("--service-node")),
    (&["print_sn_key"], Refused("--service-node")),
    (&["print_sr"], Prints("must hold 100 OXEN")),
    (&["print_sr", "5"], Prints("must hold 100 OXEN at height 5")),
    (&["print_sn_state_changes", "0"], Prints("deregistrations:")),
    (&["print_quorum_state"], PrintsOrRefused),
    (&["claim_rewards", "0x12"], Refused("an Ethereum address is 0x and 40")),
    (&["prepare_registration"], Refused("--service-node")),
    (
        &["prepare_eth_registration", "0x12"],
        Refused("an Ethereum address is 0x and 40"),
    ),
    (&["keys", "show"], Refused("holds no keys")),
    (&["set_log", "1"], Refused("logging is set at the start")),
    (&["save"], Prints("Saved")),
    (&["pop_blocks", "1"], Prints("The chain has 10 blocks now.")),
    (&["flush_cache", "bad-txs"], Refused("no use")),
    (&["flush_cache", "good-txs"], Refused("neither bad-txs")),
    (&["check_blockchain_pruning"], Refused("whole transactions")),
    (&["test_trigger_p2p_resync"], PrintsOrRefused),
    (&["test_trigger_uptime_proof"], Refused("--service-node")),
    (&["print_cn"], PrintsOrRefused),
    (&["print_pl"], PrintsOrRefused),
    (&["print_pl", "white", "5"], PrintsOrRefused),
    (&["print_pl", "blue"], Refused("neither white, gray nor")),
    (&["print_pl_stats"], PrintsOrRefused),
    (&["print_net_stats"], PrintsOrRefused),
    (&["sync_info"], PrintsOrRefused),
    (&["bans"], PrintsOrRefused),
    (&["ban", "203.0.113.5"], PrintsOrRefused),
    (&["banned", "203.0.113.5"], PrintsOrRefused),
    (&["unban", "203.0.113.5"], PrintsOrRefused),
    (&["limit"], PrintsOrRefused),
    (&["limit_up", "100"], PrintsOrRefused),
    (&["limit_down", "100"], PrintsOrRefused),
    (&["out_peers", "4"], PrintsOrRefused),
    (&["in_peers"], PrintsOrRefused),
];

/// They end the node.
const LAST: &[&str] = &["stop_daemon"];

#[test]
fn every_command_answers_or_refuses_in_a_sentence() {
    let node = RunningNode::start(&[]);
    generate_blocks(&node, 10);
    let listed = node.command(&["help"]).succeeded();
    let listed: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .collect();
    let tested: BTreeSet<&str> = COMMANDS
        .iter()
        .map(|(words, _)| words[0])
        .chain(LAST.iter().copied())
        .collect();
    assert_eq!(listed, tested, "every command is tested here");

    for (words, expected) in COMMANDS {
        let spoken = node.command(words);
        match expected {
            Prints(text) => {
                let output = spoken.succeeded();
                assert!(output.contains(text), "{words:?}: {output}");
            }
            Refused(text) => {
                let errors = spoken.refused();
                assert!(errors.contains(text), "{words:?}: {errors}");
            }
            PrintsOrRefused if spoken.success => assert!(!spoken.output.trim().is_empty(), "{words:?}"),
            PrintsOrRefused => {
                let errors = spoken.refused();
                assert!(!errors.contains("cannot be read"), "{words:?}: {errors}");
            }
        }
    }
    assert!(node.command(&["stop_daemon"]).succeeded().contains("Stopping"));
    node.await_notice("STOPPING=1");
    assert!(node.wait().success());
}

#[test]
fn every_printing_command_prints_json_for_scripts() {
    let node = RunningNode::start(&[]);
    generate_blocks(&node, 3);
    let printing = COMMANDS.iter().filter(|(words, expected)| {
        matches!(expected, Prints(_)) && !matches!(words[0], "help" | "bc_dyn_stats" | "pop_blocks")
    });
    for (words, _) in printing {
        let words: Vec<&str> = words
            .iter()
            .copied()
            .filter(|word| *word != "+hex")
            .chain(["+json"])
            .collect();
        let output = node.command(&words).succeeded();
        assert!(serde_json::from_str::<Value>(&output).is_ok(), "{words:?}: {output}");
    }
    let status = node.command(&["status", "+json"]).succeeded();
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["height"], 4);
}

#[test]
fn the_node_is_found_by_option_by_port_and_by_its_data_directory() {
    let node = RunningNode::start(&[]);
    let elsewhere = tempfile::tempdir().unwrap();
    let address = node.address();
    let admin = format!("--rpc-admin={address}");
    let port = format!("--rpc-port={}", address.rsplit(':').next().unwrap());
    for words in [[admin.as_str(), "print_height"], [port.as_str(), "print_height"]] {
        // Without a network on the command line: the node knows its own.
        assert_eq!(run_in(elsewhere.path(), &words).succeeded().trim(), "1");
    }
    assert_eq!(node.command(&["print_height"]).succeeded().trim(), "1");
}

#[test]
fn without_a_node_a_command_fails_and_says_where_it_looked() {
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let admin = format!("--rpc-admin={address}");
    let errors = run_in(folder.path(), &[admin.as_str(), "status"]).refused();
    assert!(
        errors.contains(&address) && errors.contains("which --rpc-admin names") && errors.contains("refused"),
        "{errors}"
    );
    let unknown = run_in(folder.path(), &["statsu"]).refused();
    assert!(unknown.contains("no command `statsu`"), "{unknown}");
}

#[test]
fn a_login_is_asked_for_and_taken() {
    let node = RunningNode::start(&["--rpc-login=user:pass:word"]);
    let errors = node.command(&["status"]).refused();
    assert!(errors.contains("--rpc-login"), "{errors}");
    let known = node.command(&["--rpc-login=user:pass:word", "status"]).succeeded();
    assert!(known.contains("Height: 1"), "{known}");
    let wrong = node.command(&["--rpc-login=user:word", "status"]).refused();
    assert!(wrong.contains("--rpc-login"), "{wrong}");
}

fn generate_blocks(node: &RunningNode, count: u64) {
    let agent = ureq::Agent::new_with_defaults();
    let request = serde_json::json!({
        "jsonrpc": "2.0", "id": 0, "method": "generateblocks", "params": { "amount_of_blocks": count }
    });
    let answer: Value = agent
        .post(format!("http://{}/json_rpc", node.address()))
        .send_json(&request)
        .unwrap()
        .body_mut()
        .read_json()
        .unwrap();
    assert_eq!(answer["result"]["status"], "OK", "{answer}");
}

#[test]
fn peers_are_shown_limited_and_banned() {
    let first = RunningNode::start(&["--p2p-bind-port=0"]);
    let address = std::fs::read_to_string(first.data_directory().join("p2p.addresses")).unwrap();
    let peer = format!("--add-peer={}", address.lines().next().unwrap());
    let second = RunningNode::start(&["--p2p-bind-port=0", &peer]);
    let started = std::time::Instant::now();
    // Each look starts a program: they come slowly enough.
    let shown = loop {
        let shown = second.command(&["print_cn"]).succeeded();
        if shown.contains("127.0.0.1") {
            break shown;
        }
        assert!(started.elapsed().as_secs() < 60, "{shown}; {}", second.output());
    };
    assert!(shown.contains(" out "), "{shown}");
    assert!(
        second
            .command(&["status"])
            .succeeded()
            .contains("1(out)+0(in) connections")
    );
    assert!(first.command(&["print_cn"]).succeeded().contains(" in "));
    assert!(second.command(&["print_pl"]).succeeded().contains("127.0.0.1"));
    assert!(second.command(&["print_pl_stats"]).succeeded().contains("white"));
    assert!(second.command(&["sync_info"]).succeeded().contains("1 peer"));
    assert!(second.command(&["out_peers", "4"]).succeeded().contains('4'));
    assert!(second.command(&["in_peers"]).succeeded().contains("peers may call"));

    assert!(second.command(&["bans"]).succeeded().contains("Nobody is banned"));
    second.command(&["ban", "203.0.113.5", "600"]).succeeded();
    let banned = second.command(&["banned", "203.0.113.5"]).succeeded();
    assert!(banned.contains("is banned for"), "{banned}");
    assert!(second.command(&["bans"]).succeeded().contains("203.0.113.5"));
    second.command(&["unban", "203.0.113.5"]).succeeded();
    assert!(
        second
            .command(&["banned", "203.0.113.5"])
            .succeeded()
            .contains("is not banned")
    );
}
