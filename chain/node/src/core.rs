//! The services that every node has, joined: chain, pool, registry; and what stands on them.

use crate::{
    clock::SystemClock, control::Control, launch::LaunchError, own_report::OwnReporter,
    pool_storage::DatabasePoolStorage, proof_storage::DatabaseProofStorage, pulse_guard::DatabaseGuard,
};
use oxen_blink::{BlinkHandler, BlinkParts, BlinkService};
use oxen_bridge_aggregation::{Aggregation, AggregationParts, BridgeRequests, ChainHeights, ChainSources, SigningKeys};
use oxen_bridge_follower::{EventReporter, Followed, Follower, FollowerSettings, OwnChain, OwnWord};
use oxen_crypto::KeyPair;
use oxen_mempool::{Mempool, MempoolParts, PoolSettings, PoolStorage};
use oxen_node_api::{
    Answer, AskError, Blink, BridgeSignatures, ChainReader, Clock, EventHub, Gossip, GossipTopic, L2Reader, NoBridge,
    NoL2, PeerControl, QuorumHandler, QuorumNetwork, QuorumSubject, Reach, SyncState,
};
use oxen_p2p::{PeerConfig, PeerNetwork, PeerServices, StartError};
use oxen_pulse_driver::{PulseDriver, PulseParts, Readiness};
use oxen_rpc::NodeHandles;
use oxen_staking_prober::{
    BlsPossession, NoSyncTarget, Prober, ProberParts, ProberSettings, ProofHandler, SyncTarget, TimeHandler,
    VoteHandler,
};
use oxen_staking_rules::ServiceNodeKeys;
use oxen_state::{NoWorkHash, ServiceNodeRules, StakingRules, queries};
use oxen_store::ChainStore;
use oxen_types::{Height, Network, PublicKey};
use oxen_verifier::ProofVerifier;
use oxen_writer::{Chain, ChainParts};
use std::sync::Arc;

/// Services that know each other by traits alone.
pub(crate) struct Core {
    pub(crate) chain: Arc<Chain>,
    pub(crate) pool: Arc<Mempool>,
    pub(crate) staking: Arc<StakingRules>,
    pub(crate) events: Arc<EventHub>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Messages to and from service nodes; [`NobodyToTell`] until there are peers.
    pub(crate) quorum_network: Arc<dyn QuorumNetwork>,
    /// What is seen of L2; [`NoL2`] while none is followed.
    pub(crate) l2: Arc<dyn L2Reader>,
}

impl Core {
    /// Takes up the chain and the pool of a database.
    pub(crate) fn open(network: Network, store: &ChainStore, pool_settings: PoolSettings) -> Result<Self, LaunchError> {
        let network = Arc::new(network);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let events = Arc::new(EventHub::new());
        let verifier = Arc::new(ProofVerifier::default());
        let staking = Arc::new(StakingRules::new(Arc::clone(&network)));
        let service_nodes: Arc<dyn ServiceNodeRules + Send + Sync> = Arc::clone(&staking) as _;
        let chain = Arc::new(Chain::open(ChainParts {
            network,
            store: store.clone(),
            service_nodes: Arc::clone(&service_nodes),
            verifier: Arc::clone(&verifier),
            work: Arc::new(NoWorkHash),
            clock: Arc::clone(&clock),
            events: Arc::clone(&events),
        })?);
        let storage: Arc<dyn PoolStorage> = Arc::new(DatabasePoolStorage(store.clone()));
        let pool = Arc::new(Mempool::new(MempoolParts {
            chain: Arc::clone(&chain) as Arc<dyn ChainReader>,
            service_nodes,
            verifier,
            clock: Arc::clone(&clock),
            events: Arc::clone(&events),
            storage,
            settings: pool_settings,
        }));
        chain.set_pool(Arc::clone(&pool) as _);
        let reloaded = pool.reload()?;
        if reloaded.kept + reloaded.dropped > 0 {
            tracing::info!(kept = reloaded.kept, dropped = reloaded.dropped, "took up the pool");
        }
        Ok(Self {
            chain,
            pool,
            staking,
            events,
            clock,
            quorum_network: Arc::new(NobodyToTell),
            l2: Arc::new(NoL2),
        })
    }

    /// Takes connections and goes to peers. With keys the node proves to them that it is a service node.
    pub(crate) async fn start_peers(
        &mut self,
        config: PeerConfig,
        keys: Option<&ServiceNodeKeys>,
    ) -> Result<Arc<PeerNetwork>, StartError> {
        let services = PeerServices {
            chain: Arc::clone(&self.chain) as _,
            writer: Arc::clone(&self.chain) as _,
            pool: Arc::clone(&self.pool) as _,
            feed: Arc::clone(&self.events) as _,
            clock: Arc::clone(&self.clock),
        };
        let peers = Arc::new(PeerNetwork::start(config, services, keys, rand_core::OsRng).await?);
        for address in peers.addresses() {
            tracing::info!("peers can connect to {address}");
        }
        self.quorum_network = Arc::clone(&peers) as _;
        Ok(peers)
    }

