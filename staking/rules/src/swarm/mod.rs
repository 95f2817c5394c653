//! Swarms: the groups of service nodes that store messages (staking §13).
//!
//! A swarm's id is a place on the ring of 64-bit numbers; the swarm keeps the messages of the accounts nearest to it.
//! [`update_swarms`] assigns nodes after a block that changed the active ones, [`space`] finds the swarm of an account. Ids are
//! not part of blocks, but messages get lost unless all nodes agree on them, down to how [`unstable_sort`] orders ties.

mod assignment;
pub mod space;
pub mod unstable_sort;

pub use assignment::update_swarms;

use parity_scale_codec::{Decode, Encode};
use std::fmt;

/// The id of a swarm, its place on the ring of 64-bit numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct SwarmId(u64);

impl SwarmId {
    /// In no swarm: new nodes before the first update, and decommissioned ones.
    pub const UNASSIGNED: Self = Self(u64::MAX);
    /// The largest id of a swarm (MAX_ID, staking §2.1).
    pub const LARGEST: Self = Self(u64::MAX - 1);

    /// From the number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl Default for SwarmId {
    fn default() -> Self {
        Self::UNASSIGNED
    }
}

impl fmt::Display for SwarmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id for one more swarm, in the middle of the widest gap between the existing ones, the first of equally wide ones; 0
/// when there are none (staking §13.2). `ids` ascend.
#[must_use]
pub fn new_swarm_id(ids: impl IntoIterator<Item = SwarmId>) -> SwarmId {
    let mut ids = ids.into_iter().map(SwarmId::number);
    let Some(first) = ids.next() else {
        return SwarmId(0);
    };
    let (mut last, mut widest, mut before_gap) = (first, 0, first);
    for id in ids {
        let gap = id.saturating_sub(last);
        if gap > widest {
            (widest, before_gap) = (gap, last);
        }
        last = id;
    }
    let largest = SwarmId::LARGEST.0;
    let round_the_end = largest.saturating_sub(last).saturating_add(first).saturating_add(1);
    if round_the_end > widest {
        (widest, before_gap) = (round_the_end, last);
    }
    let half = widest / 2;
    let room = largest.saturating_sub(before_gap);
    SwarmId(match half.checked_sub(room) {
        Some(beyond @ 1..) => beyond.saturating_sub(1),
        _ => before_gap.saturating_add(half),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::QuorumRandom;
    use proptest::prelude::*;

    const MAX: u64 = u64::MAX - 1;
    const HALF: u64 = MAX / 2;

    #[test]
    fn new_ids_are_the_known_ones() {
        let large = 12_345_678_901_234_567_890;
        let cases: [(&[u64], u64); 11] = [
            (&[], 0),
            (&[0], HALF),
            (&[0, HALF], HALF + MAX / 4 + 1),
            (&[0, HALF, HALF + MAX / 4 + 1], MAX / 4),
            (&[HALF], MAX),
            (&[MAX / 4], HALF + MAX / 4),
            (&[large], large - HALF - 1),
            (&[HALF - 100, HALF + 100], MAX),
            (&[HALF - 100, HALF + 101], 0),
            (&[HALF - 101, HALF + 101], MAX),
            (&[HALF - 101, HALF + 102], 0),
        ];
        for (ids, expected) in cases {
            assert_eq!(
                new_swarm_id(ids.iter().copied().map(SwarmId)),
                SwarmId(expected),
                "{ids:?}"
            );
        }
    }

    #[test]
    fn ten_thousand_steps_give_the_known_ids() {
        let mut random = QuorumRandom::from_integer(12_345);
        let mut ids: Vec<SwarmId> = Vec::new();
        for _ in 0..10_000 {
            let number = random.next();
            if number < 1 << 62 {
                ids.remove((number % ids.len() as u64) as usize);
            } else {
                let id = new_swarm_id(ids.iter().copied());
                let place = ids.binary_search(&id).unwrap_err();
                ids.insert(place, id);
            }
        }
        assert_eq!(ids.len(), 5_048);
        for (place, id) in [
            (0, 1_548_112_371_908_607),
            (1, 4_398_046_511_103_999),
            (2, 7_247_980_650_299_391),
            (3, 10_097_914_789_494_783),
            (4, 12_947_848_928_690_175),
            (25, 72_796_465_851_793_407),
            (29, 84_196_202_408_574_975),
            (42, 121_245_346_218_115_071),
            (99, 283_691_592_152_252_415),
            (404, 1_203_745_330_089_164_798),
            (888, 2_829_738_309_616_402_430),
            (999, 3_243_154_681_660_178_430),
            (2_000, 6_581_905_302_285_713_406),
            (3_000, 10_403_878_089_179_267_070),
            (3_333, 11_669_248_846_982_021_118),
            (4_567, 16_860_997_617_805_426_686),
            (5_000, 18_311_495_347_400_081_406),
            (5_045, 18_439_742_383_663_874_046),
            (5_046, 18_442_592_317_803_069_438),
            (5_047, 18_445_442_251_942_264_830),
        ] {
            assert_eq!(ids[place], SwarmId(id), "at {place}");
        }
    }

    #[test]
    fn a_node_is_in_no_swarm_by_default() {
        assert_eq!(SwarmId::default(), SwarmId::UNASSIGNED);
        assert_eq!(SwarmId::new(7).encode(), 7_u64.to_le_bytes());
    }

    proptest! {
        #[test]
        fn a_new_id_is_none_of_the_old(ids in proptest::collection::btree_set(0..=MAX, 0..50)) {
            let id = new_swarm_id(ids.iter().copied().map(SwarmId)).number();
            prop_assert!(id <= MAX && !ids.contains(&id));
        }
    }
}
