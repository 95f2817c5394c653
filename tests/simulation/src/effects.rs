//! Carrying out what a node's machine wants: the least driver there can be, with the node's faults in it.

use crate::{
    chain::Taken,
    fault::Fault,
    ledger::Ledger,
    node::{Act, Node, Rumour, Seat},
    signatures::MessageSigner,
};
use oxen_crypto::{SecretKey, signature::schnorr};
use oxen_pulse_machine::{
    Draft, Effect, GuardedAct, Input, Message, RandomValue, Report, RoundId, Stage, Statement, TemplateFailure,
    TemplateOrder, TemplateVerdict, Word, message::Content,
};
use oxen_state::{
    ServiceNodeRules,
    template::{TemplateL2, TemplateRequest, build_template},
    transaction::CheckedTransaction,
};
use oxen_types::{Block, Hash, Signature, block::BatchingTail};
use rand_core::RngCore;
use std::sync::Arc;

/// What came of a step beside acts.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What the node wants.
    pub acts: Vec<Act>,
    /// What its machine said.
    pub reports: Vec<Report>,
    /// The blocks that it signed: round and id.
    pub signed: Vec<(RoundId, Hash)>,
}

impl Node {
    /// Gives an input to one of its machines and carries out what follows.
    pub(crate) fn step(&mut self, ledger: &mut Ledger, now: u64, seat: Seat, input: Input) -> Outcome {
        let clock = self.clock(now);
        if let Input::Guarded(record) = &input {
            self.guard.settle(record);
        }
        let Some(process) = &mut self.process else {
            return Outcome::default();
        };
        let machine = match seat {
            Seat::Main => Some(&mut process.main),
            Seat::Beside => process.beside.as_mut(),
        };
        let effects = machine.map(|machine| machine.step(clock, input)).unwrap_or_default();
        let mut outcome = Outcome::default();
        for effect in effects {
            self.carry_out(ledger, now, seat, effect, &mut outcome);
        }
        outcome
    }

    fn carry_out(&mut self, ledger: &mut Ledger, now: u64, seat: Seat, effect: Effect, outcome: &mut Outcome) {
        let answer = match effect {
            Effect::WakeAt(moment) => {
                outcome.acts.push(Act::Wake(seat, moment));
                return;
            }
            Effect::Send { message, route } => {
                self.send(message, route.everybody().copied().collect(), outcome);
                return;
            }
            Effect::Report(report) => {
                outcome.reports.push(report);
                return;
            }
            Effect::AskQuorum(round) => Input::Quorum {
                round,
                quorum: ledger.quorum(self.chain.rulebook(), &round).map(Box::new),
            },
            Effect::Sign(draft) => Input::Signed(self.sign(seat, draft, outcome)),
            Effect::BuildTemplate(order) => self.build(ledger, now, &order),
            Effect::CheckTemplate { round, block } => Input::TemplateChecked {
                round,
                verdict: self.verdict(ledger, &round, &block),
            },
            Effect::DrawRandomValue(round) => {
                let mut bytes = [0; 16];
                self.rng.fill_bytes(&mut bytes);
                Input::RandomValue {
                    round,
                    value: RandomValue::new(bytes),
                }
            }
            Effect::Guard(record) if seat == Seat::Beside || self.faults.contains(&Fault::EveryBranch) => {
                Input::Guarded(record)
            }
            Effect::Guard(record) if self.guard.store(&record) => Input::Guarded(record),
            Effect::Guard(record) => Input::NotGuarded(record),
            Effect::SubmitBlock { round, block } => self.submit(ledger, now, round, &block, outcome),
        };
        outcome.acts.push(Act::Answer(seat, Box::new(answer)));
    }

    fn send(&self, message: Message, to: Vec<oxen_types::PublicKey>, outcome: &mut Outcome) {
        let stage = message.statement().stage();
        let is_template = stage == Stage::Template;
        if self.is_silent_at(stage) || (is_template && self.faults.contains(&Fault::SilentLeader)) {
            return;
        }
        outcome.acts.push(Act::Send(message, to));
    }

