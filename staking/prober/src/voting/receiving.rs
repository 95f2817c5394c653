//! Votes of others (staking §15.8).

use crate::prober::Prober;
use oxen_node_api::{GossipHandler, GossipVerdict};
use oxen_staking_rules::{
    Blame,
    vote::{Origin, Vote, VoteOutcome, check_age},
};
use oxen_state::{View, ViewError, queries};
use std::sync::Arc;

/// Takes the messages of [`oxen_node_api::GossipTopic::Votes`].
pub struct VoteHandler(pub Arc<Prober>);

impl GossipHandler for VoteHandler {
    fn on_message(&self, message: &[u8]) -> GossipVerdict {
        let vote = match Vote::from_message(message) {
            Ok(vote) => vote,
            Err(error) => {
                tracing::debug!(%error, "refused a vote");
                return GossipVerdict::Reject;
            }
        };
        self.0.receive_vote(vote).unwrap_or_else(|error| {
            tracing::warn!(%error, "a vote cannot be judged");
            GossipVerdict::Ignore
        })
    }
}

/// What becomes of a message that is refused.
pub(crate) const fn refuse(blame: Blame) -> GossipVerdict {
    match blame {
        Blame::Nobody => GossipVerdict::Ignore,
        Blame::Sender => GossipVerdict::Reject,
    }
}

impl Prober {
    fn receive_vote(&self, vote: Vote) -> Result<GossipVerdict, ViewError> {
        let snapshot = self.parts.chain.snapshot();
        let view: &dyn View = &*snapshot;
        let chain_height = queries::totals(view)?.tip.next();
        if let Err(error) = check_age(vote.height, chain_height) {
            tracing::trace!(%error, "refused a vote");
            return Ok(refuse(error.blame()));
        }
        // Looked up before the signature is verified, which is what costs.
        if self.lock().votes.contains(&vote) {
            return Ok(GossipVerdict::Ignore);
        }
        let (kind, state_height) = vote.quorum();
        let quorums = self.parts.staking.quorums(view, state_height)?;
        let Some(quorum) = quorums.as_ref().and_then(|quorums| quorums.get(kind)) else {
            return Ok(GossipVerdict::Ignore);
        };
        let cast = match vote.verify(quorum) {
            Ok(cast) => cast,
            Err(error) => {
                tracing::debug!(%error, height = %vote.height, "refused a vote");
                return Ok(GossipVerdict::Reject);
            }
        };
        Ok(match self.enter_vote(cast, Origin::Others) {
            VoteOutcome::Added { .. } => {
                self.changed();
                GossipVerdict::Accept
            }
            // Who votes for many blocks is not who passes the votes on.
            VoteOutcome::Known | VoteOutcome::TooManyCheckpoints => GossipVerdict::Ignore,
        })
    }
}
