//! Which member of a blink quorum tells which (pulse §7.3).
//!
//! A member sends its own votes to everybody they concern, and passes on what is new to it along the reference's matrix, for
//! links that are broken. Between the sub-quorums, who are drawn apart, each member also tells the one across: the member with
//! its position in the other sub-quorum.

use super::quorums::{BlinkQuorums, Seat, Subquorum};
use oxen_types::PublicKey;
use std::collections::BTreeSet;

/// For each member of seven those that it contacts.
const SEVEN: [&[u8]; 7] = [
    &[1, 3, 5],
    &[2, 3, 6],
    &[0, 3, 4],
    &[4, 5, 6],
    &[0, 5],
    &[1, 6],
    &[2, 4],
];

/// Of eight.
const EIGHT: [&[u8]; 8] = [
    &[1, 2, 3, 5],
    &[2, 3, 4],
    &[3, 5, 6],
    &[4, 6, 7],
    &[0, 2, 7],
    &[1, 6],
    &[0, 4, 7],
    &[0, 1, 5],
];

/// Of nine.
const NINE: [&[u8]; 9] = [
    &[1, 2, 5],
    &[2, 5, 7],
    &[3, 4, 8],
    &[4, 6, 7],
    &[0, 1, 6],
    &[2, 3, 6],
    &[0, 7, 8],
    &[0, 4, 8],
    &[1, 3, 5],
];

/// Of ten.
const TEN: [&[u8]; 10] = [
    &[1, 5, 9],
    &[2, 6, 7],
    &[3, 8, 9],
    &[4, 5, 6],
    &[0, 7, 8],
    &[1, 2, 6],
    &[0, 4, 7],
    &[2, 3, 8],
    &[0, 1, 9],
    &[3, 4, 5],
];

/// Where a message goes; primary keys of service nodes, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlinkRoute {
    /// Contact these, connecting where necessary.
    pub connect: BTreeSet<PublicKey>,
    /// Send it to these if a connection exists.
    pub if_connected: BTreeSet<PublicKey>,
}

/// Those that a member of a sub-quorum of `size` contacts.
#[must_use]
pub fn outgoing(size: usize, position: u8) -> &'static [u8] {
    let matrix: &[&[u8]] = match size {
        7 => &SEVEN,
        8 => &EIGHT,
        9 => &NINE,
        10 => &TEN,
        _ => &[],
    };
    matrix.get(usize::from(position)).copied().unwrap_or_default()
}

impl BlinkRoute {
    /// To everybody but ourselves.
    #[must_use]
    pub fn to_everybody(quorums: &BlinkQuorums, own: &PublicKey) -> Self {
        let mut connect = quorums.members();
        connect.remove(own);
        Self {
            connect,
            if_connected: BTreeSet::new(),
        }
    }

    /// Along the matrix from every seat of ours, and not back to who sent it.
    #[must_use]
    pub fn along_matrix(quorums: &BlinkQuorums, own: &PublicKey, from: &PublicKey) -> Self {
        let mut route = Self::default();
        for seat in quorums.seats_of(own) {
            route.add_seat(quorums, seat);
        }
        for known in [own, from] {
            route.connect.remove(known);
            route.if_connected.remove(known);
        }
        route.if_connected.retain(|member| !route.connect.contains(member));
        route
    }

    fn add_seat(&mut self, quorums: &BlinkQuorums, own: Seat) {
        let size = quorums.validators(own.subquorum).len();
        for (seat, member) in quorums.seats() {
            let same = seat.subquorum == own.subquorum;
            if same && outgoing(size, own.position).contains(&seat.position) {
                self.connect.insert(*member);
            } else if same && outgoing(size, seat.position).contains(&own.position) {
                self.if_connected.insert(*member);
            } else if !same && seat.position == across(quorums, own) {
                self.connect.insert(*member);
            }
        }
    }
}

/// The position across. A shorter sub-quorum starts again from 0.
fn across(quorums: &BlinkQuorums, seat: Seat) -> u8 {
    let other = match seat.subquorum {
        Subquorum::Base => Subquorum::Second,
        Subquorum::Second => Subquorum::Base,
    };
    let size = u8::try_from(quorums.validators(other).len()).unwrap_or(u8::MAX);
    seat.position.checked_rem(size).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{
        super::quorums::tests::{pair, quorums},
        *,
    };

    #[test]
    fn the_matrices_are_the_known_ones() {
        for (size, edges) in [(7, 18), (8, 24), (9, 27), (10, 30)] {
            let targets = (0..size).map(|position| outgoing(usize::from(size), position));
            assert_eq!(targets.clone().map(<[u8]>::len).sum::<usize>(), edges, "{size}");
            for (position, targets) in (0..).zip(targets) {
                assert!(targets.iter().all(|target| *target < size && *target != position));
            }
        }
        assert_eq!(outgoing(10, 9), [3, 4, 5]);
        assert_eq!(outgoing(8, 0), [1, 2, 3, 5]);
        assert!(outgoing(10, 10).is_empty() && outgoing(6, 0).is_empty());
    }

    #[test]
    fn what_one_member_passes_on_reaches_both_sub_quorums() {
        for (base, second) in [(10, 10), (7, 10), (10, 7), (8, 9)] {
            let quorums = quorums(0..base, 50..50 + second).unwrap();
            for first in quorums.members() {
                let mut reached = BTreeSet::from([first]);
                for _ in 0..8 {
                    let next: Vec<PublicKey> = reached
                        .iter()
                        .flat_map(|own| BlinkRoute::along_matrix(&quorums, own, own).connect)
                        .collect();
                    reached.extend(next);
                }
                assert_eq!(reached, quorums.members());
            }
        }
    }

    #[test]
    fn nothing_goes_back_nor_to_ourselves_and_each_is_named_once() {
        let quorums = quorums(0..10, 5..15).unwrap();
        let key = |number| pair(number).public;
        let route = BlinkRoute::along_matrix(&quorums, &key(6), &key(0));
        for known in [key(6), key(0)] {
            assert!(!route.connect.contains(&known) && !route.if_connected.contains(&known));
        }
        assert!(route.connect.is_disjoint(&route.if_connected));
        let everybody = BlinkRoute::to_everybody(&quorums, &key(6));
        assert_eq!(everybody.connect.len(), 14);
    }
}
