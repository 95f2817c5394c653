//! What becomes of a message of the current round (pulse §7.4), and of our own ones.

use super::{
    Context,
    mailbox::Letter,
    round::{Ending, Progress, Round, State, TemplateState},
};
use crate::{
    effect::Effect,
    message::{Content, Message, Statement, Verifier, Word},
    quorum::{Bitset, Position, Role},
    relay::Route,
    report::{Refusal, Report},
    timing::Stage,
};

/// Drops a message, and says so.
const fn refused(letter: &Letter, reason: Refusal) -> Report {
    let statement = letter.message.statement();
    Report::MessageRefused {
        from: letter.from,
        stage: statement.stage(),
        author: statement.position(),
        reason,
    }
}

/// A message with a bad signature.
pub(super) const fn forged(letter: &Letter) -> Report {
    refused(letter, Refusal::Signature)
}

impl Round {
    /// Takes a message of this round: verified once, kept if its stage is still to come, passed on if it is new.
    pub(super) fn receive<V: Verifier>(&mut self, cx: &mut Context<'_, V>, letter: Letter) {
        let statement = letter.message.statement();
        if !self.concerns_us(statement) {
            return;
        }
        if self.has(statement) {
            self.look_for_second_template(cx, &letter);
            return;
        }
        if !letter.message.is_signed_by_member(&self.quorum, cx.verifier) {
            cx.report(forged(&letter));
            return;
        }
        if self.stage() < statement.stage() {
            self.early.insert(early_key(statement), letter);
        } else {
            self.accept(cx, letter);
        }
    }

    /// Takes the messages that waited for a stage.
    pub(super) fn replay<V: Verifier>(&mut self, cx: &mut Context<'_, V>, stage: Stage) {
        let waiting: Vec<_> = self.early.keys().filter(|key| key.0 == stage).copied().collect();
        for key in waiting {
            if let Some(letter) = self.early.remove(&key) {
                self.accept(cx, letter);
            }
        }
    }

    /// A producer needs bitsets alone, a bystander nothing, and nobody his own words.
    fn concerns_us(&self, statement: &Statement) -> bool {
        match self.role {
            Role::Validator(own) => statement.position() != Some(own),
            Role::Producer => statement.stage() == Stage::Bitsets,
            Role::Bystander => false,
        }
    }

    /// True when the author has said something for this stage already.
    fn has(&self, statement: &Statement) -> bool {
        let accepted = match &statement.content {
            Content::Template(_) => self.template.is_some(),
            Content::Validator(position, word) => match word {
                Word::Handshake => self.handshakes.get(*position).is_some(),
                Word::Bitset(_) => self.bitsets.get(*position).is_some(),
                Word::ValueHash(_) => self.value_hashes.get(*position).is_some(),
                Word::Value(_) => self.values.get(*position).is_some(),
                Word::Signed(_) => self.signatures.get(*position).is_some(),
            },
        };
        accepted || self.early.contains_key(&early_key(statement))
    }

    /// Two different templates with the producer's signature are worth a report, once a round.
    fn look_for_second_template<V: Verifier>(&mut self, cx: &mut Context<'_, V>, letter: &Letter) {
        let Content::Template(second) = &letter.message.statement().content else {
            return;
        };
        let waiting = self.early.get(&(Stage::Template, 0)).map(|letter| &letter.message);
        let is_first = |first: &Message| first.statement().content == Content::Template(second.clone());
        if self.second_template.is_some()
            || self.template.as_ref().or(waiting).is_none_or(is_first)
            || !letter.message.is_signed_by_member(&self.quorum, cx.verifier)
        {
            return;
        }
        self.second_template = Some(letter.message.clone());
        cx.report(refused(letter, Refusal::SecondTemplate));
    }

    fn accept<V: Verifier>(&mut self, cx: &mut Context<'_, V>, letter: Letter) {
        let accepted = match &letter.message.statement().content {
            Content::Template(bytes) => self.accept_template(cx, &letter.message, bytes),
            Content::Validator(position, word) => self.accept_word(cx, *position, word),
        };
        match accepted {
            Ok(()) => self.pass_on(cx, letter),
            Err(reason) => cx.report(refused(&letter, reason)),
        }
    }

    fn accept_word<V: Verifier>(
        &mut self,
        cx: &Context<'_, V>,
        position: Position,
        word: &Word,
    ) -> Result<(), Refusal> {
        match word {
            Word::Handshake => {
                self.handshakes.insert(position, ());
            }
            Word::Bitset(bitset) => {
                self.bitsets.insert(position, *bitset);
            }
            Word::ValueHash(_) | Word::Value(_) | Word::Signed(_) if !self.participants.contains(position) => {
                return Err(Refusal::NotPresent);
            }
            Word::ValueHash(hash) => {
                self.value_hashes.insert(position, *hash);
            }
            Word::Value(value) => {
                if self.value_hashes.get(position) != Some(&value.commitment()) {
                    return Err(Refusal::NotCommitted);
                }
                self.values.insert(position, *value);
            }
            Word::Signed(signature) => self.accept_signature(cx, position, signature)?,
        }
        Ok(())
    }

    /// Relays a message that was new to us along the matrix (pulse §7.3). A producer does not.
    fn pass_on<V>(&mut self, cx: &mut Context<'_, V>, letter: Letter) {
        let Some(own) = self.own_position() else { return };
        let statement = letter.message.statement();
        let author = statement
            .position()
            .and_then(|position| self.quorum.validator(position));
        let had_it = [*author.unwrap_or(&self.quorum.producer), letter.from, cx.own];
        let mut route = Route::along_matrix(&self.quorum, own, self.concerned(statement.stage()), &had_it);
        if statement.stage() == Stage::Bitsets && letter.from != self.quorum.producer {
            route = route.and_producer(&self.quorum);
        }
        // A template tells its producer's honesty, and what comes from another than its author comes where links are broken.
        let came_directly = author == Some(&letter.from);
        if came_directly {
            self.hold(cx.now, letter.message, route);
        } else {
            self.pass_on_to_those_behind(cx, letter.message, route);
        }
    }

    /// Validators who need messages of a stage.
    fn concerned(&self, stage: Stage) -> Bitset {
        if stage <= Stage::Bitsets {
            Bitset::FULL
        } else {
            self.participants
        }
    }

    /// Our own message came back signed: it counts like everybody's, and goes to all whom it concerns.
    pub(super) fn own_message<V: Verifier>(&mut self, cx: &mut Context<'_, V>, message: Message) -> Progress {
        let statement = message.statement();
        if statement.parent != self.id.parent || statement.round != self.id.number {
            return Progress::Waiting;
        }
        let mut route = Route::to_validators(&self.quorum, self.concerned(statement.stage()), &cx.own);
        match &statement.content {
            Content::Template(_) => {
                if !matches!(self.state, State::Template(TemplateState::Signing)) {
                    return Progress::Waiting;
                }
                cx.emit(Effect::Send { message, route });
                cx.report(Report::TemplateSent { round: self.id });
                return Progress::Ended(Ending::NothingMoreToDo);
            }
            Content::Validator(position, word) => {
                if self.own_position() != Some(*position) || self.accept_word(cx, *position, word).is_err() {
                    return Progress::Waiting;
                }
                if matches!(word, Word::Bitset(_)) {
                    route = route.and_producer(&self.quorum);
                }
            }
        }
        cx.emit(Effect::Send { message, route });
        Progress::Waiting
    }
}

/// Where a message waits.
fn early_key(statement: &Statement) -> (Stage, u16) {
    (statement.stage(), statement.position().map_or(0, Position::number))
}
