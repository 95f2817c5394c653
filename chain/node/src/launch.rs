//! Starting a node: every part made and wired, in the order in which they need each other.

use crate::{
    control::Control,
    core::{Core, L2},
    data_directory::{DataDirectory, DataDirectoryError},
    health::{self, Health},
    metrics::Metrics,
    notify::BlockNotify,
    service_node_keys::KeyFileError,
    service_node_options::{ServiceNodeSettings, ServiceNodeStart, service_node_start},
    shutdown::{Shutdown, ShutdownReason},
    supervisor::{Notice, Supervisor},
};
use oxen_blink::{BlinkSender, BlinkService};
use oxen_bridge_follower::FollowerSettings;
use oxen_mempool::{Mempool, PoolSettings, StorageError};
use oxen_node_api::{
    Blink, ChainEvent, ChainFeed, ChainSubscriber, ChainWriter, Clock, NoBlink, NodeControl, PeerControl, Subscription,
};
use oxen_p2p::{PeerConfig, PeerNetwork, StartError};
use oxen_pulse_driver::PulseDriver;
use oxen_rpc::{Access, BindError, RpcConfig, RpcServer};
use oxen_staking_prober::Prober;
use oxen_staking_rules::uptime_proof::LocalAddresses;
use oxen_store::{ChainStore, Identity, MigrationProgress, OpenError, StoreError, StoreSettings};
use oxen_types::Network;
use oxen_writer::{Chain, OpenChainError};
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use thiserror::Error;
use tokio::task::JoinSet;

/// Between two looks at what the pool should drop.
const POOL_MAINTENANCE: Duration = Duration::from_secs(60);
/// Between two status lines in the log.
const STATUS_INTERVAL: Duration = Duration::from_secs(30);
/// The file that tells scripts where the RPC listens.
pub(crate) const RPC_ADDRESSES_FILE: &str = "rpc.addresses";

/// The file that tells scripts where peers can connect, as `--add-peer` takes it.
const PEER_ADDRESSES_FILE: &str = "p2p.addresses";

/// What a node is started with.
#[derive(Debug, Clone)]
pub struct NodeSettings {
    /// The network.
    pub network: Network,
    /// Folder of folders; the network's is inside.
    pub data_root: PathBuf,
    /// The database.
    pub store: StoreSettings,
    /// The pool.
    pub pool: PoolSettings,
    /// JSON-RPC.
    pub rpc: RpcConfig,
    /// Peers; none for a node that stays alone.
    pub peers: Option<PeerConfig>,
    /// Following Arbitrum.
    pub l2: FollowerSettings,
    /// A command for each new block.
    pub block_notify: Option<String>,
    /// The service node, if the process runs one.
    pub service_node: Option<ServiceNodeSettings>,
    /// Whether service nodes may have addresses that are not reached from everywhere.
    pub local_addresses: LocalAddresses,
}

