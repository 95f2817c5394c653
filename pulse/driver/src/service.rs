//! The thread that runs a participant.

use crate::{
    guard::GuardStorageError,
    inbox::{Inbox, Work},
    participant::{Fetch, Participant, PulseParts},
    transactions,
    watch::PulseWatch,
};
use oxen_node_api::{
    Answer, ChainEvent, ChainFeed, ChainSubscriber, Clock, Pool, QuorumHandler, QuorumNetwork, QuorumSubject,
    Subscription,
};
use oxen_pulse_machine::{Message, Moment};
use oxen_types::PublicKey;
use std::{io, sync::Arc, thread::JoinHandle, time::Duration};
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
        let watch = PulseWatch::new(participant.status());
        let subscription = feed.subscribe(Arc::new(News(Arc::clone(&inbox))));
        inbox.chain_changed();
        parts.network.handle(
            QuorumSubject::Pulse,
            Arc::new(Receiver {
                inbox: Arc::clone(&inbox),
                pool: Arc::clone(&parts.pool),
            }),
        );
        let worker = Worker {
            participant,
            inbox: Arc::clone(&inbox),
            watch: watch.clone(),
            network: parts.network,
            clock: parts.clock,
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
    network: Arc<dyn QuorumNetwork>,
    clock: Arc<dyn Clock>,
    runtime: Handle,
}

impl Worker {
    fn run(mut self) {
        let mut in_step = true;
        loop {
            match self.inbox.next(self.patience()) {
                Work::Stop => break,
                Work::ChainChanged => in_step = self.participant.look_at_chain(),
                Work::Told { from, message } => self.participant.receive(from, *message),
                Work::Fetched { fetch, transactions } => self.participant.fetched(&fetch, transactions),
                Work::TimedOut => {
                    if !in_step || !self.participant.is_waiting_for_time() {
                        in_step = self.participant.look_at_chain();
                    }
                }
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
        Moment::from_milliseconds(self.clock.now_milliseconds())
    }

    fn patience(&self) -> Duration {
        self.participant.wake().map_or(PATIENCE, |wake| {
            Duration::from_millis(wake.milliseconds_since(self.now())).min(PATIENCE)
        })
    }

    /// Asks on the runtime, so that messages are heard meanwhile.
    fn ask_producer(&self, fetch: Fetch) {
        let Some(question) = transactions::question(&fetch.missing) else {
            tracing::warn!(round = %fetch.round, missing = fetch.missing.len(), "the template names more unknown transactions than anybody gives");
            return self.inbox.fetched(Box::new(fetch), Vec::new());
        };
        let answer = self.network.ask(&fetch.producer, QuorumSubject::Pulse, question);
        let inbox = Arc::clone(&self.inbox);
        self.runtime.spawn(async move {
            let found = match answer.await {
                Ok(bytes) => transactions::transactions(&bytes),
                Err(error) => {
                    tracing::debug!(%error, producer = %fetch.producer, "no transactions of the template");
                    Vec::new()
                }
            };
            inbox.fetched(Box::new(fetch), found);
        });
    }
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
        Box::pin(async move {
            // Everybody else gets transactions from gossip.
            from?;
            transactions::answer(&*pool, &question)
        })
    }
}
