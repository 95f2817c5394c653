//! Enough votes: a transaction for the pool, a checkpoint for the chain.

use crate::prober::Prober;
use oxen_node_api::{Admission, CheckpointOutcome, GossipTopic, Relay};
use oxen_staking_rules::vote::{CastVote, Origin, VoteBody, VoteOutcome, state_change_transaction};
use oxen_state::{View, ViewError, queries};
use oxen_types::{
    Checkpoint, ConsensusEncode, Height, PublicKey,
    extra::{NewState, StateChange},
};

/// What votes made.
enum Completed {
    Change { node: PublicKey, change: StateChange },
    Checkpoint(Checkpoint),
}

impl Prober {
    /// Puts a verified vote into the pool of votes and hands on what it completes. Every vote beyond the least number completes
    /// again, with more signatures: pool and chain know what they have.
    pub(super) fn enter_vote(&self, cast: CastVote, origin: Origin) -> VoteOutcome {
        let (outcome, completed) = {
            let mut inner = self.lock();
            let outcome = inner.votes.add(cast, origin, self.now());
            let vote = cast.vote();
            let completed = match (outcome, vote.body, cast.node()) {
                (VoteOutcome::Added { .. }, VoteBody::Obligations { .. }, Some(node)) => inner
                    .votes
                    .state_change_of(vote)
                    .map(|change| Completed::Change { node: *node, change }),
                (VoteOutcome::Added { .. }, VoteBody::Checkpoint { .. }, _) => {
                    inner.votes.checkpoint_of(vote).map(Completed::Checkpoint)
                }
                _ => None,
            };
            (outcome, completed)
        };
        match completed {
            Some(Completed::Change { node, change }) => self.submit_change(&node, change),
            Some(Completed::Checkpoint(checkpoint)) => self.submit_checkpoint(checkpoint),
            None => {}
        }
        outcome
    }

    fn submit_change(&self, node: &PublicKey, change: StateChange) {
        match self.can_transition(node, change.block_height, change.state) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, %node, "a state change that has enough votes waits for the next vote");
                return;
            }
        }
        let (state, votes) = (change.state, change.votes.len());
        let blob = state_change_transaction(change).encode();
        match self.parts.pool.submit(&blob, Relay::Relay) {
            Ok(Admission::Added { id }) => {
                tracing::info!(%node, ?state, votes, %id, "votes changed the state of a service node");
            }
            Ok(Admission::AlreadyInPool { .. } | Admission::AlreadyMined { .. }) => {}
            Err(error) => tracing::debug!(%error, %node, ?state, votes, "the pool takes no such state change"),
        }
    }

    fn can_transition(&self, node: &PublicKey, height: Height, state: NewState) -> Result<bool, ViewError> {
        let snapshot = self.parts.chain.snapshot();
        let registry = self.parts.staking.registry(&*snapshot)?;
        Ok(registry
            .node(node)
            .is_some_and(|node| node.can_transition(height, state)))
    }

    fn submit_checkpoint(&self, checkpoint: Checkpoint) {
        let (height, block_id, votes) = (checkpoint.height, checkpoint.block_id, checkpoint.signatures.len());
        let message = checkpoint.encode();
        match self.parts.writer.add_checkpoint(checkpoint) {
            Ok(CheckpointOutcome::Added) => {
                tracing::info!(%height, %block_id, votes, "votes made a checkpoint");
                // Whoever missed votes gets it whole.
                self.parts.gossip.publish(GossipTopic::Checkpoints, message);
            }
            Ok(CheckpointOutcome::Extended | CheckpointOutcome::AlreadyKnown) => {}
            Err(error) => tracing::warn!(%error, %height, %block_id, "a checkpoint that has enough votes is not kept"),
        }
    }

    /// The height of the next block.
    pub(crate) fn chain_height(&self) -> Result<Height, ViewError> {
        let snapshot = self.parts.chain.snapshot();
        let view: &dyn View = &*snapshot;
        Ok(queries::totals(view)?.tip.next())
    }
}
