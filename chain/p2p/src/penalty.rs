//! What a peer loses for what it does: the one table from errors to penalties.
//!
//! Every match is total: a new rule of the chain cannot be added without deciding here what breaking it costs.

use crate::wire::{frames::FrameError, message::Refusal};
use oxen_node_api::{AdmissionError, AlternativeReason, SubmitBlockError, SubmitCheckpointError};
use oxen_state::{BlockError, TransactionError, block::checkpoints::CheckpointError};
use thiserror::Error;

/// What a peer loses. A hundred points are a ban.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Penalty {
    /// Nothing: an honest peer does this, or it is this node's own trouble.
    None,
    /// This many points, which fade with time.
    Points(u32),
    /// It is sent away at once.
    Ban,
}

/// Honest peers do this now and then.
const SLIGHT: Penalty = Penalty::Points(2);
/// A peer that does this ten times in a short while is of no use.
const ANNOYING: Penalty = Penalty::Points(10);
/// Honest peers do this when they are in trouble themselves.
const SERIOUS: Penalty = Penalty::Points(34);

/// What peers do wrong on the transport, beside blocks and transactions that break rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Offence {
    /// It cannot be talked with.
    #[error("{0}")]
    Refused(Refusal),
    /// It connected and did not say who it is.
    #[error("it did not greet")]
    NoGreeting,
    /// It sent a frame that is not a message.
    #[error("it sent {0}")]
    Frame(FrameError),
    /// It sent a gossip message larger than its topic allows.
    #[error("it sent a gossip message of {bytes} bytes; at most {limit} are allowed")]
    OversizedGossip {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A service found its gossip message to break a rule.
    #[error("it passed on a message that breaks a rule")]
    RejectedGossip,
    /// It says that it speaks for a service node whose key did not sign that.
    #[error("it claims to speak for a service node that does not say so")]
    ForgedStatement,
    /// It tells what only service nodes tell, and runs none.
    #[error("it tells what only service nodes may tell")]
    NotAServiceNode,
    /// A service node tells more than Pulse needs.
    #[error("it tells too much")]
    TooManyMessages,
    /// It asks more than a peer needs.
    #[error("it asks too much")]
    TooManyRequests,
    /// It answered another question than was asked.
    #[error("its answer does not fit the question")]
    WrongAnswer,
    /// It named blocks that it then did not have.
    #[error("it named blocks that it does not give")]
    BlocksWithheld,
    /// It named blocks that do not follow each other.
    #[error("it named blocks that do not follow each other")]
    BrokenChain,
    /// It did not answer in time.
    #[error("it did not answer in time")]
    Stalled,
}

impl Offence {
    /// What it costs.
    pub(crate) const fn penalty(self) -> Penalty {
        match self {
            Self::Refused(refusal) => match refusal {
                Refusal::ForeignNetwork | Refusal::DifferentGenesis | Refusal::UnknownVersion => Penalty::Ban,
            },
            Self::Frame(frame) => match frame {
                FrameError::TooLong { .. } | FrameError::Garbage => Penalty::Ban,
            },
            Self::OversizedGossip { .. } | Self::WrongAnswer | Self::ForgedStatement => Penalty::Ban,
            Self::RejectedGossip | Self::BlocksWithheld | Self::BrokenChain | Self::NotAServiceNode => SERIOUS,
            // A node that catches up with what it missed may go over the edge for a moment.
            Self::TooManyMessages => SLIGHT,
            Self::NoGreeting | Self::TooManyRequests => ANNOYING,
            Self::Stalled => Penalty::Points(20),
        }
    }
}

/// What a peer loses for a block that was not taken. The block came from it whole, or its transactions did.
pub(crate) fn block_penalty(error: &SubmitBlockError) -> Penalty {
    match error {
        SubmitBlockError::Invalid(error) => broken_block_rule(error),
        SubmitBlockError::Refused { reason, .. } => match reason {
            AlternativeReason::KnownInvalid => Penalty::Ban,
            AlternativeReason::BelowImmutable => ANNOYING,
            AlternativeReason::UnknownParent | AlternativeReason::TooMany | AlternativeReason::ConflictsWithBlink => {
                Penalty::None
            }
        },
        SubmitBlockError::TooLarge { .. } => Penalty::Ban,
        SubmitBlockError::Checkpoint(error) => broken_checkpoint_rule(error),
        SubmitBlockError::L2(_) | SubmitBlockError::Storage(_) | SubmitBlockError::ShuttingDown => Penalty::None,
    }
}

