//! The service and what it works with.

use crate::{
    gathered::{Cache, Subject},
    heights::Heights,
    rate::{Rate, RateLimit},
    wire::{Question, Refusal, Reply},
};
use oxen_bridge_rules::{bls, message::BridgeDomain};
use oxen_node_api::{
    Answer, BridgeNodes, Clock, L2Reader, QuorumHandler, QuorumNetwork, QuorumSubject, RewardBalances, SwapTotals,
};
use oxen_staking_rules::ServiceNodeKeys;
use oxen_types::{PublicKey, network::L2Parameters};
use parity_scale_codec::Encode;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// How often one service node may ask: a public node that gathers for many users asks every node once for each of them. Nodes that
/// prove to be none share one such rate.
const QUESTIONS: Rate = Rate {
    burst: 120,
    interval: 500,
};
/// Askers that are remembered: more than there are service nodes.
const ASKERS: usize = 8_192;
/// Questions that wait to be answered or are being answered.
const WAITING_QUESTIONS: usize = 64;
/// Questions that are answered together; a signature takes less than a millisecond.
const ANSWERED_TOGETHER: usize = 2;
/// How often this node asks the whole network.
const COLLECTIONS: Rate = Rate {
    burst: 30,
    interval: 2_000,
};
/// Requests that wait for signatures or are gathering them.
const WAITING_REQUESTS: usize = 16;
/// Requests that gather together.
const GATHERED_TOGETHER: usize = 2;

/// The secrets with which a service node signs.
#[derive(Clone)]
pub struct SigningKeys {
    /// For the contract.
    pub bls: bls::SecretKey,
    /// For the registration.
    pub node: ServiceNodeKeys,
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({})", self.bls.public_key())
    }
}

/// What the service works with.
pub struct AggregationParts {
    /// The chain and contract that are signed for.
    pub l2_parameters: L2Parameters,
    /// How far the chain is.
    pub heights: Arc<dyn Heights>,
    /// What recipients have earned.
    pub rewards: Arc<dyn RewardBalances>,
    /// What recipients have swapped.
    pub swap: Arc<dyn SwapTotals>,
    /// Who is a service node.
    pub nodes: Arc<dyn BridgeNodes>,
    /// Whom the contract lists.
    pub l2: Arc<dyn L2Reader>,
    /// Carries questions to service nodes.
    pub network: Arc<dyn QuorumNetwork>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Those of the own service node; none for an ordinary node, which only gathers.
    pub keys: Option<SigningKeys>,
}

/// The service.
pub struct Aggregation {
    pub(crate) parts: AggregationParts,
    /// Where signatures are valid; `None` on a network without a contract.
    pub(crate) domain: Option<BridgeDomain>,
    pub(crate) places: Semaphore,
    pub(crate) gathering: Semaphore,
    /// What is being gathered; as many as there are places.
    pub(crate) in_work: Mutex<BTreeMap<Subject, Weak<tokio::sync::Mutex<()>>>>,
    pub(crate) cache: Mutex<Cache>,
    pub(crate) collections: Mutex<RateLimit<()>>,
    /// Who signed wrongly the last time: looked at apart, so that they delay nobody twice.
    pub(crate) liars: Mutex<BTreeSet<PublicKey>>,
    questions: Mutex<RateLimit<Option<PublicKey>>>,
    waiting: Arc<Semaphore>,
    answering: Semaphore,
}

impl Aggregation {
    /// The service, which answers other nodes from now on.
    #[must_use]
    pub fn start(parts: AggregationParts) -> Arc<Self> {
        let l2 = &parts.l2_parameters;
        let domain = l2.rewards_contract.map(|contract| BridgeDomain {
            chain_id: l2.chain_id,
            contract,
        });
        let service = Arc::new(Self {
            parts,
            domain,
            places: Semaphore::new(WAITING_REQUESTS),
            gathering: Semaphore::new(GATHERED_TOGETHER),
            in_work: Mutex::default(),
            cache: Mutex::default(),
            collections: Mutex::new(RateLimit::new(COLLECTIONS, 1)),
            liars: Mutex::default(),
            questions: Mutex::new(RateLimit::new(QUESTIONS, ASKERS)),
            waiting: Arc::new(Semaphore::new(WAITING_QUESTIONS)),
            answering: Semaphore::new(ANSWERED_TOGETHER),
        });
        let handler = Arc::new(Handler(Arc::downgrade(&service)));
        service.parts.network.handle(QuorumSubject::Bridge, handler);
        service
    }

    /// Answers a question of another node.
    async fn answer(self: Arc<Self>, from: Option<PublicKey>, question: Vec<u8>) -> Reply {
        let now = self.parts.clock.now_milliseconds();
        if lock(&self.questions).admit(&from, now).is_err() {
            return Reply::Refused(Refusal::TooMany);
        }
        let Ok(question) = Question::from_bytes(&question) else {
            return Reply::Refused(Refusal::Malformed);
        };
        let Ok(_place) = Arc::clone(&self.waiting).try_acquire_owned() else {
            return Reply::Refused(Refusal::TooMany);
        };
        let Ok(_turn) = self.answering.acquire().await else {
            return Reply::Refused(Refusal::Failed);
        };
        let service = Arc::clone(&self);
        let signed = spawn_blocking(move || service.sign(question)).await;
        match signed {
            Ok(Ok(signed)) => Reply::Signed(signed),
            Ok(Err(refusal)) => Reply::Refused(refusal),
            Err(error) => {
                tracing::error!(%error, "signing for the contract failed");
                Reply::Refused(Refusal::Failed)
            }
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the messages of [`QuorumSubject::Bridge`]. The network outlives the service.
struct Handler(Weak<Aggregation>);

impl QuorumHandler for Handler {
    /// Nothing is told on this subject.
    fn on_told(&self, from: PublicKey, _: Vec<u8>) {
        tracing::debug!(%from, "a service node tells something about the bridge, and only asks were expected");
    }

    fn on_asked(&self, from: Option<PublicKey>, question: Vec<u8>) -> Answer<Option<Vec<u8>>> {
        let Some(service) = self.0.upgrade() else {
            return Box::pin(async { None });
        };
        Box::pin(async move { Some(service.answer(from, question).await.encode()) })
    }
}
