//! Who makes the next block (pulse §3).

use super::{Quorum, QuorumKind};
use crate::randomness::QuorumRandom;
use oxen_types::{
    Hash, Height, PublicKey,
    hashing::keccak256_parts,
    network::constants::{PULSE_ENTROPY_LAG_BLOCKS, PULSE_QUORUM_SIZE, PULSE_VALIDATORS},
};
use parity_scale_codec::{Decode, Encode};

/// When a service node was last a validator of a Pulse quorum. Those that have waited longest sort first; a node that never
/// was one has the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct PulseSorter {
    /// Height of the *parent* of the block that the quorum was for (staking §22, quirk 3).
    pub height: Height,
    /// Position among the validators.
    pub index: u8,
}

/// An active service node that may be drawn into a Pulse quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct PulseCandidate {
    /// Its primary key.
    pub key: PublicKey,
    /// When it last was a validator.
    pub sorter: PulseSorter,
}

/// What one ancestor gives to the randomness of a Pulse quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum EntropySource {
    /// The random value of a Pulse block.
    Pulse([u8; 16]),
    /// The id of a mined block.
    Mined(Hash),
}

impl EntropySource {
    fn entropy(&self, round: u8) -> Hash {
        let bytes: &[u8] = match self {
            Self::Pulse(random_value) => random_value,
            Self::Mined(id) => id.as_bytes(),
        };
        keccak256_parts(&[&[round], bytes])
    }
}

/// Heights of the ancestors that give the entropy for a block at `height`, oldest first: 22 to 11 below it. `None` when the
/// chain is too short. They are ancestors of the block's parent, also on an alternative branch.
#[must_use]
pub fn entropy_heights(height: Height) -> Option<[Height; PULSE_QUORUM_SIZE]> {
    let mut next = height.previous()?.checked_sub(PULSE_ENTROPY_LAG_BLOCKS)?;
    Some([(); PULSE_QUORUM_SIZE].map(|()| {
        let here = next;
        next = next.next();
        here
    }))
}

/// The entropy of a round, from the ancestors at [`entropy_heights`], oldest first: one hash for the producer and one for each
/// validator.
#[must_use]
pub fn pulse_entropy(round: u8, sources: &[EntropySource; PULSE_QUORUM_SIZE]) -> [Hash; PULSE_QUORUM_SIZE] {
    sources.each_ref().map(|source| source.entropy(round))
}

/// The Pulse quorum of a round: one worker, the producer, and eleven validators. `candidates` are *all* active nodes of the
/// parent's state in key order, the leader of the reward queue among them. `None` when they are fewer than the network's
/// `minimum_nodes` or too few for a quorum.
#[must_use]
pub fn pulse_quorum(
    leader: &PublicKey,
    mut candidates: Vec<PulseCandidate>,
    entropy: &[Hash; PULSE_QUORUM_SIZE],
    round: u8,
    minimum_nodes: u64,
) -> Option<Quorum> {
    if (candidates.len() as u64) < minimum_nodes {
        return None;
    }
    if round == 0 {
        candidates.retain(|candidate| candidate.key != *leader);
    }
    let mut queue: Vec<Turn> = (0..)
        .zip(&candidates)
        .map(|(position, candidate)| Turn::new(candidate, position))
        .collect();
    let key_of = |turn: Turn| candidates.get(turn.position()).map(|candidate| candidate.key);

    let (for_producer, for_validators) = entropy.split_first()?;
    let producer = if round == 0 {
        *leader
    } else {
        key_of(draw_producer(&mut queue, for_producer)?)?
    };
    let validators = draw_validators(&mut queue, for_validators)?;
    Some(Quorum {
        validators: validators.iter().map(|turn| key_of(*turn)).collect::<Option<_>>()?,
        workers: vec![producer],
    })
}

/// A candidate's place in the queue for validators: its sorter, then its position in key order, in one number, since most of
/// the work of a quorum is putting them in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn(u128);

impl Turn {
    fn new(candidate: &PulseCandidate, position: u32) -> Self {
        let PulseSorter { height, index } = candidate.sorter;
        Self((u128::from(height.index()) << 64) | (u128::from(index) << 32) | u128::from(position))
    }

    /// The position that it was made with.
    fn position(self) -> usize {
        self.0 as u32 as usize
    }
}

/// Takes the producer of a round above 0 out of the queue, which need not be in order.
fn draw_producer(queue: &mut Vec<Turn>, entropy: &Hash) -> Option<Turn> {
    if queue.is_empty() {
        return None;
    }
    let place = QuorumRandom::for_quorum(entropy, QuorumKind::Pulse).place(queue.len());
    queue.select_nth_unstable(place);
    Some(queue.swap_remove(place))
}

