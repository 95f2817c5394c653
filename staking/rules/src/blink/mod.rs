//! Instant transactions: who approves them, what is signed, how it is counted (chain §5).
//!
//! A walk: [`BlinkQuorums`] are the two sub-quorums of a blink with their [`Seat`]s; a [`BlinkSubject`] is what they vote on and a
//! [`BlinkVote`] one vote; a [`BlinkTally`] counts them until the outcome is certain, and then proves it: an
//! [`ApprovalCertificate`] goes with the transaction wherever it goes, a [`RejectionCertificate`] goes back to its sender.
//! [`relay`](mod@relay) says which member tells which.

mod certificate;
mod quorums;
pub mod relay;
mod tally;
mod vote;

pub use certificate::{ApprovalCertificate, CertificateError, RejectionCertificate, SeatSignature};
pub use quorums::{BlinkQuorums, BlinkQuorumsError, Seat, Subquorum};
pub use tally::{BlinkStanding, BlinkTally, Recorded, SubquorumCount};
pub use vote::{BlinkDecision, BlinkSubject, BlinkVote, BlinkVoteError};

use oxen_types::{Height, network::constants::BLINK_MIN_VOTES, network::constants::BLINK_SUBQUORUM_SIZE};

/// Blocks by which the authorization height may differ from the chain height of whoever is asked (chain §5.3).
pub const AUTHORIZATION_TOLERANCE_BLOCKS: u64 = 2;

/// Blocks after its authorization height during which a blink that no block holds may still become approved.
///
/// Ours: the reference has no such limit, so that a vote which was held back may complete an approval at any time. Sub-quorums
/// move on with the chain, and those of heights far apart share no member who would refuse a conflicting blink.
pub const ACCEPTANCE_BLOCKS: u64 = 10;

/// Blocks after the authorization height for which a member that approved a blink refuses whatever conflicts with it: longer
/// than anybody accepts the approval, whose chain may be some blocks behind.
pub const HOLD_BLOCKS: u64 = ACCEPTANCE_BLOCKS + AUTHORIZATION_TOLERANCE_BLOCKS;

/// Rejections in one sub-quorum after which it cannot approve any more (chain §5.1).
pub const REJECTIONS_TO_REJECT: usize = BLINK_SUBQUORUM_SIZE - BLINK_MIN_VOTES + 1;

/// Whether somebody whose chain has `chain_height` blocks may vote on a blink of this authorization height.
#[must_use]
pub const fn is_current(authorization: Height, chain_height: Height) -> bool {
    authorization.index().abs_diff(chain_height.index()) <= AUTHORIZATION_TOLERANCE_BLOCKS
}

/// Whether a blink of this authorization height that no block holds may still become approved.
#[must_use]
pub fn is_acceptable(authorization: Height, chain_height: Height) -> bool {
    chain_height <= authorization.saturating_add(ACCEPTANCE_BLOCKS)
        && authorization <= chain_height.saturating_add(AUTHORIZATION_TOLERANCE_BLOCKS)
}

/// Whether a member that approved a blink of this authorization height still has to keep its inputs for it.
#[must_use]
pub fn is_held(authorization: Height, chain_height: Height) -> bool {
    chain_height <= authorization.saturating_add(HOLD_BLOCKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_blocks_either_way_are_current_and_ten_after_acceptable() {
        let at = |chain_height: u64| {
            let chain_height = Height::new(chain_height);
            let authorization = Height::new(100);
            (
                is_current(authorization, chain_height),
                is_acceptable(authorization, chain_height),
                is_held(authorization, chain_height),
            )
        };
        assert_eq!(at(97), (false, false, true));
        assert_eq!(at(98), (true, true, true));
        assert_eq!(at(102), (true, true, true));
        assert_eq!(at(103), (false, true, true));
        assert_eq!(at(110), (false, true, true));
        assert_eq!(at(111), (false, false, true));
        assert_eq!(at(112), (false, false, true));
        assert_eq!(at(113), (false, false, false));
    }

    #[test]
    fn four_of_ten_reject() {
        assert_eq!(REJECTIONS_TO_REJECT, 4);
    }
}
