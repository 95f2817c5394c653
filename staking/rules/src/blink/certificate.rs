//! Proofs of what the quorums of a blink decided, which anybody who knows the quorums can check (chain §5.3).

use super::{
    REJECTIONS_TO_REJECT,
    quorums::{BlinkQuorums, Seat, Subquorum},
    tally::SubquorumCount,
    vote::{BlinkDecision, BlinkSubject, BlinkVote, BlinkVoteError},
};
use oxen_types::{
    Signature,
    network::constants::{BLINK_MIN_VOTES, BLINK_SUBQUORUM_SIZE, BLINK_SUBQUORUMS},
};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use thiserror::Error;

/// Most signatures of a certificate: one for each seat.
pub const MAX_SIGNATURES: usize = BLINK_SUBQUORUM_SIZE * BLINK_SUBQUORUMS;

/// Most bytes of an encoded certificate: the subject, a count, and for each seat its sub-quorum, its position and a signature.
pub const MAX_CERTIFICATE_BYTES: usize = 32 + 8 + 2 + MAX_SIGNATURES * (2 + 64);

/// The signature of a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SeatSignature {
    /// Whose.
    pub seat: Seat,
    /// Over the message of the certificate's decision.
    pub signature: Signature,
}

/// Proves that both sub-quorums approved.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ApprovalCertificate {
    /// What they approved.
    pub subject: BlinkSubject,
    /// 14 to 20 signatures, seats ascending.
    pub approvals: Vec<SeatSignature>,
}

/// Proves that a sub-quorum will not approve.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RejectionCertificate {
    /// What it rejected.
    pub subject: BlinkSubject,
    /// At most 20 signatures, seats ascending.
    pub rejections: Vec<SeatSignature>,
}

/// Why a certificate proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// The bytes are none.
    #[error("the bytes are no certificate of a blink")]
    Malformed,
    /// More than there are seats.
    #[error("{found} signatures; there are {MAX_SIGNATURES} seats")]
    TooManySignatures {
        /// How many.
        found: usize,
    },
    /// Seats ascend.
    #[error("the signatures are not in ascending order of their seats")]
    NotAscending,
    /// A signature is not good.
    #[error(transparent)]
    Vote(#[from] BlinkVoteError),
    /// Fewer than seven approvals.
    #[error("{found} approvals in the {} quorum; {BLINK_MIN_VOTES} are needed", subquorum.name())]
    NotApproved {
        /// Which sub-quorum.
        subquorum: Subquorum,
        /// Approvals found.
        found: u8,
    },
    /// No sub-quorum rejects.
    #[error("neither quorum has the {REJECTIONS_TO_REJECT} rejections that are needed")]
    NotRejected,
}

impl ApprovalCertificate {
    /// Checks every signature and that both sub-quorums approve.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn verify(&self, quorums: &BlinkQuorums) -> Result<(), CertificateError> {
        let counts = verify_signatures(&self.subject, BlinkDecision::Approve, &self.approvals, quorums)?;
        for (subquorum, count) in Subquorum::BOTH.into_iter().zip(counts) {
            if usize::from(count.approvals) < BLINK_MIN_VOTES {
                return Err(CertificateError::NotApproved {
                    subquorum,
                    found: count.approvals,
                });
            }
        }
        Ok(())
    }

    /// Reads a certificate that stands alone.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CertificateError> {
        if bytes.len() > MAX_CERTIFICATE_BYTES {
            return Err(CertificateError::Malformed);
        }
        Self::decode_all(&mut &*bytes).map_err(|_| CertificateError::Malformed)
    }
}

impl RejectionCertificate {
    /// Checks every signature and that a sub-quorum rejects.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn verify(&self, quorums: &BlinkQuorums) -> Result<(), CertificateError> {
        let counts = self.counts(quorums)?;
        if counts.iter().all(|count| count.lost() < REJECTIONS_TO_REJECT) {
            return Err(CertificateError::NotRejected);
        }
        Ok(())
    }

    /// The rejections in each sub-quorum, once every signature was checked.
    ///
    /// # Errors
    /// A signature is not good.
    pub fn counts(&self, quorums: &BlinkQuorums) -> Result<[SubquorumCount; BLINK_SUBQUORUMS], CertificateError> {
        verify_signatures(&self.subject, BlinkDecision::Reject, &self.rejections, quorums)
    }
}

