//! The service and what it works with.

use crate::{
    judging::Begun,
    sessions::{Decided, Decision, Sessions},
    wire::{Reply, Submission, Text, Told, to_gossip},
};
use oxen_crypto::KeyPair;
use oxen_node_api::{
    Answer, BlinkPool, ChainEvent, ChainFeed, ChainReader, ChainSubscriber, ChainWriter, Gossip, GossipTopic,
    QuorumHandler, QuorumNetwork, QuorumSubject, Subscription,
};
use oxen_state::queries;
use oxen_types::{Height, PublicKey};
use parity_scale_codec::Encode;
use std::{
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, Semaphore, mpsc},
    task::spawn_blocking,
    time::timeout,
};

/// Messages of other members that wait to be worked on; what does not fit is dropped, and comes by another way.
const WAITING_MESSAGES: usize = 1_024;
/// Bytes of these.
const WAITING_BYTES: usize = 64 * 1024 * 1024;
/// Submissions that are judged together.
const JUDGED_TOGETHER: usize = 2;
/// Submissions that wait for their quorum's decision.
const ASKERS: usize = 256;
/// How long a member lets a submitter wait for the decision: less than the ten seconds that the submitter waits.
const DECISION_TIME: Duration = Duration::from_secs(8);
/// After this time without a decision, the member tells the others again what it knows: messages get lost.
const PATIENCE: Duration = Duration::from_secs(3);
/// Approved blinks that are told again after a block that did not hold them.
const TOLD_AGAIN: usize = 32;

/// What the service works with.
pub struct BlinkParts {
    /// The chain.
    pub chain: Arc<dyn ChainReader>,
    /// Takes back blocks that conflict with an approved blink.
    pub writer: Arc<dyn ChainWriter>,
    /// Transactions that wait.
    pub pool: Arc<dyn BlinkPool>,
    /// Carries messages to service nodes.
    pub network: Arc<dyn QuorumNetwork>,
    /// Tells everybody of approved blinks.
    pub gossip: Arc<dyn Gossip>,
    /// The service node's primary key; none for an ordinary node, which only submits.
    pub key: Option<KeyPair>,
}

/// A message of another member, with its primary key.
type Letter = (PublicKey, Vec<u8>);

/// The service.
pub struct BlinkService {
    pub(crate) parts: BlinkParts,
    pub(crate) sessions: Mutex<Sessions>,
    pub(crate) judges: Semaphore,
    askers: Arc<Semaphore>,
    told: mpsc::Sender<Letter>,
    told_bytes: AtomicUsize,
    waiting: Mutex<Option<mpsc::Receiver<Letter>>>,
    blocks: Arc<NewBlocks>,
}

/// Hears of blocks on the writer's thread.
#[derive(Default)]
struct NewBlocks(Notify);

impl ChainSubscriber for NewBlocks {
    fn on_event(&self, event: &ChainEvent) {
        if matches!(event, ChainEvent::Committed { .. }) {
            self.0.notify_one();
        }
    }
}

impl BlinkService {
    /// The service, which hears the messages of other nodes from now on; [`run`] works on them.
    #[must_use]
    pub fn start(parts: BlinkParts) -> Arc<Self> {
        let (told, waiting) = mpsc::channel(WAITING_MESSAGES);
        let service = Arc::new(Self {
            parts,
            sessions: Mutex::default(),
            judges: Semaphore::new(JUDGED_TOGETHER),
            askers: Arc::new(Semaphore::new(ASKERS)),
            told,
            told_bytes: AtomicUsize::new(0),
            waiting: Mutex::new(Some(waiting)),
            blocks: Arc::default(),
        });
        let handler = Arc::new(MemberHandler(Arc::downgrade(&service)));
        service.parts.network.handle(QuorumSubject::Blink, handler);
        service
    }

    /// Follows the feed until the subscription is dropped.
    #[must_use]
    pub fn subscribe(&self, feed: &dyn ChainFeed) -> Subscription {
        feed.subscribe(Arc::clone(&self.blocks) as Arc<dyn ChainSubscriber>)
    }

    /// Our primary key.
    pub(crate) fn own(&self) -> Option<PublicKey> {
        self.parts.key.as_ref().map(|pair| pair.public)
    }

    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Height of the next block; `None` when the state cannot be read.
    pub(crate) fn chain_height(&self) -> Option<Height> {
        queries::totals(&*self.parts.chain.snapshot())
            .inspect_err(|error| tracing::error!(%error, "the chain cannot be read"))
            .map(|totals| totals.tip.next())
            .ok()
    }

    /// A block came: what cannot be approved any more is forgotten, and what no block took is told again, for those who were
    /// not there.
    fn on_block(&self) {
        let Some(chain_height) = self.chain_height() else {
            return;
        };
        self.sessions().forget_overdue(chain_height);
        let snapshot = self.parts.chain.snapshot();
        let waiting = self.parts.pool.all_approved().into_iter().filter(|blink| {
            let id = blink.certificate.subject.transaction;
            queries::transaction_row(&*snapshot, &id).is_ok_and(|row| row.is_none())
        });
        for blink in waiting.take(TOLD_AGAIN) {
            self.parts.gossip.publish(GossipTopic::Blinks, to_gossip(&blink));
        }
    }

