//! Who approves blinks (staking §12, chain §5.1).

use super::{Quorum, QuorumKind};
use crate::randomness::QuorumRandom;
use oxen_types::{
    Hash, Height, PublicKey,
    network::constants::{
        BLINK_EXPIRY_BUFFER_BLOCKS, BLINK_MIN_VOTES, BLINK_QUORUM_INTERVAL_BLOCKS, BLINK_QUORUM_LAG_BLOCKS,
        BLINK_SUBQUORUM_SIZE,
    },
};

/// The blink quorum of a state; empty with fewer than seven eligible nodes. `eligible` are the active nodes that
/// [`is_eligible_for_blink`] accepts, sorted by key, `seed` is the id of the block that the state stands after.
#[must_use]
pub fn blink_quorum(eligible: &[PublicKey], seed: &Hash) -> Quorum {
    if eligible.len() < BLINK_MIN_VOTES {
        return Quorum::default();
    }
    let mut nodes: Vec<&PublicKey> = eligible.iter().collect();
    QuorumRandom::for_quorum(seed, QuorumKind::Blink).shuffle(&mut nodes);
    Quorum {
        validators: nodes.into_iter().take(BLINK_SUBQUORUM_SIZE).copied().collect(),
        workers: Vec::new(),
    }
}

/// Whether the state at `state` has a blink quorum, be it empty.
#[must_use]
pub const fn has_blink_quorum(state: Height) -> bool {
    state.index().is_multiple_of(BLINK_QUORUM_INTERVAL_BLOCKS)
}

/// Whether an active node may be drawn into the blink quorum of the state at `state`: it has asked for no unlock, or stays for
/// as long as the quorum may be asked. `requested_unlock` is the height after which it leaves.
#[must_use]
pub fn is_eligible_for_blink(requested_unlock: Option<Height>, state: Height) -> bool {
    requested_unlock.is_none_or(|leaves| leaves > state.saturating_add(BLINK_EXPIRY_BUFFER_BLOCKS))
}

/// Heights of the states whose quorums approve a blink made at the height `authorization`: the base quorum and the second
/// one, a quorum's interval above. `None` when the chain is too short.
#[must_use]
pub fn blink_quorum_heights(authorization: Height) -> Option<(Height, Height)> {
    let base = authorization
        .checked_sub(authorization.index() % BLINK_QUORUM_INTERVAL_BLOCKS)?
        .checked_sub(BLINK_QUORUM_LAG_BLOCKS)?;
    Some((base, base.checked_add(BLINK_QUORUM_INTERVAL_BLOCKS)?))
}

/// The checksum over both quorums of a blink, by which two nodes see that they mean the same members (chain §5.3).
#[must_use]
pub fn blink_checksum(base: &Quorum, second: &Quorum) -> u64 {
    quorum_checksum(&base.validators, 0).wrapping_add(quorum_checksum(&second.validators, BLINK_SUBQUORUM_SIZE))
}

/// The checksum over keys of which the first has the number `first`: the sum, modulo 2⁶⁴, of the eight bytes in each key that
/// start at its number, read little-endian, wrapping round the key's end (staking §12).
#[must_use]
pub fn quorum_checksum(keys: &[PublicKey], first: usize) -> u64 {
    keys.iter()
        .zip(first..)
        .fold(0, |sum, (key, number)| sum.wrapping_add(word_at(key, number)))
}

/// Eight bytes of the key, from byte `number` modulo its length.
fn word_at(key: &PublicKey, number: usize) -> u64 {
    let around = key.as_bytes().iter().cycle().skip(number % PublicKey::LENGTH);
    let mut word = [0; 8];
    for (byte, of_key) in word.iter_mut().zip(around) {
        *byte = *of_key;
    }
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{counting_hash, nodes, numbers, parsed},
        *,
    };
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn sliding_keys(count: u8) -> Vec<PublicKey> {
        (0..count)
            .map(|first| PublicKey::new(std::array::from_fn(|index| first + index as u8)))
            .collect()
    }

    #[test]
    fn the_first_ten_of_the_shuffle_approve() {
        let quorum = blink_quorum(&nodes(0..12), &Hash::ZERO);
        assert_eq!(numbers(&quorum.validators), parsed("2 0 8 3 10 5 1 6 9 4"));
        assert!(quorum.workers.is_empty());
        let quorum = blink_quorum(&nodes(0..25), &counting_hash());
        assert_eq!(numbers(&quorum.validators), parsed("9 19 11 13 22 3 14 15 23 7"));
    }

    #[test]
    fn six_nodes_make_an_empty_quorum_and_seven_a_small_one() {
        assert_eq!(blink_quorum(&nodes(0..6), &Hash::ZERO), Quorum::default());
        assert_eq!(blink_quorum(&nodes(0..7), &Hash::ZERO).validators.len(), 7);
    }

    #[test]
    fn every_fifth_state_has_a_quorum() {
        let with_quorum: Vec<u64> = (0..12)
            .filter(|height| has_blink_quorum(Height::new(*height)))
            .collect();
        assert_eq!(with_quorum, [0, 5, 10]);
    }

    #[test]
    fn a_node_that_leaves_soon_is_left_out() {
        let state = Height::new(100);
        assert!(is_eligible_for_blink(None, state));
        assert!(is_eligible_for_blink(Some(Height::new(146)), state));
        assert!(!is_eligible_for_blink(Some(Height::new(145)), state));
    }

    #[test]
    fn quorums_of_a_blink_lie_35_and_30_blocks_below() {
        for (authorization, base) in [(100, 65), (104, 65), (105, 70), (35, 0)] {
            let heights = (Height::new(base), Height::new(base + 5));
            assert_eq!(blink_quorum_heights(Height::new(authorization)), Some(heights));
        }
        assert_eq!(blink_quorum_heights(Height::new(34)), None);
    }

    #[test]
    fn checksums_are_the_known_ones() {
        assert_eq!(quorum_checksum(&sliding_keys(3), 0), 1_952_333_605_771_151_622);
        assert_eq!(quorum_checksum(&sliding_keys(30), 0), 11_213_294_163_806_488_422);
    }

    #[test]
    fn the_second_quorum_of_a_blink_counts_on_from_ten() {
        let keys = sliding_keys(20);
        let quorum = |validators: &[PublicKey]| Quorum {
            validators: validators.to_vec(),
            workers: Vec::new(),
        };
        let checksum = blink_checksum(&quorum(&keys[..10]), &quorum(&keys[10..]));
        assert_eq!(checksum, quorum_checksum(&keys, 0));
        // Numbers do not close up when the base quorum is short.
        assert_ne!(blink_checksum(&quorum(&keys[..9]), &quorum(&keys[9..])), checksum);
    }

    proptest! {
        #[test]
        fn members_are_distinct(eligible in 7_usize..200, seed: [u8; 32]) {
            let quorum = blink_quorum(&nodes(0..eligible), &Hash::new(seed));
            let members: BTreeSet<_> = quorum.validators.iter().collect();
            prop_assert_eq!(members.len(), eligible.min(10));
        }

        #[test]
        fn both_quorums_of_a_blink_exist_and_lie_at_least_thirty_blocks_back(height in 35_u64..10_000_000) {
            let (base, second) = blink_quorum_heights(Height::new(height)).unwrap();
            prop_assert!(has_blink_quorum(base) && has_blink_quorum(second));
            prop_assert!((30..=34).contains(&(height - second.index())));
        }
    }
}
