//! For how long a vote counts (staking §15.8 rule 1).

use crate::blame::Blame;
use oxen_types::{Height, network::constants::VOTE_LIFETIME_BLOCKS};
use thiserror::Error;

/// Blocks by which chains of honest nodes may differ (VOTE_OR_TX_VERIFY_HEIGHT_BUFFER): beyond it the sender is to blame.
pub const HEIGHT_BUFFER_BLOCKS: u64 = 5;

/// Why a vote does not count now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VoteAgeError {
    /// Its quorum is too far back.
    #[error(
        "the vote is about height {height}, more than {VOTE_LIFETIME_BLOCKS} blocks below the chain's height {chain_height}"
    )]
    TooOld {
        /// Height that the vote is about.
        height: Height,
        /// Height of the next block.
        chain_height: Height,
        /// Whether the sender should have known.
        blame: Blame,
    },
    /// Its quorum is not there yet.
    #[error("the vote is about height {height}, above the chain's height {chain_height}")]
    TooNew {
        /// Height that the vote is about.
        height: Height,
        /// Height of the next block.
        chain_height: Height,
        /// Whether the sender should have known.
        blame: Blame,
    },
}

impl VoteAgeError {
    /// Whether the sender should have known.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::TooOld { blame, .. } | Self::TooNew { blame, .. } => *blame,
        }
    }
}

/// Checks a vote about `height` while the next block has `chain_height`.
///
/// # Errors
/// It is out of time.
pub fn check_age(height: Height, chain_height: Height) -> Result<(), VoteAgeError> {
    let blame = |blocks_off: u64| {
        if blocks_off > HEIGHT_BUFFER_BLOCKS {
            Blame::Sender
        } else {
            Blame::Nobody
        }
    };
    if height > chain_height {
        return Err(VoteAgeError::TooNew {
            height,
            chain_height,
            blame: blame(height.since(chain_height)),
        });
    }
    let last = height.saturating_add(VOTE_LIFETIME_BLOCKS);
    if chain_height > last {
        return Err(VoteAgeError::TooOld {
            height,
            chain_height,
            blame: blame(chain_height.since(last)),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a vote about height 100.
    fn at(chain_height: u64) -> Result<(), Blame> {
        check_age(Height::new(100), Height::new(chain_height)).map_err(|error| error.blame())
    }

    #[test]
    fn a_vote_counts_for_sixty_blocks_from_its_height_on() {
        assert_eq!(at(99), Err(Blame::Nobody));
        assert_eq!(at(100), Ok(()));
        assert_eq!(at(160), Ok(()));
        assert_eq!(at(161), Err(Blame::Nobody));
    }

    #[test]
    fn more_than_five_blocks_off_is_the_senders_fault() {
        assert_eq!(at(95), Err(Blame::Nobody));
        assert_eq!(at(94), Err(Blame::Sender));
        assert_eq!(at(165), Err(Blame::Nobody));
        assert_eq!(at(166), Err(Blame::Sender));
        assert_eq!(at(10_100), Err(Blame::Sender));
    }

    #[test]
    fn each_side_has_its_error() {
        assert!(matches!(
            check_age(Height::new(9), Height::new(8)),
            Err(VoteAgeError::TooNew { .. })
        ));
        assert!(matches!(
            check_age(Height::new(9), Height::new(800)),
            Err(VoteAgeError::TooOld { .. })
        ));
    }
}
