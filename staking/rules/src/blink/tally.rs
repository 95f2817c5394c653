//! Counting votes until the outcome is certain (chain §5.1).

use super::{
    REJECTIONS_TO_REJECT,
    certificate::{ApprovalCertificate, RejectionCertificate, SeatSignature},
    quorums::{BlinkQuorums, Seat, Subquorum},
    vote::{BlinkDecision, BlinkSubject, BlinkVote, BlinkVoteError},
};
use oxen_types::{
    Signature,
    network::constants::{BLINK_MIN_VOTES, BLINK_SUBQUORUM_SIZE},
};
use parity_scale_codec::{Decode, Encode};
use std::collections::BTreeMap;

/// What is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlinkStanding {
    /// Nothing yet.
    Open,
    /// Both sub-quorums approved.
    Approved,
    /// A sub-quorum cannot approve any more.
    Rejected,
}

/// What a vote brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It counts.
    New,
    /// It was here before.
    Known,
    /// The seat said the opposite before. The first vote counts; both are signed, so the member is at fault.
    Contradiction,
}

/// Votes in a sub-quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct SubquorumCount {
    /// Approvals.
    pub approvals: u8,
    /// Rejections, without the seats that nobody has.
    pub rejections: u8,
    /// Seats that somebody has.
    pub members: u8,
}

impl SubquorumCount {
    /// Rejections together with the seats that nobody has, which count as such.
    #[must_use]
    pub fn lost(&self) -> usize {
        let absent = BLINK_SUBQUORUM_SIZE.saturating_sub(usize::from(self.members));
        absent.saturating_add(usize::from(self.rejections))
    }
}

/// The votes on one subject. It checks them against the quorums that it is given; give it the same ones always.
#[derive(Debug, Clone)]
pub struct BlinkTally {
    subject: BlinkSubject,
    seats: BTreeMap<Seat, (BlinkDecision, Signature)>,
}

impl BlinkTally {
    /// No votes yet.
    #[must_use]
    pub const fn new(subject: BlinkSubject) -> Self {
        Self {
            subject,
            seats: BTreeMap::new(),
        }
    }

    /// What is voted on.
    #[must_use]
    pub const fn subject(&self) -> &BlinkSubject {
        &self.subject
    }

    /// Whether this very vote, whatever its signature, counts already.
    #[must_use]
    pub fn knows(&self, vote: &BlinkVote) -> bool {
        self.seats
            .get(&vote.seat)
            .is_some_and(|(decision, _)| *decision == vote.decision)
    }

    /// Verifies a vote and counts it.
    ///
    /// # Errors
    /// It is not one of the quorum's.
    pub fn record(&mut self, vote: &BlinkVote, quorums: &BlinkQuorums) -> Result<Recorded, BlinkVoteError> {
        if self.knows(vote) {
            return Ok(Recorded::Known);
        }
        vote.verify(&self.subject, quorums)?;
        if self.seats.contains_key(&vote.seat) {
            return Ok(Recorded::Contradiction);
        }
        self.seats.insert(vote.seat, (vote.decision, vote.signature));
        Ok(Recorded::New)
    }

    /// The votes in order.
    pub fn votes(&self) -> impl Iterator<Item = BlinkVote> + '_ {
        self.seats.iter().map(|(seat, (decision, signature))| BlinkVote {
            seat: *seat,
            decision: *decision,
            signature: *signature,
        })
    }

    /// The votes of a sub-quorum.
    #[must_use]
    pub fn count(&self, subquorum: Subquorum, quorums: &BlinkQuorums) -> SubquorumCount {
        let of = |wanted: BlinkDecision| {
            let votes = self.votes().filter(|vote| vote.seat.subquorum == subquorum);
            let count = votes.filter(|vote| vote.decision == wanted).count();
            u8::try_from(count).unwrap_or(u8::MAX)
        };
        SubquorumCount {
            approvals: of(BlinkDecision::Approve),
            rejections: of(BlinkDecision::Reject),
            members: u8::try_from(quorums.validators(subquorum).len()).unwrap_or(u8::MAX),
        }
    }

    /// What is certain.
    #[must_use]
    pub fn standing(&self, quorums: &BlinkQuorums) -> BlinkStanding {
        let counts = Subquorum::BOTH.map(|subquorum| self.count(subquorum, quorums));
        if counts.iter().any(|count| count.lost() >= REJECTIONS_TO_REJECT) {
            BlinkStanding::Rejected
        } else if counts
            .iter()
            .all(|count| usize::from(count.approvals) >= BLINK_MIN_VOTES)
        {
            BlinkStanding::Approved
        } else {
            BlinkStanding::Open
        }
    }

    /// The proof that it is approved; `None` unless it is.
    #[must_use]
    pub fn approval(&self, quorums: &BlinkQuorums) -> Option<ApprovalCertificate> {
        let approved = self.standing(quorums) == BlinkStanding::Approved;
        approved.then(|| ApprovalCertificate {
            subject: self.subject,
            approvals: self.signatures(BlinkDecision::Approve),
        })
    }

    /// The proof that it is rejected; `None` unless it is.
    #[must_use]
    pub fn rejection(&self, quorums: &BlinkQuorums) -> Option<RejectionCertificate> {
        let rejected = self.standing(quorums) == BlinkStanding::Rejected;
        rejected.then(|| RejectionCertificate {
            subject: self.subject,
            rejections: self.signatures(BlinkDecision::Reject),
        })
    }

    fn signatures(&self, wanted: BlinkDecision) -> Vec<SeatSignature> {
        let votes = self.votes().filter(|vote| vote.decision == wanted);
        votes
            .map(|vote| SeatSignature {
                seat: vote.seat,
                signature: vote.signature,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
