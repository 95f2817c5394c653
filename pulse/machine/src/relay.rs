//! Who sends what to whom (pulse §7.3).
//!
//! A node sends its own messages to everybody they concern, so that seven honest validators reach each other whoever else is
//! silent, and passes on what is new to it along the reference's matrix, for links that are broken, to those who seem to lack it.

use crate::quorum::{Bitset, Position, RoundQuorum};
use oxen_types::{PublicKey, network::constants::PULSE_VALIDATORS};

/// For each validator those that it contacts.
const OUTGOING: [&[u16]; PULSE_VALIDATORS] = [
    &[1, 6, 10],
    &[2, 7, 8],
    &[3, 4, 7],
    &[4, 5, 8],
    &[0, 1, 6],
    &[0, 2, 6],
    &[7, 9],
    &[0, 8],
    &[9, 10],
    &[1, 5],
    &[3, 5],
];

/// Where a message goes; keys are primary keys of service nodes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Route {
    /// Contact these, connecting where necessary, at the address of their uptime proof.
    pub connect: Vec<PublicKey>,
    /// Send it to these if a connection exists.
    pub if_connected: Vec<PublicKey>,
}

/// Those that the validator contacts.
pub fn outgoing(position: Position) -> impl Iterator<Item = Position> {
    let targets = OUTGOING.get(position.index()).copied().unwrap_or_default();
    targets.iter().filter_map(|number| Position::new(*number))
}

/// Those that contact the validator.
pub fn incoming(position: Position) -> impl Iterator<Item = Position> {
    Position::all().filter(move |other| outgoing(*other).any(|target| target == position))
}

impl Route {
    /// To these validators, except the sender.
    pub(crate) fn to_validators(quorum: &RoundQuorum, validators: Bitset, own: &PublicKey) -> Self {
        let keys = validators.positions().filter_map(|position| quorum.validator(position));
        Self {
            connect: keys.filter(|key| *key != own).copied().collect(),
            if_connected: Vec::new(),
        }
    }

    /// And to the producer.
    pub(crate) fn and_producer(mut self, quorum: &RoundQuorum) -> Self {
        if !self.connect.contains(&quorum.producer) {
            self.connect.push(quorum.producer);
        }
        self
    }

    /// Along the matrix from `position`, only to `concerned`, and not back to those in `had_it`.
    pub(crate) fn along_matrix(
        quorum: &RoundQuorum,
        position: Position,
        concerned: Bitset,
        had_it: &[PublicKey],
    ) -> Self {
        let keys = |positions: &mut dyn Iterator<Item = Position>| {
            positions
                .filter(|other| concerned.contains(*other))
                .filter_map(|other| quorum.validator(other))
                .filter(|key| !had_it.contains(key))
                .copied()
                .collect::<Vec<_>>()
        };
        let connect = keys(&mut outgoing(position));
        let mut if_connected = keys(&mut incoming(position));
        if_connected.retain(|key| !connect.contains(key));
        Self { connect, if_connected }
    }

    /// Leaves out those for whom `wanted` is false.
    pub(crate) fn retain(&mut self, wanted: impl Fn(&PublicKey) -> bool) {
        self.connect.retain(&wanted);
        self.if_connected.retain(&wanted);
    }

    /// Everybody it names.
    pub fn everybody(&self) -> impl Iterator<Item = &PublicKey> {
        self.connect.iter().chain(&self.if_connected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn numbers(positions: impl Iterator<Item = Position>) -> Vec<u16> {
        positions.map(Position::number).collect()
    }

    #[test]
    fn the_matrix_is_the_known_one() {
        let position = |number| Position::new(number).unwrap();
        assert_eq!(numbers(outgoing(position(0))), [1, 6, 10]);
        assert_eq!(numbers(outgoing(position(10))), [3, 5]);
        assert_eq!(numbers(incoming(position(0))), [4, 5, 7]);
        assert_eq!(numbers(incoming(position(9))), [6, 8]);
        let edges: usize = Position::all().map(|from| outgoing(from).count()).sum();
        assert_eq!(edges, 28);
    }

    #[test]
    fn what_one_validator_passes_on_reaches_all() {
        for first in Position::all() {
            let mut reached = BTreeSet::from([first]);
            for _ in 0..PULSE_VALIDATORS {
                let next: Vec<Position> = reached.iter().flat_map(|from| outgoing(*from)).collect();
                reached.extend(next);
            }
            assert_eq!(reached.len(), PULSE_VALIDATORS);
        }
    }

    #[test]
    fn a_route_leaves_out_who_had_it_and_whom_it_does_not_concern() {
        let key = |number: u8| PublicKey::new([number; 32]);
        let quorum = RoundQuorum {
            producer: key(100),
            validators: std::array::from_fn(|index| key(index as u8)),
        };
        let zero = Position::new(0).unwrap();
        let concerned = Bitset::new(0x07ff & !(1 << 10)).unwrap();
        let route = Route::along_matrix(&quorum, zero, concerned, &[key(6), key(4)]);
        assert_eq!(
            (route.connect, route.if_connected),
            (vec![key(1)], vec![key(5), key(7)])
        );
        let own = Route::to_validators(&quorum, concerned, &key(3)).and_producer(&quorum);
        assert_eq!(own.connect.len(), 10);
        assert!(!own.connect.contains(&key(3)) && own.connect.contains(&key(100)));
    }
}
