//! One node's part in Pulse: from tip to tip, from round to round (pulse §6.1 to §6.3, §7.4).
//!
//! [`Machine`] keeps what outlives a round: the duty, the rounds that have passed, messages that came too early, promises.
//! What happens inside a round is in `round` and in one file for each group of stages: `presence` (handshakes and
//! bitsets), `template`, `randomness` (commitments and values), `signatures`. `receive` decides what becomes of a
//! message of the current round, `relays` holds what is passed on for others.

mod history;
mod mailbox;
mod presence;
mod randomness;
mod receive;
mod relays;
mod round;
mod signatures;
mod template;

use crate::{
    effect::Effect,
    guard::{GuardRecord, Promises},
    input::{Duty, Input, RoundId},
    message::{Message, SchnorrVerifier, Verifier},
    quorum::{Bitset, Role, RoundQuorum},
    report::{Failure, Report},
    timing::{LAST_ROUND, Moment, RoundAt, Stage},
};
use history::{History, Lateness};
use mailbox::Mailbox;
use oxen_types::{Hash, Height, PublicKey};
use round::{Ending, Progress, Round};

/// What everything inside one step can reach.
pub(crate) struct Context<'a, V> {
    now: Moment,
    own: PublicKey,
    verifier: &'a V,
    promises: &'a mut Promises,
    effects: &'a mut Vec<Effect>,
}

impl<V> Context<'_, V> {
    fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn report(&mut self, report: Report) {
        self.effects.push(Effect::Report(report));
    }
}

/// Between rounds, or in one.
enum Phase {
    /// Nothing to do until the tip changes.
    WaitingForTip,
    /// The quorum of this round was asked for.
    Preparing(RoundId),
    /// In a round, or before its start.
    Round(Box<Round>),
}

/// Pulse for one service node.
pub struct Machine<V = SchnorrVerifier> {
    own: PublicKey,
    verifier: V,
    duty: Option<Duty>,
    phase: Phase,
    history: History,
    mailbox: Mailbox,
    promises: Promises,
    wake: Option<Moment>,
    /// Whether the report that all rounds have passed was made for the parent.
    told_exhausted: bool,
}

/// Where a machine stands, for people and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It waits for the tip to change.
    WaitingForTip,
    /// It waits for the quorum of a round.
    Preparing(RoundId),
    /// It is in a round, or waits for its start.
    InRound {
        /// The round.
        round: RoundId,
        /// Our role.
        role: Role,
        /// The stage.
        stage: Stage,
        /// When the stage ends at the latest.
        until: Option<Moment>,
        /// Validators from whom the stage still needs something.
        missing: Bitset,
    },
}

impl<V: Verifier> Machine<V> {
    /// A machine for the node with this primary key. `records` are those that the guard has stored, the latest
    /// [`crate::guard::REMEMBERED_RECORDS`] of them.
    #[must_use]
    pub fn new(own: PublicKey, verifier: V, records: impl IntoIterator<Item = GuardRecord>) -> Self {
        let mut promises = Promises::default();
        for record in records {
            // Of two records for one key the first counts, and the guard stores no second.
            let _: Result<_, _> = promises.promise(&record);
        }
        Self {
            own,
            verifier,
            duty: None,
            phase: Phase::WaitingForTip,
            history: History::default(),
            mailbox: Mailbox::default(),
            promises,
            wake: None,
            told_exhausted: false,
        }
    }

    /// Takes one input at a time on the node's clock, and says what to do.
    pub fn step(&mut self, now: Moment, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.take(now, input, &mut effects);
        self.advance(now, &mut effects);
        self.set_timer(&mut effects);
        effects
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.phase {
            Phase::WaitingForTip => Status::WaitingForTip,
            Phase::Preparing(id) => Status::Preparing(*id),
            Phase::Round(round) => Status::InRound {
                round: *round.id(),
                role: round.role(),
                stage: round.stage(),
                until: round.deadline(),
                missing: round.missing(),
            },
        }
    }