    /// Listens to uptime proofs and votes, and sends our own when this is a service node.
    pub(crate) async fn start_prober(
        &self,
        peers: Option<&Arc<PeerNetwork>>,
        store: &ChainStore,
        mut settings: ProberSettings,
    ) -> Result<Arc<Prober>, LaunchError> {
        if settings.quorumnet_port == 0 {
            // One port takes peers and the messages of service nodes. A node without peers proves to nobody.
            let port = peers.and_then(|peers| peers.tcp_port());
            settings.quorumnet_port = port.unwrap_or(self.chain.network().ports.quorumnet);
        }
        let (gossip, sync): (Arc<dyn Gossip>, Arc<dyn SyncTarget>) = match peers {
            Some(peers) => (Arc::clone(peers) as _, Arc::new(PeersTarget(Arc::clone(peers) as _))),
            None => (Arc::new(NobodyToTell), Arc::new(NoSyncTarget)),
        };
        let prober = Arc::new(Prober::new(ProberParts {
            chain: Arc::clone(&self.chain) as _,
            writer: Arc::clone(&self.chain) as _,
            pool: Arc::clone(&self.pool) as _,
            gossip,
            quorum: Arc::clone(&self.quorum_network),
            clock: Arc::clone(&self.clock),
            staking: Arc::clone(&self.staking) as _,
            sync,
            storage: Arc::new(DatabaseProofStorage(store.clone())),
            l2: Arc::clone(&self.l2),
            possession: Arc::new(BlsPossession {
                chain_id: self.chain.network().l2.chain_id,
            }),
            settings,
        })?);
        if let Some(peers) = peers {
            let proofs = Arc::new(ProofHandler(Arc::clone(&prober)));
            peers.handle(GossipTopic::UptimeProofs, proofs).await;
            let votes = Arc::new(VoteHandler(Arc::clone(&prober)));
            peers.handle(GossipTopic::Votes, votes).await;
            peers.set_quorum_addresses(Arc::clone(&prober) as _);
            let time = Arc::new(TimeHandler(Arc::clone(&prober)));
            self.quorum_network.handle(QuorumSubject::Time, time);
        }
        Ok(prober)
    }

    /// Takes part in making blocks, with the primary key of our service node. Must be called after the prober knows where the
    /// others are.
    pub(crate) fn start_pulse(
        &self,
        peers: Option<Arc<dyn PeerControl>>,
        store: &ChainStore,
        key: KeyPair,
    ) -> Result<PulseDriver, LaunchError> {
        let parts = PulseParts {
            chain: Arc::clone(&self.chain) as _,
            blocks: Arc::clone(&self.chain) as _,
            writer: Arc::clone(&self.chain) as _,
            pool: Arc::clone(&self.pool) as _,
            staking: Arc::clone(&self.staking),
            network: Arc::clone(&self.quorum_network),
            guard: Arc::new(DatabaseGuard::open(store.clone()).map_err(oxen_pulse_driver::StartError::from)?),
            clock: Arc::clone(&self.clock),
            readiness: Arc::new(InStep {
                peers,
                chain: Arc::clone(&self.chain),
                clock: Arc::clone(&self.clock),
            }),
            key,
        };
        Ok(PulseDriver::start(parts, &*self.events)?)
    }

    /// Judges instant transactions when this is a service node, submits them, and hears of approved ones. `None` for a node
    /// without peers.
    pub(crate) async fn start_blink(
        &self,
        peers: Option<&Arc<PeerNetwork>>,
        key: Option<KeyPair>,
    ) -> Option<Arc<BlinkService>> {
        let peers = peers?;
        let service = BlinkService::start(BlinkParts {
            chain: Arc::clone(&self.chain) as _,
            writer: Arc::clone(&self.chain) as _,
            pool: Arc::clone(&self.pool) as _,
            network: Arc::clone(&self.quorum_network),
            gossip: Arc::clone(peers) as _,
            key,
        });
        let handler = Arc::new(BlinkHandler(Arc::clone(&service)));
        peers.handle(GossipTopic::Blinks, handler).await;
        Some(service)
    }

    /// Follows L2, if the operator named providers and the network its contracts, and gives this node's word on it from HF21 on.
    pub(crate) async fn start_l2(&self, settings: FollowerSettings) -> Result<L2, LaunchError> {
        let followed = Followed::of(&self.chain.network().l2);
        let mut l2 = L2::none();
        match followed {
            _ if settings.providers.is_empty() => tracing::info!(
                "{}; a service node of a network at hard fork 21 needs --l2-provider",
                NoL2.status().state
            ),
            None => tracing::warn!("--l2-provider has no use: this network has no L2 contracts"),
            Some(followed) => {
                let follower = Arc::new(Follower::start(settings, followed, Arc::clone(&self.clock)).await?);
                let reporting = Arc::new(OwnChain {
                    chain: Arc::clone(&self.chain) as _,
                    staking: Arc::clone(&self.staking),
                });
                let reporter = EventReporter::start(follower.pictures(), Arc::clone(&self.pool) as _, reporting);
                l2 = L2 {
                    reader: follower,
                    _reporter: Some(reporter),
                };
            }
        }
        self.chain.set_l2(Arc::new(OwnWord {
            l2: Arc::clone(&l2.reader),
            staking: Arc::clone(&self.staking),
        }));
        Ok(l2)
    }

