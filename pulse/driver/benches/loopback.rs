//! From the start of a round to the block that everybody has, among thirteen whole service nodes that talk over loopback.
//!
//! All of them share this machine's cores, and each verifies every message and block itself, as on machines of their own.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench ends where it fails and has no readers of its items"
)]

use oxen_crypto::KeyPair;
use oxen_mempool::{Mempool, MempoolParts, NoStorage, PoolSettings};
use oxen_node_api::{
    ChainEvent, ChainFeed, ChainReader, ChainSubscriber, ChainWriter, Clock, EventHub, QuorumAddresses, QuorumEndpoint,
    Subscription,
};
use oxen_p2p::{PeerConfig, PeerNetwork, PeerServices};
use oxen_pulse_driver::{GuardStorage, GuardStorageError, Promise, PulseDriver, PulseParts, Readiness};
use oxen_pulse_machine::{GuardRecord, RoundTiming};
use oxen_staking_rules::ServiceNodeKeys;
use oxen_state::{NoWorkHash, ServiceNodeRules, StakingRules, queries};
use oxen_store::{AuxiliaryBatch, ChainStore, GuardKey, Identity, PulseGuard, StoreSettings};
use oxen_testkit::StakingChain;
use oxen_types::{Height, PublicKey, Timestamp, network::PulseStartRule};
use oxen_verifier::ProofVerifier;
use oxen_writer::{Chain, ChainParts};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const NODES: usize = 13;
/// Blocks that are measured, after those in which connections are made.
const MEASURED: u64 = 60;
const WARM_UP: u64 = 5;

/// The system's clock, moved so that the play's last block was made just now.
struct MovedClock(AtomicU64);

fn milliseconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.now_milliseconds() / 1000)
    }

    fn now_milliseconds(&self) -> u64 {
        milliseconds().wrapping_add(self.0.load(Ordering::Relaxed))
    }
}

/// On disk before it counts, as in a node.
struct Promises(ChainStore);

impl GuardStorage for Promises {
    fn load(&self) -> Result<Vec<GuardRecord>, GuardStorageError> {
        Ok(Vec::new())
    }

    fn promise(&self, record: &GuardRecord) -> Result<Promise, GuardStorageError> {
        let mut batch = AuxiliaryBatch::new();
        let key = GuardKey {
            height: record.height,
            round: record.round,
            act: record.act as u8,
        };
        batch.put::<PulseGuard>(&key, &record.id);
        self.0
            .write_auxiliary_durably(&batch)
            .map_err(|error| GuardStorageError(Box::new(error)))?;
        Ok(Promise::Kept)
    }
}

struct Always;

impl Readiness for Always {
    fn is_in_step(&self) -> bool {
        true
    }
}

/// Where everybody is, as uptime proofs would say.
#[derive(Default)]
struct Addresses(Mutex<BTreeMap<PublicKey, QuorumEndpoint>>);

impl QuorumAddresses for Addresses {
    fn endpoint(&self, node: &PublicKey) -> Option<QuorumEndpoint> {
        self.0.lock().unwrap().get(node).copied()
    }
}

/// Tells who has which block when.
struct Stopwatch {
    clock: Arc<MovedClock>,
    seen: mpsc::Sender<(Height, u64)>,
}

impl ChainSubscriber for Stopwatch {
    fn on_event(&self, event: &ChainEvent) {
        if let ChainEvent::Committed { height, .. } = event {
            let _ = self.seen.send((*height, self.clock.now_milliseconds()));
        }
    }
}

struct Node {
    chain: Arc<Chain>,
    pulse: PulseDriver,
    peers: Arc<PeerNetwork>,
    _stopwatch: Subscription,
    _folder: tempfile::TempDir,
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run());
}

async fn run() {
    // Round 0 begins a second after the block before, and a round has time enough for any machine.
    let network = StakingChain::network()
        .with(|network| {
            network.target_block_seconds = 1;
            network.pulse.stage_timeout_milliseconds = 5_000;
            network.pulse.round_timeout_seconds = 30;
        })
        .pulse_start(PulseStartRule::AfterPrevious(BTreeMap::from([(Height::GENESIS, 1)])));
    let source = StakingChain::on(&network).with_nodes(NODES);
    let last = source.chain().now().seconds() * 1000;
    let clock = Arc::new(MovedClock(AtomicU64::new(last.wrapping_sub(milliseconds()))));
    let verifier = Arc::new(ProofVerifier::default());
    let addresses = Arc::new(Addresses::default());
    let (seen, events) = mpsc::channel();
    let mut nodes = Vec::new();
    for number in 1..=NODES {
        nodes.push(start(number, &source, &clock, &verifier, &addresses, &nodes, seen.clone()).await);
    }
    let first = source.height();
    let (mut begun, mut ended) = (BTreeMap::new(), BTreeMap::<Height, Vec<u64>>::new());
    let mut rounds = BTreeMap::<u8, u64>::new();
    while begun.len() < (WARM_UP + MEASURED) as usize {
        let (height, at) = tokio::task::block_in_place(|| events.recv_timeout(Duration::from_secs(120))).unwrap();
        if height <= first {
            continue;
        }
        let times = ended.entry(height).or_default();
        times.push(at);
        if times.len() == NODES {
            let (start, round) = round_start(&nodes[0].chain, height);
            begun.insert(height, start);
            *rounds.entry(round).or_default() += 1;
        }
    }
    let mut to_first = Vec::new();
    let mut to_all = Vec::new();
    for (height, start) in begun.iter().skip(WARM_UP as usize) {
        let times = &ended[height];
        to_first.push(times.iter().min().unwrap().saturating_sub(*start));
        to_all.push(times.iter().max().unwrap().saturating_sub(*start));
    }
    println!("{NODES} service nodes in one process, {MEASURED} blocks, milliseconds from the start of the round");
    print("first node has the block", to_first);
    print("every node has the block", to_all);
    println!("blocks by round: {rounds:?}");
    for mut node in nodes {
        node.pulse.stop();
        node.peers.stop().await;
    }
}

