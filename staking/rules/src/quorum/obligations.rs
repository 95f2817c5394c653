//! Who tests whom (staking §12).

use super::{Quorum, QuorumKind};
use crate::randomness::QuorumRandom;
use oxen_types::{
    Hash, PublicKey,
    network::constants::{OBLIGATIONS_MIN_WORKERS, OBLIGATIONS_ONE_WORKER_IN, OBLIGATIONS_QUORUM_SIZE},
};

/// The obligations quorum of a state; every state has one. `active` and `decommissioned` are sorted by key and have no key in
/// common, `seed` is the id of the block that the state stands after. Validators are always active nodes.
#[must_use]
pub fn obligations_quorum(active: &[PublicKey], decommissioned: &[PublicKey], seed: &Hash) -> Quorum {
    let validators = active.len().min(OBLIGATIONS_QUORUM_SIZE);
    let mut nodes: Vec<&PublicKey> = active.iter().chain(decommissioned).collect();
    let others = nodes.len().saturating_sub(validators);
    let workers = others.min(OBLIGATIONS_MIN_WORKERS.max(others / OBLIGATIONS_ONE_WORKER_IN));

    let mut random = QuorumRandom::for_quorum(seed, QuorumKind::Obligations);
    if active.is_empty() || decommissioned.is_empty() {
        random.shuffle(&mut nodes);
    } else {
        // Validators come from the active nodes, workers from all that are left; both shuffles start from the same numbers.
        let mut again = random.clone();
        let (first, _) = nodes.split_at_mut(active.len());
        random.shuffle(first);
        let (_, rest) = nodes.split_at_mut(validators);
        again.shuffle(rest);
    }
    let mut chosen = nodes.into_iter().copied();
    Quorum {
        validators: chosen.by_ref().take(validators).collect(),
        workers: chosen.take(workers).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{counting_hash, node, nodes, numbers, parsed},
        *,
    };
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn chosen(active: usize, decommissioned: usize, seed: &Hash) -> (Vec<usize>, Vec<usize>) {
        let quorum = obligations_quorum(&nodes(0..active), &nodes(active..active + decommissioned), seed);
        (numbers(&quorum.validators), numbers(&quorum.workers))
    }

    #[test]
    fn without_decommissioned_nodes_one_shuffle_decides() {
        let expected = (parsed("19 13 1 9 16 15 0 17 11 8"), parsed("18 3 4 7 2 5 12 6 14 10"));
        assert_eq!(chosen(20, 0, &Hash::ZERO), expected);
        let expected = (parsed("11 2 15 7 1 8 5 10 9 4"), parsed("0 6 16 18 14 12 3 17 13 19"));
        assert_eq!(chosen(20, 0, &counting_hash()), expected);
    }

    #[test]
    fn with_decommissioned_nodes_validators_are_shuffled_apart() {
        let expected = (parsed("10 13 1 9 12 5 0 6 11 8"), parsed("4 17 3 19 2 15 14 16 7 18"));
        assert_eq!(chosen(15, 5, &Hash::ZERO), expected);
        let expected = (parsed("11 2 12 7 1 8 5 10 9 4"), parsed("16 3 13 17 6 18 15 0 19 14"));
        assert_eq!(chosen(15, 5, &counting_hash()), expected);
    }

    #[test]
    fn fifty_nodes_are_tested_and_one_in_a_hundred_of_many() {
        for (active, validators, workers) in [
            (0, 0, 0),
            (3, 3, 0),
            (12, 10, 2),
            (60, 10, 50),
            (2_200, 10, 50),
            (20_010, 10, 200),
        ] {
            let (voting, tested) = chosen(active, 0, &Hash::ZERO);
            assert_eq!((voting.len(), tested.len()), (validators, workers), "of {active}");
        }
    }

    #[test]
    fn decommissioned_nodes_alone_are_tested_by_nobody() {
        let quorum = obligations_quorum(&[], &[node(1), node(2)], &Hash::ZERO);
        assert_eq!((quorum.validators.len(), quorum.workers.len()), (0, 2));
    }

    proptest! {
        #[test]
        fn members_are_distinct_and_validators_are_active(active in 0_usize..150, decommissioned in 0_usize..80, seed: [u8; 32]) {
            let (validators, workers) = chosen(active, decommissioned, &Hash::new(seed));
            prop_assert!(validators.iter().all(|node| *node < active));
            prop_assert!(workers.iter().all(|node| *node < active + decommissioned));
            let members: BTreeSet<usize> = validators.iter().chain(&workers).copied().collect();
            prop_assert_eq!(members.len(), validators.len() + workers.len());
        }
    }
}
