//! The thread that runs a participant.

use crate::{
    guard::GuardStorageError,
    inbox::{Inbox, Work},
    participant::{Fetch, Participant, PulseParts},
    transactions::{self, Offered},
    watch::PulseWatch,
};
use oxen_node_api::{
    Answer, ChainEvent, ChainFeed, ChainSubscriber, Pool, QuorumHandler, QuorumNetwork, QuorumSubject, Subscription,
};
use oxen_pulse_machine::{Message, Moment};
use oxen_types::PublicKey;
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};
use thiserror::Error;
use tokio::runtime::Handle;

/// How long the thread sleeps at most: whether the node is in step is not told, and a clock may be set.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why there is no driver.
#[derive(Debug, Error)]
pub enum StartError {
    /// What was signed before is not known.
    #[error(transparent)]
    Guard(#[from] GuardStorageError),
    /// No thread.
    #[error("no thread for Pulse: {0}")]
    Thread(#[from] io::Error),
}

/// Pulse of a running service node. Dropping it ends its part.
pub struct PulseDriver {
    inbox: Arc<Inbox>,
    watch: PulseWatch,
    thread: Option<JoinHandle<()>>,
    _feed: Subscription,
}

impl PulseDriver {
    /// Takes part from now on. Must be called inside a tokio runtime, which carries questions to other nodes.
    ///
    /// # Errors
    /// What was signed before cannot be read, or there is no thread.
    pub fn start(parts: PulseParts, feed: &dyn ChainFeed) -> Result<Self, StartError> {
        let inbox = Arc::new(Inbox::default());
        let participant = Participant::new(parts.clone())?;
        let offered = Arc::new(Mutex::new(participant.offered()));
        let watch = PulseWatch::new(participant.status());
        let subscription = feed.subscribe(Arc::new(News(Arc::clone(&inbox))));
        inbox.chain_changed();
        parts.network.handle(
            QuorumSubject::Pulse,
            Arc::new(Receiver {
                inbox: Arc::clone(&inbox),
                pool: Arc::clone(&parts.pool),
                offered: Arc::clone(&offered),
            }),
        );
        let worker = Worker {
            participant,
            inbox: Arc::clone(&inbox),
            watch: watch.clone(),
            parts,
            offered,
            looked: Instant::now(),
            runtime: Handle::current(),
        };
        // Where several nodes share a process, the span tells whose lines these are.
        let span = tracing::Span::current();
        let thread = std::thread::Builder::new()
            .name("pulse".to_owned())
            .spawn(move || span.in_scope(|| worker.run()))?;
        Ok(Self {
            inbox,
            watch,
            thread: Some(thread),
            _feed: subscription,
        })
    }

    /// For those who want to see where it stands.
    #[must_use]
    pub fn watch(&self) -> PulseWatch {
        self.watch.clone()
    }

    /// Ends the part and waits until the thread is gone; nothing is signed afterwards.
    pub fn stop(&mut self) {
        self.inbox.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of Pulse had failed");
        }
    }
}

impl Drop for PulseDriver {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Worker {
    participant: Participant,
    inbox: Arc<Inbox>,
    watch: PulseWatch,
    parts: PulseParts,
    /// What the present participant offers.
    offered: Arc<Mutex<Offered>>,
    /// When the chain was looked at last.
    looked: Instant,
    runtime: Handle,
}

impl Worker {
    /// Works until it is told to stop. A fault costs the round and not the node: whoever takes over knows what was signed,
    /// because that is on disk, and nothing else of what failed.
    fn run(mut self) {
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            tracing::error!("Pulse failed at something that the log before this line shows; it begins anew");
            std::thread::sleep(PATIENCE);
            match Participant::new(self.parts.clone()) {
                Ok(participant) => {
                    *self.offered.lock().unwrap_or_else(PoisonError::into_inner) = participant.offered();
                    self.participant = participant;
                    self.inbox.chain_changed();
                }
                Err(error) => {
                    tracing::error!(%error, "this node takes no part in Pulse until it is started anew");
                    return;
                }
            }
        }
    }

