//! Keeping checkpoints of service nodes (pulse §9).
//!
//! They come from votes and with blocks. They are no part of what blocks make, so they are written and removed by the writer
//! itself: written when they come, removed when they are of no use any more or when their block is taken back.

use crate::chain::Chain;
use oxen_node_api::{CheckpointOutcome, SubmitBlockError, SubmitCheckpointError};
use oxen_state::{
    Overlay, View,
    block::{
        checkpoint_keeping::{Kept, drop_obsolete, put_checkpoint},
        checkpoints::{CheckpointError, immutable_height, verify_checkpoint},
    },
    queries,
};
use oxen_store::{Commit, Tip};
use oxen_types::{Checkpoint, Hash, Height};

impl Chain {
    /// Verifies a checkpoint and keeps it; the writer is held.
    pub(crate) fn keep_checkpoint(&self, checkpoint: Checkpoint) -> Result<CheckpointOutcome, SubmitCheckpointError> {
        let snapshot = self.parts.store.snapshot();
        let view: &dyn View = &*snapshot;
        let tip = queries::totals(view).map_err(CheckpointError::View)?.tip;
        let height = checkpoint.height;
        if height > tip && self.alternatives().contains(&checkpoint.block_id) {
            return self.keep_beside(view, checkpoint, tip);
        }
        if height > tip {
            return Err(SubmitCheckpointError::AboveTip { height, tip });
        }
        let network = &self.parts.network;
        // Signatures last: every vote after the thirteenth brings the whole checkpoint again.
        let mut state = Overlay::new(view);
        let outcome = match put_checkpoint(&mut state, &checkpoint).map_err(CheckpointError::View)? {
            Kept::AlreadyKnown => return Ok(CheckpointOutcome::AlreadyKnown),
            Kept::Added => CheckpointOutcome::Added,
            Kept::Extended => CheckpointOutcome::Extended,
        };
        let immutable = immutable_height(view, network, tip).map_err(CheckpointError::View)?;
        if outcome == CheckpointOutcome::Added && immutable.is_some_and(|immutable| height <= immutable) {
            return Err(SubmitCheckpointError::BelowImmutable { height });
        }
        verify_checkpoint(view, network, &checkpoint)?;
        drop_obsolete(&mut state, network, tip).map_err(CheckpointError::View)?;
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

    /// Keeps a checkpoint of a block beside the main chain that is above its tip, and compares the branches again: blocks that
    /// conflict with an approved blink wait for it (chain §5.4).
    fn keep_beside(
        &self,
        view: &dyn View,
        checkpoint: Checkpoint,
        tip: Height,
    ) -> Result<CheckpointOutcome, SubmitCheckpointError> {
        let (height, id) = (checkpoint.height, checkpoint.block_id);
        let known = self
            .alternatives()
            .get(&id)
            .map(|entry| entry.stored.checkpoint.is_some());
        if known == Some(true) {
            return Ok(CheckpointOutcome::AlreadyKnown);
        }
        match self.complete_alternative(view, &id, checkpoint) {
            Ok(true) => {}
            // Its quorum is that of a branch: it counts when the branch is the chain.
            Ok(false) => return Err(SubmitCheckpointError::AboveTip { height, tip }),
            Err(SubmitBlockError::Checkpoint(error)) => return Err(error.into()),
            Err(error) => return Err(SubmitCheckpointError::Storage(Box::new(error))),
        }
        tracing::debug!(%height, %id, "kept a checkpoint of a block beside the main chain");
        let mut ends = self.alternatives().tips_above(&id);
        // What is above it may be held back.
        ends.push(id);
        for end in ends {
            match self.compare_branch(view, end) {
                Ok(None) => {}
                Ok(Some(_)) => break,
                Err(error) => tracing::warn!(%error, %end, "a branch with a checkpoint cannot become the main chain"),
            }
        }
        Ok(CheckpointOutcome::Added)
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
        drop_obsolete(state, &self.parts.network, block.height)?;
        Ok(())
    }
}
