//! A network whose nodes all run in one process, and go on in many.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

use oxen_localnet::{NetworkRules, NetworkSettings, PrivateNetwork, Processes};
use serde_json::json;
use std::{collections::BTreeSet, fs, num::NonZeroU64, path::Path};

/// One more than Pulse needs.
const SERVICE_NODES: usize = 13;
/// Blocks of Pulse to see each time.
const BLOCKS: u64 = 4;

fn start(folder: &Path, processes: Processes) -> PrivateNetwork {
    let rules = NetworkRules::pulse(NonZeroU64::new(2).unwrap());
    let settings = NetworkSettings::new(SERVICE_NODES, rules).in_processes(processes);
    PrivateNetwork::start(folder, &settings).unwrap()
}

/// Processes in which the network runs.
fn processes(network: &PrivateNetwork) -> BTreeSet<u32> {
    (0..network.node_count())
        .map(|index| network.node(index).process().unwrap().process_id())
        .chain([network.ordinary_process_id()])
        .collect()
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn a_network_in_one_process_makes_blocks_and_goes_on_in_many() {
    let folder = tempfile::tempdir().unwrap();
    let mut network = start(folder.path(), Processes::One);
    assert_eq!(processes(&network).len(), 1);
    let faucet = network.faucet().unwrap();
    let begin = network.rpc().height().unwrap();
    network.register_all(&faucet).unwrap();
    let first = network.await_pulse_block(begin).unwrap().height;
    network.await_pulse_blocks(BLOCKS).unwrap();

    each_node_has_figures_of_its_own(&network);
    one_node_cannot_be_killed(&mut network);
    one_node_stops_and_the_others_go_on(&mut network, 5);
    let before = network.block(first).unwrap();
    let height = network.rpc().height().unwrap();
    network.stop();
    the_log_tells_which_node(folder.path());

    let network = start(folder.path(), Processes::Many);
    assert_eq!(processes(&network).len(), SERVICE_NODES + 1);
    assert!(network.rpc().height().unwrap() >= height, "blocks were lost");
    assert_eq!(network.block(first).unwrap(), before);
    network.await_pulse_blocks(BLOCKS).unwrap();
    network.stop();
}

/// Keys are different, and nobody counts the blocks of others.
fn each_node_has_figures_of_its_own(network: &PrivateNetwork) {
    let nodes = || (0..network.node_count()).map(|index| network.node(index));
    let keys: BTreeSet<&str> = nodes().map(|node| node.key()).collect();
    assert_eq!(keys.len(), SERVICE_NODES);
    let mut completed = 0;
    for node in nodes() {
        let (_, text) = node.rpc().get("/metrics").unwrap();
        let figure = |name: &str| -> u64 {
            let value = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
            text.lines()
                .find_map(value)
                .unwrap_or_else(|| panic!("{name} in {text}"))
        };
        let committed = figure("oxen_blocks_committed_total");
        let height = node.rpc().height().unwrap();
        assert!(committed > 0 && committed <= height, "{committed} of {height} blocks");
        completed += figure("oxen_pulse_blocks_completed_total");
    }
    assert!(completed > 0, "blocks of Pulse count where they are completed");
}

fn one_node_cannot_be_killed(network: &mut PrivateNetwork) {
    let error = network.kill(0).unwrap_err().to_string();
    assert!(error.contains("--processes many"), "{error}");
    assert!(network.node(0).process().unwrap().signal("STOP").is_err());
    assert!(network.node(0).is_up());
}

fn one_node_stops_and_the_others_go_on(network: &mut PrivateNetwork, index: usize) {
    network.node(index).rpc().call("stop_daemon", &json!({})).unwrap();
    network.await_pulse_blocks(BLOCKS).unwrap();
    network.notice_ended().unwrap();
    assert_eq!(network.down_count(), 1);
    assert!(!network.node(index).is_up());
}

fn the_log_tells_which_node(folder: &Path) {
    let log = fs::read_to_string(folder.join("one-process").join("oxend.output")).unwrap();
    for name in ["ordinary-node", "service-node-0", "service-node-12"] {
        let span = format!("node{{name=\"{name}\"}}");
        assert!(log.contains(&span), "no line is of {name}");
    }
    assert!(!log.contains("ERROR"), "{log}");
}
