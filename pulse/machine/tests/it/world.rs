//! The network: virtual time, links, delivery in seeded order, and the promise that is checked throughout.

use crate::{
    actor::{Act, Actor, Fault, Signatures, second_template},
    chain::{self, Casting, GENESIS_TIME},
};
use oxen_pulse_machine::{
    Bitset, Draft, Failure, Input, Message, Position, RandomValue, Refusal, Report, RoundId, Signer, Statement,
    digest::joined_value,
    message::{Content, Word},
};
use oxen_types::{
    Block, ConsensusDecode, ConsensusEncode, Hash, Height, PublicKey, Signature, Timestamp, block::QuorumSignature,
};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

/// What links do to messages.
#[derive(Debug, Clone, Copy)]
pub struct Links {
    /// Shortest and longest way, milliseconds.
    pub latency: (u64, u64),
    /// Lost, per thousand.
    pub loss: u64,
    /// Delivered twice, per thousand.
    pub duplicates: u64,
    /// Delayed by up to a stage and a half, per thousand.
    pub delayed: u64,
}

pub const GOOD_LINKS: Links = Links {
    latency: (5, 60),
    loss: 0,
    duplicates: 0,
    delayed: 0,
};

enum Event {
    Input(usize, Input),
    Block(usize, Box<Block>),
}

type Filter = Box<dyn Fn(&Statement, usize, usize) -> bool>;

pub struct World {
    pub actors: Vec<Actor>,
    pub now: u64,
    pub links: Links,
    /// Messages that it says true for are lost: statement, sender, receiver.
    pub cut: Filter,
    /// Milliseconds that blocks need to reach a node, on top of the links.
    pub block_delay: BTreeMap<usize, u64>,
    /// Milliseconds that messages from a node need, on top of the links.
    pub slow: BTreeMap<usize, u64>,
    pub messages: u64,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    events: BTreeMap<u64, Event>,
    sequence: u64,
    rng: ChaCha20Rng,
    revealed: BTreeMap<(Hash, u8), BTreeMap<Position, RandomValue>>,
    /// Signatures that a fault made beside those of the machine.
    double: Vec<((Hash, u8), Position, Hash)>,
    second_templates: BTreeMap<(Hash, u8), Block>,
}

impl World {
    /// So many nodes with good links, before the first round.
    pub fn new(nodes: usize, seed: u64) -> Self {
        Self::with(nodes, seed, Signatures::Cheap, Casting::InTurn)
    }

    pub fn with(nodes: usize, seed: u64, signatures: Signatures, casting: Casting) -> Self {
        let mut actors: Vec<Actor> = (0..nodes).map(|number| Actor::new(number, signatures, seed)).collect();
        let members: Vec<PublicKey> = actors.iter().map(Actor::public).collect();
        for actor in &mut actors {
            actor.members.clone_from(&members);
            actor.casting = casting;
        }
        Self {
            actors,
            now: GENESIS_TIME * 1000,
            links: GOOD_LINKS,
            cut: Box::new(|_, _, _| false),
            block_delay: BTreeMap::new(),
            slow: BTreeMap::new(),
            messages: 0,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            sequence: 0,
            rng: ChaCha20Rng::seed_from_u64(seed),
            revealed: BTreeMap::new(),
            double: Vec::new(),
            second_templates: BTreeMap::new(),
        }
    }

    /// A number below `bound`.
    pub fn draw(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound.max(1)
    }

    /// All running nodes look at their tips.
    pub fn start(&mut self) {
        for node in 0..self.actors.len() {
            self.look_at_tip(node);
        }
    }

    pub fn look_at_tip(&mut self, node: usize) {
        let duty = self.actors[node].duty();
        self.schedule(self.now, Event::Input(node, Input::NewTip(duty)));
    }

    pub fn stop(&mut self, node: usize) {
        self.actors[node].is_running = false;
    }