/// Draws one validator per entropy. Each comes from the first half of those not yet drawn, so that nobody serves again before
/// about half of the nodes have served. The queue need not be in order.
fn draw_validators<'queue>(queue: &'queue mut [Turn], entropy: &[Hash]) -> Option<&'queue [Turn]> {
    if queue.len() < PULSE_VALIDATORS {
        return None;
    }
    let half = queue.len().saturating_sub(1) / 2;
    // What lies further back is never drawn, and its order does not matter.
    let reach = half.saturating_add(PULSE_VALIDATORS).min(queue.len());
    queue.select_nth_unstable(reach.saturating_sub(1));
    let (front, _) = queue.split_at_mut(reach);
    front.sort_unstable();

    for (drawn, entropy) in entropy.iter().enumerate() {
        let window = half.min(queue.len().saturating_sub(drawn));
        let ahead = QuorumRandom::for_quorum(entropy, QuorumKind::Pulse).place(window);
        queue.swap(drawn, drawn.saturating_add(ahead));
    }
    queue.get(..PULSE_VALIDATORS)
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{counting_hash, node, numbers, parsed},
        *,
    };
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn random_value() -> EntropySource {
        EntropySource::Pulse(std::array::from_fn(|index| index as u8))
    }

    fn fresh(count: usize) -> Vec<PulseCandidate> {
        let candidate = |number| PulseCandidate {
            key: node(number),
            sorter: PulseSorter::default(),
        };
        (0..count).map(candidate).collect()
    }

    fn artificial_entropy(round: u8) -> [Hash; 12] {
        std::array::from_fn(|index| Hash::new([index as u8 + 16 * round; 32]))
    }

    fn sorter(height: u64, index: u8) -> PulseSorter {
        PulseSorter {
            height: Height::new(height),
            index,
        }
    }

    #[test]
    fn entropies_are_the_known_ones() {
        let mined = EntropySource::Mined(counting_hash());
        for (source, round, entropy) in [
            (
                random_value(),
                0,
                "fd880f9b172f52a42b39e09fcbc39ef2d48763768a5f28a32d4a76a64e8b5670",
            ),
            (
                random_value(),
                1,
                "2ea8a04796a2c67cf3e42e1aaf2c9bead4f7743ff86c6907410d378acdce6276",
            ),
            (
                random_value(),
                255,
                "8eda4af76af2588cdce059843f314bd8f3a5832ec9257ac4fd2391f9a5d68445",
            ),
            (
                mined,
                0,
                "683ea6c3fe5897c14793af914188cf6213ae23055d2db482662fb2d34397b46c",
            ),
            (
                mined,
                1,
                "e46e20db49e842154b399b4b5f7200464f9370a5bee4d92a971d96b24d802cfc",
            ),
        ] {
            assert_eq!(
                pulse_entropy(round, &[source; 12]).map(|hash| hash.to_string()),
                [entropy; 12]
            );
        }
    }

    #[test]
    fn entropy_keeps_the_order_of_its_sources() {
        let mut sources = [random_value(); 12];
        sources[0] = EntropySource::Mined(counting_hash());
        let entropy = pulse_entropy(0, &sources);
        assert_eq!(entropy[0], pulse_entropy(0, &[sources[0]; 12])[11]);
        assert_eq!(entropy[1..], [pulse_entropy(0, &[random_value(); 12])[0]; 11]);
    }

    #[test]
    fn entropy_comes_from_the_blocks_22_to_11_below() {
        let heights = entropy_heights(Height::new(122)).unwrap();
        assert_eq!(
            heights.map(Height::index),
            std::array::from_fn(|index| 100 + index as u64)
        );
        assert_eq!(entropy_heights(Height::new(22)).unwrap()[0], Height::GENESIS);
        assert_eq!(entropy_heights(Height::new(21)), None);
        assert_eq!(entropy_heights(Height::GENESIS), None);
    }

    #[test]
    fn quorums_are_the_known_ones() {
        for (count, round, producer, validators) in [
            (12, 0, 3, "2 0 1 7 8 5 10 6 9 11 4"),
            (12, 1, 0, "1 4 2 7 6 3 10 11 5 8 9"),
            (12, 5, 7, "0 5 1 4 2 10 3 9 11 6 8"),
            (30, 0, 3, "7 6 5 13 4 14 16 8 11 22 2"),
            (30, 1, 2, "1 8 6 14 9 5 17 20 18 0 24"),
            (30, 5, 17, "2 13 11 5 6 18 16 12 19 15 14"),
            (60, 0, 3, "14 10 7 24 22 23 26 1 13 36 15"),
            (60, 1, 4, "3 16 9 26 13 5 28 34 27 31 39"),
            (60, 5, 35, "5 26 21 9 3 31 28 18 30 23 20"),
        ] {
            let quorum = pulse_quorum(&node(3), fresh(count), &artificial_entropy(round), round, 12).unwrap();
            assert_eq!(numbers(&quorum.workers), [producer], "{count} nodes, round {round}");
            assert_eq!(
                numbers(&quorum.validators),
                parsed(validators),
                "{count} nodes, round {round}"
            );
        }
    }

    #[test]
    fn too_few_nodes_make_no_quorum() {
        let quorum =
            |count, round, minimum| pulse_quorum(&node(3), fresh(count), &artificial_entropy(round), round, minimum);
        assert_eq!(quorum(49, 0, 50), None);
        assert!(quorum(50, 0, 50).is_some());
        for round in [0, 1] {
            assert_eq!(quorum(0, round, 0), None);
            assert_eq!(quorum(11, round, 1), None);
            assert!(quorum(12, round, 1).is_some());
        }
    }

    #[test]
    fn whoever_has_waited_longest_comes_first() {
        let mut sorters = [sorter(5, 0), sorter(4, 10), sorter(0, 0), sorter(4, 2)];
        sorters.sort_unstable();
        assert_eq!(sorters, [sorter(0, 0), sorter(4, 2), sorter(4, 10), sorter(5, 0)]);

        // The same nodes in the opposite order of waiting: what is drawn is a place, so the numbers are mirrored.
        let mut candidates = fresh(30);
        for (candidate, index) in candidates.iter_mut().zip(0..) {
            candidate.sorter = sorter(100 - index / 5, 30 - index as u8);
        }
        let mirrored = pulse_quorum(&node(29 - 2), candidates, &artificial_entropy(1), 1, 12).unwrap();
        let known = parsed("1 8 6 14 9 5 17 20 18 0 24");
        assert_eq!(
            numbers(&mirrored.validators),
            known.iter().map(|place| 29 - place).collect::<Vec<_>>()
        );
        assert_eq!(numbers(&mirrored.workers), [29 - 2]);
    }

    /// The rule as pulse §3.2 to §3.4 writes it down, everything in order.
    fn quorum_by_the_book(leader: PublicKey, mut list: Vec<PulseCandidate>, entropy: &[Hash; 12], round: u8) -> Quorum {
        let draw = |entropy, bound| QuorumRandom::for_quorum(entropy, QuorumKind::Pulse).draw(bound as u64) as usize;
        list.sort_by_key(|candidate| (candidate.sorter.height, candidate.sorter.index, candidate.key));
        let producer = if round == 0 {
            list.retain(|candidate| candidate.key != leader);
            leader
        } else {
            list.remove(draw(&entropy[0], list.len())).key
        };
        let part = (list.len() - 1) / 2;
        for index in 0..11 {
            let ahead = draw(&entropy[index + 1], part.min(list.len() - index));
            list.swap(index, index + ahead);
        }
        Quorum {
            validators: list[..11].iter().map(|candidate| candidate.key).collect(),
            workers: vec![producer],
        }
    }

    proptest! {
        #[test]
        fn members_are_distinct_and_the_leader_produces_round_zero(
            sorters in proptest::collection::vec((0_u64..20, 0_u8..3), 12..100),
            entropy: [[u8; 32]; 12],
            round in 0_u8..4,
            leader: prop::sample::Index,
        ) {
            let mut candidates = fresh(sorters.len());
            for (candidate, (height, index)) in candidates.iter_mut().zip(&sorters) {
                candidate.sorter = sorter(*height, *index);
            }
            let (leader, entropy) = (node(leader.index(sorters.len())), entropy.map(Hash::new));
            let quorum = pulse_quorum(&leader, candidates.clone(), &entropy, round, 12).unwrap();
            prop_assert_eq!(&quorum, &quorum_by_the_book(leader, candidates, &entropy, round));
            let members: BTreeSet<_> = quorum.validators.iter().chain(&quorum.workers).collect();
            prop_assert_eq!(members.len(), 12);
            prop_assert_eq!((quorum.validators.len(), quorum.workers.len()), (11, 1));
            prop_assert!(round > 0 || quorum.workers == [leader]);
        }
    }
}
