//! Asking other service nodes for their time, and telling ours (staking §15.2).

use crate::{follow::registered, prober::Prober};
use oxen_node_api::{Answer, AskError, QuorumHandler, QuorumSubject};
use oxen_staking_rules::{
    Registry,
    obligations::{TestOutcome, clock},
};
use oxen_state::ViewError;
use oxen_types::PublicKey;
use rand_core::{OsRng, RngCore};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Takes the messages of [`QuorumSubject::Time`].
pub struct TimeHandler(pub Arc<Prober>);

impl QuorumHandler for TimeHandler {
    /// Nothing is told on this subject.
    fn on_told(&self, from: PublicKey, _: Vec<u8>) {
        tracing::debug!(%from, "a service node tells something about time, and only asks were expected");
    }

    /// Any service node learns our time.
    fn on_asked(&self, from: Option<PublicKey>, _: Vec<u8>) -> Answer<Option<Vec<u8>>> {
        let answer = from.map(|_| clock::answer(self.0.now()));
        Box::pin(async { answer })
    }
}

/// Asks one node, chosen by chance, for its time, when this node is active, and notes what comes of it.
pub(crate) async fn test_a_clock(prober: Arc<Prober>) {
    let choosing = Arc::clone(&prober);
    let chosen = tokio::task::spawn_blocking(move || choosing.choose_clock(&mut OsRng)).await;
    let node = match chosen {
        Ok(Ok(Some(node))) => node,
        Ok(Ok(None)) => return,
        Ok(Err(error)) => return tracing::warn!(%error, "no service node is asked for its time"),
        Err(error) => return tracing::error!(%error, "no service node is asked for its time"),
    };
    prober.test_clock_of(node).await;
}

impl Prober {
    /// A registered node that is new enough to be asked, other than this one; `None` unless this one is active.
    pub(crate) fn choose_clock(&self, randomness: &mut impl RngCore) -> Result<Option<PublicKey>, ViewError> {
        let Some(own) = self.own_key() else {
            return Ok(None);
        };
        let snapshot = self.parts.chain.snapshot();
        let registry = self.parts.staking.registry(&*snapshot)?;
        if !registry.node(&own).is_some_and(|node| node.is_active()) {
            return Ok(None);
        }
        let candidates = self.with_clocks(&registry, &own);
        let Ok(count) = u64::try_from(candidates.len()) else {
            return Ok(None);
        };
        let index = randomness
            .next_u64()
            .checked_rem(count)
            .and_then(|index| usize::try_from(index).ok());
        Ok(index.and_then(|index| candidates.get(index).copied()))
    }

    fn with_clocks(&self, registry: &Registry, own: &PublicKey) -> Vec<PublicKey> {
        let inner = self.lock();
        let knows_the_question = |node: &&PublicKey| {
            let proof = inner.nodes.get(node).and_then(|seen| seen.proof);
            proof.is_some_and(|proof| proof.versions.node >= clock::MIN_VERSION)
        };
        let registered = registry.nodes().map(|(node, _)| node);
        registered
            .filter(|node| *node != own)
            .filter(knows_the_question)
            .copied()
            .collect()
    }

    /// Asks a node for its time and notes what comes of it.
    pub(crate) async fn test_clock_of(&self, node: PublicKey) {
        let question = self.parts.quorum.ask(&node, QuorumSubject::Time, Vec::new());
        let answer = match timeout(PATIENCE, question).await {
            // What this node could not send says nothing of the other.
            Ok(Err(AskError::Overloaded | AskError::NoAddress)) => return,
            Ok(Ok(answer)) => clock::read_answer(&answer),
            Ok(Err(AskError::Unreachable | AskError::TimedOut | AskError::Declined)) | Err(_) => None,
        };
        let now = self.now();
        let snapshot = self.parts.chain.snapshot();
        let registry = match self.parts.staking.registry(&*snapshot) {
            Ok(registry) => registry,
            Err(error) => return tracing::error!(%error, "a test of a clock is lost"),
        };
        let doubtful = {
            let mut inner = self.lock();
            let told = answer.map(|told| inner.own_clock.judge(told, now));
            let doubtful = inner.own_clock.is_doubtful();
            let Some(seen) = registered(&mut inner, &registry, &node) else {
                return;
            };
            seen.time_answers.push(TestOutcome::passed_if(told.is_some()));
            if let Some(outcome) = told {
                seen.time_synchronisation.push(outcome);
            }
            doubtful
        };
        self.changed();
        if doubtful {
            tracing::warn!(
                "the clock of this machine differs from those of most service nodes: set it, for example with an NTP service, \
                 or others will vote against this node"
            );
        }
    }
}
