//! Hearing of blocks on the writer's thread, and working on them elsewhere.
//!
//! Nothing is queued: what the prober needs to know is that the chain changed and from where on blocks were taken back; it
//! reads the rest. So however far it lags, it holds two numbers.

use oxen_node_api::{ChainEvent, ChainSubscriber};
use oxen_types::Height;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// What happened since the prober looked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct News {
    /// The lowest block that was taken back.
    pub(crate) first_reverted: Option<Height>,
}

impl News {
    fn merge(self, other: Self) -> Self {
        let lowest = match (self.first_reverted, other.first_reverted) {
            (Some(one), Some(another)) => Some(one.min(another)),
            (one, another) => one.or(another),
        };
        Self { first_reverted: lowest }
    }
}

/// The subscriber: see [`oxen_node_api::ChainFeed::subscribe`].
#[derive(Debug, Default)]
pub struct ChainNews {
    waiting: Mutex<Option<News>>,
    arrived: Notify,
}

impl ChainNews {
    /// What is new, once.
    pub(crate) fn take(&self) -> Option<News> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Adds news, or gives back those that could not be worked on.
    pub(crate) fn put(&self, news: News) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = Some(waiting.unwrap_or_default().merge(news));
    }

    /// Waits for news.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }
}

impl ChainSubscriber for ChainNews {
    fn on_event(&self, event: &ChainEvent) {
        let first_reverted = match event {
            ChainEvent::Committed { .. } => None,
            ChainEvent::Reverted { height, .. } => Some(*height),
            ChainEvent::StorageStopped { .. } | ChainEvent::PoolAdded { .. } | ChainEvent::PoolRemoved { .. } => return,
        };
        self.put(News { first_reverted });
        self.arrived.notify_one();
    }
}