    /// Signs; what commits to a block only after the guard has it on disk.
    fn sign(&mut self, seat: Seat, draft: Draft, outcome: &mut Outcome) -> Message {
        let mut signer = MessageSigner(self.key());
        match draft {
            Draft::Block {
                round,
                position,
                block_id,
            } => {
                if seat == Seat::Main && self.keeps_promises() {
                    let stored = self.guard.stored(round.height, round.number, GuardedAct::Block);
                    assert_eq!(stored, Some(&block_id), "node {} signs without a record", self.number);
                }
                outcome.signed.push((round, block_id));
                let statement = Statement {
                    parent: round.parent,
                    round: round.number,
                    content: Content::Validator(position, Word::Signed(self.sign_block(&block_id))),
                };
                Draft::Statement(statement).sign(&mut signer)
            }
            statement @ Draft::Statement(_) => statement.sign(&mut signer),
        }
    }

    /// A signature that the chain takes.
    pub(crate) fn sign_block(&mut self, id: &Hash) -> Signature {
        schnorr::sign(id, &self.pair, &mut self.rng)
    }

    fn build(&mut self, ledger: &Ledger, now: u64, order: &TemplateOrder) -> Input {
        let round = order.round;
        match self.template(ledger, now, order) {
            Some(block) => Input::TemplateBuilt {
                round,
                block: Box::new(block),
            },
            None => Input::TemplateNotBuilt {
                round,
                reason: TemplateFailure::NotActive,
            },
        }
    }

    fn template(&mut self, ledger: &Ledger, now: u64, order: &TemplateOrder) -> Option<Block> {
        let rulebook = self.chain.rulebook();
        let (network, parent) = (ledger.network(rulebook), order.round.parent);
        let state = &ledger.entry(&parent)?.state;
        let registry = ledger.registry(rulebook, &parent);
        registry.node(&self.key()).filter(|node| node.is_active())?;
        let clock = self.clock(now).timestamp();
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        let request = TemplateRequest {
            now: order
                .window
                .map_or(clock, |(earliest, latest)| clock.clamp(earliest, latest)),
            coinbase_key: SecretKey::reduce(seed).public_key(),
            leader: registry.next_leader()?,
            producer: self.key(),
            l2: TemplateL2::default(),
        };
        // One change at a time: two may be about the same node.
        let fits = |transaction: &&Arc<CheckedTransaction>| {
            let height = order.round.height;
            let rules = ledger.staking(rulebook);
            let is_mined = oxen_state::queries::transaction_row(state, &transaction.id()).expect("memory reads");
            is_mined.is_none() && rules.check_transaction(state, transaction, height).is_ok()
        };
        let waiting: Vec<_> = self.pool.values().find(fits).cloned().into_iter().collect();
        let mut block = build_template(state, network, &request, &waiting)
            .expect("memory reads")
            .block;
        if let Some(BatchingTail::Full { producer, .. }) = &mut block.batching_tail {
            *producer = self.key();
        }
        Some(block)
    }

    fn verdict(&self, ledger: &mut Ledger, round: &RoundId, block: &Block) -> TemplateVerdict {
        let refuses = self.faults.contains(&Fault::RefusesTemplates);
        if !refuses && ledger.check_template(self.chain.rulebook(), round, block).is_ok() {
            TemplateVerdict::Acceptable
        } else {
            TemplateVerdict::Unacceptable
        }
    }

    /// Puts a complete block into the own chain and tells everybody.
    fn submit(&mut self, ledger: &mut Ledger, now: u64, round: RoundId, block: &Block, outcome: &mut Outcome) -> Input {
        // Who withholds messages keeps the block to himself as well.
        if self.is_silent_at(Stage::Submitting) {
            return Input::BlockRefused(round);
        }
        let Some(sealed) = ledger.seal(block) else {
            return Input::BlockRefused(round);
        };
        let (taken, acts) = self.take_block(ledger, now, &sealed, None);
        outcome.acts.extend(acts);
        match taken {
            Taken::Extended | Taken::Reorganised { .. } | Taken::Known | Taken::Beside => {
                outcome.acts.push(Act::Tell(Rumour::Block(sealed)));
                Input::BlockAccepted(round)
            }
            Taken::Orphan | Taken::Refused(_) => Input::BlockRefused(round),
        }
    }
}
