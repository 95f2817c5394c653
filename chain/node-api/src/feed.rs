//! What happened to chain and pool, told in order.

use oxen_types::{Hash, Height};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// One thing that happened. Block events are exact inverses of each other and arrive in the order of the writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainEvent {
    /// A block became the tip.
    Committed {
        /// Its height.
        height: Height,
        /// Its id.
        id: Hash,
        /// Its transactions without the coinbase.
        transactions: Vec<Hash>,
    },
    /// The tip was taken back.
    Reverted {
        /// Its height.
        height: Height,
        /// Its id.
        id: Hash,
        /// Its transactions without the coinbase.
        transactions: Vec<Hash>,
    },
    /// The database could not be written, and nothing is written any more until the node starts anew.
    StorageStopped {
        /// What the database said, for the operator.
        reason: Arc<str>,
    },
    /// A transaction entered the pool.
    PoolAdded {
        /// Its id.
        id: Hash,
    },
    /// A transaction left the pool without being mined.
    PoolRemoved {
        /// Its id.
        id: Hash,
    },
}

/// Hears of events. Must return quickly: it is called on the writer's thread.
pub trait ChainSubscriber: Send + Sync {
    /// Called once for each event, in order.
    fn on_event(&self, event: &ChainEvent);
}

/// Ends a subscription when dropped.
pub struct Subscription(Option<Box<dyn FnOnce() + Send + Sync>>);

impl Subscription {
    /// `end` is called once, at the drop.
    #[must_use]
    pub fn new(end: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(end)))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

/// Where to subscribe.
pub trait ChainFeed: Send + Sync {
    /// Calls `subscriber` for every later event until the subscription is dropped.
    fn subscribe(&self, subscriber: Arc<dyn ChainSubscriber>) -> Subscription;
}

/// The one place that events are published at and subscribed to.
#[derive(Default)]
pub struct EventHub {
    subscribers: Arc<Mutex<Subscribers>>,
}

#[derive(Default)]
struct Subscribers {
    next: u64,
    members: BTreeMap<u64, Arc<dyn ChainSubscriber>>,
}

impl EventHub {
    /// Nobody listens yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells every subscriber, in the order in which they subscribed. Subscribers may subscribe and unsubscribe meanwhile.
    pub fn publish(&self, event: &ChainEvent) {
        let members: Vec<_> = lock(&self.subscribers).members.values().cloned().collect();
        for member in members {
            member.on_event(event);
        }
    }
}

impl ChainFeed for EventHub {
    fn subscribe(&self, subscriber: Arc<dyn ChainSubscriber>) -> Subscription {
        let number = {
            let mut subscribers = lock(&self.subscribers);
            let number = subscribers.next;
            subscribers.next = number.saturating_add(1);
            subscribers.members.insert(number, subscriber);
            number
        };
        let subscribers = Arc::clone(&self.subscribers);
        Subscription::new(move || {
            lock(&subscribers).members.remove(&number);
        })
    }
}

fn lock(subscribers: &Mutex<Subscribers>) -> std::sync::MutexGuard<'_, Subscribers> {
    subscribers.lock().unwrap_or_else(PoisonError::into_inner)
}
