//! One service node's part in Pulse: the machine, and the carrying out of what it wants done.

use crate::{
    duty::{next_duty, quorum_of},
    guard::{GuardStorage, GuardStorageError, Promise},
    journal,
    transactions::Offered,
};
use oxen_crypto::KeyPair;
use oxen_node_api::{
    BlockOutcome, BlockSubmission, ChainReader, ChainWriter, Clock, Pool, PulseBlocks, PulseTemplateError,
    PulseTemplateRequest, QuorumNetwork, QuorumSubject, Reach, SubmitBlockError,
};
use oxen_pulse_machine::{
    Draft, Effect, GuardRecord, Input, KeySigner, Machine, Message, Moment, RandomValue, Report, Role, RoundId,
    RoundQuorum, Route, SchnorrVerifier, Status, TemplateFailure, TemplateOrder, TemplateVerdict,
};
use oxen_staking_rules::registry::Activity;
use oxen_state::{BlockError, StakingRules};
use oxen_types::{Block, ConsensusEncode, Hash, PublicKey};
use rand_core::{OsRng, RngCore};
use std::{collections::VecDeque, sync::Arc};

/// Whether the node may take part at all.
pub trait Readiness: Send + Sync {
    /// True when the chain is in step with the peers': a node that is behind would work on a block that exists already.
    fn is_in_step(&self) -> bool;
}

/// What a participant works with.
#[derive(Clone)]
pub struct PulseParts {
    /// Reads the chain.
    pub chain: Arc<dyn ChainReader>,
    /// Makes and checks templates.
    pub blocks: Arc<dyn PulseBlocks>,
    /// Takes finished blocks.
    pub writer: Arc<dyn ChainWriter>,
    /// Transactions that wait.
    pub pool: Arc<dyn Pool>,
    /// The registry and its quorums.
    pub staking: Arc<StakingRules>,
    /// Carries messages to other service nodes.
    pub network: Arc<dyn QuorumNetwork>,
    /// Remembers what was signed.
    pub guard: Arc<dyn GuardStorage>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether the node is in step.
    pub readiness: Arc<dyn Readiness>,
    /// The service node's primary key.
    pub key: KeyPair,
}

/// A template that cannot be checked before its producer gives the transactions that the pool lacks. Whoever drives the
/// participant asks, and then calls [`Participant::fetched`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// The round.
    pub round: RoundId,
    /// Who has them.
    pub producer: PublicKey,
    /// Which.
    pub missing: Vec<Hash>,
    template: Box<Block>,
}

impl Fetch {
    fn subject(&self) -> (RoundId, Hash) {
        (self.round, self.template.id())
    }
}

/// Takes part in Pulse for one service node.
pub struct Participant {
    parts: PulseParts,
    machine: Machine,
    answers: VecDeque<Input>,
    wake: Option<Moment>,
    /// The quorum of the round under way.
    quorum: Option<(RoundId, RoundQuorum)>,
    /// Transactions of the round's template that came from its producer.
    given: Option<(RoundId, Vec<Vec<u8>>)>,
    fetches: Vec<Fetch>,
    /// The template whose transactions are being fetched.
    fetching: Option<(RoundId, Hash)>,
    offered: Offered,
    reports: Vec<Report>,
}

impl Participant {
    /// A participant that has heard of no block yet.
    ///
    /// # Errors
    /// The promises could not be read: then nothing may be signed.
    pub fn new(parts: PulseParts) -> Result<Self, GuardStorageError> {
        let records = parts.guard.load()?;
        Ok(Self {
            machine: Machine::new(parts.key.public, SchnorrVerifier, records),
            parts,
            answers: VecDeque::new(),
            wake: None,
            quorum: None,
            given: None,
            fetches: Vec::new(),
            fetching: None,
            offered: Offered::default(),
            reports: Vec::new(),
        })
    }

