//! Who votes on a checkpoint (staking §12, pulse §9).

use super::{Quorum, QuorumKind};
use crate::randomness::QuorumRandom;
use oxen_types::{
    Hash, Height, PublicKey,
    network::constants::{CHECKPOINT_INTERVAL_BLOCKS, CHECKPOINT_QUORUM_SIZE, REORG_SAFETY_BUFFER_BLOCKS},
};

/// The checkpointing quorum of a state; empty with fewer than twenty active nodes. `active` is sorted by key, `seed` is the id
/// of the block that the state stands after.
///
/// An older testnet drew positions beyond the active nodes before height 85,357; that is left out.
#[must_use]
pub fn checkpointing_quorum(active: &[PublicKey], seed: &Hash) -> Quorum {
    if active.len() < CHECKPOINT_QUORUM_SIZE {
        return Quorum::default();
    }
    let mut nodes: Vec<&PublicKey> = active.iter().collect();
    QuorumRandom::for_quorum(seed, QuorumKind::Checkpointing).shuffle(&mut nodes);
    Quorum {
        validators: nodes.into_iter().take(CHECKPOINT_QUORUM_SIZE).copied().collect(),
        workers: Vec::new(),
    }
}

/// The height that the checkpointing quorum of the state at `state` votes on, unless that state has none.
#[must_use]
pub fn checkpoint_height(state: Height) -> Option<Height> {
    state
        .checked_add(REORG_SAFETY_BUFFER_BLOCKS)
        .filter(|height| height.index().is_multiple_of(CHECKPOINT_INTERVAL_BLOCKS))
}

/// Whether the state at `state` has a checkpointing quorum, be it empty.
#[must_use]
pub fn has_checkpointing_quorum(state: Height) -> bool {
    checkpoint_height(state).is_some()
}

/// The height of the state whose quorum votes on a checkpoint at `checkpoint`; `None` where there are no checkpoints, or no
/// state so early.
#[must_use]
pub fn checkpointing_quorum_height(checkpoint: Height) -> Option<Height> {
    checkpoint
        .checked_sub(REORG_SAFETY_BUFFER_BLOCKS)
        .filter(|state| has_checkpointing_quorum(*state))
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{counting_hash, nodes, numbers, parsed},
        *,
    };
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_first_twenty_of_the_shuffle_vote() {
        for (seed, order) in [
            (Hash::ZERO, "23 6 4 17 20 19 9 24 0 3 15 11 12 22 10 16 2 1 14 5"),
            (counting_hash(), "1 4 14 12 10 6 11 17 18 13 7 9 23 2 15 0 21 19 5 24"),
        ] {
            let quorum = checkpointing_quorum(&nodes(0..25), &seed);
            assert_eq!(numbers(&quorum.validators), parsed(order));
            assert!(quorum.workers.is_empty());
        }
    }

    #[test]
    fn nineteen_nodes_make_an_empty_quorum_and_twenty_a_full_one() {
        assert_eq!(checkpointing_quorum(&nodes(0..19), &Hash::ZERO), Quorum::default());
        assert_eq!(checkpointing_quorum(&nodes(0..20), &Hash::ZERO).validators.len(), 20);
    }

    #[test]
    fn a_state_eleven_blocks_below_a_checkpoint_has_the_quorum() {
        let with_quorum: Vec<u64> = (0..14)
            .filter(|height| has_checkpointing_quorum(Height::new(*height)))
            .collect();
        assert_eq!(with_quorum, [1, 5, 9, 13]);
        assert_eq!(checkpoint_height(Height::new(441)), Some(Height::new(452)));
        assert_eq!(checkpointing_quorum_height(Height::new(452)), Some(Height::new(441)));
        assert_eq!(checkpointing_quorum_height(Height::new(12)), Some(Height::new(1)));
        assert_eq!(checkpointing_quorum_height(Height::new(8)), None);
        assert_eq!(checkpointing_quorum_height(Height::new(453)), None);
    }

    proptest! {
        #[test]
        fn members_are_distinct(active in 20_usize..300, seed: [u8; 32]) {
            let quorum = checkpointing_quorum(&nodes(0..active), &Hash::new(seed));
            let members: BTreeSet<_> = quorum.validators.iter().collect();
            prop_assert_eq!(members.len(), 20);
            prop_assert!(numbers(&quorum.validators).iter().all(|node| *node < active));
        }
    }
}