fn verify_signatures(
    subject: &BlinkSubject,
    decision: BlinkDecision,
    signatures: &[SeatSignature],
    quorums: &BlinkQuorums,
) -> Result<[SubquorumCount; BLINK_SUBQUORUMS], CertificateError> {
    if signatures.len() > MAX_SIGNATURES {
        return Err(CertificateError::TooManySignatures {
            found: signatures.len(),
        });
    }
    if !signatures.is_sorted_by(|one, two| one.seat < two.seat) {
        return Err(CertificateError::NotAscending);
    }
    for one in signatures {
        let vote = BlinkVote {
            seat: one.seat,
            decision,
            signature: one.signature,
        };
        vote.verify(subject, quorums)?;
    }
    Ok(Subquorum::BOTH.map(|subquorum| {
        let votes = signatures.iter().filter(|one| one.seat.subquorum == subquorum).count();
        let votes = u8::try_from(votes).unwrap_or(u8::MAX);
        let members = u8::try_from(quorums.validators(subquorum).len()).unwrap_or(u8::MAX);
        let (approvals, rejections) = match decision {
            BlinkDecision::Approve => (votes, 0),
            BlinkDecision::Reject => (0, votes),
        };
        SubquorumCount {
            approvals,
            rejections,
            members,
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blink::{
        BlinkTally,
        quorums::tests::quorums,
        vote::tests::{subject, votes},
    };

    fn certificate(nodes: impl IntoIterator<Item = u8>, quorums: &BlinkQuorums) -> ApprovalCertificate {
        let mut tally = BlinkTally::new(subject(1));
        for node in nodes {
            for vote in votes(node, BlinkDecision::Approve, &subject(1), quorums) {
                tally.record(&vote, quorums).unwrap();
            }
        }
        tally.approval(quorums).unwrap()
    }

    #[test]
    fn a_certificate_survives_its_bytes_and_the_largest_fits() {
        let quorums = quorums(0..10, 10..20).unwrap();
        let largest = certificate(0..20, &quorums);
        let bytes = largest.encode();
        assert!(bytes.len() <= MAX_CERTIFICATE_BYTES, "{}", bytes.len());
        assert_eq!(ApprovalCertificate::from_bytes(&bytes), Ok(largest));
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(
            ApprovalCertificate::from_bytes(&longer),
            Err(CertificateError::Malformed)
        );
        assert_eq!(
            ApprovalCertificate::from_bytes(&bytes[..bytes.len() - 1]),
            Err(CertificateError::Malformed)
        );
    }

    #[test]
    fn each_rule_of_an_approval_is_checked() {
        let quorums = quorums(0..10, 10..20).unwrap();
        let good = certificate((0..7).chain(10..17), &quorums);
        assert_eq!(good.verify(&quorums), Ok(()));
        let changed = |change: fn(&mut ApprovalCertificate)| {
            let mut changed = good.clone();
            change(&mut changed);
            changed.verify(&quorums)
        };
        assert_eq!(
            changed(|one| one.approvals.truncate(13)),
            Err(CertificateError::NotApproved {
                subquorum: Subquorum::Second,
                found: 6
            })
        );
        assert_eq!(
            changed(|one| one.approvals.swap(0, 1)),
            Err(CertificateError::NotAscending)
        );
        assert_eq!(
            changed(|one| one.approvals.insert(0, one.approvals[0])),
            Err(CertificateError::NotAscending),
            "twice the same seat"
        );
        assert!(matches!(
            changed(|one| one.approvals[3].signature = one.approvals[4].signature),
            Err(CertificateError::Vote(BlinkVoteError::Signature { .. }))
        ));
        assert!(matches!(
            changed(|one| one.subject.authorization = one.subject.authorization.next()),
            Err(CertificateError::Vote(BlinkVoteError::Signature { .. }))
        ));
        let long = |one: &mut ApprovalCertificate| one.approvals = vec![one.approvals[0]; 21];
        assert_eq!(changed(long), Err(CertificateError::TooManySignatures { found: 21 }));
    }

    #[test]
    fn a_rejection_needs_four_lost_seats() {
        let quorums = quorums(0..10, 10..20).unwrap();
        let rejection = |nodes: std::ops::Range<u8>| RejectionCertificate {
            subject: subject(1),
            rejections: nodes
                .flat_map(|node| votes(node, BlinkDecision::Reject, &subject(1), &quorums))
                .map(|vote| SeatSignature {
                    seat: vote.seat,
                    signature: vote.signature,
                })
                .collect(),
        };
        assert_eq!(rejection(2..6).verify(&quorums), Ok(()));
        assert_eq!(rejection(2..5).verify(&quorums), Err(CertificateError::NotRejected));
        assert_eq!(
            rejection(7..13).verify(&quorums),
            Err(CertificateError::NotRejected),
            "three in each"
        );
    }

    #[test]
    fn approvals_are_no_rejections() {
        let quorums = quorums(0..10, 10..20).unwrap();
        let approval = certificate(0..20, &quorums);
        let turned = RejectionCertificate {
            subject: approval.subject,
            rejections: approval.approvals,
        };
        assert!(matches!(turned.verify(&quorums), Err(CertificateError::Vote(_))));
    }
}
