//! Blocks that may not be replaced (chain §4.12, pulse §9).

use crate::{
    delta::scan_rows,
    error::BlockError,
    service_nodes::state_quorums,
    tables::{Blocks, Checkpoints},
    view::{TypedView, View, ViewError},
};
use oxen_crypto::signature::schnorr;
use oxen_staking_rules::quorum::{Quorum, checkpointing_quorum_height};
use oxen_types::{
    Checkpoint, Hash, Height, Network, PublicKey, Signature,
    checkpoint::CheckpointKind,
    network::constants::{CHECKPOINT_MIN_VOTES, CHECKPOINT_PERSIST_INTERVAL_BLOCKS, CHECKPOINT_QUORUM_SIZE},
};
use std::collections::BTreeSet;
use thiserror::Error;

/// Why a checkpoint is refused (pulse §9.4).
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// It came with a block that it does not name.
    #[error("the checkpoint does not name block {id}, with which it came")]
    OfAnotherBlock {
        /// Id of the block.
        id: Hash,
    },
    /// Only the software itself knows hard-coded ones.
    #[error("a checkpoint that the software should know is not one of its own")]
    NotKnown,
    /// Checkpoints stand at multiples of four, and not so early that no state could have a quorum for them.
    #[error("there is no checkpoint at height {height}")]
    WrongHeight {
        /// Its height.
        height: Height,
    },
    /// The quorum that votes on the height is not known (any more), or too few nodes were active for one.
    #[error("there is no quorum that votes on a checkpoint at height {height}")]
    QuorumUnknown {
        /// Its height.
        height: Height,
    },
    /// Thirteen to twenty votes.
    #[error("{found} votes; {CHECKPOINT_MIN_VOTES} to {CHECKPOINT_QUORUM_SIZE} are required")]
    VoteCount {
        /// Votes found.
        found: usize,
    },
    /// Positions ascend.
    #[error("the votes are not in ascending order of their validators")]
    VotesNotAscending,
    /// A vote is not signed by a validator of the quorum.
    #[error("the vote of validator {index} is not signed by it")]
    InvalidSignature {
        /// Position.
        index: u16,
    },
    /// The state could not be read: not the checkpoint's fault.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// Checks the votes of a checkpoint against the quorum of the main chain's state eleven blocks below it.
///
/// # Errors
/// The first rule that is broken.
pub fn verify_checkpoint(view: &dyn View, network: &Network, checkpoint: &Checkpoint) -> Result<(), CheckpointError> {
    let is_signed = |id: &Hash, key: &PublicKey, signature: &Signature| schnorr::verify(id, key, signature).is_ok();
    verify_checkpoint_with(view, network, checkpoint, &is_signed)
}

/// Whether the key signed the block id.
pub type SignatureCheck<'a> = &'a dyn Fn(&Hash, &PublicKey, &Signature) -> bool;

/// As [`verify_checkpoint`], for a caller that remembers which signatures it has verified.
///
/// # Errors
/// As [`verify_checkpoint`].
pub fn verify_checkpoint_with(
    view: &dyn View,
    network: &Network,
    checkpoint: &Checkpoint,
    is_signed: SignatureCheck<'_>,
) -> Result<(), CheckpointError> {
    let height = checkpoint.height;
    if checkpoint.kind == CheckpointKind::Hardcoded {
        let known = network.checkpoint_at(height) == Some(checkpoint.block_id);
        return if known && checkpoint.signatures.is_empty() {
            Ok(())
        } else {
            Err(CheckpointError::NotKnown)
        };
    }
    let state = checkpointing_quorum_height(height).ok_or(CheckpointError::WrongHeight { height })?;
    let quorum = state_quorums(view, state)?
        .and_then(|quorums| quorums.checkpointing)
        .filter(|quorum| !quorum.validators.is_empty())
        .ok_or(CheckpointError::QuorumUnknown { height })?;
    verify_votes(checkpoint, &quorum, is_signed)
}

fn verify_votes(
    checkpoint: &Checkpoint,
    quorum: &Quorum,
    is_signed: SignatureCheck<'_>,
) -> Result<(), CheckpointError> {
    let votes = &checkpoint.signatures;
    if !(CHECKPOINT_MIN_VOTES..=CHECKPOINT_QUORUM_SIZE).contains(&votes.len()) {
        return Err(CheckpointError::VoteCount { found: votes.len() });
    }
    if !votes.is_sorted_by(|one, two| one.voter_index < two.voter_index) {
        return Err(CheckpointError::VotesNotAscending);
    }
    for vote in votes {
        let index = vote.voter_index;
        let invalid = CheckpointError::InvalidSignature { index };
        let Some(validator) = quorum.validators.get(usize::from(index)) else {
            return Err(invalid);
        };
        if !is_signed(&checkpoint.block_id, validator, &vote.signature) {
            return Err(invalid);
        }
    }
    Ok(())
}

