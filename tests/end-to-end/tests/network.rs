//! A network of service nodes that make the blocks, while whatever can go wrong does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

use oxen_localnet::{NetworkRules, NetworkSettings, NodeProcess, PrivateNetwork, Seen, network_folder, programs};
use serde_json::json;
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    num::NonZeroU64,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// Enough that four may be down and twelve go on.
const SERVICE_NODES: usize = 16;
/// Memory that a node may hold, KiB.
const MEMORY_LIMIT: u64 = 400 * 1024;
/// Room that a full disk leaves, KiB: some blocks fit.
const ROOM: u64 = 64;

fn settings() -> NetworkSettings {
    // Nobody is voted out for being away as long as this test keeps a node away: what is tested is that blocks go on. What
    // votes do is told in `staking.rs`.
    let rules = NetworkRules::pulse(NonZeroU64::new(2).unwrap())
        .with("UPTIME_PROOF_VALIDITY", json!(600))
        .with("HARDFORK_DEREGISTRATION_GRACE_PERIOD", json!(100_000))
        .with("DECOMMISSION_INITIAL_CREDIT", json!(1000));
    NetworkSettings::new(SERVICE_NODES, rules)
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn blocks_go_on_while_nodes_die_hang_are_cut_off_flooded_and_out_of_disk() {
    let mut folder = tempfile::tempdir().unwrap();
    // For looking into a failure.
    folder.disable_cleanup(std::env::var_os("OXEN_KEEP_FOLDERS").is_some());
    let mut network = PrivateNetwork::start(folder.path(), &settings()).unwrap();
    let faucet = network.faucet().unwrap();
    let begin = network.rpc().height().unwrap();
    network.register_all(&faucet).unwrap();
    network.await_pulse_block(begin).unwrap();

    the_next_producer_dies(&mut network);
    several_die_at_once(&mut network, [3, 7, 11]);
    one_hangs(&network, 5);
    one_is_cut_off(&network, 9);
    strangers_flood_rpc_and_peers(&network, [0, 4, 8]);
    a_disk_is_full(&mut network, 2);

    memory_stays_bounded(&network);
    everybody_has_the_same_chain(&network);
    let network = everything_dies(network, folder.path());
    let tips = stop_and_check_databases(network, folder.path());
    assert!(
        tips.iter().all(|tip| *tip == tips[0]),
        "after a last look at the same chain the databases differ: {tips:?}"
    );
}

/// Its block comes in a later round, from another producer.
fn the_next_producer_dies(network: &mut PrivateNetwork) {
    let producer = network.next_producer().unwrap().expect("Pulse makes the next block");
    network.kill(producer).unwrap();
    network.await_pulse_blocks(3).unwrap();
    network.restart(producer).unwrap();
    catches_up(network);
}

fn several_die_at_once(network: &mut PrivateNetwork, nodes: [usize; 3]) {
    for index in nodes {
        network.kill(index).unwrap();
    }
    network.await_pulse_blocks(3).unwrap();
    for index in nodes {
        network.restart(index).unwrap();
    }
    catches_up(network);
}

/// Its connections stay open and nothing comes over them.
fn one_hangs(network: &PrivateNetwork, index: usize) {
    let process = network.node(index).process().unwrap();
    process.signal("STOP").unwrap();
    network.await_pulse_blocks(3).unwrap();
    process.signal("CONT").unwrap();
    catches_up(network);
}

/// It bans the host that all others are on: every connection ends, and none comes about.
fn one_is_cut_off(network: &PrivateNetwork, index: usize) {
    let rpc = network.node(index).rpc();
    let ban = |ban: bool| json!({ "bans": [{ "host": "127.0.0.1", "ban": ban, "seconds": 600 }] });
    rpc.call("set_bans", &ban(true)).unwrap();
    network
        .await_that("the end of every connection", || {
            let count = rpc.call("get_connections", &json!({}))?["connections"]
                .as_array()
                .map_or(0, Vec::len);
            Ok(if count == 0 {
                Seen::Yes(())
            } else {
                Seen::NotYet(count.to_string())
            })
        })
        .unwrap();
    let before = rpc.height().unwrap();
    network.await_pulse_blocks(3).unwrap();
    assert!(
        rpc.height().unwrap() <= before + 1,
        "a node without connections heard of blocks"
    );
    rpc.call("set_bans", &ban(false)).unwrap();
    catches_up(network);
}

/// Garbage, oversized messages, half-open requests; on RPC and on the port of peers, as long as blocks are made.
fn strangers_flood_rpc_and_peers(network: &PrivateNetwork, nodes: [usize; 3]) {
    let enough = AtomicBool::new(false);
    thread::scope(|scope| {
        for index in nodes {
            let node = network.node(index);
            let addresses = [
                node.process().unwrap().address().to_owned(),
                format!("127.0.0.1:{}", node.peer_port()),
            ];
            let enough = &enough;
            scope.spawn(move || {
                while !enough.load(Ordering::Relaxed) {
                    for (address, garbage) in addresses
                        .iter()
                        .flat_map(|address| garbage().map(|bytes| (address, bytes)))
                    {
                        throw(address, &garbage);
                    }
                    // A flood from one machine would otherwise take the processor that the nodes share.
                    thread::sleep(Duration::from_millis(20));
                }
            });
        }
        let went_on = network.await_pulse_blocks(4);
        enough.store(true, Ordering::Relaxed);
        went_on.unwrap();
    });
    for index in nodes {
        assert_eq!(network.node(index).rpc().get("/healthy").unwrap().0, 200);
    }
    catches_up(network);
}

fn garbage() -> [Vec<u8>; 6] {
    [
        vec![0xff; 65_536],
        vec![0; 300_000],
        // The beginning of how peers agree on a protocol, then a length that no message has.
        [b"\x13/multistream/1.0.0\n".as_slice(), &[0xff; 2_000]].concat(),
        b"POST /json_rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n{".to_vec(),
        [
            b"POST /json_rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n".as_slice(),
            &[b'['; 200_000],
        ]
        .concat(),
        [b"GET /".as_slice(), &[b'a'; 100_000], b" HTTP/1.1\r\n\r\n"].concat(),
    ]
}

/// The node may refuse the connection, or close it before it has read everything.
fn throw(address: &str, garbage: &[u8]) {
    if let Ok(mut stream) = TcpStream::connect(address) {
        let _ = stream.set_read_timeout(Some(Duration::from_millis(20)));
        let _ = stream.set_write_timeout(Some(Duration::from_millis(200)));
        let _ = stream.write_all(garbage);
        let _ = stream.read(&mut [0; 1024]);
    }
}

/// A node that cannot write stops and says so; with room again it goes on.
fn a_disk_is_full(network: &mut PrivateNetwork, index: usize) {
    network.kill(index).unwrap();
    let largest = largest_file(&network.node(index).folder().join("localnet/chain")) / 1024;
    let limited = network.start_of(index).largest_file(largest + ROOM);
    // A start writes too: it ends at once or after some blocks.
    if network.restart_as(index, &limited).is_ok() {
        network.await_pulse_blocks(1).unwrap();
        await_end(network, index);
    }
    let log = logs(network.node(index).folder());
    assert!(log.contains("the database could not be written"), "{log}");
    network.restart(index).unwrap();
    catches_up(network);
}

/// Small blocks take a while to fill the room: transfers would do it faster, but this is enough.
fn await_end(network: &mut PrivateNetwork, index: usize) {
    for _ in 0..600 {
        network.notice_ended().unwrap();
        if !network.node(index).is_up() {
            return;
        }
        thread::sleep(Duration::from_millis(200));
    }
    panic!("node {index} goes on with a full disk");
}

fn largest_file(folder: &Path) -> u64 {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len());
    files.max().unwrap_or_default()
}

