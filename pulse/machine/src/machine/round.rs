//! One round of one node: its state, what it waits for, and what it asks.

use super::{Context, mailbox::Letter, relays::Held};
use crate::{
    digest::RandomValue,
    effect::Effect,
    guard::GuardRecord,
    input::{Duty, Input, RoundId},
    message::{Content, Draft, Message, Statement, Verifier, Word},
    quorum::{Bitset, PerValidator, Position, Role, RoundQuorum},
    report::{Failure, Objection, Report},
    timing::{Moment, RoundTiming, Stage},
};
use oxen_types::{Block, Hash, PublicKey, Signature};
use std::collections::BTreeMap;

/// How a round ends for this node.
pub(super) enum Ending {
    /// The block is in our chain; these participants had not signed it in time.
    BlockMade(Hash, Bitset),
    /// We have done our part, or have none.
    NothingMoreToDo,
    /// No block, as far as we can see.
    Failed(Failure),
}

/// What came of looking at the state.
pub(super) enum Progress {
    /// Something has to happen first.
    Waiting,
    /// It changed: look again.
    Moved,
    /// The round is over.
    Ended(Ending),
}

impl Progress {
    pub(super) const fn failed(reason: Failure) -> Self {
        Self::Ended(Ending::Failed(reason))
    }
}

/// How far the template is.
#[derive(Debug)]
pub(super) enum TemplateState {
    /// As a validator, we wait for it.
    Awaited,
    /// The state looks at it.
    Checking(Box<Block>),
    /// As the producer, we build it.
    Building,
    /// The guard stores that we sign it.
    Guarding(Statement, GuardRecord),
    /// It is being signed.
    Signing,
}

/// The block that is signed.
#[derive(Debug)]
pub(super) struct FinalBlock {
    pub(super) block: Box<Block>,
    pub(super) id: Hash,
    /// When we knew it.
    pub(super) since: Moment,
}

/// What becomes of our signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// The template was not checked yet, or is not ours to check.
    Open,
    /// We sign the block.
    Signs,
    /// We take part and do not sign.
    Objects(Objection),
}

/// The stage with what belongs to it alone.
#[derive(Debug)]
pub(super) enum State {
    WaitingForStart,
    Handshakes,
    Bitsets,
    Template(TemplateState),
    /// We wait for our random value.
    Drawing {
        block: Box<Block>,
    },
    ValueHashes {
        block: Box<Block>,
        value: RandomValue,
    },
    Values {
        block: Box<Block>,
    },
    Signatures(FinalBlock),
    Submitting(FinalBlock),
}

/// A round.
pub(super) struct Round {
    pub(super) id: RoundId,
    pub(super) timing: RoundTiming,
    pub(super) quorum: RoundQuorum,
    pub(super) role: Role,
    pub(super) state: State,
    /// Agreed after the bitsets; nobody before.
    pub(super) participants: Bitset,
    pub(super) handshakes: PerValidator<()>,
    pub(super) bitsets: PerValidator<Bitset>,
    pub(super) template: Option<Message>,
    pub(super) stand: Stand,
    /// A second template of the producer.
    pub(super) second_template: Option<Message>,
    pub(super) value_hashes: PerValidator<Hash>,
    pub(super) values: PerValidator<RandomValue>,
    pub(super) signatures: PerValidator<Signature>,
    /// Who signed another block than ours.
    pub(super) elsewhere: Bitset,
    /// Verified messages for stages to come, by author; 0 for the producer.
    pub(super) early: BTreeMap<(Stage, u16), Letter>,
    /// To be passed on later.
    pub(super) held: Vec<Held>,
}

impl Round {
    pub(super) fn new(id: RoundId, timing: RoundTiming, quorum: RoundQuorum, own: &PublicKey) -> Self {
        Self {
            role: quorum.role_of(own),
            id,
            timing,
            quorum,
            state: State::WaitingForStart,
            participants: Bitset::EMPTY,
            handshakes: PerValidator::default(),
            bitsets: PerValidator::default(),
            template: None,
            stand: Stand::Open,
            second_template: None,
            value_hashes: PerValidator::default(),
            values: PerValidator::default(),
            signatures: PerValidator::default(),
            elsewhere: Bitset::EMPTY,
            early: BTreeMap::new(),
            held: Vec::new(),
        }
    }

    pub(super) const fn id(&self) -> &RoundId {
        &self.id
    }

    pub(super) const fn quorum(&self) -> &RoundQuorum {
        &self.quorum
    }

    pub(super) const fn role(&self) -> Role {
        self.role
    }

    pub(super) const fn stage(&self) -> Stage {
        match self.state {
            State::WaitingForStart => Stage::WaitingForStart,
            State::Handshakes => Stage::Handshakes,
            State::Bitsets => Stage::Bitsets,
            State::Template(_) => Stage::Template,
            State::Drawing { .. } | State::ValueHashes { .. } => Stage::ValueHashes,
            State::Values { .. } => Stage::Values,
            State::Signatures(_) => Stage::Signatures,
            State::Submitting(_) => Stage::Submitting,
        }
    }

