//! What a machine has to say, in types and in sentences.

use crate::{
    input::{RoundId, TemplateFailure},
    quorum::{Bitset, Position, Role},
    timing::Stage,
};
use oxen_types::{Hash, Height, PublicKey, network::constants::PULSE_REQUIRED_SIGNATURES};
use std::fmt;
use thiserror::Error;

/// Why a round ended without a block, as seen by one node (pulse §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Failure {
    /// Fewer than seven validators were heard.
    #[error(
        "only {received} of 11 validators said whom they heard, and 7 are needed: others are offline or out of reach"
    )]
    TooFewBitsets {
        /// How many.
        received: usize,
    },
    /// Seven were heard, but not seven alike.
    #[error("the validators disagree on who is there: at most {agreed} of {received} heard the same, and 7 must")]
    SplitBitsets {
        /// Bitsets received.
        received: usize,
        /// The most that were equal.
        agreed: usize,
    },
    /// Seven agree that fewer than seven are there.
    #[error("the validators agree that only {present} of them are there, and 7 must sign")]
    TooFewPresent {
        /// How many.
        present: usize,
    },
    /// The others did not hear us.
    #[error(
        "the other validators did not hear this node in time: check that its port can be reached from outside and that \
         its clock is right"
    )]
    LeftOut,
    /// The producer could not make a block.
    #[error("this node could not make the block: {0}")]
    TemplateNotBuilt(TemplateFailure),
    /// The block was made for another height.
    #[error("the tip changed while this node made the block")]
    TemplateOfOtherTip,
    /// The block's time would break a rule (pulse §4.3).
    #[error("the time of this node's block would lie outside of its round: check that its clock is right")]
    TemplateTime,
    /// The producer's block was not ready in time.
    #[error("this node did not finish its block in time: it is overloaded, or its disk is slow")]
    TemplateTooLate,
    /// The producer was silent, or what it sent could not be used.
    #[error("no usable block came from the producer in time")]
    NoTemplate,
    /// We object to the producer's block, and too few others signed it.
    #[error("this node does not sign the producer's block, and fewer than seven others signed it: {0}")]
    Objected(Objection),
    /// Some who were there fell silent.
    #[error("validators {missing} fell silent before they committed to a random value")]
    MissingValueHashes {
        /// They.
        missing: Bitset,
    },
    /// Some who committed did not reveal.
    #[error("validators {missing} did not reveal the random values that they had committed to")]
    MissingValues {
        /// They.
        missing: Bitset,
    },
    /// Fewer than seven signed the same block.
    #[error(
        "validators {missing} did not sign the block that this node holds (other blocks were signed by: {elsewhere})"
    )]
    MissingSignatures {
        /// They.
        missing: Bitset,
        /// Those of them who signed something else: the producer sent different blocks.
        elsewhere: Bitset,
    },
    /// The guard says that this node signed another block for the round.
    #[error("this node has already signed another block for this height and round, so it does not sign this one")]
    AlreadySigned,
    /// The key could not be used.
    #[error("this node could not sign: check that its service node key can be read")]
    NotSigned,
    /// The block that all signed was refused by our chain.
    #[error("this node's chain refused the block that the quorum signed: the log before this line says why")]
    BlockRefused,
    /// The chain was reorganised.
    #[error("the tip of the chain was replaced during the round")]
    TipChanged,
    /// The node was told to stop.
    #[error("this node stopped making blocks: it is shutting down, or no longer in step with its peers")]
    StoodDown,
}

/// Why we take part in a round and do not sign its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Objection {
    /// The state, or what we know of L2, speaks against it.
    #[error("it breaks a rule, or says what this node does not know of: the log before this line says what")]
    Unacceptable,
    /// The answer did not come in time.
    #[error(
        "this node could not check it in time: it is overloaded, its disk is slow, or the producer did not hand over transactions"
    )]
    Unchecked,
}

/// Why a message was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The member that it names did not sign it.
    #[error("it is not signed by the member of the quorum that it names")]
    Signature,
    /// The sender does not take part any more.
    #[error("its author is not among the validators that were found present")]
    NotPresent,
    /// The revealed value is not the one committed to.
    #[error("the random value is not the one that its author had committed to")]
    NotCommitted,
    /// The signature is for something else than our block.
    #[error("its author signed another block than this node holds")]
    OtherBlock,
    /// The template is no block.
    #[error("the template is no block")]
    TemplateUndecodable,
    /// The template names another round.
    #[error("the template is for another round")]
    TemplateRound,
    /// The template names other participants.
    #[error("the template names other participants than those agreed on")]
    TemplateParticipants,
    /// The template builds on another block, or has another height.
    #[error("the template builds on another block")]
    TemplateParent,
    /// The template's time is outside of the round (pulse §4.3).
    #[error("the template's time is outside of the round: the producer's clock is wrong")]
    TemplateTime,
    /// The template has a nonce or signatures (pulse §8.2).
    #[error("the template has a nonce, or signatures already")]
    TemplateForm,
    /// The author sent two different templates.
    #[error("the producer signed two different blocks for one round; the first counts")]
    SecondTemplate,
}