/// Heights whose service node checkpoints are of no use any more once those at `immutable` are final: within sixty blocks below
/// it, but for multiples of sixty (pulse §9.5).
///
/// # Errors
/// The state could not be read.
pub fn obsolete_checkpoints(view: &dyn View, immutable: Height) -> Result<Vec<Height>, ViewError> {
    let first = immutable.saturating_sub(CHECKPOINT_PERSIST_INTERVAL_BLOCKS);
    let heights = heights_between(view, first, immutable)?;
    Ok(heights
        .into_iter()
        .filter(|height| *height < immutable && !height.index().is_multiple_of(CHECKPOINT_PERSIST_INTERVAL_BLOCKS))
        .collect())
}

/// The service node checkpoints above `height`, lowest first.
///
/// # Errors
/// The state could not be read.
pub fn checkpoints_above(view: &dyn View, height: Height) -> Result<Vec<Checkpoint>, ViewError> {
    let rows = scan_rows::<Checkpoints>(view, &[], &height.next().index().to_be_bytes(), usize::MAX)?;
    Ok(rows.into_iter().map(|(_, row)| row.0).collect())
}

/// Checks a block against the hard-coded checkpoints and those of service nodes.
///
/// # Errors
/// [`BlockError::CheckpointMismatch`], or the state could not be read.
pub fn check_checkpoint(view: &dyn View, network: &Network, height: Height, id: &Hash) -> Result<(), BlockError> {
    let hard_coded = network
        .checkpoints
        .iter()
        .find(|known| known.height == height)
        .map(|known| known.block_id);
    let service_node = view.get::<Checkpoints>(&height)?.map(|row| row.0.block_id);
    if hard_coded.or(service_node).is_some_and(|expected| expected != *id) {
        return Err(BlockError::CheckpointMismatch { height });
    }
    Ok(())
}

/// The height at and below which blocks are final, looking down from `tip`: the nearest checkpoint if it is hard-coded, else
/// the next older one of any kind; none while there is only one service node checkpoint.
///
/// # Errors
/// The state could not be read.
pub fn immutable_height(view: &dyn View, network: &Network, tip: Height) -> Result<Option<Height>, ViewError> {
    let hard_coded = network
        .checkpoints
        .iter()
        .rev()
        .map(|known| known.height)
        .find(|height| *height <= tip);
    let mut service_node = newest_two(view, tip)?.into_iter().rev();
    let Some(nearest) = service_node.next() else {
        return Ok(hard_coded);
    };
    if hard_coded.is_some_and(|known| known >= nearest) {
        return Ok(hard_coded);
    }
    Ok(service_node.next().max(hard_coded))
}

/// Number of heights from `first` to `last`, both included, whose block of the main chain has a checkpoint: one that is known
/// and signed by service nodes as well counts once, and a checkpoint that names a block beside the main chain does not count.
///
/// # Errors
/// The state could not be read.
pub fn count_checkpoints(view: &dyn View, network: &Network, first: Height, last: Height) -> Result<u64, ViewError> {
    let hard_coded = network
        .checkpoints
        .iter()
        .map(|known| known.height)
        .filter(|height| *height >= first && *height <= last);
    let mut heights: BTreeSet<Height> = hard_coded.collect();
    for checkpoint in between(view, first, last)? {
        let on_chain = view.get::<Blocks>(&checkpoint.height)?;
        if on_chain.is_some_and(|row| row.id == checkpoint.block_id) {
            heights.insert(checkpoint.height);
        }
    }
    Ok(heights.len() as u64)
}

/// At least the two newest service node checkpoints up to `tip` if there are two, ascending. Looks back ever further, because
/// after an outage of the quorums they can be far behind.
fn newest_two(view: &dyn View, tip: Height) -> Result<Vec<Height>, ViewError> {
    let mut look_back = 64_u64;
    loop {
        let first = tip.saturating_sub(look_back);
        let heights = heights_between(view, first, tip)?;
        if heights.len() >= 2 || first == Height::GENESIS {
            return Ok(heights);
        }
        look_back = look_back.saturating_mul(4);
    }
}

/// Heights of service node checkpoints from `first` to `last`, ascending.
fn heights_between(view: &dyn View, first: Height, last: Height) -> Result<Vec<Height>, ViewError> {
    Ok(between(view, first, last)?.into_iter().map(|one| one.height).collect())
}

/// Service node checkpoints from `first` to `last`, ascending.
fn between(view: &dyn View, first: Height, last: Height) -> Result<Vec<Checkpoint>, ViewError> {
    let span = usize::try_from(last.since(first).saturating_add(1)).unwrap_or(usize::MAX);
    let rows = scan_rows::<Checkpoints>(view, &[], &first.index().to_be_bytes(), span)?;
    Ok(rows
        .into_iter()
        .map(|(_, row)| row.0)
        .filter(|checkpoint| checkpoint.height <= last)
        .collect())
}
