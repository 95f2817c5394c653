//! Votes: casting ours when they are due, taking those of others, and handing on what enough of them make.

mod checkpoints;
mod completion;
mod obligations;
mod receiving;

pub use receiving::VoteHandler;
pub(crate) use receiving::refuse;

use crate::{
    follow::Situation,
    prober::{OwnVote, Prober},
};
use oxen_node_api::GossipTopic;
use oxen_staking_rules::vote::{CastVote, Origin, VoteBody};

/// A vote that we signed.
pub(crate) struct SignedVote {
    cast: CastVote,
    /// What is remembered of it for the operator; `None` for checkpoints.
    note: Option<OwnVote>,
}

impl Prober {
    /// Casts every vote that the newest block made due.
    pub(crate) fn cast_due_votes(&self, situation: &Situation<'_>) {
        let mut votes = self.obligations_votes(situation);
        votes.extend(self.checkpoint_votes(situation));
        for vote in votes {
            self.cast(vote);
        }
        self.relay_votes();
    }

    fn cast(&self, vote: SignedVote) {
        match vote.cast.vote().body {
            VoteBody::Obligations { state, .. } => {
                let failed = vote.note.as_ref().map(|note| {
                    let sentences: Vec<String> = note.failed.iter().map(ToString::to_string).collect();
                    sentences.join("; ")
                });
                let (node, reasons) = (vote.cast.node(), failed.unwrap_or_default());
                tracing::info!(?node, ?state, height = %vote.cast.vote().height, "voted on a service node: {reasons}");
            }
            VoteBody::Checkpoint { block_id } => {
                tracing::debug!(height = %vote.cast.vote().height, %block_id, "voted for a checkpoint");
            }
        }
        if let Some(note) = vote.note {
            self.lock().remember_own_vote(note);
        }
        self.enter_vote(vote.cast, Origin::Ours);
    }

    /// Sends our votes that were never sent, or not for two minutes.
    pub(crate) fn relay_votes(&self) {
        let chain_height = match self.chain_height() {
            Ok(height) => height,
            Err(error) => {
                tracing::warn!(%error, "votes are not relayed now");
                return;
            }
        };
        let due = self.lock().votes.take_due_relays(chain_height, self.now());
        for vote in due {
            self.parts.gossip.publish(GossipTopic::Votes, vote.to_message());
        }
    }
}