/// What a peer loses for a checkpoint that was not taken.
pub(crate) fn checkpoint_penalty(error: &SubmitCheckpointError) -> Penalty {
    match error {
        SubmitCheckpointError::Invalid(error) => broken_checkpoint_rule(error),
        // It knows a newer block, or is on another branch.
        SubmitCheckpointError::AboveTip { .. } => Penalty::None,
        SubmitCheckpointError::BelowImmutable { .. } => SLIGHT,
        SubmitCheckpointError::Storage(_) => Penalty::None,
    }
}

const fn broken_checkpoint_rule(error: &CheckpointError) -> Penalty {
    match error {
        // Another version of the software knows others, or this node forgot the quorum.
        CheckpointError::NotKnown | CheckpointError::QuorumUnknown { .. } => SLIGHT,
        CheckpointError::View(_) => Penalty::None,
        CheckpointError::OfAnotherBlock { .. }
        | CheckpointError::WrongHeight { .. }
        | CheckpointError::VoteCount { .. }
        | CheckpointError::VotesNotAscending
        | CheckpointError::InvalidSignature { .. } => Penalty::Ban,
    }
}

fn broken_block_rule(error: &BlockError) -> Penalty {
    match error {
        // The chain moved on meanwhile, this node lacks something, or its own database failed.
        BlockError::NotOnTip { .. }
        | BlockError::ForkNotSupported { .. }
        | BlockError::ProofsNotVerified { .. }
        | BlockError::WorkNotVerifiable { .. }
        | BlockError::View(_) => Penalty::None,
        // One of two clocks is wrong.
        BlockError::TimestampAhead { .. } | BlockError::PulseTiming { .. } => ANNOYING,
        // It was asked to give them.
        BlockError::TransactionMissing { .. } => SERIOUS,
        BlockError::Transaction { error, .. } => match broken_transaction_rule(error) {
            Penalty::None => Penalty::None,
            // The block's maker put it there and whoever passed it on had to look.
            Penalty::Points(_) | Penalty::Ban => Penalty::Ban,
        },
        BlockError::Decode(_)
        | BlockError::WrongVersion { .. }
        | BlockError::WrongHeight { .. }
        | BlockError::CheckpointMismatch { .. }
        | BlockError::TimestampBelowMedian { .. }
        | BlockError::TransactionMined { .. }
        | BlockError::PulseNotExpected
        | BlockError::PulseExpected
        | BlockError::PulseNonce
        | BlockError::PulseSignatureSet
        | BlockError::PulseSignature { .. }
        | BlockError::InsufficientWork { .. }
        | BlockError::CoinbaseForm
        | BlockError::CoinbaseUnlockTime { .. }
        | BlockError::CoinbaseLeader
        | BlockError::PayoutCount { .. }
        | BlockError::PayoutMismatch { .. }
        | BlockError::LeaderTail
        | BlockError::L2EventOrder { .. }
        | BlockError::L2VoteCount { .. }
        | BlockError::L2RewardMoved { .. }
        | BlockError::RewardMismatch { .. }
        | BlockError::TooHeavy { .. }
        | BlockError::ProducerGone
        | BlockError::AmountOverflow => Penalty::Ban,
    }
}

/// What a peer loses for a transaction that is not taken into the pool.
pub(crate) fn transaction_penalty(error: &AdmissionError) -> Penalty {
    match error {
        AdmissionError::Invalid(error) => broken_transaction_rule(error),
        // Another order of arrival, or another policy: honest.
        AdmissionError::DoubleSpend { .. }
        | AdmissionError::NameConflict { .. }
        | AdmissionError::SameRequest { .. }
        | AdmissionError::ConflictsWithBlink { .. }
        | AdmissionError::Expired
        | AdmissionError::PoolFull => Penalty::None,
        AdmissionError::FeeTooLow { .. } | AdmissionError::HeavierThanBlock => SLIGHT,
        // None of them comes of a transaction that a peer sends; the blink service answers for its own messages.
        AdmissionError::ReportRelayed
        | AdmissionError::NotBlinkable
        | AdmissionError::BurnTooLow { .. }
        | AdmissionError::ApprovalOfAnother { .. }
        | AdmissionError::Storage(_) => Penalty::None,
    }
}

