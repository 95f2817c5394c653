//! How fast a chain comes from one peer over loopback, verified and applied by the daemon's writer to a store in memory: empty
//! blocks, and blocks of real transfers.
//!
//! `cargo bench -p oxen-p2p --bench sync [-- BLOCKS]`; 5,000 empty blocks when no number is given.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench ends where it fails")]

mod node;

use node::Node;
use oxen_node_api::{ChainEvent, ChainSubscriber, ChainWriter, Subscription};
use oxen_testkit::{TestChain, TestNetwork, Transfer, TransferBuilder};
use oxen_types::{Amount, Hash};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Transfers of a chain.
const TRANSFERS: usize = 500;
/// How many of them share a block.
const PER_BLOCK: [usize; 3] = [100, 10, 1];

/// Tells when a block is the tip.
struct Arrived {
    wanted: Hash,
    tell: Mutex<Option<oneshot::Sender<()>>>,
}

impl ChainSubscriber for Arrived {
    fn on_event(&self, event: &ChainEvent) {
        if matches!(event, ChainEvent::Committed { id, .. } if *id == self.wanted)
            && let Some(tell) = self.tell.lock().unwrap().take()
        {
            tell.send(()).unwrap();
        }
    }
}

fn tells_of(node: &Node, wanted: Hash) -> (oneshot::Receiver<()>, Subscription) {
    let (tell, told) = oneshot::channel();
    let subscriber = Arrived {
        wanted,
        tell: Mutex::new(Some(tell)),
    };
    (told, node.services.feed.subscribe(Arc::new(subscriber)))
}

fn main() {
    let blocks: u64 = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(5_000);
    let mut empty = TestChain::start();
    empty.mine_empty(blocks);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cores = std::thread::available_parallelism().unwrap();
    println!("{cores} cores");
    runtime.block_on(measure(&empty, blocks, "empty blocks"));
    for (per_block, chain) in chains_of_transfers() {
        let what = format!("transfers, {per_block} a block");
        runtime.block_on(measure(&chain, TRANSFERS as u64, &what));
    }
}

/// The same transfers, two inputs with rings of ten and two outputs each, in blocks of several sizes. Proving takes seconds.
fn chains_of_transfers() -> Vec<(usize, TestChain)> {
    let network = TestNetwork::new().premine(3 * TRANSFERS, Amount::from_atomic(1_000 * Amount::OXEN.atomic()));
    let mut planned = TestChain::on(&network);
    planned.mine_empty(10);
    let transfers = TransferBuilder::new().inputs(2).build_many(TRANSFERS, &mut planned);
    let checked: Vec<_> = transfers.iter().map(Transfer::checked).collect();
    PER_BLOCK
        .map(|per_block| {
            let mut chain = planned.clone();
            for transactions in checked.chunks(per_block) {
                chain.mine(transactions);
            }
            (per_block, chain)
        })
        .into()
}

/// The writer alone, then a new node that has nothing and knows one peer, by each transport. Every node verifies all itself.
async fn measure(source: &TestChain, count: u64, what: &str) {
    let tip = source.tip().1.id;
    let server = Node::new(source);
    let begun = Stopwatch::start();
    for mined in source.blocks() {
        server.chain.submit_block(mined.submission()).unwrap();
    }
    let alone = begun.stop(count);
    println!("{what}: {count}");
    println!("  writer alone: {alone}");
    let network = server.start(None, None).await;
    let addresses = network.addresses();
    for (name, part) in [("TCP", "/tcp/"), ("QUIC", "/quic-v1")] {
        let address = addresses.iter().find(|address| address.contains(part)).unwrap();
        let joiner = Node::new(source);
        let (told, _subscription) = tells_of(&joiner, tip);
        let begun = Stopwatch::start();
        let joined = joiner.start(Some(address), None).await;
        told.await.unwrap();
        let synced = begun.stop(count);
        let share = 100.0 * alone.time.as_secs_f64() / synced.time.as_secs_f64();
        println!("  synced by {name}: {synced}; {share:.0} % of the writer's");
        joined.stop().await;
    }
    network.stop().await;
}

/// When something began, and what this process had used of the processor by then.
struct Stopwatch {
    at: Instant,
    processor: Option<f64>,
}

/// How long something took. On a busy machine its processor time says more than its time.
struct Taken {
    count: f64,
    time: Duration,
    processor: Option<f64>,
}

impl Stopwatch {
    fn start() -> Self {
        Self {
            at: Instant::now(),
            processor: processor_seconds(),
        }
    }

    fn stop(self, count: u64) -> Taken {
        let processor = processor_seconds().zip(self.processor);
        Taken {
            count: count as f64,
            time: self.at.elapsed(),
            processor: processor.map(|(after, before)| after - before),
        }
    }
}

impl std::fmt::Display for Taken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.time.as_secs_f64();
        write!(formatter, "{seconds:.2} s, {:.0} a second", self.count / seconds)?;
        let Some(used) = self.processor else { return Ok(()) };
        write!(
            formatter,
            ", {:.2} ms of processor time each",
            1_000.0 * used / self.count
        )
    }
}

/// Processor time of this process, the serving peer in it included; where the system tells.
fn processor_seconds() -> Option<f64> {
    /// Ticks of a second, as Linux counts them for programs.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}
