//! Hands the events of L2 to the pool as transactions, and takes away those that vanished (bridge §3.3).
//!
//! Nothing is remembered between two pictures: what belongs into the pool follows from the picture, and what is there is asked
//! of the pool. So neither a restart nor a reorganisation of either chain leaves anything behind.

use oxen_bridge_rules::{
    event_transaction::{event_transaction, reported_event},
    picture::{Opinion, Picture, RegisteredSince},
};
use oxen_node_api::{Admission, Pool, Relay};
use oxen_types::{ConsensusEncode, Hash, Height, bytes::BlsPublicKey, extra::L2Event};
use std::{collections::BTreeMap, sync::Arc};
use tokio::{sync::watch, task::JoinHandle};

/// Our chain, as far as reports depend on it.
pub trait ReportingChain: Send + Sync {
    /// Height of the next block; `None` before HF21, when no block reports anything.
    fn next_height(&self) -> Option<Height>;

    /// BLS keys of the registered nodes and since when they are.
    fn registered(&self) -> BTreeMap<BlsPublicKey, Height>;
}

/// Keeps the pool's reports in step with the pictures until it is dropped.
pub struct EventReporter(JoinHandle<()>);

impl EventReporter {
    /// Must be called inside a tokio runtime; the pool is worked on beside it.
    pub fn start(
        mut pictures: watch::Receiver<Option<Arc<Picture>>>,
        pool: Arc<dyn Pool>,
        chain: Arc<dyn ReportingChain>,
    ) -> Self {
        pictures.mark_changed();
        Self(tokio::spawn(async move {
            while pictures.changed().await.is_ok() {
                let Some(picture) = pictures.borrow_and_update().clone() else {
                    continue;
                };
                let (pool, chain) = (Arc::clone(&pool), Arc::clone(&chain));
                let work = move || reconcile(&picture, &*pool, &*chain);
                if tokio::task::spawn_blocking(work).await.is_err() {
                    tracing::error!(
                        "reports of L2 events could not be handed to the pool; it is tried again with the next look"
                    );
                }
            }
        }))
    }
}

impl Drop for EventReporter {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Makes the pool's reports those of the picture.
pub(crate) fn reconcile(picture: &Picture, pool: &dyn Pool, chain: &dyn ReportingChain) {
    let Some(height) = chain.next_height() else {
        return;
    };
    let registered = chain.registered();
    let vanished = vanished_reports(picture, pool, height, &registered);
    if !vanished.is_empty() {
        let dropped = pool.flush(Some(&vanished));
        tracing::warn!(dropped, "reports of L2 events that are no more left the pool");
    }
    let purges = picture.purges(height, &registered);
    for event in picture.safe_events().chain(&purges) {
        hand_over(event, pool);
    }
}

/// Reports in the pool that this node would vote against.
fn vanished_reports(picture: &Picture, pool: &dyn Pool, height: Height, registered: &dyn RegisteredSince) -> Vec<Hash> {
    let waiting = pool.transactions();
    let reports = waiting.iter().map(|waiting| &waiting.transaction);
    // They come before everything else.
    let reports = reports.take_while(|transaction| transaction.transaction().prefix.kind.is_l2_event());
    reports
        .filter(|transaction| {
            let Some(event) = reported_event(transaction.transaction()) else {
                return true;
            };
            picture.opinion(&event, height, registered) == Ok(Opinion::No)
        })
        .map(|transaction| transaction.id())
        .collect()
}

fn hand_over(event: &L2Event, pool: &dyn Pool) {
    let transaction = event_transaction(event);
    let id = transaction.id();
    if pool.get(&id).is_some() {
        return;
    }
    match pool.submit(&transaction.encode(), Relay::Keep) {
        Ok(Admission::Added { .. }) => {
            tracing::info!(%id, l2_height = event.source.l2_height, kind = ?event.kind.transaction_type(), "an L2 event waits for a block");
        }
        Ok(Admission::AlreadyInPool { .. } | Admission::AlreadyMined { .. }) => {}
        Err(error) => tracing::debug!(%id, %error, "the pool does not take the report of an L2 event"),
    }
}

#[cfg(test)]
mod tests;
