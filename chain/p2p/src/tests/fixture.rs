//! A node of the tests.

use crate::{PeerConfig, PeerNetwork, PeerServices};
use oxen_mempool::{Mempool, MempoolParts, NoStorage, PoolSettings};
use oxen_node_api::{
    ChainEvent, ChainFeed, ChainReader, ChainSubscriber, ChainWriter, Clock, EventHub, Pool, Subscription,
};
use oxen_staking_rules::ServiceNodeKeys;
use oxen_state::{NoServiceNodes, NoWorkHash, ServiceNodeRules, queries};
use oxen_store::{ChainStore, Identity};
use oxen_testkit::{ManualClock, TestChain};
use oxen_types::{Hash, Height};
use oxen_verifier::ProofVerifier;
use oxen_writer::{Chain, ChainParts};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::watch;

/// Longest wait for anything; a test that waits this long fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Wakes those who wait at every event.
struct Waker(watch::Sender<u64>);

impl ChainSubscriber for Waker {
    fn on_event(&self, _: &ChainEvent) {
        self.0.send_modify(|count| *count += 1);
    }
}

/// Chain, pool and clock, and maybe a network.
pub(super) struct TestNode {
    pub(super) chain: Arc<Chain>,
    /// What the network hands blocks and checkpoints to: the chain, unless a test puts something else before it.
    pub(super) writer: Arc<dyn ChainWriter>,
    pub(super) pool: Arc<Mempool>,
    pub(super) clock: Arc<ManualClock>,
    network: Option<PeerNetwork>,
    events: Arc<EventHub>,
    folder: TempDir,
    changes: watch::Receiver<u64>,
    _waker: Subscription,
}

impl TestNode {
    /// A node on the network of `source` with its first block only, and no peers.
    pub(super) fn new(source: &TestChain) -> Self {
        let network = source.network();
        let identity = Identity {
            network: network.network_id,
            genesis: network.genesis.block_id,
        };
        let store = ChainStore::in_memory(&identity).unwrap();
        // Far enough ahead for every block of a test, and not so far that they count as old.
        let clock = Arc::new(ManualClock::at(source.now().saturating_add(1_000_000)));
        let events = Arc::new(EventHub::new());
        let verifier = Arc::new(ProofVerifier::default());
        let service_nodes: Arc<dyn ServiceNodeRules + Send + Sync> = Arc::new(NoServiceNodes);
        let chain = Chain::open(ChainParts {
            network: Arc::clone(network),
            store,
            service_nodes: Arc::clone(&service_nodes),
            verifier: Arc::clone(&verifier),
            work: Arc::new(NoWorkHash),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            events: Arc::clone(&events),
        });
        let chain = Arc::new(chain.unwrap());
        let pool = Arc::new(Mempool::new(MempoolParts {
            chain: Arc::clone(&chain) as Arc<dyn ChainReader>,
            service_nodes,
            verifier,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            events: Arc::clone(&events),
            storage: Arc::new(NoStorage),
            settings: PoolSettings::default(),
        }));
        chain.set_pool(Arc::clone(&pool) as _);
        let (sender, changes) = watch::channel(0);
        let waker = events.subscribe(Arc::new(Waker(sender)));
        Self {
            writer: Arc::clone(&chain) as _,
            chain,
            pool,
            clock,
            network: None,
            events,
            folder: tempfile::tempdir().unwrap(),
            changes,
            _waker: waker,
        }
    }

    /// A node with peers: those in `peers`, and whoever comes.
    pub(super) async fn start(source: &TestChain, peers: &[&Self]) -> Self {
        let addresses: Vec<String> = peers.iter().map(|peer| peer.tcp_address()).collect();
        Self::start_with(source, |config| {
            config.peers = addresses.iter().map(|address| address.parse().unwrap()).collect();
        })
        .await
    }

    /// As [`Self::start`] after a change of the configuration.
    pub(super) async fn start_with(source: &TestChain, change: impl FnOnce(&mut PeerConfig)) -> Self {
        let mut node = Self::new(source);
        node.open(change).await;
        node
    }

    /// Starts the node's network.
    pub(super) async fn open(&mut self, change: impl FnOnce(&mut PeerConfig)) {
        self.open_as(None, change).await;
    }

    /// Starts the node's network as that of a service node.
    pub(super) async fn open_as(&mut self, keys: Option<&ServiceNodeKeys>, change: impl FnOnce(&mut PeerConfig)) {
        static SEED: AtomicU64 = AtomicU64::new(1);
        let mut config = PeerConfig::loopback(self.folder.path().to_owned());
        change(&mut config);
        let services = self.services();
        let randomness = ChaCha20Rng::seed_from_u64(SEED.fetch_add(1, Ordering::Relaxed));
        self.network = Some(PeerNetwork::start(config, services, keys, randomness).await.unwrap());
    }

    /// What a network of the node serves and feeds.
    pub(super) fn services(&self) -> PeerServices {
        PeerServices {
            chain: Arc::clone(&self.chain) as _,
            writer: Arc::clone(&self.writer),
            pool: Arc::clone(&self.pool) as _,
            feed: Arc::clone(&self.events) as _,
            clock: Arc::clone(&self.clock) as _,
        }
    }

    /// Ends the node's network; chain and pool stay.
    pub(super) async fn close(&mut self) {
        self.network.take().unwrap().stop().await;
    }

    pub(super) fn network(&self) -> &PeerNetwork {
        self.network.as_ref().unwrap()
    }

    fn address(&self, part: &str) -> String {
        let addresses = self.network().addresses();
        addresses.into_iter().find(|address| address.contains(part)).unwrap()
    }

    pub(super) fn tcp_address(&self) -> String {
        self.address("/tcp/")
    }

    pub(super) fn quic_address(&self) -> String {
        self.address("/quic-v1")
    }

    /// Gives the node blocks from the first that it lacks.
    pub(super) fn catch_up(&self, source: &TestChain) {
        let known = usize::try_from(self.height().index()).unwrap();
        for mined in source.blocks().iter().skip(known) {
            self.chain.submit_block(mined.submission()).unwrap();
        }
    }

    pub(super) fn height(&self) -> Height {
        queries::totals(&*self.chain.snapshot()).unwrap().tip
    }

    pub(super) fn tip(&self) -> Hash {
        queries::tip(&*self.chain.snapshot()).unwrap().1.id
    }

    /// Waits until chain or pool are as wanted.
    pub(super) async fn until(&self, what: &str, mut wanted: impl FnMut(&Self) -> bool) {
        let mut changes = self.changes.clone();
        let waited = tokio::time::timeout(PATIENCE, async {
            while !wanted(self) {
                changes.changed().await.unwrap();
            }
        });
        assert!(waited.await.is_ok(), "{what} did not happen; height {}", self.height());
    }

    /// Waits until this is the node's newest block.
    pub(super) async fn reaches(&self, tip: Hash) {
        self.until("reaching the block", |node| node.tip() == tip).await;
    }

    /// Waits until a transaction is in the pool.
    pub(super) async fn learns(&self, id: Hash) {
        self.until("learning of the transaction", |node| node.pool.get(&id).is_some())
            .await;
    }
}
