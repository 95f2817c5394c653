//! Which of two branches is the chain (chain §4.12, HF16 and later).

use super::checkpoints::count_checkpoints;
use crate::{
    queries,
    tables::Checkpoints,
    view::{TypedView, View, ViewError},
};
use oxen_types::{
    Block, Checkpoint, Hash, Height, Network,
    network::constants::{BLOCK_CHAIN_WEIGHT, PULSE_CHAIN_WEIGHT},
};
use std::cmp::Ordering;

/// What a branch weighs from the fork point on. Ordered: more checkpoints win, then more chain weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct BranchWeight {
    /// Checkpoints on the branch.
    pub checkpoints: u64,
    /// Sum over its blocks of [`chain_weight`].
    pub chain_weight: u128,
}

impl BranchWeight {
    /// True when this branch replaces `main`: it must be strictly heavier.
    #[must_use]
    pub fn replaces(&self, main: &Self) -> bool {
        self.cmp(main) == Ordering::Greater
    }
}

/// What a block adds to its branch: 1, and for a Pulse block a large share that shrinks with its round.
#[must_use]
pub fn chain_weight(block: &Block) -> u128 {
    let pulse = block
        .header
        .pulse
        .as_ref()
        .filter(|_| block.has_pulse())
        .map_or(0, |pulse| {
            PULSE_CHAIN_WEIGHT
                .checked_div(u64::from(pulse.round).saturating_add(1))
                .unwrap_or(0)
        });
    u128::from(BLOCK_CHAIN_WEIGHT).saturating_add(u128::from(pulse))
}

/// A block of a branch beside the main chain.
#[derive(Debug, Clone, Copy)]
pub struct BranchBlock<'a> {
    /// The block.
    pub block: &'a Block,
    /// Its id.
    pub id: Hash,
    /// Its height.
    pub height: Height,
    /// The checkpoint that came with it, verified.
    pub checkpoint: Option<&'a Checkpoint>,
}

/// True when a branch replaces the main chain of `view` above the block at `fork`, their last common one. `branch` are its blocks
/// in order. Compares no further than it takes to tell.
///
/// # Errors
/// The state could not be read.
pub fn branch_replaces_main<'a>(
    view: &dyn View,
    network: &Network,
    fork: Height,
    branch: impl IntoIterator<Item = BranchBlock<'a>>,
) -> Result<bool, ViewError> {
    let tip = queries::totals(view)?.tip;
    let mut other = BranchWeight::default();
    for block in branch {
        other.chain_weight = other.chain_weight.saturating_add(chain_weight(block.block));
        let counts = u64::from(has_checkpoint(view, network, &block)?);
        other.checkpoints = other.checkpoints.saturating_add(counts);
    }
    let mut height = fork.next();
    let mut main = BranchWeight {
        checkpoints: count_checkpoints(view, network, height, tip)?,
        chain_weight: 0,
    };
    while height <= tip && other.checkpoints == main.checkpoints && other.replaces(&main) {
        let weight = queries::block(view, height)?.as_ref().map_or(0, chain_weight);
        main.chain_weight = main.chain_weight.saturating_add(weight);
        height = height.next();
    }
    Ok(other.replaces(&main))
}

/// True when a checkpoint names this block beside the main chain.
///
/// # Errors
/// The state could not be read.
pub fn has_checkpoint(view: &dyn View, network: &Network, block: &BranchBlock<'_>) -> Result<bool, ViewError> {
    if block.checkpoint.is_some() || network.checkpoint_at(block.height) == Some(block.id) {
        return Ok(true);
    }
    let stored = view.get::<Checkpoints>(&block.height)?;
    Ok(stored.is_some_and(|row| row.0.block_id == block.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_beat_weight_and_equal_branches_do_not_replace() {
        let main = BranchWeight {
            checkpoints: 1,
            chain_weight: 10,
        };
        assert!(
            BranchWeight {
                checkpoints: 2,
                chain_weight: 1
            }
            .replaces(&main)
        );
        assert!(
            BranchWeight {
                checkpoints: 1,
                chain_weight: 11
            }
            .replaces(&main)
        );
        assert!(!main.replaces(&main));
        assert!(
            !BranchWeight {
                checkpoints: 0,
                chain_weight: 99
            }
            .replaces(&main)
        );
    }
}
