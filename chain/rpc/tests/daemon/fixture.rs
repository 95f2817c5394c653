//! A node in memory behind real sockets: the writer, the pool and the store of the daemon on a private network, fed with blocks
//! and transfers of the test kit.

#[path = "planted.rs"]
#[allow(dead_code, reason = "shared with the daemon's tests")]
pub mod planted;
#[path = "scripted_bridge.rs"]
#[allow(dead_code, reason = "shared with benches and fuzz targets")]
pub mod scripted_bridge;

use crate::http::{Answer, Client};
use oxen_mempool::{Mempool, MempoolParts, NoStorage, PoolSettings};
use oxen_node_api::{
    BannedHost, Blink, BlinkOutcome, BlinkRejection, ChainReader, ChainWriter, Clock, EventHub, KnownPeer, NodeControl,
    PeerConnection, PeerControl, PeerLimits, Pool, Relay, SyncSpan, SyncState,
};
use oxen_rpc::{
    Access, ListenerConfig, NodeHandles, RpcConfig, RpcServer,
    types::{ErrorCode, ErrorObject},
};
use oxen_state::{NoWorkHash, ServiceNodeRules, StakingRules};
use oxen_store::{ChainStore, Identity};
use oxen_testkit::{Account, ManualClock, TestChain, TestNetwork, Transfer};
use oxen_types::{Hash, Height, Network, Timestamp};
use oxen_verifier::ProofVerifier;
use oxen_writer::{Chain, ChainParts};
use planted::{PlantedServiceNodes, TestObservers, TestOwnServiceNode};
use scripted_bridge::ScriptedBridge;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::{runtime::Runtime, sync::oneshot};

/// The process, as far as the RPC sees it.
#[derive(Default)]
pub struct TestControl {
    pub stops: AtomicU32,
    pub sync: Mutex<Option<Height>>,
}

impl NodeControl for TestControl {
    fn version(&self) -> &str {
        "11.2.3-test"
    }

    fn started(&self) -> Timestamp {
        Timestamp::from_seconds(1_700_000_000)
    }

    fn sync_state(&self) -> SyncState {
        match *self.sync.lock().unwrap() {
            None => SyncState::Synchronised,
            Some(target) => SyncState::CatchingUp { target },
        }
    }

    fn status_line(&self) -> String {
        "a line for the operator".to_owned()
    }

    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    fn free_disk_bytes(&self) -> Option<u64> {
        Some(1 << 40)
    }

    fn request_stop(&self) {
        self.stops.fetch_add(1, Ordering::SeqCst);
    }
}

/// Peers, as far as the RPC sees them.
pub struct TestPeers {
    pub connections: Mutex<Vec<PeerConnection>>,
    pub known: Mutex<Vec<KnownPeer>>,
    pub spans: Mutex<Vec<SyncSpan>>,
    limits: Mutex<PeerLimits>,
    bans: Mutex<BTreeMap<IpAddr, u64>>,
    clock: Arc<ManualClock>,
}

impl TestPeers {
    fn new(clock: Arc<ManualClock>) -> Self {
        Self {
            connections: Mutex::default(),
            known: Mutex::default(),
            spans: Mutex::default(),
            limits: Mutex::new(PeerLimits {
                outbound: 8,
                inbound: 64,
            }),
            bans: Mutex::default(),
            clock,
        }
    }
}

impl PeerControl for TestPeers {
    fn connections(&self) -> Vec<PeerConnection> {
        self.connections.lock().unwrap().clone()
    }

    fn known_peers(&self) -> Vec<KnownPeer> {
        self.known.lock().unwrap().clone()
    }

    fn limits(&self) -> PeerLimits {
        *self.limits.lock().unwrap()
    }

    fn set_limits(&self, limits: PeerLimits) {
        *self.limits.lock().unwrap() = limits;
    }

    fn bans(&self) -> Vec<BannedHost> {
        let now = self.clock.now();
        let bans = self.bans.lock().unwrap();
        bans.iter()
            .map(|(host, seconds)| BannedHost {
                host: *host,
                until: now.saturating_add(*seconds),
            })
            .collect()
    }

    fn ban(&self, host: IpAddr, seconds: u64) {
        self.bans.lock().unwrap().insert(host, seconds);
    }

    fn lift_ban(&self, host: IpAddr) -> bool {
        self.bans.lock().unwrap().remove(&host).is_some()
    }

    fn sync_state(&self) -> SyncState {
        SyncState::Synchronised
    }

    fn sync_spans(&self) -> Vec<SyncSpan> {
        self.spans.lock().unwrap().clone()
    }
}