    /// Signs for the contracts on L2 when this is a service node, and gathers signatures of others. Must be called after the
    /// prober knows where they are.
    pub(crate) fn start_bridge(&self, keys: Option<SigningKeys>) -> Arc<dyn BridgeSignatures> {
        let l2_parameters = self.chain.network().l2;
        if l2_parameters.rewards_contract.is_none() {
            return Arc::new(NoBridge);
        }
        let sources = Arc::new(ChainSources {
            chain: Arc::clone(&self.chain) as _,
            staking: Arc::clone(&self.staking),
        });
        let aggregation = Aggregation::start(AggregationParts {
            l2_parameters,
            heights: Arc::new(ChainHeights(Arc::clone(&self.chain) as _)),
            rewards: Arc::clone(&sources) as _,
            swap: Arc::clone(&sources) as _,
            nodes: sources,
            l2: Arc::clone(&self.l2),
            network: Arc::clone(&self.quorum_network),
            clock: Arc::clone(&self.clock),
            keys,
        });
        Arc::new(BridgeRequests(aggregation))
    }

    /// What tells of our service node.
    pub(crate) fn reporter(&self, prober: &Arc<Prober>) -> OwnReporter {
        OwnReporter {
            chain: Arc::clone(&self.chain) as _,
            staking: Arc::clone(&self.staking),
            own: Arc::clone(prober) as _,
            peers: Arc::clone(prober) as _,
            clock: Arc::clone(&self.clock),
        }
    }

    /// What the RPC is a front end of.
    pub(crate) fn handles(
        &self,
        prober: &Arc<Prober>,
        peers: Option<Arc<dyn PeerControl>>,
        control: Arc<Control>,
        blink: Arc<dyn Blink>,
        bridge: Arc<dyn BridgeSignatures>,
    ) -> NodeHandles {
        NodeHandles {
            chain: Arc::clone(&self.chain) as _,
            writer: Arc::clone(&self.chain) as _,
            pool: Arc::clone(&self.pool) as _,
            blink,
            mining: Arc::clone(&self.chain) as _,
            feed: Arc::clone(&self.events) as _,
            peers,
            clock: Arc::clone(&self.clock),
            control,
            staking: Arc::clone(&self.staking),
            service_node_peers: Arc::clone(prober) as _,
            own_service_node: Arc::clone(prober) as _,
            bridge,
        }
    }
}

/// What follows L2, until it is dropped.
pub(crate) struct L2 {
    pub(crate) reader: Arc<dyn L2Reader>,
    _reporter: Option<EventReporter>,
}

impl L2 {
    fn none() -> Self {
        Self {
            reader: Arc::new(NoL2),
            _reporter: None,
        }
    }
}

/// Gossip, and messages to service nodes, of a node without peers.
struct NobodyToTell;

impl Gossip for NobodyToTell {
    fn publish(&self, _: GossipTopic, _: Vec<u8>) {}
}

impl QuorumNetwork for NobodyToTell {
    fn tell(&self, _: &PublicKey, _: QuorumSubject, _: Arc<[u8]>, _: Reach) {}

    fn ask(&self, _: &PublicKey, _: QuorumSubject, _: Vec<u8>) -> Answer<Result<Vec<u8>, AskError>> {
        Box::pin(async { Err(AskError::Unreachable) })
    }

    fn handle(&self, _: QuorumSubject, _: Arc<dyn QuorumHandler>) {}
}

/// In step unless a peer is ahead. What peers say of themselves cannot be believed: a node whose newest block is young is not
/// behind, whoever says so.
struct InStep {
    peers: Option<Arc<dyn PeerControl>>,
    chain: Arc<Chain>,
    clock: Arc<dyn Clock>,
}

impl Readiness for InStep {
    fn is_in_step(&self) -> bool {
        let is_alone_or_synchronised = self
            .peers
            .as_ref()
            .is_none_or(|peers| peers.sync_state() == SyncState::Synchronised);
        is_alone_or_synchronised
            || queries::tip(&*self.chain.snapshot()).is_ok_and(|(_, tip)| {
                let age = self.clock.now().seconds().saturating_sub(tip.timestamp.seconds());
                age < 2 * self.chain.network().target_block_seconds
            })
    }
}

/// How far the peers are, for the prober: it does not judge others while this node is behind.
struct PeersTarget(Arc<dyn PeerControl>);

impl SyncTarget for PeersTarget {
    fn target(&self) -> Option<Height> {
        match self.0.sync_state() {
            SyncState::Synchronised => None,
            SyncState::CatchingUp { target } => Some(target),
        }
    }
}
