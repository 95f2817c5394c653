//! Forgetting nodes that left (staking §14.5).

use crate::prober::Prober;
use oxen_state::ViewError;
use oxen_types::{PublicKey, Timestamp};

/// Seconds between two looks.
const INTERVAL_SECONDS: u64 = 3_600;

/// Seconds for which the proof of a node that left is kept.
const KEEP_SECONDS: u64 = 6 * 3_600;

impl Prober {
    /// Once an hour, forgets nodes that are not registered and did not prove for six hours.
    pub(crate) fn purge_proofs(&self) {
        let now = self.now();
        {
            let mut inner = self.lock();
            let waited = |last: Timestamp| now.seconds().saturating_sub(last.seconds()) >= INTERVAL_SECONDS;
            if !inner.last_purge.is_none_or(waited) {
                return;
            }
            inner.last_purge = Some(now);
        }
        match self.purge(now) {
            Ok(0) => {}
            Ok(count) => tracing::debug!(count, "forgot service nodes that left"),
            Err(error) => tracing::warn!(%error, "service nodes that left are forgotten later"),
        }
    }

    fn purge(&self, now: Timestamp) -> Result<usize, ViewError> {
        let snapshot = self.parts.chain.snapshot();
        let registry = self.parts.staking.registry(&*snapshot)?;
        let gone: Vec<PublicKey> = {
            let mut inner = self.lock();
            let is_old = |received: Timestamp| now.seconds().saturating_sub(received.seconds()) > KEEP_SECONDS;
            let gone: Vec<PublicKey> = inner
                .nodes
                .iter()
                .filter(|(key, seen)| {
                    registry.node(key).is_none() && seen.proof.is_none_or(|proof| is_old(proof.received))
                })
                .map(|(key, _)| *key)
                .collect();
            for key in &gone {
                inner.nodes.remove(key);
            }
            gone
        };
        if !gone.is_empty() {
            self.changed();
            self.store(&[], &gone);
        }
        Ok(gone.len())
    }
}