/// What the node printed and logged.
fn logs(data_directory: &Path) -> String {
    let folder = data_directory.join("localnet");
    let logs = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    logs.filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .chain([data_directory.join("oxend.output")])
        .filter_map(|path| fs::read_to_string(path).ok())
        .collect()
}

fn catches_up(network: &PrivateNetwork) {
    network
        .await_height_everywhere(network.rpc().height().unwrap())
        .unwrap();
}

fn memory_stays_bounded(network: &PrivateNetwork) {
    for index in 0..network.node_count() {
        let resident = network.node(index).process().unwrap().resident_kibibytes().unwrap();
        assert!(resident < MEMORY_LIMIT, "node {index} holds {resident} KiB");
        println!("node {index} holds {} MiB", resident / 1024);
    }
}

fn everybody_has_the_same_chain(network: &PrivateNetwork) {
    // A block that is not the newest any more is the same for everybody.
    let height = network.rpc().height().unwrap() - 1;
    network.await_pulse_blocks(1).unwrap();
    catches_up(network);
    let id = |rpc: &oxen_localnet::RpcClient| rpc.call("get_block_hash", &json!([height])).unwrap();
    let expected = id(network.rpc());
    for index in 0..network.node_count() {
        assert_eq!(
            id(network.node(index).rpc()),
            expected,
            "node {index} at height {height}"
        );
    }
}

