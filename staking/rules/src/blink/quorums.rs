//! The two sub-quorums of a blink and their seats (chain §5.1).

use crate::quorum::{Quorum, blink_checksum};
use oxen_types::{
    PublicKey,
    network::constants::{BLINK_MIN_VOTES, BLINK_SUBQUORUM_SIZE},
};
use parity_scale_codec::{Decode, Encode};
use std::collections::BTreeSet;
use thiserror::Error;

/// One of the two sub-quorums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Subquorum {
    /// The one of the lower height.
    #[codec(index = 0)]
    Base,
    /// The one of the next height that has a quorum.
    #[codec(index = 1)]
    Second,
}

impl Subquorum {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Base, Self::Second];

    /// Its name in sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base => "first",
            Self::Second => "second",
        }
    }
}

/// A place in a sub-quorum. Who is a member of both has two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Seat {
    /// Which sub-quorum.
    pub subquorum: Subquorum,
    /// Position among its validators, from 0.
    pub position: u8,
}

/// Why there are no quorums to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BlinkQuorumsError {
    /// Fewer than seven eligible service nodes.
    #[error(
        "the {} of the two quorums that approve blinks has {members} members; {BLINK_MIN_VOTES} are needed: \
         there are too few active service nodes",
        subquorum.name()
    )]
    TooFewMembers {
        /// Which sub-quorum.
        subquorum: Subquorum,
        /// Its members.
        members: usize,
    },
    /// More than a sub-quorum has seats: no state makes such a quorum.
    #[error("the {} of the two quorums has {members} members; there are {BLINK_SUBQUORUM_SIZE} seats", subquorum.name())]
    TooManyMembers {
        /// Which sub-quorum.
        subquorum: Subquorum,
        /// Its members.
        members: usize,
    },
}

/// Both sub-quorums of a blink, each with seven to ten members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlinkQuorums {
    base: Quorum,
    second: Quorum,
}

impl BlinkQuorums {
    /// The quorums of the states that [`crate::quorum::blink_quorum_heights`] names.
    ///
    /// # Errors
    /// One of them cannot approve anything.
    pub fn new(base: Quorum, second: Quorum) -> Result<Self, BlinkQuorumsError> {
        for (subquorum, quorum) in [(Subquorum::Base, &base), (Subquorum::Second, &second)] {
            let members = quorum.validators.len();
            if members < BLINK_MIN_VOTES {
                return Err(BlinkQuorumsError::TooFewMembers { subquorum, members });
            }
            if members > BLINK_SUBQUORUM_SIZE {
                return Err(BlinkQuorumsError::TooManyMembers { subquorum, members });
            }
        }
        Ok(Self { base, second })
    }

    /// Primary keys of a sub-quorum's members, in the order of their positions.
    #[must_use]
    pub fn validators(&self, subquorum: Subquorum) -> &[PublicKey] {
        match subquorum {
            Subquorum::Base => &self.base.validators,
            Subquorum::Second => &self.second.validators,
        }
    }

    /// The primary key of whoever has the seat.
    #[must_use]
    pub fn member(&self, seat: Seat) -> Option<&PublicKey> {
        self.validators(seat.subquorum).get(usize::from(seat.position))
    }

    /// The seats of a node: none, one or two.
    #[must_use]
    pub fn seats_of(&self, node: &PublicKey) -> Vec<Seat> {
        self.seats()
            .filter(|(_, member)| *member == node)
            .map(|(seat, _)| seat)
            .collect()
    }

    /// Every seat with its member, in order.
    pub fn seats(&self) -> impl Iterator<Item = (Seat, &PublicKey)> {
        Subquorum::BOTH.into_iter().flat_map(move |subquorum| {
            (0..)
                .zip(self.validators(subquorum))
                .map(move |(position, member)| (Seat { subquorum, position }, member))
        })
    }

    /// Everybody who has a seat, once, in the order of the keys.
    #[must_use]
    pub fn members(&self) -> BTreeSet<PublicKey> {
        self.seats().map(|(_, member)| *member).collect()
    }

    /// By which two nodes see that they mean the same members (chain §5.3).
    #[must_use]
    pub fn checksum(&self) -> u64 {
        blink_checksum(&self.base, &self.second)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::keys::ServiceNodeKeys;
    use oxen_crypto::KeyPair;

    /// The pair of a node.
    pub(crate) fn pair(number: u8) -> KeyPair {
        ServiceNodeKeys::from_seed(&[number; 32]).primary().clone()
    }

    fn quorum(members: impl IntoIterator<Item = u8>) -> Quorum {
        Quorum {
            validators: members.into_iter().map(|number| pair(number).public).collect(),
            workers: Vec::new(),
        }
    }

    /// Quorums of these nodes.
    pub(crate) fn quorums(
        base: impl IntoIterator<Item = u8>,
        second: impl IntoIterator<Item = u8>,
    ) -> Result<BlinkQuorums, BlinkQuorumsError> {
        BlinkQuorums::new(quorum(base), quorum(second))
    }

    #[test]
    fn six_members_cannot_approve_and_seven_can() {
        assert_eq!(
            quorums(0..7, 0..6),
            Err(BlinkQuorumsError::TooFewMembers {
                subquorum: Subquorum::Second,
                members: 6
            })
        );
        assert!(quorums(0..7, 3..10).is_ok());
        assert!(matches!(
            quorums(0..11, 0..7),
            Err(BlinkQuorumsError::TooManyMembers { members: 11, .. })
        ));
    }

    #[test]
    fn a_member_of_both_has_two_seats_and_is_named_once() {
        let quorums = quorums(0..10, 5..15).unwrap();
        let seat = |subquorum, position| Seat { subquorum, position };
        assert_eq!(quorums.seats_of(&pair(2).public), [seat(Subquorum::Base, 2)]);
        assert_eq!(
            quorums.seats_of(&pair(7).public),
            [seat(Subquorum::Base, 7), seat(Subquorum::Second, 2)]
        );
        assert!(quorums.seats_of(&pair(15).public).is_empty());
        assert_eq!(quorums.members().len(), 15);
        assert_eq!(quorums.seats().count(), 20);
        assert_eq!(quorums.member(seat(Subquorum::Second, 10)), None);
    }
}