    /// Works on a message of another member.
    fn on_message(&self, from: PublicKey, message: &[u8]) {
        match Told::from_bytes(message) {
            Ok(Told::Transaction(submission)) => {
                if let Begun::NotStarted { reason } = self.begin(submission, Some(from)) {
                    tracing::debug!(%from, %reason, "a blink of another member is not judged");
                }
            }
            Ok(Told::Votes(votes)) => self.count(&votes, &from),
            Err(error) => tracing::debug!(%from, %error, "a message about blinks is dropped"),
        }
    }

    /// Judges a submission and waits for the decision.
    async fn answer(self: Arc<Self>, question: Vec<u8>) -> Reply {
        let not_started = |reason: &str| Reply::NotStarted {
            reason: Text::new(reason),
        };
        let Ok(_asker) = Arc::clone(&self.askers).try_acquire_owned() else {
            return not_started("this node has too many blinks to judge");
        };
        let submission = match Submission::from_bytes(&question) {
            Ok(submission) => submission,
            Err(error) => return not_started(&error.to_string()),
        };
        let subject = submission.subject;
        let Ok(judge) = self.judges.acquire().await else {
            return not_started("this node stops");
        };
        let service = Arc::clone(&self);
        let begun = spawn_blocking(move || service.begin(submission, None)).await;
        drop(judge);
        let mut decision = match begun {
            Ok(Begun::Waiting(decision)) => decision,
            Ok(Begun::NotStarted { reason }) => return not_started(&reason),
            Err(error) => {
                tracing::error!(%error, "judging a blink failed");
                return not_started("this node failed to judge it: see its log");
            }
        };
        let mut decided = await_decision(&mut decision, PATIENCE).await;
        if decided.is_none() {
            let service = Arc::clone(&self);
            if let Err(error) = spawn_blocking(move || service.tell_again(&subject)).await {
                tracing::error!(%error, "telling of a blink again failed");
            }
            decided = await_decision(&mut decision, DECISION_TIME.saturating_sub(PATIENCE)).await;
        }
        match decided {
            Some(decided) => decided.into_reply(),
            None => Reply::Undecided {
                votes: self
                    .sessions()
                    .get(&subject)
                    .map(|session| session.counts())
                    .unwrap_or_default(),
            },
        }
    }
}

/// The decision; `None` when it takes longer than this, or the session is forgotten.
async fn await_decision(decision: &mut Decision, time: Duration) -> Option<Decided> {
    let decided = timeout(time, decision.wait_for(Option::is_some)).await;
    decided.ok()?.ok()?.clone()
}

/// Takes the messages of [`QuorumSubject::Blink`]. The network outlives the service.
struct MemberHandler(Weak<BlinkService>);

impl QuorumHandler for MemberHandler {
    fn on_told(&self, from: PublicKey, message: Vec<u8>) {
        let Some(service) = self.0.upgrade() else { return };
        let bytes = message.len();
        let waiting = service.told_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if waiting > WAITING_BYTES || service.told.try_send((from, message)).is_err() {
            service.told_bytes.fetch_sub(bytes, Ordering::Relaxed);
            tracing::debug!(%from, "too many messages about blinks wait: one is dropped");
        }
    }

    fn on_asked(&self, _: Option<PublicKey>, question: Vec<u8>) -> Answer<Option<Vec<u8>>> {
        let Some(service) = self.0.upgrade() else {
            return Box::pin(async { None });
        };
        Box::pin(async move { Some(service.answer(question).await.encode()) })
    }
}

/// Works until `stop` ends. The service must be subscribed to the feed ([`BlinkService::subscribe`]).
pub async fn run(service: Arc<BlinkService>, stop: impl Future<Output = ()> + Send) {
    /// What there is to do.
    enum Work {
        Message(PublicKey, Vec<u8>),
        Block,
    }
    let waiting = service.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut waiting) = waiting else {
        tracing::error!("blinks are driven already");
        return;
    };
    let blocks = Arc::clone(&service.blocks);
    tokio::pin!(stop);
    loop {
        let work = tokio::select! {
            () = &mut stop => return,
            Some((from, message)) = waiting.recv() => Work::Message(from, message),
            () = blocks.0.notified() => Work::Block,
        };
        if let Work::Message(_, message) = &work {
            service.told_bytes.fetch_sub(message.len(), Ordering::Relaxed);
        }
        let service = Arc::clone(&service);
        let done = spawn_blocking(move || match work {
            Work::Message(from, message) => service.on_message(from, &message),
            Work::Block => service.on_block(),
        });
        if let Err(error) = done.await {
            tracing::error!(%error, "work on a blink failed; the service goes on");
        }
    }
}
