//! What can happen to a machine.

use crate::{digest::RandomValue, guard::GuardRecord, message::Message, quorum::RoundQuorum, timing::RoundTiming};
use oxen_types::{Block, Hash, Height, PublicKey};
use std::fmt;
use thiserror::Error;

/// One attempt at one block. Every question names it, and so does its answer: an answer for a round that has passed is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoundId {
    /// Id of the block to build on.
    pub parent: Hash,
    /// Height of the block to make.
    pub height: Height,
    /// The round, 0 to 254.
    pub number: u8,
}

impl fmt::Display for RoundId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {} round {}", self.height, self.number)
    }
}

/// The next block to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duty {
    /// The tip.
    pub parent: Hash,
    /// Height of the block after it.
    pub height: Height,
    /// Its times.
    pub timing: RoundTiming,
}

/// Why no template could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TemplateFailure {
    /// Our own node may not produce.
    #[error("this service node is no longer active")]
    NotActive,
    /// The state could not be read.
    #[error("the state of the chain could not be read: the log before this line says why")]
    State,
}

/// What the state thinks of a producer's template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateVerdict {
    /// We sign its block.
    Acceptable,
    /// We do not: it breaks a rule, or says of L2 what we have not read. The driver logs which.
    Unacceptable,
}

/// Something that happened.
#[allow(
    clippy::large_enum_variant,
    reason = "an input lives for one step and is never kept in a collection"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The time that [`crate::Effect::WakeAt`] named has come. Early, late and superfluous ones do no harm.
    Tick,
    /// The node is in step with its peers and this is the block to make: after the start, and whenever the tip changes.
    /// The same one again lets a machine that waits for the next tip look for a quorum once more.
    NewTip(Duty),
    /// Make no more blocks until the next [`Self::NewTip`]: the node is out of step, has no service node key, or shuts down.
    StandDown,
    /// Answers [`crate::Effect::AskQuorum`].
    Quorum {
        /// The round that was asked about.
        round: RoundId,
        /// Its quorum; `None` when there are too few active nodes or ancestors.
        quorum: Option<Box<RoundQuorum>>,
    },
    /// A message came. [`Message::from_bytes`] bounded it; nothing else was checked.
    Message {
        /// Primary key of the peer that sent or passed it on, as the transport proved it.
        from: PublicKey,
        /// The message.
        message: Message,
    },
    /// Answers [`crate::Effect::BuildTemplate`]: a block on the round's parent. The machine sets its Pulse fields.
    TemplateBuilt {
        /// The round that was asked about.
        round: RoundId,
        /// The block.
        block: Box<Block>,
    },
    /// Answers [`crate::Effect::BuildTemplate`].
    TemplateNotBuilt {
        /// The round that was asked about.
        round: RoundId,
        /// Why.
        reason: TemplateFailure,
    },
    /// Answers [`crate::Effect::CheckTemplate`].
    TemplateChecked {
        /// The round that was asked about.
        round: RoundId,
        /// The answer.
        verdict: TemplateVerdict,
    },
    /// Answers [`crate::Effect::DrawRandomValue`].
    RandomValue {
        /// The round that was asked about.
        round: RoundId,
        /// 16 bytes of the operating system's generator.
        value: RandomValue,
    },
    /// Answers [`crate::Effect::Guard`]: the record is on disk.
    Guarded(GuardRecord),
    /// Answers [`crate::Effect::Guard`]: another record stands in its place, or it could not be written.
    NotGuarded(GuardRecord),
    /// Answers [`crate::Effect::Sign`].
    Signed(Message),
    /// Answers [`crate::Effect::Sign`]: the key cannot be used.
    NotSigned(RoundId),
    /// Answers [`crate::Effect::SubmitBlock`]: the block is in our chain, now or already.
    BlockAccepted(RoundId),
    /// Answers [`crate::Effect::SubmitBlock`]: our chain refused it.
    BlockRefused(RoundId),
}
