//! What nodes say to each other about blinks: SCALE, of bounded size.

use oxen_node_api::ApprovedBlink;
use oxen_staking_rules::blink::{ApprovalCertificate, BlinkSubject, BlinkVote, RejectionCertificate, SubquorumCount};
use oxen_types::network::constants::{BLINK_SUBQUORUM_SIZE, BLINK_SUBQUORUMS, MAX_TRANSACTION_BYTES};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::sync::Arc;
use thiserror::Error;

/// Most bytes beside the transaction: a certificate of twenty signatures takes less than half of it.
const OVERHEAD_BYTES: usize = 4_096;
/// Most bytes of any message.
pub(crate) const MAX_MESSAGE_BYTES: usize = MAX_TRANSACTION_BYTES + OVERHEAD_BYTES;
/// Most votes of a message: one for each seat.
const MAX_VOTES: usize = BLINK_SUBQUORUM_SIZE * BLINK_SUBQUORUMS;
/// Most bytes of a text; what is longer is cut.
const MAX_TEXT_BYTES: usize = 300;

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum WireError {
    /// Larger than any message.
    #[error("a message of {bytes} bytes is too large: the limit is {MAX_MESSAGE_BYTES}")]
    TooLarge {
        /// How large.
        bytes: usize,
    },
    /// The parts do not decode.
    #[error("the message does not decode")]
    Malformed,
    /// More votes than seats.
    #[error("a message of {found} votes; there are {MAX_VOTES} seats")]
    TooManyVotes {
        /// How many.
        found: usize,
    },
}

/// A transaction that wants to be approved.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Submission {
    /// Which, and from which height its quorums follow.
    pub(crate) subject: BlinkSubject,
    /// By which sender and receiver see that they mean the same quorums.
    pub(crate) checksum: u64,
    /// Its bytes.
    pub(crate) transaction: Vec<u8>,
}

/// Votes on a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Votes {
    /// On what.
    pub(crate) subject: BlinkSubject,
    /// As in [`Submission`].
    pub(crate) checksum: u64,
    /// At most one for each seat.
    pub(crate) votes: Vec<BlinkVote>,
}

/// What one member tells another.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Told {
    /// Somebody submitted this.
    #[codec(index = 0)]
    Transaction(Submission),
    /// These voted.
    #[codec(index = 1)]
    Votes(Votes),
}

/// What a member answers a submitter.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Reply {
    /// It is approved.
    #[codec(index = 0)]
    Approved(ApprovalCertificate),
    /// It is rejected.
    #[codec(index = 1)]
    Rejected {
        /// The proof.
        certificate: RejectionCertificate,
        /// Why this member rejected it, if it did.
        reason: Option<Text>,
    },
    /// The member did not pass it on.
    #[codec(index = 2)]
    NotStarted {
        /// Why.
        reason: Text,
    },
    /// The members have not decided in time.
    #[codec(index = 3)]
    Undecided {
        /// What they said so far.
        votes: [SubquorumCount; BLINK_SUBQUORUMS],
    },
}

/// A text of somebody else: short, and without characters that do something to a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Text(Vec<u8>);

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        let mut bytes = text.as_bytes().to_vec();
        bytes.truncate(MAX_TEXT_BYTES);
        Self(bytes)
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        let bytes = self.0.get(..MAX_TEXT_BYTES).unwrap_or(&self.0);
        String::from_utf8_lossy(bytes)
            .chars()
            .map(|one| if one.is_control() { ' ' } else { one })
            .collect()
    }
}

/// An approved blink as gossip carries it.
#[derive(Encode, Decode)]
struct Gossiped {
    certificate: ApprovalCertificate,
    transaction: Vec<u8>,
}

fn decode<T: Decode>(bytes: &[u8]) -> Result<T, WireError> {
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(WireError::TooLarge { bytes: bytes.len() });
    }
    T::decode_all(&mut &*bytes).map_err(|_| WireError::Malformed)
}

impl Submission {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        decode(bytes)
    }
}

impl Told {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let told = decode(bytes)?;
        if let Self::Votes(Votes { votes, .. }) = &told
            && votes.len() > MAX_VOTES
        {
            return Err(WireError::TooManyVotes { found: votes.len() });
        }
        Ok(told)
    }
}

impl Reply {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        decode(bytes)
    }
}

/// The gossip message of an approved blink.
pub(crate) fn to_gossip(blink: &ApprovedBlink) -> Vec<u8> {
    Gossiped {
        certificate: blink.certificate.clone(),
        transaction: blink.blob.to_vec(),
    }
    .encode()
}

/// Reads a gossip message.
pub(crate) fn from_gossip(bytes: &[u8]) -> Result<ApprovedBlink, WireError> {
    let Gossiped {
        certificate,
        transaction,
    } = decode(bytes)?;
    Ok(ApprovedBlink {
        certificate,
        blob: Arc::new(transaction),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_staking_rules::blink::{BlinkDecision, Seat, Subquorum};
    use oxen_types::{Hash, Height, Signature};

    fn subject() -> BlinkSubject {
        BlinkSubject {
            transaction: Hash::new([7; 32]),
            authorization: Height::new(1234),
        }
    }

    fn votes(count: usize) -> Told {
        let vote = BlinkVote {
            seat: Seat {
                subquorum: Subquorum::Second,
                position: 9,
            },
            decision: BlinkDecision::Approve,
            signature: Signature::new([3; 64]),
        };
        Told::Votes(Votes {
            subject: subject(),
            checksum: u64::MAX,
            votes: vec![vote; count],
        })
    }

    #[test]
    fn messages_return_as_they_were_and_rests_are_refused() {
        let told = Told::Transaction(Submission {
            subject: subject(),
            checksum: 5,
            transaction: vec![1, 2, 3],
        });
        for message in [told, votes(20)] {
            let mut bytes = message.encode();
            assert_eq!(Told::from_bytes(&bytes), Ok(message));
            bytes.push(0);
            assert_eq!(Told::from_bytes(&bytes), Err(WireError::Malformed));
        }
    }

    #[test]
    fn more_votes_than_seats_and_oversized_messages_are_refused() {
        assert_eq!(
            Told::from_bytes(&votes(21).encode()),
            Err(WireError::TooManyVotes { found: 21 })
        );
        let bytes = MAX_MESSAGE_BYTES + 1;
        assert_eq!(Told::from_bytes(&vec![0; bytes]), Err(WireError::TooLarge { bytes }));
    }

    #[test]
    fn a_foreign_text_is_cut_and_does_nothing_to_a_terminal() {
        let nasty = format!("\u{1b}[2Jdouble spend{}", "x".repeat(1_000));
        let text = Text::new(&nasty);
        assert!(text.shown().starts_with(" [2Jdouble spend") && text.shown().len() <= MAX_TEXT_BYTES);
        let long = Text(vec![b'a'; 2_000]);
        assert_eq!(long.shown().len(), MAX_TEXT_BYTES);
    }
}
