//! Who is there: the start, handshakes, bitsets (pulse §6.3, §6.4).

use super::{
    Context,
    round::{Ending, Progress, Round, State, TemplateState},
};
use crate::{
    effect::{Effect, TemplateOrder},
    message::{Content, Verifier, Word},
    quorum::{Bitset, Position, Role},
    report::{Failure, Report},
    timing::Stage,
};
use oxen_types::network::constants::{PULSE_REQUIRED_SIGNATURES, PULSE_VALIDATORS};
use std::collections::BTreeMap;

impl Round {
    /// The round begins by our clock. A bystander goes on to the next, and so does a node that comes when the others have
    /// agreed without it.
    pub(super) fn advance_start<V: Verifier>(&mut self, cx: &mut Context<'_, V>) -> Progress {
        if !self.is_over(cx.now) {
            return Progress::Waiting;
        }
        let agreed = self.timing.deadline(self.id.number, Stage::Bitsets);
        if agreed.is_some_and(|agreed| cx.now >= agreed) {
            return Progress::Ended(Ending::NothingMoreToDo);
        }
        match self.role {
            Role::Bystander => return Progress::Ended(Ending::NothingMoreToDo),
            Role::Producer => {
                self.state = State::Bitsets;
                self.replay(cx, Stage::Bitsets);
            }
            Role::Validator(_) => {
                self.state = State::Handshakes;
                self.say(cx, Word::Handshake);
                self.replay(cx, Stage::Handshakes);
            }
        }
        Progress::Moved
    }

    /// All have greeted, or their time is over: we say whom we heard.
    pub(super) fn advance_handshakes<V: Verifier>(&mut self, cx: &mut Context<'_, V>) -> Progress {
        let Some(own) = self.own_position() else {
            return Progress::Waiting;
        };
        let heard = self.handshakes.present().with(own);
        if heard != Bitset::FULL && !self.is_over(cx.now) {
            return Progress::Waiting;
        }
        let left = heard.positions().filter(|position| self.has_left(cx, *position));
        let present = heard.without(left.collect());
        self.state = State::Bitsets;
        self.say(cx, Word::Bitset(present));
        self.replay(cx, Stage::Bitsets);
        Progress::Moved
    }

    /// True when a validator cannot be waiting for our bitset any more. Its own bitset came when its handshakes were over by
    /// its clock (it did not hear all, or it would have been earlier), so its wait for bitsets ends one stage later; a clock
    /// that is fast by more than that has given up this round.
    fn has_left<V>(&self, cx: &Context<'_, V>, position: Position) -> bool {
        let Some(letter) = self.early.get(&(Stage::Bitsets, position.number())) else {
            return false;
        };
        let heard_all = matches!(
            letter.message.statement().content,
            Content::Validator(_, Word::Bitset(Bitset::FULL))
        );
        !heard_all && cx.now.milliseconds_since(letter.arrived) >= self.timing.stage_milliseconds()
    }

    /// Seven say the same, or no seven can any more, or their time is over.
    pub(super) fn advance_bitsets<V: Verifier>(&mut self, cx: &mut Context<'_, V>) -> Progress {
        let mut votes = BTreeMap::<Bitset, usize>::new();
        for (_, bitset) in self.bitsets.iter() {
            let count = votes.entry(*bitset).or_default();
            *count = count.saturating_add(1);
        }
        let most = votes.into_iter().max_by_key(|(_, count)| *count);
        if let Some((bitset, count)) = most
            && count >= PULSE_REQUIRED_SIGNATURES
        {
            return self.agree(cx, bitset);
        }
        let received = self.bitsets.present().len();
        if received < PULSE_VALIDATORS && !self.is_over(cx.now) {
            return Progress::Waiting;
        }
        Progress::failed(if received < PULSE_REQUIRED_SIGNATURES {
            Failure::TooFewBitsets { received }
        } else {
            let agreed = most.map_or(0, |(_, count)| count);
            Failure::SplitBitsets { received, agreed }
        })
    }

    fn agree<V: Verifier>(&mut self, cx: &mut Context<'_, V>, participants: Bitset) -> Progress {
        if !participants.can_sign() {
            return Progress::failed(Failure::TooFewPresent {
                present: participants.len(),
            });
        }
        if self.own_position().is_some_and(|own| !participants.contains(own)) {
            return Progress::failed(Failure::LeftOut);
        }
        self.participants = participants;
        let round = self.id;
        cx.report(Report::ParticipantsAgreed { round, participants });
        if self.role == Role::Producer {
            self.state = State::Template(TemplateState::Building);
            cx.emit(Effect::BuildTemplate(TemplateOrder {
                round,
                participants,
                window: self.timing.window(round.number),
            }));
        } else {
            self.state = State::Template(TemplateState::Awaited);
            self.replay(cx, Stage::Template);
        }
        Progress::Moved
    }
}
