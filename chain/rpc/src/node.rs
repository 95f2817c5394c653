//! What methods work with: the services of the node, and what is remembered between requests.

use crate::{
    cache::{ChainFacts, FactsCache, OutputCountCache, ScanBlockCache, ServiceNodeCache},
    config::{Access, Limits},
    error::MethodError,
    types::{HexText, chain::PublishedLimits},
};
use oxen_node_api::{
    Blink, BlinkState, BridgeSignatures, ChainEvent, ChainFeed, ChainReader, ChainSubscriber, ChainWriter, Clock,
    Mining, NodeControl, OwnServiceNode, PeerControl, Pool, PoolTransaction, Relay, ServiceNodePeers, Snapshot,
    Subscription, SyncState,
};
use oxen_staking_rules::Registry;
use oxen_state::service_nodes::StakingRules;
use oxen_types::{Hash, KeyImage, Network};
use std::{str::FromStr, sync::Arc};
use tokio::sync::{Semaphore, watch};

/// The services that the RPC is a front end of.
#[derive(Clone)]
pub struct NodeHandles {
    /// Reads the chain.
    pub chain: Arc<dyn ChainReader>,
    /// Extends the chain.
    pub writer: Arc<dyn ChainWriter>,
    /// Transactions that wait.
    pub pool: Arc<dyn Pool>,
    /// Has transactions approved at once.
    pub blink: Arc<dyn Blink>,
    /// Makes blocks where the network allows it.
    pub mining: Arc<dyn Mining>,
    /// Tells what happened.
    pub feed: Arc<dyn ChainFeed>,
    /// Peers; none when the node is alone.
    pub peers: Option<Arc<dyn PeerControl>>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The process.
    pub control: Arc<dyn NodeControl>,
    /// Who is a service node.
    pub staking: Arc<StakingRules>,
    /// What was seen of service nodes.
    pub service_node_peers: Arc<dyn ServiceNodePeers>,
    /// The service node that the process runs, if it does.
    pub own_service_node: Arc<dyn OwnServiceNode>,
    /// Gathers signatures for the contracts on L2.
    pub bridge: Arc<dyn BridgeSignatures>,
}

/// Requests that wait for a blink quorum at once, which is seconds when members are silent: half of those that a listener works on,
/// so that the others go on.
const BLINKS_WAITING: usize = 4;

/// Requests that wait for signatures at once, which is a minute when many nodes are silent. A client that is gone still takes its
/// place for that long.
const SIGNATURES_WAITING: usize = 16;

/// What those who wait for news of the pool look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// Counts changes of chain and pool.
    Change(u64),
    /// The server stops: nobody waits any longer.
    Stopping,
}

/// Hears of changes on the writer's thread.
struct NewsSubscriber(watch::Sender<News>);

impl NewsSubscriber {
    fn tell(&self) {
        self.0.send_modify(|news| {
            if let News::Change(count) = news {
                *count = count.wrapping_add(1);
            }
        });
    }
}

impl ChainSubscriber for NewsSubscriber {
    fn on_event(&self, event: &ChainEvent) {
        match event {
            ChainEvent::Committed { .. }
            | ChainEvent::Reverted { .. }
            | ChainEvent::PoolAdded { .. }
            | ChainEvent::PoolRemoved { .. } => self.tell(),
            _ => {}
        }
    }
}

/// The services with what is remembered between requests; shared by all listeners.
pub(crate) struct Node {
    pub(crate) handles: NodeHandles,
    /// Places of requests that wait for a blink quorum.
    pub(crate) blink_places: Semaphore,
    /// Places of requests that wait for signatures for the contracts.
    pub(crate) bridge_places: Semaphore,
    news: Arc<NewsSubscriber>,
    _subscription: Subscription,
    pub(crate) facts: FactsCache,
    pub(crate) scan_blocks: ScanBlockCache,
    pub(crate) output_counts: OutputCountCache,
    pub(crate) service_nodes: ServiceNodeCache,
}

impl Node {
    pub(crate) fn new(handles: NodeHandles) -> Self {
        /// Encoded blocks for wallets that are kept: a day of a busy chain.
        const SCAN_BLOCK_BYTES: usize = 64 * 1024 * 1024;
        let news = Arc::new(NewsSubscriber(watch::Sender::new(News::Change(0))));
        let subscription = handles.feed.subscribe(Arc::clone(&news) as Arc<dyn ChainSubscriber>);
        Self {
            handles,
            blink_places: Semaphore::new(BLINKS_WAITING),
            bridge_places: Semaphore::new(SIGNATURES_WAITING),
            news,
            _subscription: subscription,
            facts: FactsCache::default(),
            scan_blocks: ScanBlockCache::new(SCAN_BLOCK_BYTES),
            output_counts: OutputCountCache::default(),
            service_nodes: ServiceNodeCache::default(),
        }
    }