    /// Where the machine stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.machine.status()
    }

    /// When [`Self::tick`] is to be called.
    #[must_use]
    pub const fn wake(&self) -> Option<Moment> {
        self.wake
    }

    /// True while it waits for a moment that it named: then nothing but the chain and messages can matter before.
    #[must_use]
    pub const fn is_waiting_for_time(&self) -> bool {
        self.wake.is_some()
    }

    /// The time is that of [`Self::wake`], or later.
    pub fn tick(&mut self) {
        self.wake = None;
        self.take(Input::Tick);
    }

    /// The tip may have changed, or the node may have fallen behind or caught up. Returns false when the node may not take
    /// part: then nothing tells it when that changes, so this is called again soon.
    pub fn look_at_chain(&mut self) -> bool {
        if !self.parts.readiness.is_in_step() {
            self.stand_down();
            return false;
        }
        match next_duty(&*self.parts.chain) {
            Ok(Some(duty)) => self.take(Input::NewTip(duty)),
            Ok(None) => self.stand_down(),
            Err(error) => {
                tracing::error!(%error, "Pulse stands still: the chain cannot be read");
                self.stand_down();
                return false;
            }
        }
        true
    }

    /// A message of another service node, which the transport proved to be `from`.
    pub fn receive(&mut self, from: PublicKey, message: Message) {
        self.take(Input::Message { from, message });
    }

    /// No more blocks from here.
    pub fn stand_down(&mut self) {
        self.fetching = None;
        self.take(Input::StandDown);
    }

    /// What has to be fetched since the last call.
    pub fn take_fetches(&mut self) -> Vec<Fetch> {
        std::mem::take(&mut self.fetches)
    }

    /// The transactions that our own template names.
    #[must_use]
    pub fn offered(&self) -> Offered {
        self.offered.clone()
    }

    /// What the machine reported since the last call; whoever drives the participant must call this now and then.
    pub fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    /// The producer gave these transactions; none when it did not answer.
    pub fn fetched(&mut self, fetch: &Fetch, transactions: Vec<Vec<u8>>) {
        // An answer that comes when its template is not waited for any more says nothing about another.
        if self.fetching.take_if(|fetching| *fetching == fetch.subject()).is_none() {
            return;
        }
        let verdict = self.judge(&fetch.template, &transactions);
        self.given = Some((fetch.round, transactions));
        self.take(Input::TemplateChecked {
            round: fetch.round,
            verdict,
        });
    }

    /// Steps the machine until it has nothing more to say.
    fn take(&mut self, input: Input) {
        self.answers.push_back(input);
        while let Some(input) = self.answers.pop_front() {
            let now = self.now();
            for effect in self.machine.step(now, input) {
                self.carry_out(effect);
            }
        }
    }

    fn now(&self) -> Moment {
        Moment::from_milliseconds(self.parts.clock.now_milliseconds())
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::WakeAt(moment) => self.wake = Some(moment),
            Effect::AskQuorum(round) => self.find_quorum(round),
            Effect::Sign(draft) => self.sign(draft),
            Effect::Send { message, route } => self.send(&message, &route),
            Effect::BuildTemplate(order) => self.build(&order),
            Effect::CheckTemplate { round, block } => self.check(round, block),
            Effect::DrawRandomValue(round) => self.draw(round),
            Effect::Guard(record) => self.guard(record),
            Effect::SubmitBlock { round, block } => self.submit(round, &block),
            Effect::Report(report) => self.report(&report),
        }
    }

    fn report(&mut self, report: &Report) {
        journal::write(report);
        self.reports.push(*report);
        if let (
            Report::RoundPrepared {
                round,
                role: Role::Producer | Role::Validator(_),
            },
            Some((known, quorum)),
        ) = (report, &self.quorum)
            && known == round
        {
            // The connections stand when the round starts.
            let members = quorum.validators.iter().chain([&quorum.producer]);
            let others: Vec<PublicKey> = members.filter(|key| **key != self.parts.key.public).copied().collect();
            self.parts.network.prepare(&others);
        }
    }

    fn find_quorum(&mut self, round: RoundId) {
        let quorum = quorum_of(&*self.parts.chain, &self.parts.staking, &round).unwrap_or_else(|error| {
            tracing::error!(%error, %round, "the quorum cannot be read");
            None
        });
        self.quorum = quorum.clone().map(|quorum| (round, quorum));
        self.answers.push_back(Input::Quorum {
            round,
            quorum: quorum.map(Box::new),
        });
    }

    fn sign(&mut self, draft: Draft) {
        let mut signer = KeySigner {
            pair: &self.parts.key,
            rng: OsRng,
        };
        self.answers.push_back(Input::Signed(draft.sign(&mut signer)));
    }

    fn send(&self, message: &Message, route: &Route) {
        let bytes: Arc<[u8]> = message.to_bytes().into();
        let network = &self.parts.network;
        for (nodes, reach) in [
            (&route.connect, Reach::Connect),
            (&route.if_connected, Reach::IfConnected),
        ] {
            for node in nodes {
                network.tell(node, QuorumSubject::Pulse, Arc::clone(&bytes), reach);
            }
        }
    }

    fn build(&mut self, order: &TemplateOrder) {
        let round = order.round;
        let input = match self.template(order) {
            Ok(block) => {
                self.offered.replace(&block.transaction_ids);
                Input::TemplateBuilt {
                    round,
                    block: Box::new(block),
                }
            }
            Err(reason) => Input::TemplateNotBuilt { round, reason },
        };
        self.answers.push_back(input);
    }

    fn template(&self, order: &TemplateOrder) -> Result<Block, TemplateFailure> {
        let own = self.parts.key.public;
        let registry = self
            .parts
            .staking
            .registry(&*self.parts.chain.snapshot())
            .map_err(|error| {
                tracing::error!(%error, "the registry cannot be read");
                TemplateFailure::State
            })?;
        let active = registry
            .node(&own)
            .is_some_and(|node| matches!(node.record.activity, Activity::Active { .. }));
        if !active {
            return Err(TemplateFailure::NotActive);
        }
        let request = PulseTemplateRequest {
            parent: order.round.parent,
            window: order.window,
            producer: own,
        };
        self.parts.blocks.pulse_template(&request).map_err(|error| {
            match error {
                PulseTemplateError::NotTheTip { .. } => tracing::debug!(%error, "no template"),
                PulseTemplateError::L2(_) => tracing::warn!(%error, "no template"),
                PulseTemplateError::State(_) => tracing::error!(%error, "no template"),
            }
            TemplateFailure::State
        })
    }

    /// Checks the template, or asks for what is missing first.
    fn check(&mut self, round: RoundId, block: Box<Block>) {
        let known = |id: &Hash| self.parts.pool.get(id).is_some();
        let missing: Vec<Hash> = block.transaction_ids.iter().filter(|id| !known(id)).copied().collect();
        self.given = None;
        self.fetching = None;
        if let (false, Some((known, quorum))) = (missing.is_empty(), &self.quorum)
            && *known == round
        {
            tracing::debug!(%round, missing = missing.len(), "the producer is asked for transactions");
            let fetch = Fetch {
                round,
                producer: quorum.producer,
                missing,
                template: block,
            };
            self.fetching = Some(fetch.subject());
            self.fetches.push(fetch);
            return;
        }
        let verdict = self.judge(&block, &[]);
        self.answers.push_back(Input::TemplateChecked { round, verdict });
    }

    fn judge(&self, block: &Block, transactions: &[Vec<u8>]) -> TemplateVerdict {
        match self.parts.blocks.check_pulse_template(block, transactions) {
            Ok(()) => TemplateVerdict::Acceptable,
            Err(error) => {
                tracing::warn!(%error, "the producer's template is not signed");
                TemplateVerdict::Unacceptable
            }
        }
    }

    fn draw(&mut self, round: RoundId) {
        let mut value = [0; 16];
        OsRng.fill_bytes(&mut value);
        self.answers.push_back(Input::RandomValue {
            round,
            value: RandomValue::new(value),
        });
    }

    fn guard(&mut self, record: GuardRecord) {
        let input = match self.parts.guard.promise(&record) {
            Ok(Promise::Kept) => Input::Guarded(record),
            Ok(Promise::Taken) => Input::NotGuarded(record),
            Err(error) => {
                tracing::error!(%error, "nothing is signed that the disk does not remember");
                Input::NotGuarded(record)
            }
        };
        self.answers.push_back(input);
    }

    fn submit(&mut self, round: RoundId, block: &Block) {
        let transactions = match self.given.take() {
            Some((known, transactions)) if known == round => transactions,
            _ => Vec::new(),
        };
        let submission = BlockSubmission {
            block: block.encode(),
            transactions,
            checkpoint: None,
        };
        let input = match self.parts.writer.submit_block(submission) {
            // The tip did not change by it: there is more to do for the height, unless another block is the tip now.
            Ok(BlockOutcome::Alternative { id, .. }) => {
                tracing::warn!(%id, %round, "the quorum's block stands beside the main chain");
                Input::BlockRefused(round)
            }
            Ok(_) => Input::BlockAccepted(round),
            // The producer did not hand it over to us; it comes with the block of those who have it.
            Err(SubmitBlockError::Invalid(error @ BlockError::TransactionMissing { .. })) => {
                tracing::info!(%error, %round, "the quorum's block is awaited from the others");
                Input::BlockRefused(round)
            }
            Err(error) => {
                tracing::error!(%error, %round, "the quorum's block is refused");
                Input::BlockRefused(round)
            }
        };
        self.answers.push_back(input);
    }
}