    pub fn restart(&mut self, node: usize) {
        self.actors[node].restart();
        // The chain is synchronised before Pulse begins.
        let best = (0..self.actors.len())
            .max_by_key(|other| self.actors[*other].chain.tip().1)
            .unwrap();
        self.actors[node].chain = self.actors[best].chain.clone();
        self.look_at_tip(node);
    }

    /// Seconds since the first block.
    pub fn elapsed(&self) -> u64 {
        (self.now - GENESIS_TIME * 1000) / 1000
    }

    /// Runs until so many seconds after the first block.
    pub fn run_until(&mut self, second: u64) {
        self.run(|world| world.elapsed() >= second, second);
        self.now = self.now.max((GENESIS_TIME + second) * 1000);
    }

    /// Runs until the world's clock shows so many milliseconds.
    pub fn run_until_moment(&mut self, now: u64) {
        self.run(|world| world.now >= now, now / 1000 - GENESIS_TIME + 1);
    }

    /// Runs until every running node has a block at the height; false if that takes longer than `second` seconds.
    pub fn run_until_block(&mut self, height: u64, second: u64) -> bool {
        let reached = move |world: &Self| {
            let running = world.actors.iter().filter(|actor| actor.is_running);
            running.into_iter().all(|actor| actor.chain.tip().1.index() >= height)
        };
        self.run(reached, second);
        reached(self)
    }

    fn run(&mut self, done: impl Fn(&Self) -> bool, second: u64) {
        while !done(self) {
            let Some(Reverse((time, sequence))) = self.queue.peek().copied() else {
                return;
            };
            if time > (GENESIS_TIME + second) * 1000 {
                return;
            }
            self.queue.pop();
            self.now = time;
            match self.events.remove(&sequence).unwrap() {
                Event::Input(node, input) => self.step(node, input),
                Event::Block(node, block) => self.block_arrives(node, *block),
            }
        }
    }

    fn schedule(&mut self, time: u64, event: Event) {
        self.queue.push(Reverse((time, self.sequence)));
        self.events.insert(self.sequence, event);
        self.sequence += 1;
    }

    fn block_arrives(&mut self, node: usize, block: Block) {
        let actor = &mut self.actors[node];
        if actor.take_block(block) && actor.is_running {
            let duty = actor.duty();
            self.step(node, Input::NewTip(duty));
        }
    }

    fn step(&mut self, node: usize, input: Input) {
        if !self.actors[node].is_running {
            return;
        }
        let acts = self.actors[node].step(self.now, input);
        for act in acts {
            match act {
                Act::Wake(moment) => {
                    let time = moment
                        .milliseconds()
                        .checked_add_signed(-self.actors[node].skew)
                        .unwrap();
                    self.schedule(time.max(self.now), Event::Input(node, Input::Tick));
                }
                Act::Answer(input) => {
                    let delay = self.draw(4);
                    self.schedule(self.now + delay, Event::Input(node, input));
                }
                Act::Send(message, to) => self.send(node, &message, &to),
                Act::Gossip(block) => self.gossip(node, &block),
            }
        }
    }

    /// A block that seven validators of the round signed, outside of any machine.
    pub fn forge(&mut self, parent: Hash, height: u64, round: u8, second: u64) -> Block {
        let timestamp = Timestamp::from_seconds(GENESIS_TIME + second);
        let mut block = chain::build(parent, Height::new(height), timestamp);
        let pulse = block.header.pulse.as_mut().unwrap();
        (pulse.round, pulse.validator_bitset) = (round, 0x7f);
        let id = block.id();
        let round = RoundId {
            parent,
            height: Height::new(height),
            number: round,
        };
        let quorum = self.actors[0].casting.quorum(&self.actors[0].members, &round).unwrap();
        for position in Position::all().take(7) {
            let key = quorum.validator(position).unwrap();
            let signer = self.actors.iter_mut().find(|actor| actor.public() == *key).unwrap();
            block.signatures.push(QuorumSignature {
                voter_index: position.number(),
                signature: signer.key.sign(&id),
            });
        }
        block
    }

