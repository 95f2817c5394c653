//! Which of two branches is the chain (chain §4.12, HF16 and later).

use oxen_types::{
    Block,
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
