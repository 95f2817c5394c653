//! Figures of a whole network: sixteen service nodes make blocks by Pulse every two seconds, all on this machine. How well they keep
//! the interval, what the nodes hold and use meanwhile. Needs `cargo build --release --bins` first; `OXEN_BENCH_BLOCKS` is the
//! number of blocks, 500 otherwise.

use oxen_localnet::{NetworkRules, NetworkSettings, NodeProcess, PrivateNetwork};
use std::{
    fs,
    num::NonZeroU64,
    thread,
    time::{Duration, Instant},
};

const SERVICE_NODES: usize = 16;
const BLOCK_SECONDS: u64 = 2;
/// Between two looks at the height: how exact the intervals are.
const LOOK: Duration = Duration::from_millis(10);

fn main() {
    let count = std::env::var("OXEN_BENCH_BLOCKS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(500);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rules = NetworkRules::pulse(NonZeroU64::new(BLOCK_SECONDS).expect("it is not 0"));
    let started = Instant::now();
    let network = PrivateNetwork::start(folder.path(), &NetworkSettings::new(SERVICE_NODES, rules))
        .expect("the network starts; build it first");
    let begin = network.rpc().height().expect("the node answers");
    let faucet = network.faucet().expect("a wallet");
    network.register_all(&faucet).expect("service nodes are registered");
    report(
        "from nothing to every service node registered",
        started.elapsed().as_secs_f64(),
        "s",
    );
    let first = network.await_pulse_block(begin).expect("Pulse takes over").height;
    report(
        "from nothing to the first block of Pulse",
        started.elapsed().as_secs_f64(),
        "s",
    );

    let (intervals, used) = watch(&network, count);
    report_intervals(intervals);
    report_rounds(&network, first, count);
    report(
        "processor, all nodes, a block",
        used.as_secs_f64() / to_float(count),
        "s",
    );
    let memory = processes(&network).map(|node| node.resident_kibibytes().expect("Linux tells it"));
    let largest = memory.max().unwrap_or_default();
    report("resident memory, the largest node", to_float(largest) / 1024.0, "MiB");
    network.stop();
}

/// The times between so many blocks, as the ordinary node has them, and what all nodes used of the processor meanwhile.
fn watch(network: &PrivateNetwork, count: u64) -> (Vec<Duration>, Duration) {
    let rpc = network.rpc();
    let height = || rpc.height().expect("the node answers");
    let next_block = |known: u64| {
        while height() <= known {
            thread::sleep(LOOK);
        }
        Instant::now()
    };
    let begin = height();
    // The first one only says when the next interval begins.
    let mut last = next_block(begin);
    let used = used_by_all(network);
    let intervals = (1..=count)
        .map(|more| {
            let now = next_block(begin + more);
            now.duration_since(std::mem::replace(&mut last, now))
        })
        .collect();
    (intervals, used_by_all(network).saturating_sub(used))
}

fn report_intervals(mut intervals: Vec<Duration>) {
    intervals.sort_unstable();
    let seconds = |index: usize| intervals.get(index).map_or(0.0, Duration::as_secs_f64);
    let total: Duration = intervals.iter().sum();
    let last = intervals.len().saturating_sub(1);
    report(
        "interval, mean",
        total.as_secs_f64() / to_float(intervals.len() as u64),
        "s",
    );
    report("interval, median", seconds(last / 2), "s");
    report("interval, 99 of 100 below", seconds(last * 99 / 100), "s");
    report("interval, longest", seconds(last), "s");
}

/// How many of the blocks needed more than one round.
fn report_rounds(network: &PrivateNetwork, first: u64, count: u64) {
    let later = (first + 1..=first + count)
        .map(|height| network.block(height).expect("the node has it"))
        .filter(|block| block.pulse.as_ref().is_none_or(|mark| mark.round > 0))
        .count();
    report("blocks of later rounds", to_float(later as u64), "");
}

fn processes(network: &PrivateNetwork) -> impl Iterator<Item = &NodeProcess> {
    (0..network.node_count()).filter_map(|index| network.node(index).process())
}

/// Processor time of every service node since it started.
fn used_by_all(network: &PrivateNetwork) -> Duration {
    processes(network).map(|node| used(node.process_id())).sum()
}

/// Linux counts in hundredths of a second, in the fields 14 and 15 of `stat`.
fn used(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("the process runs");
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = behind_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

#[allow(clippy::cast_precision_loss, reason = "a figure for people")]
fn to_float(number: u64) -> f64 {
    number as f64
}

fn report(what: &str, figure: f64, unit: &str) {
    println!("{what:50} {figure:10.3} {unit}");
}
