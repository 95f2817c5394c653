//! What the tasks of the network share: the services of the node, the peers, and signals between the tasks.

use crate::{
    gossip::{outbox::Outbox, own::OwnWork, stem::Embargoes},
    peers::{Peers, standing::Consequence},
    penalty::{Offence, Penalty},
    quorum::{hearing::Hearing, postbox::Postbox},
    sync::view::SyncView,
    wire::{
        message::{ChainIdentity, Request, Response, Status},
        quorum::Statement,
    },
};
use libp2p::PeerId;
use oxen_node_api::{
    ChainFeed, ChainReader, ChainWriter, Clock, GossipHandler, GossipTopic, Pool, QuorumAddresses, QuorumEndpoint,
};
use oxen_staking_rules::ServiceNodeKeys;
use oxen_state::{ViewError, queries};
use oxen_types::{Hash, PublicKey, Timestamp};
use std::{
    collections::BTreeMap,
    fmt::Display,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use thiserror::Error;
use tokio::sync::{Notify, mpsc, oneshot};

/// The services that the network serves and feeds.
#[derive(Clone)]
pub struct PeerServices {
    /// Reads the chain.
    pub chain: Arc<dyn ChainReader>,
    /// Extends it.
    pub writer: Arc<dyn ChainWriter>,
    /// Transactions that wait.
    pub pool: Arc<dyn Pool>,
    /// Tells of blocks and transactions of this node's own.
    pub feed: Arc<dyn ChainFeed>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum RequestError {
    /// None came in time.
    #[error("no answer came in time")]
    TimedOut,
    /// What came is not an answer.
    #[error("the answer is not one")]
    Garbled,
    /// The peer has gone, or the network stops.
    #[error("the peer is gone")]
    Gone,
}

/// What other tasks ask of the one that owns the connections.
pub(crate) enum Command {
    /// Ask a peer.
    Ask {
        peer: PeerId,
        request: Request,
        answer: oneshot::Sender<Result<Response, RequestError>>,
    },
    /// Take part in a topic.
    Join(GossipTopic),
    /// Tell every peer this node's newest block.
    TellStatus,
    /// End, and say when.
    Stop(oneshot::Sender<()>),
}

/// Shared by all tasks.
pub(crate) struct Shared {
    pub(crate) services: PeerServices,
    pub(crate) identity: ChainIdentity,
    /// For which service node this node speaks.
    pub(crate) statement: Option<Statement>,
    addresses: Mutex<Option<Arc<dyn QuorumAddresses>>>,
    pub(crate) hearing: Arc<Hearing>,
    pub(crate) postbox: Postbox,
    peers: Mutex<Peers>,
    handlers: Mutex<BTreeMap<GossipTopic, Arc<dyn GossipHandler>>>,
    sync: Mutex<SyncView>,
    embargoes: Mutex<Embargoes>,
    pub(crate) outbox: Outbox,
    pub(crate) own: Arc<OwnWork>,
    pub(crate) commands: mpsc::Sender<Command>,
    /// Somebody has to go, or limits changed.
    pub(crate) attention: Notify,
    /// A peer came or told of a new block.
    pub(crate) sync_wake: Notify,
    stopping: AtomicBool,
}

impl Shared {
    /// `own` are the node's id among peers and the keys of its service node, if it runs one.
    pub(crate) fn new(
        services: PeerServices,
        peers: Peers,
        own: (PeerId, Option<&ServiceNodeKeys>),
        commands: mpsc::Sender<Command>,
    ) -> Self {
        let identity = ChainIdentity::of(services.chain.network());
        let (peer, keys) = own;
        Self {
            statement: keys.map(|keys| Statement::sign(keys, peer, &identity)),
            identity,
            services,
            addresses: Mutex::default(),
            hearing: Arc::default(),
            postbox: Postbox::default(),
            peers: Mutex::new(peers),
            handlers: Mutex::default(),
            sync: Mutex::default(),
            embargoes: Mutex::default(),
            outbox: Outbox::default(),
            own: Arc::default(),
            commands,
            attention: Notify::new(),
            sync_wake: Notify::new(),
            stopping: AtomicBool::new(false),
        }
    }

    pub(crate) fn peers(&self) -> MutexGuard<'_, Peers> {
        lock(&self.peers)
    }

    pub(crate) fn sync(&self) -> MutexGuard<'_, SyncView> {
        lock(&self.sync)
    }

    pub(crate) fn embargoes(&self) -> MutexGuard<'_, Embargoes> {
        lock(&self.embargoes)
    }

    pub(crate) fn handler(&self, topic: GossipTopic) -> Option<Arc<dyn GossipHandler>> {
        lock(&self.handlers).get(&topic).cloned()
    }

    pub(crate) fn set_handler(&self, topic: GossipTopic, handler: Arc<dyn GossipHandler>) {
        lock(&self.handlers).insert(topic, handler);
    }

    /// Uptime proofs are looked up here from now on.
    pub(crate) fn set_addresses(&self, addresses: Arc<dyn QuorumAddresses>) {
        *lock(&self.addresses) = Some(addresses);
    }

    /// What the newest uptime proof of a service node says.
    pub(crate) fn endpoint(&self, node: &PublicKey) -> Option<QuorumEndpoint> {
        let addresses = lock(&self.addresses).clone()?;
        addresses.endpoint(node)
    }

    /// The service node for which a statement speaks, as long as its uptime proof announces the key that signed the statement.
    pub(crate) fn proven(&self, statement: &Statement) -> Option<PublicKey> {
        let endpoint = self.endpoint(&statement.primary)?;
        (endpoint.ed25519 == statement.ed25519).then_some(statement.primary)
    }

    /// The service node that a peer proved to be.
    pub(crate) fn service_node_of(&self, peer: &PeerId) -> Option<PublicKey> {
        let statement = self.peers().get(peer)?.statement?;
        self.proven(&statement)
    }

    /// Long work ends at the next block.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.services.clock.now()
    }

    /// This node's newest block. Three rows, which the database has in memory.
    pub(crate) fn status(&self) -> Result<Status, ViewError> {
        let (height, row) = queries::tip(&*self.services.chain.snapshot())?;
        Ok(Status { height, tip: row.id })
    }

    /// Is the block on the main chain or kept beside it?
    pub(crate) fn knows_block(&self, id: &Hash) -> Result<bool, ViewError> {
        let chain = &self.services.chain;
        Ok(queries::block_height(&*chain.snapshot(), id)?.is_some() || chain.alternative_block(id)?.is_some())
    }

    /// Counts a penalty and sends a banned peer away.
    pub(crate) fn punish(&self, peer: PeerId, penalty: Penalty, reason: &dyn Display) {
        if penalty == Penalty::None {
            return;
        }
        let consequence = self.peers().punish(peer, penalty, self.now());
        match consequence {
            Consequence::Stays => tracing::debug!(%peer, "peer loses standing: {reason}"),
            Consequence::Banned => {
                tracing::info!(%peer, "peer is banned for an hour: {reason}");
                self.attention.notify_one();
            }
        }
    }

    /// As [`Self::punish`] for an offence on the transport.
    pub(crate) fn charge(&self, peer: PeerId, offence: Offence) {
        self.punish(peer, offence.penalty(), &offence);
    }

    /// Asks a peer.
    pub(crate) async fn ask(&self, peer: PeerId, request: Request) -> Result<Response, RequestError> {
        let (answer, answered) = oneshot::channel();
        let command = Command::Ask { peer, request, answer };
        self.commands.send(command).await.map_err(|_| RequestError::Gone)?;
        answered.await.unwrap_or(Err(RequestError::Gone))
    }
}

/// A panic elsewhere leaves values that are still whole: none is changed in steps.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
