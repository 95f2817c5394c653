//! The prober and what it holds.

use crate::{
    chain_news::{ChainNews, News},
    endpoints::Endpoints,
    proofs::OwnProofState,
    settings::ProberSettings,
    staking_view::StakingView,
    storage::{ObservationStorage, StorageError, StoredObservations},
};
use oxen_node_api::{
    ChainFeed, ChainReader, ChainSubscriber, ChainWriter, Clock, Companion, Gossip, L2Reader, Pool, QuorumNetwork,
    Subscription, service_nodes::CompanionState,
};
use oxen_staking_rules::{
    Registry, ServiceNode, ServiceNodeKeys,
    obligations::{FailedTest, NodeObservations, TestContext, clock::OwnClock},
    uptime_proof::PossessionCheck,
    vote::VotePool,
};
use oxen_state::{View, ViewError, queries};
use oxen_types::{Height, Network, PublicKey, Timestamp, extra::NewState};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// How far the peers are.
pub trait SyncTarget: Send + Sync {
    /// The newest block that the peers have; `None` when it is not known or not above ours.
    fn target(&self) -> Option<Height>;
}

/// Nobody to compare with.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSyncTarget;

impl SyncTarget for NoSyncTarget {
    fn target(&self) -> Option<Height> {
        None
    }
}

/// What the prober works with.
pub struct ProberParts {
    /// The chain.
    pub chain: Arc<dyn ChainReader>,
    /// Takes the checkpoints that votes make.
    pub writer: Arc<dyn ChainWriter>,
    /// Takes the state changes that votes make.
    pub pool: Arc<dyn Pool>,
    /// Sends votes and proofs.
    pub gossip: Arc<dyn Gossip>,
    /// Asks service nodes for their time.
    pub quorum: Arc<dyn QuorumNetwork>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The registry of service nodes.
    pub staking: Arc<dyn StakingView>,
    /// How far the peers are.
    pub sync: Arc<dyn SyncTarget>,
    /// The copy on disk.
    pub storage: Arc<dyn ObservationStorage>,
    /// What is seen of L2: proofs tell how far that is.
    pub l2: Arc<dyn L2Reader>,
    /// Checks BLS keys in proofs of HF20.
    pub possession: Arc<dyn PossessionCheck>,
    /// What the operator decided.
    pub settings: ProberSettings,
}

/// A vote that this node cast on another, for its operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnVote {
    /// Height of the quorum.
    pub quorum_height: Height,
    /// Primary key of the node.
    pub node: PublicKey,
    /// What we want to become of it.
    pub state: NewState,
    /// The tests that it failed, with numbers; none where it is to come back or changed its address.
    pub failed: Vec<FailedTest>,
    /// When, by our clock.
    pub cast: Timestamp,
}

/// Our own votes that are remembered.
const OWN_VOTES: usize = 256;

/// The service.
pub struct Prober {
    pub(crate) parts: ProberParts,
    pub(crate) news: Arc<ChainNews>,
    pub(crate) started: Timestamp,
    revision: AtomicU64,
    pub(crate) endpoints: Endpoints,
    inner: Mutex<Inner>,
}

/// What the lock protects. It is never held while signatures of others are verified, nor while pool or writer work.
#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) votes: VotePool,
    pub(crate) nodes: BTreeMap<PublicKey, NodeObservations>,
    /// The newest block that was followed, and the registry after it.
    pub(crate) followed: Option<(Height, Arc<Registry>)>,
    /// The next height whose obligations are due.
    pub(crate) obligations_cursor: Height,
    /// The next height whose checkpoint we have not voted on.
    pub(crate) checkpoint_cursor: Height,
    pub(crate) own_proofs: OwnProofState,
    pub(crate) companions: BTreeMap<Companion, CompanionState>,
    pub(crate) own_votes: VecDeque<OwnVote>,
    /// What others' clocks say of ours.
    pub(crate) own_clock: OwnClock,
    pub(crate) last_purge: Option<Timestamp>,
}

impl Inner {
    pub(crate) fn remember_own_vote(&mut self, vote: OwnVote) {
        if self.own_votes.len() >= OWN_VOTES {
            self.own_votes.pop_front();
        }
        self.own_votes.push_back(vote);
    }
}

impl Prober {
    /// Takes up what the disk remembers. The uptime of the process counts from here.
    ///
    /// # Errors
    /// The copy on disk could not be read.
    pub fn new(parts: ProberParts) -> Result<Self, StorageError> {
        let own = parts.settings.keys.as_ref().map(|keys| keys.primary().public);
        let mut inner = Inner::default();
        for (key, stored) in parts.storage.load()? {
            let mut seen = NodeObservations::from(stored);
            if own == Some(key) {
                // So that a proof is due at once (staking §14.4).
                seen.last_accepted = None;
            }
            inner.nodes.insert(key, seen);
        }
        let endpoints = Endpoints::default();
        // Who left meanwhile is forgotten as soon as the chain is followed.
        endpoints.renew(&inner, |_| true);
        let started = parts.clock.now();
        // The chain as it is at the start is news too: later registries are compared with it.
        let news = ChainNews::default();
        news.put(News::default());
        Ok(Self {
            parts,
            news: Arc::new(news),
            started,
            revision: AtomicU64::new(0),
            endpoints,
            inner: Mutex::new(inner),
        })
    }

    /// Follows the feed until the subscription is dropped; [`crate::run`] does the work.
    #[must_use]
    pub fn subscribe(&self, feed: &dyn ChainFeed) -> Subscription {
        feed.subscribe(Arc::clone(&self.news) as Arc<dyn ChainSubscriber>)
    }

    /// Our latest votes on other nodes and why, newest first.
    #[must_use]
    pub fn own_votes(&self) -> Vec<OwnVote> {
        self.lock().own_votes.iter().rev().cloned().collect()
    }

    /// What tests of `node` go by while `tip` is the newest block.
    pub(crate) fn test_context(
        &self,
        view: &dyn View,
        tip: Height,
        node: &ServiceNode,
    ) -> Result<TestContext<'_>, ViewError> {
        let last_ip_change = queries::block_row(view, node.record.last_ip_change_height)?;
        Ok(TestContext {
            network: self.network(),
            version: self.network().forks.version_at(tip).version,
            now: self.now(),
            last_ip_change: last_ip_change.map(|row| row.timestamp).unwrap_or_default(),
            l2_height: self.parts.l2.newest_height(),
        })
    }

    pub(crate) fn network(&self) -> &Network {
        self.parts.chain.network()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    pub(crate) const fn keys(&self) -> Option<&ServiceNodeKeys> {
        self.parts.settings.keys.as_ref()
    }

    pub(crate) fn own_key(&self) -> Option<PublicKey> {
        self.keys().map(|keys| keys.primary().public)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An observation changed.
    pub(crate) fn changed(&self) {
        self.revision.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn revision_number(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }

    /// Brings rows to disk. A failure is no reason to stop: the proofs come again within the hour.
    pub(crate) fn store(&self, put: &[(PublicKey, StoredObservations)], remove: &[PublicKey]) {
        if put.is_empty() && remove.is_empty() {
            return;
        }
        if let Err(error) = self.parts.storage.update(put, remove) {
            tracing::warn!(%error, "uptime proofs will be missing after a restart until they come again");
        }
    }
}
