//! What happened to chain and pool, told in order.

use oxen_types::{Hash, Height};
use std::sync::Arc;

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
