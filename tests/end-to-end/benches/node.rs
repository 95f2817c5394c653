//! Figures of the real node over loopback: making and importing empty blocks, restart and memory at 100,000 blocks, `get_info`
//! under load. Needs `cargo build --release --bins` first; `OXEN_BENCH_BLOCKS` makes the chain shorter.

use oxen_localnet::{NodeProcess, RpcClient};
use serde_json::json;
use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Blocks that one request makes.
const PER_REQUEST: u64 = 10_000;

fn main() {
    let blocks = std::env::var("OXEN_BENCH_BLOCKS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let node = start(folder.path());

    let started = Instant::now();
    while node.rpc().height().expect("the node answers") <= blocks {
        node.rpc()
            .generate_blocks(PER_REQUEST.min(blocks))
            .expect("blocks are made");
    }
    let made = node.rpc().height().expect("the node answers") - 1;
    report("made and stored", rate(made, started.elapsed()), "empty blocks/s");
    report("resident memory at that height", resident_mebibytes(&node), "MiB");

    get_info_under_load(node.rpc());
    report("resident memory after the load", resident_mebibytes(&node), "MiB");
    let source = node;
    import(source.rpc(), made.min(20_000));

    assert!(source.stop().expect("the node stops").success());
    let started = Instant::now();
    let node = start(folder.path());
    report("restart until ready", started.elapsed().as_secs_f64(), "s");
    report("resident memory after the restart", resident_mebibytes(&node), "MiB");
    assert_eq!(node.rpc().height().expect("the node answers"), made + 1);
}

fn start(folder: &Path) -> NodeProcess {
    NodeProcess::start_regtest(folder, 0, &["--log-level=warning"]).expect("the node starts; build it first")
}

/// Blocks of one node verified and stored by another, as they come from its RPC: `submit_block`, one after the other.
fn import(source: &RpcClient, blocks: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let node = start(folder.path());
    let blobs: Vec<String> = (1..=blocks)
        .map(|height| {
            let block = source
                .call("get_block", &json!({ "height": height }))
                .expect("the node answers");
            block["blob"].as_str().expect("a block has a blob").to_owned()
        })
        .collect();
    let started = Instant::now();
    for blob in &blobs {
        node.rpc()
            .call("submit_block", &json!([blob]))
            .expect("the block is taken");
    }
    report(
        "imported one by one through submit_block",
        rate(blocks, started.elapsed()),
        "empty blocks/s",
    );
}

/// Four clients ask without pause for three seconds.
fn get_info_under_load(rpc: &RpcClient) {
    let answered = AtomicU64::new(0);
    let deadline = Instant::now() + Duration::from_secs(3);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while Instant::now() < deadline {
                    rpc.call("get_info", &json!({})).expect("the node answers");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    report(
        "get_info, four clients",
        rate(answered.into_inner(), Duration::from_secs(3)),
        "answers/s",
    );
}

#[allow(clippy::cast_precision_loss)] // a figure for people
fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

#[allow(clippy::cast_precision_loss)]
fn resident_mebibytes(node: &NodeProcess) -> f64 {
    node.resident_kibibytes().expect("Linux tells it") as f64 / 1024.0
}

fn report(what: &str, figure: f64, unit: &str) {
    println!("{what:45} {figure:10.1} {unit}");
}