/// A quorum that says what the test wants, once; without that the node is alone.
#[derive(Default)]
pub struct ScriptedQuorum {
    pub says: Mutex<Option<BlinkOutcome>>,
    pub asked: Mutex<Vec<Vec<u8>>>,
}

impl Blink for ScriptedQuorum {
    fn send(&self, blob: Vec<u8>) -> oxen_node_api::Answer<BlinkOutcome> {
        self.asked.lock().unwrap().push(blob);
        let said = self.says.lock().unwrap().take();
        Box::pin(async {
            said.unwrap_or(BlinkOutcome::Rejected {
                id: None,
                reason: BlinkRejection::Alone,
            })
        })
    }
}

/// The node of one test.
pub struct Fixture {
    pub admin: SocketAddr,
    pub public: SocketAddr,
    pub control: Arc<TestControl>,
    pub peers: Arc<TestPeers>,
    pub chain: Arc<Chain>,
    pub pool: Arc<Mempool>,
    pub planted: Arc<PlantedServiceNodes>,
    pub observers: Arc<TestObservers>,
    pub own: Arc<TestOwnServiceNode>,
    pub blink: Arc<ScriptedQuorum>,
    pub bridge: Arc<ScriptedBridge>,
    clock: Arc<ManualClock>,
    source: Mutex<TestChain>,
    stop: Option<oneshot::Sender<()>>,
    runtime: Option<Runtime>,
}

impl Fixture {
    /// Eleven blocks, both listeners, no login.
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    /// The same after a change of the configuration. The first listener is the admin one, the second the public one.
    pub fn with(change: impl FnOnce(&mut RpcConfig)) -> Self {
        let network = TestNetwork::new()
            .foundation(&Account::named("foundation"))
            .batching_interval(100);
        Self::on(&network, change)
    }

    /// The same on another network.
    pub fn on(network: &TestNetwork, change: impl FnOnce(&mut RpcConfig)) -> Self {
        let mut source = TestChain::on(network);
        source.mine_empty(10);
        let parts = NodeParts::new(&source);
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let mut config = RpcConfig {
            listeners: vec![ListenerConfig::admin(any), ListenerConfig::public(any)],
            ..RpcConfig::default()
        };
        change(&mut config);
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(RpcServer::bind(config, parts.handles())).unwrap();
        let addresses = server.local_addresses();
        let (stop, stopped) = oneshot::channel::<()>();
        runtime.spawn(server.run(async {
            let _ = stopped.await;
        }));
        let address = |access| {
            addresses
                .iter()
                .find(|(found, _)| *found == access)
                .unwrap_or(&addresses[0])
                .1
        };
        let fixture = Self {
            admin: address(Access::Admin),
            public: address(Access::Public),
            control: parts.control,
            peers: parts.peers,
            chain: parts.chain,
            pool: parts.pool,
            planted: parts.planted,
            observers: parts.observers,
            own: parts.own,
            blink: parts.blink,
            bridge: parts.bridge,
            clock: parts.clock,
            source: Mutex::new(source),
            stop: Some(stop),
            runtime: Some(runtime),
        };
        fixture.catch_up();
        fixture
    }

