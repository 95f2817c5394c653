//! What a machine wants done. Effects are carried out in order.

use crate::{
    guard::GuardRecord,
    input::RoundId,
    message::{Draft, Message},
    quorum::Bitset,
    relay::Route,
    report::Report,
    timing::Moment,
};
use oxen_types::{Block, Timestamp};

/// A block that the producer needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateOrder {
    /// The round; its parent must be the tip that the block is built on.
    pub round: RoundId,
    /// Validators that will take part.
    pub participants: Bitset,
    /// Earliest and latest timestamp that the block may have, both included: our clock is moved into it. `None` where the
    /// network does not check.
    pub window: Option<(Timestamp, Timestamp)>,
}

/// Something to do. Where an input is named, it must follow, sooner or later; the machine goes on meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Call with [`crate::Input::Tick`] at this time. Replaces the time named before.
    WakeAt(Moment),
    /// Find the quorum of the round in the state after its parent: [`crate::Input::Quorum`].
    AskQuorum(RoundId),
    /// Have this signed with the node's primary key ([`Draft::sign`]): [`crate::Input::Signed`] or
    /// [`crate::Input::NotSigned`]. What comes back is sent by the machine, not by the signer.
    Sign(Draft),
    /// Send a message.
    Send {
        /// The message.
        message: Message,
        /// To whom.
        route: Route,
    },
    /// Build a block from the pool: [`crate::Input::TemplateBuilt`] or [`crate::Input::TemplateNotBuilt`].
    BuildTemplate(TemplateOrder),
    /// Apply the block, which has neither random value nor signatures yet, to the state without keeping the result:
    /// [`crate::Input::TemplateChecked`].
    CheckTemplate {
        /// The round.
        round: RoundId,
        /// The block.
        block: Box<Block>,
    },
    /// Draw a value: [`crate::Input::RandomValue`].
    DrawRandomValue(RoundId),
    /// Write the record so that it survives a crash of process and machine, unless there is another one with its key:
    /// [`crate::Input::Guarded`] or [`crate::Input::NotGuarded`]. Nothing that the record is about is signed before.
    Guard(GuardRecord),
    /// Add the complete block to our chain, which passes it on to all peers: [`crate::Input::BlockAccepted`] (also when it is
    /// there already) or [`crate::Input::BlockRefused`].
    SubmitBlock {
        /// The round.
        round: RoundId,
        /// The block with seven signatures.
        block: Box<Block>,
    },
    /// Tell the operator, the metrics, or the scoring of peers.
    Report(Report),
}