    fn work(&mut self) {
        let mut in_step = true;
        loop {
            let work = self.inbox.next(self.patience());
            let looks = matches!(work, Work::ChainChanged);
            match work {
                Work::Stop => break,
                Work::ChainChanged | Work::TimedOut => {}
                Work::Told { from, message } => self.participant.receive(from, *message),
                Work::Fetched { fetch, transactions } => self.participant.fetched(&fetch, transactions),
            }
            // Nobody tells when the node is in step again, or when a fault is over that left it without a round.
            let is_idle = !in_step || !self.participant.is_waiting_for_time();
            if looks || (is_idle && self.looked.elapsed() >= PATIENCE) {
                self.looked = Instant::now();
                in_step = self.participant.look_at_chain();
            }
            if self.participant.wake().is_some_and(|wake| self.now() >= wake) {
                self.participant.tick();
            }
            for fetch in self.participant.take_fetches() {
                self.ask_producer(fetch);
            }
            let reports = self.participant.take_reports();
            self.watch.note(self.participant.status(), reports);
        }
        self.participant.stand_down();
    }

    fn now(&self) -> Moment {
        Moment::from_milliseconds(self.parts.clock.now_milliseconds())
    }

    fn patience(&self) -> Duration {
        self.participant.wake().map_or(PATIENCE, |wake| {
            Duration::from_millis(wake.milliseconds_since(self.now())).min(PATIENCE)
        })
    }

    /// Asks on the runtime, so that messages are heard meanwhile.
    fn ask_producer(&self, fetch: Fetch) {
        let (inbox, network) = (Arc::clone(&self.inbox), Arc::clone(&self.parts.network));
        self.runtime.spawn(async move {
            let found = fetch_all(&*network, &fetch).await;
            inbox.fetched(Box::new(fetch), found);
        });
    }
}

/// Asks until everything is there, or an answer brings nothing: one answer holds a megabyte.
async fn fetch_all(network: &dyn QuorumNetwork, fetch: &Fetch) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut missing = fetch.missing.clone();
    while !missing.is_empty() {
        let question = transactions::question(&missing);
        let answer = network.ask(&fetch.producer, QuorumSubject::Pulse, question).await;
        let more = match &answer {
            Ok(bytes) => transactions::transactions(bytes),
            Err(error) => {
                tracing::debug!(%error, producer = %fetch.producer, "no transactions of the template");
                Vec::new()
            }
        };
        let left = transactions::still_missing(&missing, &more);
        if left.len() == missing.len() {
            break;
        }
        found.extend(more);
        missing = left;
    }
    found
}

/// Wakes the thread at every change of the chain.
struct News(Arc<Inbox>);

impl ChainSubscriber for News {
    fn on_event(&self, event: &ChainEvent) {
        match event {
            ChainEvent::Committed { .. } | ChainEvent::Reverted { .. } => self.0.chain_changed(),
            ChainEvent::StorageStopped { .. } => self.0.stop(),
            ChainEvent::PoolAdded { .. } | ChainEvent::PoolRemoved { .. } => {}
        }
    }
}

/// Takes messages from the transport.
struct Receiver {
    inbox: Arc<Inbox>,
    pool: Arc<dyn Pool>,
    offered: Arc<Mutex<Offered>>,
}

impl QuorumHandler for Receiver {
    fn on_told(&self, from: PublicKey, bytes: Vec<u8>) {
        match Message::from_bytes(&bytes) {
            Ok(message) => {
                if !self.inbox.told(from, bytes.len(), Box::new(message)) {
                    tracing::debug!(%from, "too many messages of this service node wait; one is dropped");
                }
            }
            Err(error) => tracing::debug!(%from, %error, "a message of Pulse does not decode"),
        }
    }

    fn on_asked(&self, from: Option<PublicKey>, question: Vec<u8>) -> Answer<Option<Vec<u8>>> {
        let pool = Arc::clone(&self.pool);
        let offered = self.offered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            // Everybody else gets transactions from gossip.
            from?;
            transactions::answer(&*pool, &offered, &question)
        })
    }
}
