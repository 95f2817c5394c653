//! Which checkpoints of service nodes are kept (pulse §9.3, §9.5).
//!
//! They come from votes and with blocks, and are no part of what blocks make: whoever writes the chain lays them on the state
//! when they come, and takes them away when they are of no use any more or when their block is taken back.

use super::checkpoints::{checkpoints_above, immutable_height, obsolete_checkpoints};
use crate::{
    delta::Overlay,
    tables::{CheckpointRow, Checkpoints},
    view::{TypedView, View, ViewError},
};
use oxen_types::{
    Checkpoint, Hash, Height, Network, block::QuorumSignature, network::constants::CHECKPOINT_QUORUM_SIZE,
};
use std::collections::BTreeMap;

/// What a checkpoint brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The height had none, or one of another block, which it replaced.
    Added,
    /// Votes for the same block were added.
    Extended,
    /// Nothing.
    AlreadyKnown,
}

/// Lays a verified checkpoint on the state: votes for the same block are put together, one of another block is replaced.
///
/// # Errors
/// The state could not be read.
pub fn put_checkpoint(state: &mut Overlay<&dyn View>, checkpoint: &Checkpoint) -> Result<Kept, ViewError> {
    let stored = state.get::<Checkpoints>(&checkpoint.height)?.map(|row| row.0);
    let same = stored.filter(|stored| stored.block_id == checkpoint.block_id);
    let (row, kept) = match same {
        None => (checkpoint.clone(), Kept::Added),
        Some(stored) => {
            let votes = merged(&stored.signatures, &checkpoint.signatures);
            if votes.len() <= stored.signatures.len() {
                return Ok(Kept::AlreadyKnown);
            }
            let row = Checkpoint {
                signatures: votes,
                ..stored
            };
            (row, Kept::Extended)
        }
    };
    state.put::<Checkpoints>(&row.height.clone(), &CheckpointRow(row));
    Ok(kept)
}

/// Votes of both by position; the stored ones stay.
fn merged(stored: &[QuorumSignature], new: &[QuorumSignature]) -> Vec<QuorumSignature> {
    let mut votes: BTreeMap<u16, &QuorumSignature> = new.iter().map(|vote| (vote.voter_index, vote)).collect();
    votes.extend(stored.iter().map(|vote| (vote.voter_index, vote)));
    votes.into_values().take(CHECKPOINT_QUORUM_SIZE).cloned().collect()
}

/// Removes the checkpoints that those above them made superfluous, looking down from `tip`.
///
/// # Errors
/// The state could not be read.
pub fn drop_obsolete(state: &mut Overlay<&dyn View>, network: &Network, tip: Height) -> Result<(), ViewError> {
    let Some(immutable) = immutable_height(state, network, tip)? else {
        return Ok(());
    };
    for height in obsolete_checkpoints(state, immutable)? {
        state.delete::<Checkpoints>(&height);
    }
    Ok(())
}

/// Removes the checkpoints above `fork` that do not name a block of the new branch, of which `id_at` knows the ids.
///
/// # Errors
/// The state could not be read.
pub fn drop_reverted(
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
