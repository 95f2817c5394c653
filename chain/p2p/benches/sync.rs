//! How fast empty blocks come from one peer over loopback, applied by the daemon's writer to a store in memory.
//!
//! `cargo bench -p oxen-p2p --bench sync [-- BLOCKS]`; 5,000 blocks when no number is given.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench ends where it fails")]

use oxen_mempool::{Mempool, MempoolParts, NoStorage, PoolSettings};
use oxen_node_api::{ChainEvent, ChainReader, ChainSubscriber, ChainWriter, Clock, EventHub, Subscription};
use oxen_p2p::{PeerConfig, PeerNetwork, PeerServices};
use oxen_state::{NoServiceNodes, NoWorkHash, ServiceNodeRules};
use oxen_store::{ChainStore, Identity};
use oxen_testkit::{ManualClock, TestChain};
use oxen_types::Hash;
use oxen_verifier::ProofVerifier;
use oxen_writer::{Chain, ChainParts};
use std::{
    sync::{Arc, Mutex},
    time::Instant,
};
use tempfile::TempDir;
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

struct Node {
    chain: Arc<Chain>,
    services: PeerServices,
    folder: TempDir,
}

impl Node {
    fn new(source: &TestChain) -> Self {
        let network = source.network();
        let identity = Identity {
            network: network.network_id,
            genesis: network.genesis.block_id,
        };
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(source.now()));
        let events = Arc::new(EventHub::new());
        let verifier = Arc::new(ProofVerifier::default());
        let service_nodes: Arc<dyn ServiceNodeRules + Send + Sync> = Arc::new(NoServiceNodes);
        let chain = Chain::open(ChainParts {
            network: Arc::clone(network),
            store: ChainStore::in_memory(&identity).unwrap(),
            service_nodes: Arc::clone(&service_nodes),
            verifier: Arc::clone(&verifier),
            work: Arc::new(NoWorkHash),
            clock: Arc::clone(&clock),
            events: Arc::clone(&events),
        });
        let chain = Arc::new(chain.unwrap());
        let pool = Arc::new(Mempool::new(MempoolParts {
            chain: Arc::clone(&chain) as Arc<dyn ChainReader>,
            service_nodes,
            verifier,
            clock: Arc::clone(&clock),
            events: Arc::clone(&events),
            storage: Arc::new(NoStorage),
            settings: PoolSettings::default(),
        }));
        chain.set_pool(Arc::clone(&pool) as _);
        let services = PeerServices {
            chain: Arc::clone(&chain) as _,
            writer: Arc::clone(&chain) as _,
            pool,
            feed: events,
            clock,
        };
        Self {
            chain,
            services,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    async fn start(&self, peer: Option<&str>) -> PeerNetwork {
        let mut config = PeerConfig::loopback(self.folder.path().to_owned());
        config.peers = peer.map(|address| address.parse().unwrap()).into_iter().collect();
        PeerNetwork::start(config, self.services.clone(), None, rand_core::OsRng)
            .await
            .unwrap()
    }

    fn tells_of(&self, wanted: Hash) -> (oneshot::Receiver<()>, Subscription) {
        let (tell, told) = oneshot::channel();
        let subscriber = Arrived {
            wanted,
            tell: Mutex::new(Some(tell)),
        };
        (told, self.services.feed.subscribe(Arc::new(subscriber)))
    }
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
        let network = server.start(None).await;
        let addresses = network.addresses();
        for transport in ["/tcp/", "/quic-v1"] {
            let address = addresses.iter().find(|address| address.contains(transport)).unwrap();
            let joiner = Node::new(&source);
            let (told, _subscription) = joiner.tells_of(tip);
            let started = Instant::now();
            let joined = joiner.start(Some(address)).await;
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