/// Why a node could not be started. The texts say what to do.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// The data directory.
    #[error(transparent)]
    DataDirectory(#[from] DataDirectoryError),
    /// The keys of the service node.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The database could not be opened.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The chain could not be taken up.
    #[error(transparent)]
    Chain(#[from] OpenChainError),
    /// The pool could not be read.
    #[error(transparent)]
    Pool(#[from] StorageError),
    /// The uptime proofs could not be read.
    #[error(transparent)]
    UptimeProofs(#[from] oxen_staking_prober::StorageError),
    /// The peer-to-peer network.
    #[error(transparent)]
    Peers(#[from] StartError),
    /// Pulse.
    #[error(transparent)]
    Pulse(#[from] oxen_pulse_driver::StartError),
    /// Arbitrum.
    #[error(transparent)]
    L2(#[from] oxen_bridge_follower::StartError),
    /// A port is taken.
    #[error(transparent)]
    Rpc(#[from] BindError),
    /// A small file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A running node. [`Self::run`] serves until it is told to stop.
pub struct Node {
    chain: Arc<Chain>,
    pool: Arc<Mempool>,
    clock: Arc<dyn Clock>,
    control: Arc<Control>,
    prober: Arc<Prober>,
    blink: Option<Arc<BlinkService>>,
    pulse: Option<PulseDriver>,
    l2: L2,
    supervisor: Arc<Supervisor>,
    peers: Option<Arc<PeerNetwork>>,
    server: RpcServer,
    addresses: Vec<SocketAddr>,
    shutdown: Shutdown,
    addresses_file: PathBuf,
    _subscriptions: Vec<Subscription>,
    /// Last, so that the folder is free only when everything else has gone.
    _data_directory: DataDirectory,
}

impl Node {
    /// Opens the database, takes up the pool and binds the RPC. Nothing is served before [`Self::run`].
    ///
    /// # Errors
    /// What stands in the way, and what to do about it.
    pub async fn launch(settings: NodeSettings) -> Result<Self, LaunchError> {
        let started = Instant::now();
        let (data_directory, store) = open_database(&settings)?;
        let ServiceNodeStart {
            prober: prober_settings,
            signing,
        } = service_node_start(settings.service_node, settings.local_addresses, data_directory.path())?;
        let mut core = Core::open(settings.network, &store, settings.pool)?;
        let shutdown = Shutdown::new();
        let metrics = Arc::new(Metrics::new());
        let mut subscriptions = vec![
            core.events.subscribe(Arc::clone(&metrics) as _),
            core.events.subscribe(Arc::new(StopWhenStorageStops(shutdown.clone()))),
        ];
        if let Some(command) = settings.block_notify {
            subscriptions.push(core.events.subscribe(Arc::new(BlockNotify(command))));
        }
        let l2 = core.start_l2(settings.l2).await?;
        core.l2 = Arc::clone(&l2.reader);
        let peers = match settings.peers {
            Some(config) => Some(core.start_peers(config, prober_settings.keys.as_ref()).await?),
            None => None,
        };
        let primary = prober_settings.keys.as_ref().map(|keys| keys.primary().clone());
        let prober = core.start_prober(peers.as_ref(), &store, prober_settings).await?;
        subscriptions.push(prober.subscribe(&*core.events));
        let reporter = core.reporter(&prober);
        let peer_control = peers.clone().map(|peers| peers as Arc<dyn PeerControl>);
        let blink = core.start_blink(peers.as_ref(), primary.clone()).await;
        subscriptions.extend(blink.as_ref().map(|blink| blink.subscribe(&*core.events)));
        let pulse = match primary {
            Some(key) => Some(core.start_pulse(peer_control.clone(), &store, key)?),
            None => None,
        };
        let control = Arc::new(Control {
            chain: Arc::clone(&core.chain) as _,
            pool: Arc::clone(&core.pool) as _,
            peers: peer_control.clone(),
            clock: Arc::clone(&core.clock),
            shutdown: shutdown.clone(),
            started_at: core.clock.now(),
            started,
            data_directory: data_directory.path().to_owned(),
            own: reporter.clone(),
            pulse: pulse.as_ref().map(PulseDriver::watch),
        });
        let health = Health {
            chain: Arc::clone(&core.chain) as _,
            pool: Arc::clone(&core.pool) as _,
            store,
            metrics,
            pulse: pulse.as_ref().map(PulseDriver::watch),
            own: None,
            peers: peer_control.clone(),
            l2: Arc::clone(&l2.reader),
        };
        let operators_health = Health {
            own: Some(reporter),
            ..health.clone()
        };
        let sender: Arc<dyn Blink> = match &blink {
            Some(blink) => Arc::new(BlinkSender(Arc::clone(blink))),
            None => Arc::new(NoBlink),
        };
        let bridge = core.start_bridge(signing);
        let handles = core.handles(&prober, peer_control, Arc::clone(&control), sender, bridge);
        let server = RpcServer::bind(settings.rpc, handles)
            .await?
            .with_routes(Access::Admin, health::admin_routes(operators_health))
            .with_routes(Access::Public, health::routes(health));
        let addresses: Vec<SocketAddr> = server
            .local_addresses()
            .into_iter()
            .map(|(_, address)| address)
            .collect();
        let addresses_file = data_directory.path().join(RPC_ADDRESSES_FILE);
        write_addresses(&addresses_file, &addresses)?;
        let peer_addresses = peers.as_ref().map(|peers| peers.addresses()).unwrap_or_default();
        write_addresses(&data_directory.path().join(PEER_ADDRESSES_FILE), &peer_addresses)?;
        Ok(Self {
            chain: core.chain,
            pool: core.pool,
            clock: core.clock,
            control,
            peers,
            prober,
            blink,
            pulse,
            l2,
            supervisor: Arc::new(Supervisor::from_environment()),
            server,
            addresses,
            shutdown,
            addresses_file,
            _subscriptions: subscriptions,
            _data_directory: data_directory,
        })
    }

    /// Tells no supervisor how it is: one of several in a process, of which only the process has one.
    #[must_use]
    pub(crate) fn unsupervised(mut self) -> Self {
        self.supervisor = Arc::new(Supervisor::none());
        self
    }

    /// Where the RPC listens.
    #[must_use]
    pub fn rpc_addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Stops the node from outside; [`Self::run`] then returns.
    #[must_use]
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// The peer-to-peer network; none when the node is alone.
    #[must_use]
    pub const fn peers(&self) -> Option<&Arc<PeerNetwork>> {
        self.peers.as_ref()
    }

    /// The chain, for tests that run a node in their own process.
    #[must_use]
    pub const fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    /// One line on how the node is.
    #[must_use]
    pub fn status_line(&self) -> String {
        self.control.status_line()
    }

    /// Serves until somebody asks to stop, then ends in order: no new requests, running ones finish, the database is brought
    /// into its final files.
    ///
    /// # Errors
    /// The database could not be written at the end.
    pub async fn run(self) -> Result<ShutdownReason, StoreError> {
        for address in &self.addresses {
            tracing::info!("JSON-RPC listens on {address}");
        }
        let status = in_one_line(&self.status_line());
        tracing::info!("{status}");
        let mut tasks = JoinSet::new();
        let pool = Arc::clone(&self.pool);
        let clock = Arc::clone(&self.clock);
        tasks.spawn(every(POOL_MAINTENANCE, move || {
            let dropped = pool.expire(clock.now());
            if dropped > 0 {
                tracing::info!(dropped, "transactions waited longer than they may");
            }
        }));
        let (control, supervisor) = (Arc::clone(&self.control), Arc::clone(&self.supervisor));
        tasks.spawn(every(STATUS_INTERVAL, move || {
            let line = in_one_line(&control.status_line());
            tracing::info!("{line}");
            supervisor.tell(&Notice::Status(line));
        }));
        if let Some(interval) = self.supervisor.sign_of_life_interval() {
            let (chain, supervisor) = (Arc::clone(&self.chain), Arc::clone(&self.supervisor));
            tasks.spawn(every(interval, move || {
                if makes_progress(&chain) {
                    supervisor.tell(&Notice::Alive);
                }
            }));
        }
        let stop = self.shutdown.clone();
        let prober = Arc::clone(&self.prober);
        tasks.spawn(oxen_staking_prober::run(prober, async move { stop.requested().await }));
        if let Some(blink) = self.blink.clone() {
            let stop = self.shutdown.clone();
            tasks.spawn(oxen_blink::run(blink, async move { stop.requested().await }));
        }
        self.supervisor.tell(&Notice::Ready);
        self.supervisor.tell(&Notice::Status(status));

        let stop = self.shutdown.clone();
        self.server.run(async move { stop.requested().await }).await;
        let reason = self.shutdown.requested_reason();
        tracing::info!("stopping: {reason}");
        self.supervisor.tell(&Notice::Stopping);
        tasks.shutdown().await;
        drop(self.l2);
        let pulse = self.pulse;
        // Its thread may be in the middle of a block, and ends after it.
        if tokio::task::spawn_blocking(move || drop(pulse)).await.is_err() {
            tracing::error!("Pulse could not be stopped in order");
        }
        if let Some(peers) = &self.peers {
            peers.stop().await;
        }
        if let Err(error) = fs::remove_file(&self.addresses_file) {
            tracing::debug!(%error, "the file of RPC addresses stays");
        }
        let store = self.chain.store().clone();
        if !store.is_stopped() {
            store.flush()?;
        }
        Ok(reason)
    }
}

/// For logs, where an entry is a line.
fn in_one_line(text: &str) -> String {
    text.replace('\n', "; ")
}

/// Runs `work` on a blocking thread again and again.
async fn every(interval: Duration, work: impl Fn() + Send + Sync + 'static) {
    let work = Arc::new(work);
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let work = Arc::clone(&work);
        if let Err(error) = tokio::task::spawn_blocking(move || work()).await {
            tracing::error!(%error, "periodic work failed");
        }
    }
}

/// True when the database can be written and the writer is free within the time between two signs of life: not merely alive.
fn makes_progress(chain: &Chain) -> bool {
    // Taking back no blocks changes nothing, and waits for whoever writes.
    !chain.store().is_stopped() && chain.pop_blocks(0).is_ok()
}

/// Takes the data directory and opens the database in it.
pub(crate) fn open_database(settings: &NodeSettings) -> Result<(DataDirectory, ChainStore), LaunchError> {
    let network = &settings.network;
    let folder = DataDirectory::open(&settings.data_root, network)?;
    let identity = Identity {
        network: network.network_id,
        genesis: network.genesis.block_id,
    };
    let mut progress = |progress: &MigrationProgress| tracing::info!(?progress, "bringing the database up to date");
    let store = ChainStore::open(folder.path(), &identity, &settings.store, &mut progress)?;
    Ok((folder, store))
}

/// Written beside and renamed, so that a reader never sees half of it.
fn write_addresses(path: &Path, addresses: &[impl std::fmt::Display]) -> Result<(), LaunchError> {
    let text: String = addresses.iter().map(|address| format!("{address}\n")).collect();
    let beside = path.with_extension("new");
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|source| LaunchError::File {
            path: path.to_owned(),
            source,
        })
}

/// A database that cannot be written ends the node: serving a chain that stands still would deceive its users.
struct StopWhenStorageStops(Shutdown);

impl ChainSubscriber for StopWhenStorageStops {
    fn on_event(&self, event: &ChainEvent) {
        if let ChainEvent::StorageStopped { reason } = event {
            self.0.request(ShutdownReason::StorageFailed(Arc::clone(reason)));
        }
    }
}