    fn take(&mut self, now: Moment, input: Input, effects: &mut Vec<Effect>) {
        match input {
            // A clock that was set back makes a timer ring early: it is wound up again.
            Input::Tick => self.wake = None,
            Input::NewTip(duty) => self.new_tip(now, duty, effects),
            Input::StandDown => {
                self.abandon(Failure::StoodDown, effects);
                self.remember_round();
                self.duty = None;
                self.phase = Phase::WaitingForTip;
            }
            Input::Quorum { round, quorum } => self.quorum_found(now, round, quorum, effects),
            Input::Message { from, message } => self.receive(now, from, message, effects),
            input => self.answer(now, input, effects),
        }
    }

    /// The tip changed: whatever is under way is of no use any more (pulse §6.1).
    fn new_tip(&mut self, now: Moment, duty: Duty, effects: &mut Vec<Effect>) {
        if self.duty.is_some_and(|before| before.parent == duty.parent) {
            // No quorum was found, or the clock had passed all rounds: either may have been a fault that is mended.
            if matches!(self.phase, Phase::WaitingForTip) {
                self.prepare(now, 0, effects);
            }
            return;
        }
        self.told_exhausted = false;
        if let Phase::Round(round) = &self.phase
            && let Some(report) = round.overtaken_by(&duty)
        {
            effects.push(Effect::Report(report));
        } else {
            self.abandon(Failure::TipChanged, effects);
        }
        self.remember_round();
        self.duty = Some(duty);
        self.prepare(now, 0, effects);
    }

    /// Reports a round that ends from outside, if it was under way.
    fn abandon(&self, reason: Failure, effects: &mut Vec<Effect>) {
        if let Phase::Round(round) = &self.phase
            && round.stage() > Stage::WaitingForStart
        {
            effects.push(Effect::Report(round.failed(reason)));
        }
    }

    fn remember_round(&mut self) {
        if let Phase::Round(round) = &self.phase {
            self.history.remember(*round.id(), round.quorum().clone());
        }
    }

    /// Asks for the quorum of the first round from `earliest` on that has not passed by the clock (pulse §6.2).
    fn prepare(&mut self, now: Moment, earliest: u16, effects: &mut Vec<Effect>) {
        let Some(duty) = self.duty else {
            self.phase = Phase::WaitingForTip;
            return;
        };
        let by_clock = match duty.timing.round_at(now) {
            RoundAt::Round(round) => u16::from(round),
            RoundAt::Exhausted => u16::MAX,
        };
        match u8::try_from(by_clock.max(earliest)) {
            Ok(number) if number <= LAST_ROUND => {
                let id = RoundId {
                    parent: duty.parent,
                    height: duty.height,
                    number,
                };
                self.phase = Phase::Preparing(id);
                effects.push(Effect::AskQuorum(id));
            }
            _ => {
                self.phase = Phase::WaitingForTip;
                if !std::mem::replace(&mut self.told_exhausted, true) {
                    effects.push(Effect::Report(Report::RoundsExhausted { height: duty.height }));
                }
            }
        }
    }

    fn quorum_found(&mut self, now: Moment, id: RoundId, quorum: Option<Box<RoundQuorum>>, effects: &mut Vec<Effect>) {
        let (Phase::Preparing(asked), Some(duty)) = (&self.phase, self.duty) else {
            return;
        };
        if *asked != id {
            return;
        }
        let Some(quorum) = quorum else {
            self.phase = Phase::WaitingForTip;
            effects.push(Effect::Report(Report::NoQuorum { round: id }));
            return;
        };
        let mut round = Round::new(id, duty.timing, *quorum, &self.own);
        let role = round.role();
        effects.push(Effect::Report(Report::RoundPrepared { round: id, role }));
        let mut context = context(now, self.own, &self.verifier, &mut self.promises, effects);
        for letter in self.mailbox.take(&id) {
            round.receive(&mut context, letter);
        }
        self.phase = Phase::Round(Box::new(round));
    }

