//! How fast empty blocks come from one peer over loopback, applied by the daemon's writer to a store in memory.
//!
//! `cargo bench -p oxen-p2p --bench sync [-- BLOCKS]`; 5,000 blocks when no number is given.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench ends where it fails")]

mod node;

use node::Node;
use oxen_node_api::{ChainEvent, ChainSubscriber, ChainWriter, Subscription};
use oxen_testkit::TestChain;
use oxen_types::Hash;
use std::{
    sync::{Arc, Mutex},
    time::Instant,
};
use tokio::sync::oneshot;

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
    let mut source = TestChain::start();
    source.mine_empty(blocks);
    let tip = source.tip().1.id;
    let server = Node::new(&source);
    let started = Instant::now();
    for mined in source.blocks() {
        server.chain.submit_block(mined.submission()).unwrap();
    }
    let alone = started.elapsed();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let network = server.start(None, None).await;
        let addresses = network.addresses();
        for transport in ["/tcp/", "/quic-v1"] {
            let address = addresses.iter().find(|address| address.contains(transport)).unwrap();
            let joiner = Node::new(&source);
            let (told, _subscription) = tells_of(&joiner, tip);
            let started = Instant::now();
            let joined = joiner.start(Some(address), None).await;
            told.await.unwrap();
            report(transport, blocks, started.elapsed());
            joined.stop().await;
        }
        network.stop().await;
    });
    report("writer alone", blocks, alone);
}

fn report(what: &str, blocks: u64, time: std::time::Duration) {
    let rate = u128::from(blocks) * 1_000_000 / time.as_micros().max(1);
    println!(
        "{what}: {blocks} empty blocks in {} ms, {rate} blocks/s",
        time.as_millis()
    );
}