/// The power goes. The same folder goes on where it was, by Pulse.
fn everything_dies(network: PrivateNetwork, folder: &Path) -> PrivateNetwork {
    let before = network.rpc().height().unwrap();
    // Dropping kills.
    drop(network);
    let network = PrivateNetwork::start(folder, &settings()).unwrap();
    assert!(network.rpc().height().unwrap() + 1 >= before, "blocks are lost");
    network.await_pulse_block(before).unwrap();
    catches_up(&network);
    network
}

/// Every database is one that its blocks make. Gives what each has at the highest height that all have.
fn stop_and_check_databases(network: PrivateNetwork, folder: &Path) -> Vec<String> {
    let count = network.node_count();
    let description = network.description().to_owned();
    network.stop();
    let checked: Vec<String> = (0..count)
        .map(|index| check_database(&folder.join(format!("service-node-{index}")), &description))
        .collect();
    // They stopped one after the other, so that some have a block more: compare those that have as many.
    let height = |text: &str| {
        text.split("height ")
            .nth(1)
            .unwrap()
            .split(',')
            .next()
            .unwrap()
            .to_owned()
    };
    let first = height(&checked[0]);
    checked
        .iter()
        .filter(|text| height(text) == first)
        .map(|text| text.split("state digest ").nth(1).unwrap().trim().to_owned())
        .collect()
}

/// `oxend --check-database` makes the state anew from the blocks and compares digests.
fn check_database(data_directory: &Path, description: &Path) -> String {
    let output = Command::new(programs::find("oxend").unwrap())
        .args(["--check-database", "--log-level=warning", "--network"])
        .arg(description)
        .arg("--data-dir")
        .arg(data_directory)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn a_killed_localnet_leaves_no_node_behind_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let localnet = || {
        let mut command = Command::new(programs::find("oxen-localnet").unwrap());
        command
            .args([
                "--no-bridge",
                "--nodes=2",
                "--block-time=1",
                "--rpc-port=0",
                "--data-dir",
            ])
            .arg(folder.path());
        command
    };
    let mut first = localnet().stdout(Stdio::piped()).spawn().unwrap();
    // Kept open until the end: what is tested is its death by a signal.
    let mut lines = BufReader::new(first.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines
        .find_map(|line| Some(line.split("JSON-RPC: http://").nth(1)?.split('/').next()?.to_owned()))
        .expect("it says where the node is");
    let height = oxen_localnet::RpcClient::new(&address).height().unwrap();
    first.kill().unwrap();
    first.wait().unwrap();

    // The nodes see their pipe close. What waits for them here would find three that run otherwise, and stop them.
    let second = localnet().arg("--once").output().unwrap();
    let said = String::from_utf8_lossy(&second.stdout);
    assert!(
        second.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&second.stderr)
    );
    assert!(said.contains("this network goes on where it was"), "{said}");
    assert_eq!(
        network_folder::stop(folder.path()).unwrap(),
        0,
        "--once leaves nothing running"
    );
    let node = NodeProcess::start(
        &folder.path().join("ordinary-node"),
        &[
            "--rpc-port=0",
            "--offline",
            &format!("--network={}", folder.path().join("network.json").display()),
        ],
    )
    .unwrap();
    assert!(node.rpc().height().unwrap() >= height);
}
