//! Keeping checkpoints of service nodes (pulse §9).
//!
//! They come from votes and with blocks. They are no part of what blocks make, so they are written and removed by the writer
//! itself: written when they come, removed when they are of no use any more or when their block is taken back.

use crate::chain::Chain;
use oxen_node_api::{CheckpointOutcome, SubmitCheckpointError};
use oxen_state::{
    Overlay, TypedView, View, ViewError,
    block::checkpoints::{
        CheckpointError, checkpoints_above, immutable_height, obsolete_checkpoints, verify_checkpoint,
    },
    queries,
    tables::{CheckpointRow, Checkpoints},
};
use oxen_store::{Commit, Tip};
use oxen_types::{Checkpoint, Hash, Height, block::QuorumSignature, network::constants::CHECKPOINT_QUORUM_SIZE};
use std::collections::BTreeMap;

impl Chain {
    /// Verifies a checkpoint and keeps it; the writer is held.
    pub(crate) fn keep_checkpoint(&self, checkpoint: Checkpoint) -> Result<CheckpointOutcome, SubmitCheckpointError> {
        let snapshot = self.parts.store.snapshot();
        let view: &dyn View = &*snapshot;
        let tip = queries::totals(view).map_err(CheckpointError::View)?.tip;
        let height = checkpoint.height;
        if height > tip {
            return Err(SubmitCheckpointError::AboveTip { height, tip });
        }
        let network = &self.parts.network;
        // Signatures last: every vote after the thirteenth brings the whole checkpoint again.
        let mut state = Overlay::new(view);
        let outcome = put_checkpoint(&mut state, &checkpoint).map_err(CheckpointError::View)?;
        if outcome == CheckpointOutcome::AlreadyKnown {
            return Ok(outcome);
        }
        let immutable = immutable_height(view, network, tip).map_err(CheckpointError::View)?;
        if outcome == CheckpointOutcome::Added && immutable.is_some_and(|immutable| height <= immutable) {
            return Err(SubmitCheckpointError::BelowImmutable { height });
        }
        verify_checkpoint(view, network, &checkpoint)?;
        self.drop_obsolete(&mut state, tip).map_err(CheckpointError::View)?;
        let base = self.parts.store.tip().unwrap_or(Tip {
            height: tip,
            id: Hash::ZERO,
        });
        let commit = Commit::reorganisation(base, 0, Vec::new(), base, state.into_delta());
        self.parts
            .store
            .commit(&commit)
            .map_err(|error| SubmitCheckpointError::Storage(Box::new(error)))?;
        tracing::debug!(%height, id = %checkpoint.block_id, votes = checkpoint.signatures.len(), "kept a checkpoint");
        Ok(outcome)
    }

    /// Lays the checkpoint that came with a block on the state of its parent.
    pub(crate) fn attach_checkpoint(
        &self,
        state: &mut Overlay<&dyn View>,
        checkpoint: &Checkpoint,
        block: Tip,
    ) -> Result<(), CheckpointError> {
        if checkpoint.height != block.height || checkpoint.block_id != block.id {
            return Err(CheckpointError::OfAnotherBlock { id: block.id });
        }
        verify_checkpoint(state, &self.parts.network, checkpoint)?;
        put_checkpoint(state, checkpoint)?;
        self.drop_obsolete(state, block.height)?;
        Ok(())
    }

    /// Removes the checkpoints that those above them made superfluous.
    pub(crate) fn drop_obsolete(&self, state: &mut Overlay<&dyn View>, tip: Height) -> Result<(), ViewError> {
        let Some(immutable) = immutable_height(state, &self.parts.network, tip)? else {
            return Ok(());
        };
        for height in obsolete_checkpoints(state, immutable)? {
            state.delete::<Checkpoints>(&height);
        }
        Ok(())
    }
}

/// Lays a verified checkpoint on the state: votes for the same block are put together, one of another block is replaced.
pub(crate) fn put_checkpoint(
    state: &mut Overlay<&dyn View>,
    checkpoint: &Checkpoint,
) -> Result<CheckpointOutcome, ViewError> {
    let stored = state.get::<Checkpoints>(&checkpoint.height)?.map(|row| row.0);
    let same = stored.filter(|stored| stored.block_id == checkpoint.block_id);
    let (row, outcome) = match same {
        None => (checkpoint.clone(), CheckpointOutcome::Added),
        Some(stored) => {
            let votes = merged(&stored.signatures, &checkpoint.signatures);
            if votes.len() <= stored.signatures.len() {
                return Ok(CheckpointOutcome::AlreadyKnown);
            }
            let row = Checkpoint {
                signatures: votes,
                ..stored
            };
            (row, CheckpointOutcome::Extended)
        }
    };
    state.put::<Checkpoints>(&row.height.clone(), &CheckpointRow(row));
    Ok(outcome)
}

/// Votes of both by position; the stored ones stay.
fn merged(stored: &[QuorumSignature], new: &[QuorumSignature]) -> Vec<QuorumSignature> {
    let mut votes: BTreeMap<u16, &QuorumSignature> = new.iter().map(|vote| (vote.voter_index, vote)).collect();
    votes.extend(stored.iter().map(|vote| (vote.voter_index, vote)));
    votes.into_values().take(CHECKPOINT_QUORUM_SIZE).cloned().collect()
}

/// Removes the checkpoints above `fork` that do not name a block of the new branch, of which `id_at` knows the ids.
pub(crate) fn drop_reverted(
    state: &mut Overlay<&dyn View>,
    fork: Height,
    id_at: impl Fn(Height) -> Option<Hash>,
) -> Result<(), ViewError> {
    for checkpoint in checkpoints_above(state, fork)? {
        if id_at(checkpoint.height) != Some(checkpoint.block_id) {
            state.delete::<Checkpoints>(&checkpoint.height);
        }
    }
    Ok(())
}