    /// A statement signed by a node, whatever its machine thinks, goes to another.
    pub fn inject(&mut self, author: usize, to: usize, statement: &Statement) {
        let message = self.sign_as(author, statement, statement.content.clone());
        self.deliver(author, to, &message);
    }

    /// A block reaches all nodes now.
    pub fn publish(&mut self, block: &Block) {
        for node in 0..self.actors.len() {
            self.schedule(self.now, Event::Block(node, Box::new(block.clone())));
        }
    }

    fn gossip(&mut self, from: usize, block: &Block) {
        for node in (0..self.actors.len()).filter(|node| *node != from) {
            let delay = self.latency() + self.block_delay.get(&node).copied().unwrap_or(0);
            self.schedule(self.now + delay, Event::Block(node, Box::new(block.clone())));
        }
    }

    fn latency(&mut self) -> u64 {
        let (least, most) = self.links.latency;
        least + self.draw(most - least + 1)
    }

    /// Sends a message, bent by the sender's fault if it is its own.
    fn send(&mut self, from: usize, message: &Message, to: &[PublicKey]) {
        if let Fault::SilentFrom(stage) = self.actors[from].fault
            && message.statement().stage() >= stage
        {
            return;
        }
        let is_own = self.is_author(from, message.statement());
        if let (true, Content::Validator(position, Word::Value(value))) = (is_own, &message.statement().content) {
            let key = (message.statement().parent, message.statement().round);
            self.revealed.entry(key).or_default().insert(*position, *value);
        }
        for key in to {
            let node = self.actors.iter().position(|actor| actor.public() == *key).unwrap();
            let mut sent = vec![message.clone()];
            if is_own {
                self.bend(from, node, &mut sent);
            }
            for message in sent {
                self.deliver(from, node, &message);
            }
        }
    }

    fn is_author(&self, node: usize, statement: &Statement) -> bool {
        let actor = &self.actors[node];
        let round = RoundId {
            parent: statement.parent,
            height: Height::GENESIS,
            number: statement.round,
        };
        let quorum = actor.casting.quorum(&actor.members, &round).unwrap();
        match statement.position() {
            Some(position) => quorum.validator(position) == Some(&actor.public()),
            None => quorum.producer == actor.public(),
        }
    }

    /// What the fault of a node makes of its own message to another.
    fn bend(&mut self, from: usize, to: usize, messages: &mut Vec<Message>) {
        let statement = messages[0].statement().clone();
        let key = (statement.parent, statement.round);
        match (self.actors[from].fault, &statement.content) {
            (Fault::WrongReveal, Content::Validator(position, Word::Value(_))) => {
                let word = Word::Value(RandomValue::new([0x55; 16]));
                messages[0] = self.sign_as(from, &statement, Content::Validator(*position, word));
            }
            (Fault::TwoTemplates { second_to }, Content::Template(bytes)) => {
                let second = second_template(&Block::decode(bytes).unwrap());
                self.second_templates.insert(key, second.clone());
                if second_to & (1 << to) != 0 {
                    messages[0] = self.sign_as(from, &statement, Content::Template(second.encode().into()));
                }
            }
            (Fault::SignsBoth, Content::Validator(position, Word::Signed(_))) => {
                if let Some(inner) = self.sign_second(from, *position, &key) {
                    let content = Content::Validator(*position, Word::Signed(inner));
                    messages.push(self.sign_as(from, &statement, content));
                }
            }
            _ => {}
        }
    }

    fn sign_as(&mut self, node: usize, statement: &Statement, content: Content) -> Message {
        let statement = Statement {
            content,
            ..statement.clone()
        };
        Draft::Statement(statement).sign(&mut self.actors[node].key)
    }