fn broken_transaction_rule(error: &TransactionError) -> Penalty {
    match error {
        TransactionError::View(_) | TransactionError::RegistryMissing { .. } => Penalty::None,
        // True or not depending on the newest block, which peers learn at different moments.
        TransactionError::RingMemberUnknown { .. }
        | TransactionError::RingMemberLocked { .. }
        | TransactionError::RingMemberTooYoung { .. }
        | TransactionError::KeyImageSpent { .. }
        | TransactionError::Name(_)
        | TransactionError::Swap(_)
        | TransactionError::StakeLocked { .. }
        | TransactionError::StakeBlacklisted { .. }
        | TransactionError::L2EventMissing { .. }
        | TransactionError::L2EventWithoutHeight
        | TransactionError::StateChange(_)
        | TransactionError::Unlock(_)
        | TransactionError::WrongVersion { .. }
        | TransactionError::TypeNotAllowed { .. } => SLIGHT,
        // A valid signature over other ring members after a reorganisation: rare, and proof of nothing.
        TransactionError::InvalidRingSignature { .. } => SERIOUS,
        TransactionError::Decode(_)
        | TransactionError::TooLarge { .. }
        | TransactionError::NoInputs
        | TransactionError::InvalidInputKind
        | TransactionError::InvalidOutputKind { .. }
        | TransactionError::InvalidOutputKey { .. }
        | TransactionError::OutputCount { .. }
        | TransactionError::OutputAmountInTheClear { .. }
        | TransactionError::InputAmountInTheClear { .. }
        | TransactionError::WrongRingCtType
        | TransactionError::RangeProofPadding { .. }
        | TransactionError::RingSize { .. }
        | TransactionError::RingNotAscending { .. }
        | TransactionError::InputsNotSorted
        | TransactionError::KeyImageDomain { .. }
        | TransactionError::Unbalanced
        | TransactionError::InvalidRangeProof
        | TransactionError::TooHeavy { .. }
        | TransactionError::MovesMoney { .. } => Penalty::Ban,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::{Amount, Hash, Height, Timestamp};

    #[test]
    fn what_an_honest_peer_cannot_know_costs_nothing() {
        let full = AdmissionError::PoolFull;
        assert_eq!(transaction_penalty(&full), Penalty::None);
        let orphan = SubmitBlockError::Refused {
            id: Hash::ZERO,
            reason: AlternativeReason::UnknownParent,
        };
        assert_eq!(block_penalty(&orphan), Penalty::None);
        assert_eq!(block_penalty(&SubmitBlockError::ShuttingDown), Penalty::None);
    }

    #[test]
    fn a_wrong_clock_is_no_ban_and_a_wrong_block_is_one() {
        let ahead = BlockError::TimestampAhead {
            timestamp: Timestamp::from_seconds(2),
            now: Timestamp::from_seconds(1),
        };
        assert!(matches!(block_penalty(&ahead.into()), Penalty::Points(1..100)));
        let reward = BlockError::RewardMismatch {
            expected: Amount::ZERO,
            found: Amount::OXEN,
        };
        assert_eq!(block_penalty(&reward.into()), Penalty::Ban);
    }

    #[test]
    fn a_block_answers_for_its_transactions() {
        let spent = |penalty: fn(TransactionError) -> Penalty| {
            penalty(TransactionError::KeyImageSpent {
                image: oxen_types::KeyImage::ZERO,
            })
        };
        assert!(matches!(
            spent(|error| transaction_penalty(&error.into())),
            Penalty::Points(_)
        ));
        let in_block = |error| {
            block_penalty(
                &BlockError::Transaction {
                    id: Hash::ZERO,
                    error: Box::new(error),
                }
                .into(),
            )
        };
        assert_eq!(spent(in_block), Penalty::Ban);
    }

    #[test]
    fn a_checkpoint_is_bad_only_when_it_would_be_bad_everywhere() {
        let above = SubmitCheckpointError::AboveTip {
            height: Height::new(8),
            tip: Height::new(7),
        };
        assert_eq!(checkpoint_penalty(&above), Penalty::None);
        // A quorum of another branch, whose signatures are good there.
        let height = Height::new(8);
        let unknown = CheckpointError::QuorumUnknown { height };
        assert!(matches!(checkpoint_penalty(&unknown.into()), Penalty::Points(1..100)));
        let few = CheckpointError::VoteCount { found: 12 };
        assert_eq!(checkpoint_penalty(&few.into()), Penalty::Ban);
    }

    #[test]
    fn a_stalled_peer_is_banned_only_when_it_goes_on() {
        let Penalty::Points(points) = Offence::Stalled.penalty() else {
            panic!("a pause is no ban")
        };
        assert!((2..10).contains(&(100 / points)));
        let long = FrameError::TooLong { bytes: 2, limit: 1 };
        assert_eq!(Offence::Frame(long).penalty(), Penalty::Ban);
    }
}
