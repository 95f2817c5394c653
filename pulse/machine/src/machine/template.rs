//! The producer's block: built, guarded, signed, sent; received, checked (pulse §6.4, §6.5, §7.4 type 3).

use super::{
    Context,
    round::{Progress, Round, Stand, State, TemplateState},
};
use crate::{
    effect::Effect,
    guard::{GuardRecord, GuardedAct},
    input::{TemplateFailure, TemplateVerdict},
    message::{Content, Message, Verifier},
    report::{Failure, Objection, Refusal, Report},
};
use oxen_types::{Block, ConsensusDecode, ConsensusEncode, block::PulseHeader};
use std::sync::Arc;

impl Round {
    /// Our block was built: it gets its round and participants, and the guard is asked before it is signed.
    pub(super) fn template_built<V>(&mut self, cx: &mut Context<'_, V>, mut block: Box<Block>) -> Progress {
        if !matches!(self.state, State::Template(TemplateState::Building)) {
            return Progress::Waiting;
        }
        if self.check_parent(&block).is_err() {
            return Progress::failed(Failure::TemplateOfOtherTip);
        }
        if !self.timing.admits(self.id.number, block.header.timestamp) {
            return Progress::failed(Failure::TemplateTime);
        }
        block.header.nonce = 0;
        block.header.pulse = Some(PulseHeader {
            random_value: [0; 16],
            round: self.id.number,
            validator_bitset: self.participants.bits(),
        });
        block.signatures.clear();
        let statement = self.statement(Content::Template(block.encode().into()));
        let record = GuardRecord {
            height: self.id.height,
            round: self.id.number,
            act: GuardedAct::Template,
            id: statement.hash(),
        };
        if cx.promises.promise(&record).is_err() {
            return Progress::failed(Failure::AlreadySigned);
        }
        cx.emit(Effect::Guard(record));
        self.state = State::Template(TemplateState::Guarding(statement, record));
        Progress::Waiting
    }

    pub(super) const fn template_not_built(&self, reason: TemplateFailure) -> Progress {
        match self.state {
            State::Template(TemplateState::Building) => Progress::failed(Failure::TemplateNotBuilt(reason)),
            _ => Progress::Waiting,
        }
    }

    /// A template with the producer's signature: the first that fits the round counts. Whoever is missing, validator 0 too
    /// (pulse §17 quirk 1).
    pub(super) fn accept_template<V: Verifier>(
        &mut self,
        cx: &mut Context<'_, V>,
        message: &Message,
        bytes: &Arc<[u8]>,
    ) -> Result<(), Refusal> {
        let block = Block::decode(bytes).map_err(|_| Refusal::TemplateUndecodable)?;
        self.check_fields(&block)?;
        self.template = Some(message.clone());
        if matches!(self.state, State::Template(TemplateState::Awaited)) {
            cx.emit(Effect::CheckTemplate {
                round: self.id,
                block: Box::new(block.clone()),
            });
            self.state = State::Template(TemplateState::Checking(Box::new(block)));
        }
        Ok(())
    }

    /// What can be seen without the state.
    fn check_fields(&self, block: &Block) -> Result<(), Refusal> {
        let pulse = block.header.pulse.as_ref().ok_or(Refusal::TemplateForm)?;
        if pulse.round != self.id.number {
            return Err(Refusal::TemplateRound);
        }
        if pulse.validator_bitset != self.participants.bits() {
            return Err(Refusal::TemplateParticipants);
        }
        self.check_parent(block)?;
        if !self.timing.admits(self.id.number, block.header.timestamp) {
            return Err(Refusal::TemplateTime);
        }
        if block.header.nonce != 0 || !block.signatures.is_empty() {
            return Err(Refusal::TemplateForm);
        }
        Ok(())
    }

    fn check_parent(&self, block: &Block) -> Result<(), Refusal> {
        if block.header.previous == self.id.parent && block.height() == Some(self.id.height) {
            Ok(())
        } else {
            Err(Refusal::TemplateParent)
        }
    }

    /// The state has looked at the template.
    pub(super) fn template_checked<V>(&mut self, cx: &mut Context<'_, V>, verdict: TemplateVerdict) -> Progress {
        if !matches!(self.state, State::Template(TemplateState::Checking(_))) {
            return Progress::Waiting;
        }
        self.take_stand(
            cx,
            match verdict {
                TemplateVerdict::Acceptable => Stand::Signs,
                TemplateVerdict::Unacceptable => Stand::Objects(Objection::Unacceptable),
            },
        )
    }

    /// From here on nothing changes whether we sign. Whoever objects takes part in the random value all the same: without his the
    /// others would have none, and what one node believes of L2, or how slow it is, must not stop ten others.
    fn take_stand<V>(&mut self, cx: &mut Context<'_, V>, stand: Stand) -> Progress {
        let State::Template(TemplateState::Checking(block)) = &self.state else {
            return Progress::Waiting;
        };
        let block = block.clone();
        self.stand = stand;
        if let Stand::Objects(objection) = stand {
            cx.report(Report::Objected {
                round: self.id,
                objection,
            });
        }
        cx.emit(Effect::DrawRandomValue(self.id));
        self.state = State::Drawing { block };
        Progress::Moved
    }

    /// Nothing ends this stage but its time; what moves it on are answers.
    pub(super) fn advance_template<V>(&mut self, cx: &mut Context<'_, V>) -> Progress {
        let State::Template(template) = &self.state else {
            return Progress::Waiting;
        };
        if !self.is_over(cx.now) {
            return Progress::Waiting;
        }
        match template {
            TemplateState::Awaited => Progress::failed(Failure::NoTemplate),
            TemplateState::Checking(_) => self.take_stand(cx, Stand::Objects(Objection::Unchecked)),
            TemplateState::Building | TemplateState::Guarding(..) | TemplateState::Signing => {
                Progress::failed(Failure::TemplateTooLate)
            }
        }
    }
}
