//! Handing messages to the services that handle their subjects, away from the task of the network.

use super::inbox::{Full, Inbox};
use crate::shared::lock;
use oxen_node_api::{QuorumHandler, QuorumSubject};
use oxen_types::PublicKey;
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};
use thiserror::Error;

/// Why a message is not handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Unheard {
    /// This node has no service for the subject.
    #[error("nobody here handles the subject")]
    NoHandler,
    /// See [`Full`].
    #[error(transparent)]
    Full(#[from] Full),
}

/// Does somebody work through the messages?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worker {
    Idle,
    Busy,
}

struct Ear {
    handler: Arc<dyn QuorumHandler>,
    inbox: Inbox,
    worker: Worker,
}

/// One ear a subject. A thread works through its messages while there are any, in their order, so that a slow service delays
/// nobody but itself.
#[derive(Default)]
pub(crate) struct Hearing {
    ears: Mutex<BTreeMap<QuorumSubject, Ear>>,
}

impl Hearing {
    /// Hands messages of the subject to the handler from now on; those that wait as well.
    pub(crate) fn set_handler(&self, subject: QuorumSubject, handler: Arc<dyn QuorumHandler>) {
        match lock(&self.ears).entry(subject) {
            std::collections::btree_map::Entry::Vacant(none) => {
                none.insert(Ear {
                    handler,
                    inbox: Inbox::default(),
                    worker: Worker::Idle,
                });
            }
            std::collections::btree_map::Entry::Occupied(mut ear) => ear.get_mut().handler = handler,
        }
    }

    /// Who answers questions of the subject.
    pub(crate) fn handler(&self, subject: QuorumSubject) -> Option<Arc<dyn QuorumHandler>> {
        lock(&self.ears).get(&subject).map(|ear| Arc::clone(&ear.handler))
    }

    /// Takes a message of a service node. Must be called inside a tokio runtime.
    pub(crate) fn hear(
        self: &Arc<Self>,
        subject: QuorumSubject,
        from: PublicKey,
        message: Vec<u8>,
    ) -> Result<(), Unheard> {
        let mut ears = lock(&self.ears);
        let ear = ears.get_mut(&subject).ok_or(Unheard::NoHandler)?;
        ear.inbox.offer(from, message)?;
        if ear.worker == Worker::Idle {
            ear.worker = Worker::Busy;
            let hearing = Arc::clone(self);
            tokio::task::spawn_blocking(move || hearing.work(subject));
        }
        Ok(())
    }

    /// Works until there is nothing left.
    fn work(&self, subject: QuorumSubject) {
        while let Some((handler, from, message)) = self.next(subject) {
            // One bad message must not make the node deaf for the others.
            if catch_unwind(AssertUnwindSafe(|| handler.on_told(from, message))).is_err() {
                tracing::error!(
                    subject = subject.name(),
                    "a message of a service node made its handler fail"
                );
            }
        }
    }

    fn next(&self, subject: QuorumSubject) -> Option<(Arc<dyn QuorumHandler>, PublicKey, Vec<u8>)> {
        let mut ears = lock(&self.ears);
        let ear = ears.get_mut(&subject)?;
        match ear.inbox.next() {
            Some((from, message)) => Some((Arc::clone(&ear.handler), from, message)),
            None => {
                ear.worker = Worker::Idle;
                None
            }
        }
    }
}