    /// The chain that makes blocks and transfers for the node.
    pub fn source(&self) -> MutexGuard<'_, TestChain> {
        self.source.lock().unwrap()
    }

    /// Gives the node every block of the source that it does not have.
    pub fn catch_up(&self) {
        let source = self.source();
        let known = self.height();
        for mined in source.blocks().iter().skip(usize::try_from(known - 1).unwrap()) {
            self.clock.advance(self.chain.network().target_block_seconds);
            self.chain.submit_block(mined.submission()).unwrap();
        }
    }

    /// Mines these on the source and gives the block to the node.
    pub fn mine(&self, transfers: &[&Transfer]) -> Hash {
        let checked: Vec<_> = transfers.iter().map(|transfer| transfer.checked()).collect();
        let id = self.source().mine(&checked).block.id();
        self.catch_up();
        id
    }

    /// Registers nodes with these numbers, of two contributors each, in a new block.
    pub fn plant(&self, numbers: std::ops::Range<u32>) {
        let nodes = numbers.map(|number| (planted::node_key(number), planted::active_node(number, 2)));
        self.planted.nodes.lock().unwrap().extend(nodes);
        self.mine(&[]);
    }

    /// Puts a transfer into the pool.
    pub fn submit(&self, transfer: &Transfer) {
        self.pool.submit(&transfer.blob(), Relay::Relay).unwrap();
    }

    /// Number of blocks of the node.
    pub fn height(&self) -> u64 {
        oxen_state::queries::totals(&*self.chain.snapshot())
            .unwrap()
            .tip
            .next()
            .index()
    }

    pub fn chain_network(&self) -> Arc<Network> {
        Arc::clone(self.chain.network())
    }

    /// Moves the node's clock on.
    pub fn advance(&self, seconds: u64) {
        self.clock.advance(seconds);
    }

    pub fn now(&self) -> u64 {
        self.clock.now().seconds()
    }

    fn address(&self, access: Access) -> SocketAddr {
        match access {
            Access::Admin => self.admin,
            Access::Public => self.public,
        }
    }

    /// A client of one listener.
    pub fn client(&self, access: Access) -> Client {
        Client::new(self.address(access))
    }

    /// Calls a method by JSON-RPC.
    pub fn call(&self, access: Access, method: &str, params: &Value) -> Result<Value, ErrorObject> {
        let body = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let answer = self.client(access).post("/json_rpc", body.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
        let mut answer = answer.json();
        assert_eq!(answer["jsonrpc"], "2.0");
        assert_eq!(answer["id"], 7);
        match answer.get_mut("error") {
            Some(error) => Err(serde_json::from_value(error.take()).unwrap()),
            None => Ok(answer["result"].take()),
        }
    }

    /// Calls a method of the admin listener that must have a result.
    #[track_caller]
    pub fn result(&self, method: &str, params: &Value) -> Value {
        self.call(Access::Admin, method, params)
            .unwrap_or_else(|error| panic!("{method} {params}: {error:?}"))
    }

    /// Calls a method of the admin listener that must fail, and says with which code.
    #[track_caller]
    pub fn failure(&self, method: &str, params: &Value) -> (ErrorCode, String) {
        match self.call(Access::Admin, method, params) {
            Ok(result) => panic!("{method} {params} gave {result}"),
            Err(error) => (ErrorCode::from_number(error.code).expect("a known code"), error.message),
        }
    }

    /// Calls a method by its path.
    pub fn path(&self, access: Access, path: &str, params: &Value) -> Answer {
        self.client(access).post(path, params.to_string().as_bytes())
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The services of a node in memory.
pub struct NodeParts {
    pub control: Arc<TestControl>,
    pub peers: Arc<TestPeers>,
    pub chain: Arc<Chain>,
    pub pool: Arc<Mempool>,
    pub clock: Arc<ManualClock>,
    pub planted: Arc<PlantedServiceNodes>,
    pub observers: Arc<TestObservers>,
    pub own: Arc<TestOwnServiceNode>,
    pub blink: Arc<ScriptedQuorum>,
    pub bridge: Arc<ScriptedBridge>,
    pub staking: Arc<StakingRules>,
    events: Arc<EventHub>,
}

impl NodeParts {
    /// A node on the network of this chain, with its first block only.
    pub fn new(source: &TestChain) -> Self {
        let network = source.network();
        let identity = Identity {
            network: network.network_id,
            genesis: network.genesis.block_id,
        };
        Self::on(source, ChainStore::in_memory(&identity).unwrap())
    }

    /// The same over a database.
    pub fn on(source: &TestChain, store: ChainStore) -> Self {
        let network = source.network();
        let clock = Arc::new(ManualClock::at(network.genesis.timestamp));
        let events = Arc::new(EventHub::new());
        let verifier = Arc::new(ProofVerifier::default());
        let planted = Arc::new(PlantedServiceNodes::default());
        let service_nodes: Arc<dyn ServiceNodeRules + Send + Sync> = Arc::clone(&planted) as _;
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
        Self {
            control: Arc::new(TestControl::default()),
            peers: Arc::new(TestPeers::new(Arc::clone(&clock))),
            chain,
            pool,
            clock,
            planted,
            observers: Arc::default(),
            own: Arc::default(),
            blink: Arc::default(),
            bridge: Arc::default(),
            staking: Arc::new(StakingRules::new(Arc::clone(network))),
            events,
        }
    }

    pub fn handles(&self) -> NodeHandles {
        NodeHandles {
            chain: Arc::clone(&self.chain) as _,
            writer: Arc::clone(&self.chain) as _,
            pool: Arc::clone(&self.pool) as _,
            blink: Arc::clone(&self.blink) as _,
            mining: Arc::clone(&self.chain) as _,
            feed: Arc::clone(&self.events) as _,
            peers: Some(Arc::clone(&self.peers) as _),
            clock: Arc::clone(&self.clock) as _,
            control: Arc::clone(&self.control) as _,
            staking: Arc::clone(&self.staking),
            service_node_peers: Arc::clone(&self.observers) as _,
            own_service_node: Arc::clone(&self.own) as _,
            bridge: Arc::clone(&self.bridge) as _,
        }
    }
}
