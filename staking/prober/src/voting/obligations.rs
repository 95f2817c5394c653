//! Testing the nodes of each height once it lies deep enough, and voting on those that fail (staking §15.1).

use super::SignedVote;
use crate::{
    follow::{Situation, registered},
    prober::{Inner, OwnVote, Prober},
};
use oxen_staking_rules::{
    Quorum, QuorumKind,
    obligations::{
        CheckpointParticipation, Decision, DecisionContext, FailedTest, NodeObservations, TestOutcome, decide,
        test_node,
    },
    vote::Vote,
};
use oxen_state::{ViewError, queries};
use oxen_types::{
    Height, PublicKey,
    extra::{NewState, Reasons},
    network::constants::{REORG_SAFETY_BUFFER_BLOCKS, VOTE_LIFETIME_BLOCKS},
};
use rand_core::OsRng;

/// What to vote on a node.
struct Judgement {
    worker: u16,
    node: PublicKey,
    state: NewState,
    reasons: Reasons,
    failed: Vec<FailedTest>,
}

impl Prober {
    /// Works through the heights that are due and signs the votes that they call for.
    pub(super) fn obligations_votes(&self, situation: &Situation<'_>) -> Vec<SignedVote> {
        let mut votes = Vec::new();
        let latest = self.latest_height(situation);
        let Some(first) = latest.checked_sub(VOTE_LIFETIME_BLOCKS) else {
            return votes;
        };
        let Some(end) = situation.tip.checked_sub(REORG_SAFETY_BUFFER_BLOCKS) else {
            return votes;
        };
        if situation.tip < first {
            return votes;
        }
        let mut inner = self.lock();
        inner.obligations_cursor = inner.obligations_cursor.max(first);
        while inner.obligations_cursor < end {
            let height = inner.obligations_cursor;
            match self.obligations_at(situation, latest, height, &mut inner) {
                Ok(at_height) => votes.extend(at_height),
                Err(error) => {
                    tracing::error!(%error, %height, "service nodes cannot be tested; the next block tries again");
                    break;
                }
            }
            inner.obligations_cursor = height.next();
        }
        votes
    }

    /// The height of the next block, here or where the peers are.
    fn latest_height(&self, situation: &Situation<'_>) -> Height {
        let target = self.parts.sync.target().map(Height::next).unwrap_or_default();
        situation.tip.next().max(target)
    }

    fn obligations_at(
        &self,
        situation: &Situation<'_>,
        latest: Height,
        height: Height,
        inner: &mut Inner,
    ) -> Result<Vec<SignedVote>, ViewError> {
        self.note_checkpoint_participation(situation, height, inner)?;
        let uptime = situation.now.seconds().saturating_sub(self.started.seconds());
        if uptime < self.network().uptime.validity_seconds {
            return Ok(Vec::new());
        }
        let Some(keys) = self.keys() else {
            return Ok(Vec::new());
        };
        let own = keys.primary();
        if !situation
            .registry
            .node(&own.public)
            .is_some_and(|node| node.is_active())
        {
            return Ok(Vec::new());
        }
        let Some(quorums) = self.parts.staking.quorums(situation.view, height)? else {
            return Ok(Vec::new());
        };
        let quorum = &quorums.obligations;
        let Some(validator) = position(quorum, &own.public) else {
            return Ok(Vec::new());
        };
        let mut votes = Vec::new();
        for judgement in self.judge(situation, latest, height, quorum, inner)? {
            let Judgement {
                worker,
                node,
                state,
                reasons,
                failed,
            } = judgement;
            let vote = Vote::on_node(height, validator, worker, state, reasons, own, &mut OsRng);
            match vote.verify(quorum) {
                Ok(cast) => votes.push(SignedVote {
                    cast,
                    note: Some(OwnVote {
                        quorum_height: height,
                        node,
                        state,
                        failed,
                        cast: situation.now,
                    }),
                }),
                Err(error) => tracing::error!(%error, "a vote of our own is not good"),
            }
        }
        Ok(votes)
    }

    /// Tests every worker of a quorum.
    fn judge(
        &self,
        situation: &Situation<'_>,
        latest: Height,
        height: Height,
        quorum: &Quorum,
        inner: &Inner,
    ) -> Result<Vec<Judgement>, ViewError> {
        let nothing_seen = NodeObservations::default();
        let mut judgements = Vec::new();
        for (key, worker) in quorum.workers.iter().zip(0_u16..) {
            let Some(node) = situation.registry.node(key).filter(|node| node.can_be_voted_on(height)) else {
                continue;
            };
            let seen = inner.nodes.get(key).unwrap_or(&nothing_seen);
            let context = self.test_context(situation.view, situation.tip, node)?;
            let results = test_node(node, seen, &context);
            let context = DecisionContext {
                network: self.network(),
                credit_height: latest,
                height: situation.tip,
            };
            match decide(node, &results, &context) {
                Decision::Nothing => {}
                Decision::Spared { reasons, grace_blocks } => {
                    tracing::debug!(node = %key, ?reasons, grace_blocks, "a fork has begun: nobody is deregistered yet");
                }
                Decision::Vote { state, reasons } => judgements.push(Judgement {
                    worker,
                    node: *key,
                    state,
                    reasons,
                    failed: results.failed,
                }),
            }
        }
        Ok(judgements)
    }

    /// Notes which validators voted on the checkpoint at `height`, unless the votes went by before this process started.
    fn note_checkpoint_participation(
        &self,
        situation: &Situation<'_>,
        height: Height,
        inner: &mut Inner,
    ) -> Result<(), ViewError> {
        let Some(state_height) = height.checked_sub(REORG_SAFETY_BUFFER_BLOCKS) else {
            return Ok(());
        };
        let Some(quorums) = self.parts.staking.quorums(situation.view, state_height)? else {
            return Ok(());
        };
        let Some(quorum) = quorums.get(QuorumKind::Checkpointing) else {
            return Ok(());
        };
        let block = queries::block_row(situation.view, height)?;
        if block.is_none_or(|block| block.timestamp <= self.started) {
            return Ok(());
        }
        for (key, validator) in quorum.validators.iter().zip(0_u16..) {
            let voted = inner.votes.voted_on_checkpoint(height, validator);
            if let Some(seen) = registered(inner, situation.registry, key) {
                seen.checkpoints.push(CheckpointParticipation {
                    checkpoint: height,
                    outcome: TestOutcome::passed_if(voted),
                });
            }
        }
        self.changed();
        Ok(())
    }
}

/// The position of a key among the validators.
pub(super) fn position(quorum: &Quorum, key: &PublicKey) -> Option<u16> {
    let position = quorum.validators.iter().position(|validator| validator == key)?;
    u16::try_from(position).ok()
}