/// An event of interest to people, metrics or the scoring of peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// A round is prepared; it starts at its time.
    RoundPrepared {
        /// The round.
        round: RoundId,
        /// Our role.
        role: Role,
    },
    /// The quorum agreed on who is there.
    ParticipantsAgreed {
        /// The round.
        round: RoundId,
        /// They.
        participants: Bitset,
    },
    /// As the producer, we sent our block to the validators.
    TemplateSent {
        /// The round.
        round: RoundId,
    },
    /// We take part in the round and do not sign its block.
    Objected {
        /// The round.
        round: RoundId,
        /// Why.
        objection: Objection,
    },
    /// The round ended with a block that we completed.
    BlockMade {
        /// The round.
        round: RoundId,
        /// The block's id.
        id: Hash,
        /// Participants who had not signed it when their time was over.
        unsigned: Bitset,
    },
    /// A block came from others while we were still at work on it.
    Overtaken {
        /// The round.
        round: RoundId,
        /// How far we were.
        stage: Stage,
        /// The block's id.
        id: Hash,
    },
    /// The round ended without a block, as far as we can see.
    RoundFailed {
        /// The round.
        round: RoundId,
        /// Our role.
        role: Role,
        /// How far we were.
        stage: Stage,
        /// Why.
        reason: Failure,
    },
    /// No quorum: the block must be mined.
    NoQuorum {
        /// The round.
        round: RoundId,
    },
    /// All rounds have passed: the block may be mined.
    RoundsExhausted {
        /// Height of the block.
        height: Height,
    },
    /// A message of a round that has passed; harmless.
    Straggler {
        /// Who sent it.
        from: PublicKey,
        /// The stage it was for.
        stage: Stage,
    },
    /// A message was dropped because of what it says.
    MessageRefused {
        /// Who sent it or passed it on; not always its author.
        from: PublicKey,
        /// The stage it was for.
        stage: Stage,
        /// The validator it names; `None` for the producer.
        author: Option<Position>,
        /// Why.
        reason: Refusal,
    },
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoundPrepared { round, role } => write!(f, "{round}: this node is {role}"),
            Self::ParticipantsAgreed { round, participants } => {
                write!(
                    f,
                    "{round}: {} of 11 validators take part: {participants}",
                    participants.len()
                )
            }
            Self::TemplateSent { round } => write!(f, "{round}: this node sent its block to the validators"),
            Self::Objected { round, objection } => {
                write!(f, "{round}: this node does not sign the producer's block: {objection}")
            }
            Self::BlockMade { round, id, unsigned } => {
                write!(
                    f,
                    "{round}: complete with {PULSE_REQUIRED_SIGNATURES} signatures, id {id}"
                )?;
                if unsigned.is_empty() {
                    Ok(())
                } else {
                    write!(f, " (validators {unsigned} did not sign)")
                }
            }
            Self::Overtaken { round, stage, id } => {
                write!(
                    f,
                    "{round}: block {id} came from others while this node was at: {}",
                    stage.name()
                )
            }
            Self::RoundFailed {
                round,
                role,
                stage,
                reason,
            } => write!(
                f,
                "{round} brought no block (this node: {role}; stage: {}): {reason}",
                stage.name()
            ),
            Self::NoQuorum { round } => write!(
                f,
                "{round} has no quorum: too few active service nodes, or too short a chain; the block must be mined"
            ),
            Self::RoundsExhausted { height } => {
                write!(f, "all 255 rounds for block {height} have passed: it may be mined now")
            }
            Self::Straggler { from, stage } => write!(f, "a late message ({}) from {from}", stage.name()),
            Self::MessageRefused {
                from,
                stage,
                author,
                reason,
            } => {
                write!(f, "dropped a message ({}) from {from}: {reason}", stage.name())?;
                author.map_or(Ok(()), |position| write!(f, " (author: validator {position})"))
            }
        }
    }
}