/// When the round that made the block began, and which it was.
fn round_start(chain: &Chain, height: Height) -> (u64, u8) {
    let snapshot = chain.snapshot();
    let block = queries::block(&*snapshot, height).unwrap().unwrap();
    let time = |height| queries::block_row(&*snapshot, height).unwrap().unwrap().timestamp;
    let network = chain.network();
    let origin = time(RoundTiming::origin(network).unwrap());
    let timing = RoundTiming::of_height(network, height, time(height.saturating_sub(1)), origin).unwrap();
    (timing.start(block.round()).seconds() * 1000, block.round())
}

fn print(what: &str, mut times: Vec<u64>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    println!("  {what}: p50 {} ms, p90 {} ms, p99 {} ms", at(50), at(90), at(99));
}

async fn start(
    number: usize,
    source: &StakingChain,
    clock: &Arc<MovedClock>,
    verifier: &Arc<ProofVerifier>,
    addresses: &Arc<Addresses>,
    others: &[Node],
    seen: mpsc::Sender<(Height, u64)>,
) -> Node {
    let key: KeyPair = StakingChain::node_keys(&format!("n{number}"));
    let keys = ServiceNodeKeys::with_primary(&[number as u8; 32], key.secret.clone());
    let folder = tempfile::tempdir().unwrap();
    let network = source.chain().network();
    let identity = Identity {
        network: network.network_id,
        genesis: network.genesis.block_id,
    };
    let store = ChainStore::open(
        &folder.path().join("chain"),
        &identity,
        &StoreSettings::default(),
        &mut |_| {},
    )
    .unwrap();
    let events = Arc::new(EventHub::new());
    let staking = Arc::new(StakingRules::new(Arc::clone(network)));
    let service_nodes: Arc<dyn ServiceNodeRules + Send + Sync> = Arc::clone(&staking) as _;
    let clock_service = Arc::clone(clock) as Arc<dyn Clock>;
    let chain = Arc::new(
        Chain::open(ChainParts {
            network: Arc::clone(network),
            store: store.clone(),
            service_nodes: Arc::clone(&service_nodes),
            verifier: Arc::clone(verifier),
            work: Arc::new(NoWorkHash),
            clock: Arc::clone(&clock_service),
            events: Arc::clone(&events),
        })
        .unwrap(),
    );
    let pool = Arc::new(Mempool::new(MempoolParts {
        chain: Arc::clone(&chain) as Arc<dyn ChainReader>,
        service_nodes,
        verifier: Arc::clone(verifier),
        clock: Arc::clone(&clock_service),
        events: Arc::clone(&events),
        storage: Arc::new(NoStorage),
        settings: PoolSettings::default(),
    }));
    chain.set_pool(Arc::clone(&pool) as _);
    for block in source.chain().blocks() {
        chain.submit_block(block.submission()).unwrap();
    }
    let mut config = PeerConfig::loopback(folder.path().to_owned());
    let known = others.iter().rev().take(4);
    config.peers = known.map(|node| node.peers.addresses()[0].parse().unwrap()).collect();
    let services = PeerServices {
        chain: Arc::clone(&chain) as _,
        writer: Arc::clone(&chain) as _,
        pool: Arc::clone(&pool) as _,
        feed: Arc::clone(&events) as _,
        clock: Arc::clone(&clock_service),
    };
    let peers = Arc::new(
        PeerNetwork::start(config, services, Some(&keys), rand_core::OsRng)
            .await
            .unwrap(),
    );
    peers.set_quorum_addresses(Arc::clone(addresses) as _);
    let endpoint = QuorumEndpoint {
        host: IpAddr::V4(Ipv4Addr::LOCALHOST),
        port: peers.tcp_port().unwrap(),
        ed25519: keys.ed25519_public(),
    };
    addresses.0.lock().unwrap().insert(key.public, endpoint);
    let stopwatch = events.subscribe(Arc::new(Stopwatch {
        clock: Arc::clone(clock),
        seen,
    }));
    let parts = PulseParts {
        chain: Arc::clone(&chain) as _,
        blocks: Arc::clone(&chain) as _,
        writer: Arc::clone(&chain) as _,
        pool: Arc::clone(&pool) as _,
        staking,
        network: Arc::clone(&peers) as _,
        guard: Arc::new(Promises(store)),
        clock: clock_service,
        readiness: Arc::new(Always),
        key,
    };
    Node {
        pulse: PulseDriver::start(parts, &*events).unwrap(),
        chain,
        peers,
        _stopwatch: stopwatch,
        _folder: folder,
    }
}
