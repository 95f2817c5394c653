//! Which swarm keeps the messages of an account (staking §13.5). Storage servers and clients ask this; blocks do not.

use super::SwarmId;

/// The place of an account on the ring of swarm ids: the four eight-byte groups of its key, combined with exclusive or, read
/// big-endian. `account` is the key without the byte that some clients put before it.
#[must_use]
pub fn swarm_space(account: &[u8; 32]) -> u64 {
    let (groups, _) = account.as_chunks::<8>();
    groups.iter().fold(0, |place, group| place ^ u64::from_be_bytes(*group))
}

/// The swarm whose id is nearest to `place` on the ring; of two equally near ones, the one before it. `ids` ascend and are
/// those of swarms with nodes in them. `None` when there are none.
#[must_use]
pub fn nearest_swarm(ids: &[SwarmId], place: u64) -> Option<SwarmId> {
    let (before, from_place_on) = ids.split_at(ids.partition_point(|id| id.number() < place));
    let right = *from_place_on.first().or(ids.first())?;
    let left = *before.last().or(ids.last())?;
    let to_right = right.number().wrapping_sub(place);
    let to_left = place.wrapping_sub(left.number());
    Some(if to_right < to_left { right } else { left })
}

/// The swarm that keeps the messages of this account, by [`swarm_space`] and [`nearest_swarm`].
#[must_use]
pub fn swarm_of_account(ids: &[SwarmId], account: &[u8; 32]) -> Option<SwarmId> {
    nearest_swarm(ids, swarm_space(account))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::PublicKey;
    use proptest::prelude::*;

    fn ids(numbers: &[u64]) -> Vec<SwarmId> {
        numbers.iter().copied().map(SwarmId::new).collect()
    }

    #[test]
    fn places_of_accounts_are_the_known_ones() {
        for (account, place) in [
            (
                "3506f4a71324b7dd114eddbf4e311f39dde243e1f2cb97c40db1961f70ebaae8",
                17_589_930_838_143_112_648,
            ),
            (
                "cf27da303a50ac8c4b2d43d27259505c9bcd73fc21cf2a57902c3d050730b604",
                10_370_619_079_776_428_163,
            ),
        ] {
            assert_eq!(swarm_space(account.parse::<PublicKey>().unwrap().as_bytes()), place);
        }
    }

    #[test]
    fn nearest_swarms_are_the_known_ones() {
        let ids = ids(&[100, 200, 300, 399, 498, 596, 694]);
        for (place, nearest) in [
            (150, 100),
            (151, 200),
            (645, 596),
            (0x8000_0000_0000_018d, 694),
            (0x8000_0000_0000_018e, 100),
            (u64::MAX, 100),
        ] {
            assert_eq!(nearest_swarm(&ids, place), Some(SwarmId::new(nearest)), "{place}");
        }
    }

    #[test]
    fn no_swarm_keeps_nothing_and_one_keeps_everything() {
        assert_eq!(nearest_swarm(&[], 7), None);
        let only = ids(&[1 << 40]);
        for place in [0, 1 << 40, u64::MAX] {
            assert_eq!(nearest_swarm(&only, place), Some(only[0]));
        }
        assert_eq!(swarm_of_account(&only, &[7; 32]), Some(only[0]));
    }

    proptest! {
        #[test]
        fn no_other_swarm_is_nearer(numbers in proptest::collection::btree_set(0..u64::MAX, 1..40), place: u64) {
            let distance = |id: u64| id.wrapping_sub(place).min(place.wrapping_sub(id));
            let ids: Vec<SwarmId> = numbers.iter().copied().map(SwarmId::new).collect();
            let nearest = nearest_swarm(&ids, place).unwrap();
            prop_assert!(ids.iter().all(|id| distance(id.number()) >= distance(nearest.number())));
        }
    }
}
