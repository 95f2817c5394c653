//! What the members of a blink quorum sign (chain §5.2).

use super::quorums::{BlinkQuorums, Seat};
use oxen_crypto::{
    KeyPair,
    signature::schnorr::{self, SignatureError},
};
use oxen_types::{Hash, Height, PublicKey, Signature, hashing::keccak256_parts};
use parity_scale_codec::{Decode, Encode};
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;

/// What a member thinks of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum BlinkDecision {
    /// It cannot be in the next block, or conflicts with what the member approved.
    #[codec(index = 0)]
    Reject,
    /// It can.
    #[codec(index = 1)]
    Approve,
}

/// What the members vote on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct BlinkSubject {
    /// Id of the transaction.
    pub transaction: Hash,
    /// Chain height of whoever submitted it, from which the quorums follow.
    pub authorization: Height,
}

/// The vote of a seat. Who has two seats signs once and says it for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct BlinkVote {
    /// Whose.
    pub seat: Seat,
    /// What it thinks.
    pub decision: BlinkDecision,
    /// Over [`BlinkSubject::message`].
    pub signature: Signature,
}

/// Why a vote is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BlinkVoteError {
    /// Nobody has the seat.
    #[error("the {} quorum of the blink has no member {}", seat.subquorum.name(), seat.position)]
    NoSuchSeat {
        /// The seat.
        seat: Seat,
    },
    /// Not signed by whoever has the seat.
    #[error("the vote of member {} of the {} quorum is not signed by it: {error}", seat.position, seat.subquorum.name())]
    Signature {
        /// The seat.
        seat: Seat,
        /// Why.
        error: SignatureError,
    },
}

impl BlinkSubject {
    /// What is signed: the hash of authorization height, transaction and decision.
    #[must_use]
    pub fn message(&self, decision: BlinkDecision) -> Hash {
        let decision = match decision {
            BlinkDecision::Reject => [0],
            BlinkDecision::Approve => [1],
        };
        let height = self.authorization.index().to_le_bytes();
        keccak256_parts(&[&height, self.transaction.as_bytes(), &decision])
    }

    /// Signs a decision.
    #[must_use]
    pub fn sign(&self, decision: BlinkDecision, pair: &KeyPair, rng: &mut (impl RngCore + CryptoRng)) -> Signature {
        schnorr::sign(&self.message(decision), pair, rng)
    }

    /// Verifies the signature of a decision.
    ///
    /// # Errors
    /// It is not that of `member`.
    pub fn verify(
        &self,
        decision: BlinkDecision,
        member: &PublicKey,
        signature: &Signature,
    ) -> Result<(), SignatureError> {
        schnorr::verify(&self.message(decision), member, signature)
    }
}

impl BlinkVote {
    /// Verifies the vote.
    ///
    /// # Errors
    /// Nobody has the seat, or who has it did not sign.
    pub fn verify(&self, subject: &BlinkSubject, quorums: &BlinkQuorums) -> Result<(), BlinkVoteError> {
        let seat = self.seat;
        let member = quorums.member(seat).ok_or(BlinkVoteError::NoSuchSeat { seat })?;
        subject
            .verify(self.decision, member, &self.signature)
            .map_err(|error| BlinkVoteError::Signature { seat, error })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{
        super::quorums::{
            Subquorum,
            tests::{pair, quorums},
        },
        *,
    };
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    /// A subject for tests.
    pub(crate) fn subject(number: u8) -> BlinkSubject {
        BlinkSubject {
            transaction: Hash::new([number; 32]),
            authorization: Height::new(1234),
        }
    }

    /// The votes of a node, one for each of its seats.
    pub(crate) fn votes(
        node: u8,
        decision: BlinkDecision,
        subject: &BlinkSubject,
        quorums: &BlinkQuorums,
    ) -> Vec<BlinkVote> {
        let signature = subject.sign(decision, &pair(node), &mut ChaCha20Rng::from_seed([node; 32]));
        let seats = quorums.seats_of(&pair(node).public);
        seats
            .into_iter()
            .map(|seat| BlinkVote {
                seat,
                decision,
                signature,
            })
            .collect()
    }

    #[test]
    fn the_signed_messages_have_the_known_answers() {
        let subject = BlinkSubject {
            transaction: Hash::ZERO,
            authorization: Height::new(1234),
        };
        assert_eq!(
            subject.message(BlinkDecision::Approve).to_string(),
            "33c00e3a0c968a0bf8d360bcfcee50761edae4d7ba4a0b963b5d41fe8e54e421"
        );
        assert_eq!(
            subject.message(BlinkDecision::Reject).to_string(),
            "1cd06c4c500aca12c0605cf9de799665300d4abdb8e00ad6de0c9af3098fece5"
        );
    }

    #[test]
    fn one_signature_counts_in_both_seats_and_for_nothing_else() {
        let quorums = quorums(0..10, 5..15).unwrap();
        let both = votes(6, BlinkDecision::Approve, &subject(1), &quorums);
        assert_eq!((both.len(), both[0].signature), (2, both[1].signature));
        for vote in &both {
            assert_eq!(vote.verify(&subject(1), &quorums), Ok(()));
            let turned = BlinkVote {
                decision: BlinkDecision::Reject,
                ..*vote
            };
            assert!(matches!(
                turned.verify(&subject(1), &quorums),
                Err(BlinkVoteError::Signature { .. })
            ));
            assert!(vote.verify(&subject(2), &quorums).is_err(), "another transaction");
        }
        let moved = BlinkVote {
            seat: Seat {
                subquorum: Subquorum::Second,
                position: 9,
            },
            ..both[0]
        };
        assert!(matches!(
            moved.verify(&subject(1), &quorums),
            Err(BlinkVoteError::Signature { .. })
        ));
        let outside = BlinkVote {
            seat: Seat {
                subquorum: Subquorum::Base,
                position: 10,
            },
            ..both[0]
        };
        assert!(matches!(
            outside.verify(&subject(1), &quorums),
            Err(BlinkVoteError::NoSuchSeat { .. })
        ));
    }
}
