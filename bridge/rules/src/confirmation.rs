//! How the network comes to believe a report of an L2 event: every block votes on each that waits (staking §19.3).
//!
//! The block that holds a report counts as the first vote for it. Later blocks say yes or no; blocks of later rounds of Pulse
//! weigh less, because fewer of the network stood behind them. Votes are counted before the block's own transactions.

use oxen_types::{
    Height,
    network::constants::{L2_VOTE_FULL_SCORE, L2_VOTE_MAX_BLOCKS, L2_VOTE_MIN_DIFFERENCE, L2_VOTE_RATIO},
};
use parity_scale_codec::{Decode, Encode};

/// Who made the block that votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voter {
    /// A Pulse quorum, in a round.
    Pulse {
        /// 0 unless earlier producers failed.
        round: u8,
    },
    /// A miner.
    Miner,
}

impl Voter {
    /// What its vote counts.
    #[must_use]
    pub const fn weight(self) -> u64 {
        match self {
            Self::Miner => L2_VOTE_FULL_SCORE,
            Self::Pulse { round } => match L2_VOTE_FULL_SCORE.checked_div((round as u64).saturating_add(1)) {
                Some(weight) => weight,
                None => 0,
            },
        }
    }
}

/// A vote on one report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vote {
    /// It happened as reported.
    Confirm,
    /// It did not, or cannot be seen.
    Deny,
}

impl Vote {
    /// As a block header has it.
    #[must_use]
    pub const fn from_bit(bit: bool) -> Self {
        if bit { Self::Confirm } else { Self::Deny }
    }
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It waits for more votes.
    Waiting,
    /// It has its effect now.
    Confirmed,
    /// It has none.
    Denied,
}

/// The votes on a report so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Tally {
    /// Height of the block that holds it.
    pub added: Height,
    /// Score of those who confirm it.
    pub confirmations: u64,
    /// Score of those who deny it.
    pub denials: u64,
}

impl Tally {
    /// Begins with the block that holds the report.
    #[must_use]
    pub const fn new(added: Height, maker: Voter) -> Self {
        Self {
            added,
            confirmations: maker.weight(),
            denials: 0,
        }
    }

    /// With one more vote.
    #[must_use]
    pub const fn with(mut self, vote: Vote, voter: Voter) -> Self {
        match vote {
            Vote::Confirm => self.confirmations = self.confirmations.saturating_add(voter.weight()),
            Vote::Deny => self.denials = self.denials.saturating_add(voter.weight()),
        }
        self
    }

    /// What the votes say after those of the block at `height`: one side must lead by five full votes and have twice the
    /// other's. What is undecided thirty blocks after the report is denied.
    #[must_use]
    pub const fn verdict(&self, height: Height) -> Verdict {
        if leads(self.confirmations, self.denials) {
            Verdict::Confirmed
        } else if leads(self.denials, self.confirmations) || height.since(self.added) >= L2_VOTE_MAX_BLOCKS {
            Verdict::Denied
        } else {
            Verdict::Waiting
        }
    }
}

const fn leads(one: u64, other: u64) -> bool {
    one >= other.saturating_add(L2_VOTE_MIN_DIFFERENCE) && one >= other.saturating_mul(L2_VOTE_RATIO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROUND_ZERO: Voter = Voter::Pulse { round: 0 };
    const ADDED: Height = Height::new(100);

    /// The tally after blocks of round 0 that vote so, and the first verdict that is one.
    fn after(votes: &[bool]) -> (Tally, Option<(usize, Verdict)>) {
        let mut tally = Tally::new(ADDED, ROUND_ZERO);
        for (bit, number) in votes.iter().zip(1_usize..) {
            tally = tally.with(Vote::from_bit(*bit), ROUND_ZERO);
            let verdict = tally.verdict(ADDED.saturating_add(number as u64));
            if verdict != Verdict::Waiting {
                return (tally, Some((number, verdict)));
            }
        }
        (tally, None)
    }

    #[test]
    fn the_holding_block_and_four_more_confirm() {
        assert_eq!(after(&[true; 9]).1, Some((4, Verdict::Confirmed)));
        assert_eq!(
            after(&[false; 9]).1,
            Some((6, Verdict::Denied)),
            "the first vote was for it"
        );
    }

    #[test]
    fn each_denial_costs_more_than_one_confirmation() {
        let mut votes = vec![false];
        votes.extend([true; 9]);
        assert_eq!(after(&votes).1, Some((6, Verdict::Confirmed)));
        // Six against five: five more are not twice as many.
        let mut votes = vec![false; 5];
        votes.extend([true; 20]);
        assert_eq!(after(&votes).1, Some((14, Verdict::Confirmed)), "ten to five");
    }

    #[test]
    fn later_rounds_weigh_less_and_miners_as_much_as_round_zero() {
        let weights = [0, 1, 2, 254, 255].map(|round| Voter::Pulse { round }.weight());
        assert_eq!(weights, [2_520, 1_260, 840, 9, 9]);
        assert_eq!(Voter::Miner.weight(), 2_520);
    }

    #[test]
    fn thirty_blocks_are_the_most_and_a_confirmation_at_the_last_counts() {
        let alternating: Vec<bool> = (0..29).map(|number| number % 2 == 0).collect();
        let (tally, decided) = after(&alternating);
        assert_eq!(decided, None);
        let last = ADDED.saturating_add(30);
        assert_eq!(tally.with(Vote::Confirm, ROUND_ZERO).verdict(last), Verdict::Denied);
        let nearly = Tally {
            confirmations: 4 * 2_520,
            ..Tally::new(ADDED, ROUND_ZERO)
        };
        assert_eq!(nearly.verdict(last), Verdict::Denied);
        assert_eq!(nearly.with(Vote::Confirm, ROUND_ZERO).verdict(last), Verdict::Confirmed);
    }

    proptest! {
        #[test]
        fn nothing_waits_for_more_than_thirty_blocks_and_no_side_wins_with_less_than_the_other(
            votes in proptest::collection::vec((any::<bool>(), 0_u8..4), 30)
        ) {
            let mut tally = Tally::new(ADDED, ROUND_ZERO);
            for ((bit, round), number) in votes.into_iter().zip(1_u64..) {
                tally = tally.with(Vote::from_bit(bit), Voter::Pulse { round });
                let verdict = tally.verdict(ADDED.saturating_add(number));
                if verdict == Verdict::Confirmed {
                    prop_assert!(tally.confirmations >= tally.denials + 12_600);
                }
                if number == 30 {
                    prop_assert_ne!(verdict, Verdict::Waiting);
                }
            }
        }
    }
}
