//! Voting for the blocks of our chain that become checkpoints (pulse §9.2).

use super::{SignedVote, obligations::position};
use crate::{follow::Situation, prober::Prober};
use oxen_staking_rules::{QuorumKind, vote::Vote};
use oxen_state::{ViewError, queries};
use oxen_types::{
    Height,
    network::constants::{CHECKPOINT_INTERVAL_BLOCKS, REORG_SAFETY_BUFFER_BLOCKS, VOTE_LIFETIME_BLOCKS},
};
use rand_core::OsRng;

impl Prober {
    /// Works through the checkpoints that are due and signs our votes; each height once, unless its block was taken back.
    pub(super) fn checkpoint_votes(&self, situation: &Situation<'_>) -> Vec<SignedVote> {
        let active = self
            .own_key()
            .and_then(|own| situation.registry.node(&own))
            .is_some_and(|node| node.is_active());
        let mut votes = Vec::new();
        if !active {
            return votes;
        }
        let oldest = situation.tip.next().saturating_sub(VOTE_LIFETIME_BLOCKS);
        let mut cursor = checkpoint_at_or_above(self.lock().checkpoint_cursor.max(oldest));
        while cursor < situation.tip {
            match self.checkpoint_vote(situation, cursor) {
                Ok(vote) => votes.extend(vote),
                Err(error) => {
                    tracing::error!(%error, height = %cursor, "no vote on a checkpoint; the next block tries again");
                    break;
                }
            }
            cursor = cursor.saturating_add(CHECKPOINT_INTERVAL_BLOCKS);
        }
        self.lock().checkpoint_cursor = cursor;
        votes
    }

    fn checkpoint_vote(&self, situation: &Situation<'_>, height: Height) -> Result<Option<SignedVote>, ViewError> {
        let (Some(keys), Some(state_height)) = (self.keys(), height.checked_sub(REORG_SAFETY_BUFFER_BLOCKS)) else {
            return Ok(None);
        };
        let quorums = self.parts.staking.quorums(situation.view, state_height)?;
        let Some(quorum) = quorums
            .as_ref()
            .and_then(|quorums| quorums.get(QuorumKind::Checkpointing))
        else {
            return Ok(None);
        };
        let (Some(validator), Some(block)) = (
            position(quorum, &keys.primary().public),
            queries::block_row(situation.view, height)?,
        ) else {
            return Ok(None);
        };
        let vote = Vote::on_checkpoint(height, validator, block.id, keys.primary(), &mut OsRng);
        Ok(match vote.verify(quorum) {
            Ok(cast) => Some(SignedVote { cast, note: None }),
            Err(error) => {
                tracing::error!(%error, "a vote of our own is not good");
                None
            }
        })
    }
}

/// The lowest height from `height` on that may have a checkpoint.
fn checkpoint_at_or_above(height: Height) -> Height {
    let above = height
        .index()
        .checked_next_multiple_of(CHECKPOINT_INTERVAL_BLOCKS)
        .unwrap_or(u64::MAX);
    Height::new(above)
}