    /// Renders the stakes of all service nodes, so that the first who asks for them need not wait.
    pub(crate) fn warm_up(&self) {
        let rendered = || -> Result<(), MethodError> {
            let registry = self.handles.staking.registry(&*self.handles.chain.snapshot())?;
            let nodes: Vec<_> = registry.nodes().map(|(key, node)| (*key, Arc::clone(node))).collect();
            let network = self.handles.chain.network();
            self.service_nodes
                .stakes(&registry, &nodes, network)
                .map_err(MethodError::Unwritable)?;
            Ok(())
        };
        if let Err(error) = rendered() {
            tracing::warn!("service nodes could not be prepared for requests: {error}");
        }
    }

    /// Tells of every change of chain and pool from now on.
    pub(crate) fn watch_news(&self) -> watch::Receiver<News> {
        self.news.0.subscribe()
    }

    /// Sends those away who wait for news.
    pub(crate) fn stop_waiting(&self) {
        self.news.0.send_replace(News::Stopping);
    }
}

/// Whether secret keys may go to a listener's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// It is on this machine only, or its clients have shown who they are.
    Trusted,
    /// Whoever reaches it may ask.
    Exposed,
}

/// One request: the node, and what its listener allows.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) node: &'a Node,
    pub(crate) access: Access,
    pub(crate) limits: &'a Limits,
    pub(crate) secrecy: Secrecy,
    /// Clients connected to all listeners.
    pub(crate) connections: u64,
}

impl Call<'_> {
    pub(crate) fn handles(&self) -> &NodeHandles {
        &self.node.handles
    }

    pub(crate) fn network(&self) -> &Network {
        self.node.handles.chain.network()
    }

    /// The chain as it is now. Everything that goes into one answer is read from one snapshot.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.node.handles.chain.snapshot()
    }

    /// What follows from the newest block of the snapshot.
    pub(crate) fn facts(&self, snapshot: &Snapshot) -> Result<Arc<ChainFacts>, MethodError> {
        Ok(self.node.facts.of(snapshot, self.network())?)
    }

    /// Who is a service node after the newest block of the snapshot.
    pub(crate) fn registry(&self, snapshot: &Snapshot) -> Result<Arc<Registry>, MethodError> {
        Ok(self.handles().staking.registry(&**snapshot)?)
    }

    /// The waiting transactions that the caller may see: strangers none that is kept here.
    pub(crate) fn pool_transactions(&self) -> Vec<PoolTransaction> {
        let mut waiting = self.handles().pool.transactions();
        waiting.retain(|one| self.may_see(one));
        waiting
    }

    /// Their ids.
    pub(crate) fn pool_ids(&self) -> Vec<Hash> {
        match self.access {
            Access::Admin => self.handles().pool.ids(),
            Access::Public => self
                .pool_transactions()
                .iter()
                .map(|one| one.transaction.id())
                .collect(),
        }
    }

    /// One of them.
    pub(crate) fn pool_transaction(&self, id: &Hash) -> Option<PoolTransaction> {
        self.handles().pool.get(id).filter(|one| self.may_see(one))
    }

    /// Whether one of them spends a key image.
    pub(crate) fn is_spent_in_pool(&self, image: &KeyImage) -> bool {
        let spenders = self.handles().pool.spenders(image);
        spenders.iter().any(|id| self.pool_transaction(id).is_some())
    }

    /// A transaction that is kept here shows who made it. One that waits for its blink quorum is known to twenty others, and
    /// its wallet must see that it is not lost: it would pay again.
    fn may_see(&self, waiting: &PoolTransaction) -> bool {
        self.access == Access::Admin
            || waiting.relay == Relay::Relay
            || matches!(waiting.blink, BlinkState::Held { .. })
    }

    pub(crate) const fn sizes(&self) -> &PublishedLimits {
        &self.limits.sizes
    }

    /// Height the peers are at; `None` when this node is there too.
    pub(crate) fn sync_target(&self) -> Option<u64> {
        match self.node.handles.control.sync_state() {
            SyncState::Synchronised => None,
            SyncState::CatchingUp { target } => Some(target.next().index()),
        }
    }
}

/// Refuses more than a request may ask for.
pub(crate) const fn check_count(what: &'static str, asked: usize, limit: usize) -> Result<(), MethodError> {
    if asked > limit {
        Err(MethodError::TooMany { what, asked, limit })
    } else {
        Ok(())
    }
}

/// The value of hexadecimal text, or the error for a wrong parameter.
pub(crate) fn parse_hex<T: FromStr>(what: &'static str, text: &HexText<T>) -> Result<T, MethodError> {
    text.value().ok_or_else(|| MethodError::BadHex {
        what,
        expected: 2 * Hash::LENGTH,
        found: MethodError::excerpt(text.as_str()),
    })
}