    /// When the stage ends at the latest: that of signatures one stage after we have the block, once seven are there. The id does
    /// not depend on who signed, so that more of them are worth no longer wait.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let latest = self.timing.deadline(self.id.number, self.stage())?;
        match &self.state {
            State::Signatures(last) if self.signatures.present().can_sign() => {
                Some(latest.min(last.since.plus_milliseconds(self.timing.stage_milliseconds())))
            }
            _ => Some(latest),
        }
    }

    /// When it wants to look at the clock next.
    pub(super) fn wake(&self) -> Option<Moment> {
        [self.deadline(), self.next_release()].into_iter().flatten().min()
    }

    pub(super) fn is_over(&self, now: Moment) -> bool {
        self.deadline().is_some_and(|deadline| now >= deadline)
    }

    /// From whom the stage still needs something.
    pub(super) fn missing(&self) -> Bitset {
        let (expected, present) = match self.state {
            State::Handshakes => (Bitset::FULL, self.handshakes.present()),
            State::Bitsets => (Bitset::FULL, self.bitsets.present()),
            State::ValueHashes { .. } => (self.participants, self.value_hashes.present()),
            State::Values { .. } => (self.participants, self.values.present()),
            State::Signatures(_) => (self.participants, self.signatures.present()),
            State::WaitingForStart | State::Template(_) | State::Drawing { .. } | State::Submitting(_) => {
                (Bitset::EMPTY, Bitset::EMPTY)
            }
        };
        expected.without(present)
    }

    /// Our position, if we are a validator.
    pub(super) const fn own_position(&self) -> Option<Position> {
        match self.role {
            Role::Validator(position) => Some(position),
            Role::Producer | Role::Bystander => None,
        }
    }

    pub(super) const fn failed(&self, reason: Failure) -> Report {
        Report::RoundFailed {
            round: self.id,
            role: self.role,
            stage: self.stage(),
            reason,
        }
    }

    /// What to say when the chain grew by one block while the round was under way; `None` when it was not, or when the tip was
    /// replaced.
    pub(super) fn overtaken_by(&self, duty: &Duty) -> Option<Report> {
        if duty.height != self.id.height.next() || self.stage() == Stage::WaitingForStart {
            return None;
        }
        let (round, id) = (self.id, duty.parent);
        Some(match &self.state {
            // Whoever has not signed yet had more time than this.
            State::Signatures(last) | State::Submitting(last) if last.id == id => Report::BlockMade {
                round,
                id,
                unsigned: Bitset::EMPTY,
            },
            _ => Report::Overtaken {
                round,
                stage: self.stage(),
                id,
            },
        })
    }

    /// Ends the stage, if it is complete or its time is over.
    pub(super) fn advance<V: Verifier>(&mut self, cx: &mut Context<'_, V>) -> Progress {
        self.release(cx);
        match self.state {
            State::WaitingForStart => self.advance_start(cx),
            State::Handshakes => self.advance_handshakes(cx),
            State::Bitsets => self.advance_bitsets(cx),
            State::Template(_) => self.advance_template(cx),
            State::Drawing { .. } => self.advance_drawing(cx),
            State::ValueHashes { .. } => self.advance_value_hashes(cx),
            State::Values { .. } => self.advance_values(cx),
            State::Signatures(_) => self.advance_signatures(cx),
            State::Submitting(_) => Progress::Waiting,
        }
    }

    /// Takes the answer to a question, unless another round asked.
    pub(super) fn answer<V: Verifier>(&mut self, cx: &mut Context<'_, V>, input: Input) -> Progress {
        match input {
            Input::TemplateBuilt { round, block } if round == self.id => self.template_built(cx, block),
            Input::TemplateNotBuilt { round, reason } if round == self.id => self.template_not_built(reason),
            Input::TemplateChecked { round, verdict } if round == self.id => self.template_checked(cx, verdict),
            Input::RandomValue { round, value } if round == self.id => self.value_drawn(cx, value),
            Input::Guarded(record) => self.guarded(cx, &record),
            Input::NotGuarded(record) => self.not_guarded(&record),
            Input::Signed(message) => self.own_message(cx, message),
            Input::NotSigned(round) if round == self.id => Progress::failed(Failure::NotSigned),
            Input::BlockAccepted(round) if round == self.id => self.block_accepted(),
            Input::BlockRefused(round) if round == self.id => self.block_refused(),
            _ => Progress::Waiting,
        }
    }

    /// The guard has stored that we sign.
    fn guarded<V>(&mut self, cx: &mut Context<'_, V>, record: &GuardRecord) -> Progress {
        match &self.state {
            State::Template(TemplateState::Guarding(statement, asked)) if asked == record => {
                cx.emit(Effect::Sign(Draft::Statement(statement.clone())));
                self.state = State::Template(TemplateState::Signing);
            }
            State::Signatures(_) => self.sign_block(cx, record),
            _ => {}
        }
        Progress::Waiting
    }

    /// The guard has stored something else.
    fn not_guarded(&self, record: &GuardRecord) -> Progress {
        let asked = match &self.state {
            State::Template(TemplateState::Guarding(_, asked)) => *asked == *record,
            State::Signatures(last) => self.record_of(last) == *record,
            _ => false,
        };
        if asked {
            Progress::failed(Failure::AlreadySigned)
        } else {
            Progress::Waiting
        }
    }

    /// Has a word of ours signed.
    pub(super) fn say<V>(&self, cx: &mut Context<'_, V>, word: Word) {
        if let Some(position) = self.own_position() {
            cx.emit(Effect::Sign(Draft::Statement(
                self.statement(Content::Validator(position, word)),
            )));
        }
    }

    /// Says something about this round.
    pub(super) const fn statement(&self, content: Content) -> Statement {
        Statement {
            parent: self.id.parent,
            round: self.id.number,
            content,
        }
    }
}