    /// The double signer's signature over whichever of the two blocks its machine did not sign.
    fn sign_second(&mut self, node: usize, position: Position, key: &(Hash, u8)) -> Option<Signature> {
        let second = self.second_templates.get(key)?;
        let mut first = second.clone();
        first.header.timestamp = Timestamp::from_seconds(second.header.timestamp.seconds() - 1);
        let random_value = joined_value(self.revealed.get(key)?.values());
        let signed: Vec<Hash> = self.actors[node].signed.iter().map(|signed| signed.2).collect();
        let other = [first, second.clone()].into_iter().find_map(|mut block| {
            block.header.pulse.as_mut().unwrap().random_value = random_value;
            (!signed.contains(&block.id())).then(|| block.id())
        })?;
        self.double.push((*key, position, other));
        Some(self.actors[node].key.sign(&other))
    }

    /// Never two blocks with seven signatures of one quorum, and never two signatures of one honest node in one round.
    pub fn assert_safe(&self, seed: u64) {
        let mut signers = BTreeMap::<(Hash, u8, Hash), BTreeSet<Position>>::new();
        for actor in &self.actors {
            let mut once = BTreeMap::new();
            for (round, position, id) in &actor.signed {
                signers
                    .entry((round.parent, round.number, *id))
                    .or_default()
                    .insert(*position);
                let before = *once.entry((round.height, round.number)).or_insert(*id);
                assert_eq!(
                    before, *id,
                    "seed {seed}: node {} signed two blocks in one round",
                    actor.number
                );
            }
        }
        for ((parent, number), position, id) in &self.double {
            signers.entry((*parent, *number, *id)).or_default().insert(*position);
        }
        let mut complete = BTreeMap::new();
        for ((parent, number, id), signers) in signers {
            if signers.len() >= 7 {
                let before = complete.insert((parent, number), id);
                assert_eq!(
                    before, None,
                    "seed {seed}: two blocks of round {number} have seven signatures"
                );
            }
        }
    }

    /// Why rounds failed for a node, in order.
    pub fn failures(&self, node: usize) -> Vec<(u8, Failure)> {
        let failure = |report: &Report| match report {
            Report::RoundFailed { round, reason, .. } => Some((round.number, *reason)),
            _ => None,
        };
        self.actors[node].reports.iter().filter_map(failure).collect()
    }

    /// Why a node dropped messages, each reason once.
    pub fn refusals(&self, node: usize) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        for report in &self.actors[node].reports {
            if let Report::MessageRefused { reason, .. } = report
                && !refusals.contains(reason)
            {
                refusals.push(*reason);
            }
        }
        refusals
    }

    /// Round, participants and signers of the block at a height, the same for all running nodes.
    pub fn made(&self, height: u64) -> (u8, Bitset, Vec<u16>) {
        let running = self.actors.iter().filter(|actor| actor.is_running);
        let blocks: Vec<&Block> = running.map(|actor| actor.block(height).unwrap()).collect();
        let block = blocks[0];
        assert!(
            blocks.iter().all(|other| other.id() == block.id()),
            "nodes have different blocks at {height}"
        );
        let bitset = block.header.pulse.as_ref().unwrap().validator_bitset;
        let signers = block.signatures.iter().map(|signature| signature.voter_index).collect();
        (block.round(), Bitset::new(bitset).unwrap(), signers)
    }

    /// Whether a block stands anywhere at a height.
    pub fn has_block(&self, height: u64) -> bool {
        self.actors.iter().any(|actor| actor.block(height).is_some())
    }

    fn deliver(&mut self, from: usize, to: usize, message: &Message) {
        if (self.cut)(message.statement(), from, to) {
            return;
        }
        self.messages += 1;
        let copies = if self.draw(1000) < self.links.duplicates { 2 } else { 1 };
        for _ in 0..copies {
            if self.draw(1000) < self.links.loss {
                continue;
            }
            let mut delay = self.latency() + self.slow.get(&from).copied().unwrap_or(0);
            if self.draw(1000) < self.links.delayed {
                delay += self.draw(15_000);
            }
            let bytes = message.to_bytes();
            let input = Input::Message {
                from: self.actors[from].public(),
                message: Message::from_bytes(&bytes).unwrap(),
            };
            self.schedule(self.now + delay, Event::Input(to, input));
        }
    }
}