    /// Sorts a message: for this round, for one that has passed, or for one still to come (pulse §7.4).
    fn receive(&mut self, now: Moment, from: PublicKey, message: Message, effects: &mut Vec<Effect>) {
        let letter = mailbox::Letter {
            from,
            message,
            arrived: now,
        };
        let statement = letter.message.statement();
        if let Phase::Round(round) = &mut self.phase
            && round.id().parent == statement.parent
            && round.id().number == statement.round
        {
            let mut context = context(now, self.own, &self.verifier, &mut self.promises, effects);
            round.receive(&mut context, letter);
            return;
        }
        match self
            .history
            .judge(&letter.message, &self.verifier, self.current_round())
        {
            Lateness::NotLate => self.mailbox.keep(letter),
            Lateness::Late => effects.push(Effect::Report(Report::Straggler {
                from,
                stage: statement.stage(),
            })),
            Lateness::Forged => effects.push(Effect::Report(receive::forged(&letter))),
        }
    }

    /// Parent and number of the round that is prepared or under way.
    const fn current_round(&self) -> Option<(Hash, u8)> {
        match &self.phase {
            Phase::WaitingForTip => None,
            Phase::Preparing(id) => Some((id.parent, id.number)),
            Phase::Round(round) => Some((round.id().parent, round.id().number)),
        }
    }

    /// Hands the answer to a question to the round that asked.
    fn answer(&mut self, now: Moment, input: Input, effects: &mut Vec<Effect>) {
        let Phase::Round(round) = &mut self.phase else { return };
        let mut context = context(now, self.own, &self.verifier, &mut self.promises, effects);
        if let Progress::Ended(ending) = round.answer(&mut context, input) {
            self.end_round(now, ending, effects);
        }
    }

    /// Lets stages end until one has to wait.
    fn advance(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        while let Phase::Round(round) = &mut self.phase {
            let mut context = context(now, self.own, &self.verifier, &mut self.promises, effects);
            match round.advance(&mut context) {
                Progress::Waiting => return,
                Progress::Moved => {}
                Progress::Ended(ending) => self.end_round(now, ending, effects),
            }
        }
    }

    fn end_round(&mut self, now: Moment, ending: Ending, effects: &mut Vec<Effect>) {
        self.remember_round();
        let Phase::Round(round) = &self.phase else { return };
        let (round_id, next) = (*round.id(), u16::from(round.id().number).saturating_add(1));
        match ending {
            Ending::BlockMade(id, unsigned) => {
                effects.push(Effect::Report(Report::BlockMade {
                    round: round_id,
                    id,
                    unsigned,
                }));
                self.phase = Phase::WaitingForTip;
            }
            Ending::NothingMoreToDo => self.prepare(now, next, effects),
            Ending::Failed(reason) => {
                effects.push(Effect::Report(round.failed(reason)));
                self.prepare(now, next, effects);
            }
        }
    }

    fn set_timer(&mut self, effects: &mut Vec<Effect>) {
        let Phase::Round(round) = &self.phase else { return };
        let wanted = round.wake();
        if let Some(moment) = wanted
            && self.wake != wanted
        {
            self.wake = wanted;
            effects.push(Effect::WakeAt(moment));
        }
    }

    /// Height of the block that it works on.
    #[must_use]
    pub fn height(&self) -> Option<Height> {
        self.duty.map(|duty| duty.height)
    }
}

/// Borrows apart what a round may reach.
fn context<'a, V>(
    now: Moment,
    own: PublicKey,
    verifier: &'a V,
    promises: &'a mut Promises,
    effects: &'a mut Vec<Effect>,
) -> Context<'a, V> {
    Context {
        now,
        own,
        verifier,
        promises,
        effects,
    }
}
