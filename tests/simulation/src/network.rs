//! A network of nodes on virtual time: who reaches whom, when things happen, and the promises that are checked at every event.
//!
//! One thread, one seed: a play repeats exactly.

use crate::{
    adversary::Plot,
    chain::{NodeChain, Taken},
    fault::Fault,
    ground::Ground,
    ledger::{Ledger, Rulebook, Sealed},
    links::{Groups, Links, draw},
    meter::Meter,
    node::{Act, Node, Rumour, Seat},
    promises::Promises,
    queue::Queue,
};
use oxen_pulse_machine::{Input, Message, Moment, RoundAt};
use oxen_types::{Checkpoint, Hash, Height, PublicKey, network::constants::PULSE_REQUIRED_SIGNATURES};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::{
    collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher},
    rc::Rc,
    sync::Arc,
};

/// How often a node tells peers its newest block when nothing else happens, as our p2p does.
pub const STATUS_SECONDS: u64 = 30;
/// How many peers it tells; the real one tells eight and more.
const TOLD: u64 = 3;
/// How many blocks one answer to a peer that is behind holds.
const ANSWERED_BLOCKS: usize = 256;
/// Seconds after its start after which a node that no peer answers goes on alone.
const ALONE_AFTER: u64 = 10;
/// How long a node is unreachable before obligations quorums vote on it, milliseconds: two proofs that did not come.
const OVERDUE: u64 = 2 * 3_600 * 1_000 / 10;

/// Something that happens.
#[derive(Debug)]
pub(crate) enum Event {
    /// A machine gets something, unless the process that it was of is gone.
    Input(usize, u64, Seat, Box<Input>),
    Message(usize, usize, Message),
    Rumour(usize, usize, Rumour),
    /// The node tells peers where it is, and sends votes again.
    Status(usize, u64),
    /// A peer's newest block.
    Told(usize, usize, Hash),
    /// A node asks a peer for the blocks above those that it has; the ids are of its main chain, newest first.
    Ask(usize, usize, Rc<Vec<Hash>>),
    /// The answer.
    Blocks(usize, Rc<Vec<(Rc<Sealed>, Option<Checkpoint>)>>),
    /// A node that has just started asks no longer.
    Alone(usize, u64),
}

/// The network.
pub struct Network {
    /// The seed that all chance comes from.
    pub seed: u64,
    /// Milliseconds since 1970 on a clock that is right.
    pub now: u64,
    /// All nodes.
    pub nodes: Vec<Node>,
    /// All blocks.
    pub ledger: Ledger,
    /// What links do.
    pub links: Links,
    /// Who reaches whom.
    pub groups: Groups,
    /// What was sent and how long blocks took.
    pub meter: Meter,
    /// What is checked.
    pub promises: Promises,
    pub(crate) plot: Plot,
    pub(crate) rng: ChaCha8Rng,
    distances: Vec<u64>,
    by_key: BTreeMap<PublicKey, usize>,
    down_since: BTreeMap<usize, u64>,
    queue: Queue<Event>,
    trace: DefaultHasher,
    /// Events so far.
    pub events: u64,
}

impl Network {
    /// So many nodes with good links, all running, a round before the first block.
    #[must_use]
    pub fn start(seed: u64, nodes: usize) -> Self {
        let ground = Ground::of(nodes);
        let network = Arc::clone(&ground.network);
        Self::on(seed, &ground, &[network], |_| Rulebook::FIRST)
    }

    /// A network whose nodes go by different rules.
    #[must_use]
    pub fn on(
        seed: u64,
        ground: &Arc<Ground>,
        rules: &[Arc<oxen_types::Network>],
        rulebook_of: impl Fn(usize) -> Rulebook,
    ) -> Self {
        let ledger = Ledger::new(Arc::clone(ground), rules);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let nodes: Vec<Node> = (0..ground.members.len())
            .map(|number| {
                let chain = NodeChain::new(&ledger, rulebook_of(number));
                Node::new(number, ground.members[number].clone(), chain, seed)
            })
            .collect();
        let mut network = Self {
            seed,
            now: ground.time.seconds() * 1_000,
            distances: nodes.iter().map(|_| 5 + draw(&mut rng, 75)).collect(),
            by_key: nodes.iter().map(|node| (node.key(), node.number)).collect(),
            promises: Promises::new(nodes.len()),
            nodes,
            ledger,
            links: Links::GOOD,
            groups: Groups::whole(),
            meter: Meter::default(),
            plot: Plot::default(),
            rng,
            down_since: BTreeMap::new(),
            queue: Queue::default(),
            trace: DefaultHasher::new(),
            events: 0,
        };
        for node in 0..network.nodes.len() {
            network.boot(node);
        }
        network
    }

    /// A number below `bound`.
    pub fn draw(&mut self, bound: u64) -> u64 {
        draw(&mut self.rng, bound)
    }

    /// One number for all that happened so far: equal plays have equal ones.
    #[must_use]
    pub fn trace(&self) -> u64 {
        self.trace.finish()
    }

    // What a play does to nodes.

    /// The process of a node ends at once.
    pub fn crash(&mut self, node: usize) {
        if self.nodes[node].is_running() {
            self.nodes[node].crash();
            self.down_since.insert(node, self.now);
        }
    }

    /// The machine below a node loses its power: the newest blocks were not on disk.
    pub fn lose_power(&mut self, node: usize, blocks: usize) {
        self.crash(node);
        self.nodes[node].chain.lose_newest(blocks);
        self.promises.forget_final(node);
    }

    /// A node that does not run starts with what is on its disk.
    pub fn boot(&mut self, node: usize) {
        if self.nodes[node].is_running() {
            return;
        }
        self.nodes[node].start(&self.ledger.signatures);
        self.down_since.remove(&node);
        let incarnation = self.nodes[node].incarnation;
        let first = self.draw(STATUS_SECONDS * 1_000);
        self.plan(first, Event::Status(node, incarnation));
        self.plan(ALONE_AFTER * 1_000, Event::Alone(node, incarnation));
        if let Some(peer) = self.any_peer(node) {
            self.ask(node, peer);
        }
    }

    /// A node gets software with other rules, which matter from `height` on.
    pub fn upgrade(&mut self, node: usize, rulebook: Rulebook, height: Height) {
        self.crash(node);
        self.nodes[node].chain.change_rules(rulebook, height);
        self.promises.forget_final(node);
        self.boot(node);
    }

    /// Cuts the producer and seven validators of the round of a node's next block, which is under way or starts next, off from
    /// all others: just enough to make a block that reaches nobody, while the others go on without it.
    pub fn cut_off_quorum(&mut self, node: usize) {
        let Some(round) = self.next_round(node) else { return };
        let Some(quorum) = self.quorum_on(node, self.nodes[node].chain.tip(), round) else {
            return;
        };
        let enough = quorum.validators.into_iter().take(PULSE_REQUIRED_SIGNATURES);
        let members: BTreeSet<PublicKey> = enough.chain([quorum.producer]).collect();
        let side = |node: usize| usize::from(members.contains(&self.nodes[node].key()));
        self.groups = Groups::by(self.nodes.len(), side);
    }

    /// A node shows blocks to everybody, whatever its own chain thinks of them.
    pub fn publish(&mut self, from: usize, blocks: &[Rc<Sealed>]) {
        let blocks: Rc<Vec<_>> = Rc::new(blocks.iter().map(|sealed| (Rc::clone(sealed), None)).collect());
        for node in (0..self.nodes.len()).filter(|node| *node != from) {
            self.send(from, node, Event::Blocks(node, Rc::clone(&blocks)));
        }
    }

    /// A node makes a block by proof of work and shows it to everybody; false when its own chain does not take it.
    pub fn mine(&mut self, node: usize) -> bool {
        let Some(sealed) = self.mined_block(node) else {
            return false;
        };
        let (taken, acts) = self.nodes[node].take_block(&mut self.ledger, self.now, &sealed, None);
        self.act(node, acts);
        self.look_at_chain(node);
        self.tell(node, &Rumour::Block(sealed));
        taken == Taken::Extended
    }

    /// Something is wrong with a node from now on.
    pub fn fault(&mut self, node: usize, fault: Fault) {
        self.nodes[node].faults.insert(fault);
    }

    /// All faults end: everybody runs, reaches everybody, on time, and does what the software does.
    pub fn calm(&mut self) {
        self.links = Links::GOOD;
        self.groups = Groups::whole();
        for node in 0..self.nodes.len() {
            let (had_skew, had_faults) = (self.nodes[node].skew != 0, !self.nodes[node].faults.is_empty());
            if had_faults || had_skew {
                // Whoever sets his clock, or becomes honest, starts again.
                self.crash(node);
                self.nodes[node].skew = 0;
                self.nodes[node].faults.clear();
            }
            self.boot(node);
        }
    }

    // Looking.

    /// Height of the newest block of a node, counted from the ground.
    #[must_use]
    pub fn height(&self, node: usize) -> u64 {
        self.nodes[node].chain.height().since(self.ledger.ground().height)
    }

    /// The highest block of any node, counted from the ground.
    #[must_use]
    pub fn best_height(&self) -> u64 {
        (0..self.nodes.len()).map(|node| self.height(node)).max().unwrap_or(0)
    }

    /// Seconds since the play began.
    #[must_use]
    pub fn elapsed(&self) -> u64 {
        (self.now - self.ledger.ground().time.seconds() * 1_000) / 1_000
    }

    /// True when all running nodes have the same tip, and it is at least so high.
    #[must_use]
    pub fn agree_above(&self, height: u64) -> bool {
        let mut tips = self
            .nodes
            .iter()
            .filter(|node| node.is_running())
            .map(|node| node.chain.tip());
        let first = tips.next();
        tips.all(|tip| Some(tip) == first) && self.best_height() > height
    }

    /// The round of the next block of a node's chain that starts next, or is under way.
    #[must_use]
    pub fn next_round(&self, node: usize) -> Option<u8> {
        let duty = self.nodes[node].duty_on(&self.ledger, self.nodes[node].chain.tip())?;
        match duty.timing.round_at(Moment::from_milliseconds(self.now)) {
            RoundAt::Round(round) => Some(round),
            RoundAt::Exhausted => None,
        }
    }

    /// True when running nodes have different tips of the same weight, none of which replaces the other.
    #[must_use]
    pub fn is_tied(&self) -> bool {
        let running = self.nodes.iter().filter(|node| node.is_running());
        let tips: BTreeMap<Hash, u128> = running
            .map(|node| (node.chain.tip(), node.chain.weight(&self.ledger)))
            .collect();
        let heaviest = tips.values().max();
        tips.values().filter(|weight| Some(*weight) == heaviest).count() > 1
    }

    /// Where every node stands, for whoever looks into a failed play.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut lines = vec![format!("second {}", self.elapsed())];
        for node in &self.nodes {
            let status = node.process.as_ref().map(|process| process.main.status());
            lines.push(format!(
                "node {}: height {} tip {:?}, final {:?}, {} beside, skew {}, faults {:?}: {status:?}",
                node.number,
                node.chain.height(),
                node.chain.tip(),
                self.promises.final_of(node.number),
                node.chain.beside(),
                node.skew,
                node.faults,
            ));
        }
        lines.join("\n")
    }

    /// The node with this key.
    #[must_use]
    pub fn node_of(&self, key: &PublicKey) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    // Time.

    /// Lets so many seconds pass.
    pub fn run_for(&mut self, seconds: u64) {
        let end = self.now + seconds * 1_000;
        self.run(end, |_| false);
    }

    /// Runs until something holds, at most so many seconds; false when it does not hold then.
    pub fn run_until(&mut self, seconds: u64, holds: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + seconds * 1_000;
        self.run(end, &holds);
        holds(self)
    }

    fn run(&mut self, end: u64, holds: impl Fn(&Self) -> bool) {
        // Whether something holds is looked at when a chain has changed: events are many.
        let mut changes = u64::MAX;
        loop {
            if changes != self.promises.changes {
                changes = self.promises.changes;
                if holds(self) {
                    return;
                }
            }
            if self.queue.next_time().is_none_or(|time| time > end) {
                self.now = end;
                return;
            }
            let Some((time, event)) = self.queue.take() else { return };
            self.now = time;
            self.events += 1;
            self.happen(event);
        }
    }

    pub(crate) fn plan(&mut self, delay: u64, event: Event) {
        self.queue.plan(self.now + delay, event);
    }

    fn mark(&mut self, kind: u8, node: usize, detail: &[u8]) {
        (self.now, kind, node, detail).hash(&mut self.trace);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Input(node, incarnation, seat, input) => {
                if self.nodes[node].incarnation == incarnation {
                    self.mark(0, node, &[]);
                    self.step(node, seat, *input);
                }
            }
            Event::Message(to, from, message) => self.message_arrives(to, from, message),
            Event::Rumour(to, from, rumour) => self.rumour_arrives(to, from, rumour),
            Event::Status(node, incarnation) => self.status(node, incarnation),
            Event::Told(to, from, tip) => {
                let node = &self.nodes[to];
                if node.is_running() && !node.chain.has(&self.ledger, &tip) {
                    self.ask(to, from);
                }
            }
            Event::Ask(to, from, ids) => self.answer(to, from, &ids),
            Event::Blocks(to, blocks) => self.blocks_arrive(to, &blocks),
            Event::Alone(node, incarnation) => {
                if self.nodes[node].incarnation == incarnation {
                    self.in_step(node);
                }
            }
        }
    }

    fn step(&mut self, node: usize, seat: Seat, input: Input) {
        let outcome = self.nodes[node].step(&mut self.ledger, self.now, seat, input);
        let actor = &self.nodes[node];
        for (round, id) in &outcome.signed {
            self.meter.signed(self.now, round);
            if actor.keeps_promises() {
                self.promises.signed(self.seed, node, round, id);
            }
        }
        for report in &outcome.reports {
            self.promises.heard(report);
        }
        self.act(node, outcome.acts);
        self.look_at_chain(node);
    }

    fn message_arrives(&mut self, to: usize, from: usize, message: Message) {
        let Some(process) = &self.nodes[to].process else { return };
        let works_beside = process.beside.is_some();
        self.mark(1, to, &[]);
        let from = self.nodes[from].key();
        if works_beside {
            let message = message.clone();
            self.step(to, Seat::Beside, Input::Message { from, message });
        }
        self.step(to, Seat::Main, Input::Message { from, message });
    }

    fn rumour_arrives(&mut self, to: usize, from: usize, rumour: Rumour) {
        if !self.nodes[to].is_running() {
            return;
        }
        match rumour {
            Rumour::Block(sealed) => {
                self.mark(2, to, sealed.id().as_bytes());
                self.block_arrives(to, from, &sealed, None);
            }
            Rumour::Vote(vote) => {
                let acts = self.nodes[to].receive_vote(&mut self.ledger, self.now, &vote);
                self.act(to, acts);
                self.look_at_chain(to);
            }
            Rumour::Transaction(transaction) => {
                self.nodes[to].pool.insert(transaction.id(), transaction);
            }
        }
    }

    fn block_arrives(&mut self, to: usize, from: usize, sealed: &Rc<Sealed>, checkpoint: Option<Checkpoint>) -> Taken {
        let (taken, acts) = self.nodes[to].take_block(&mut self.ledger, self.now, sealed, checkpoint);
        self.act(to, acts);
        self.look_at_chain(to);
        self.note(&taken);
        match &taken {
            Taken::Orphan => self.ask(to, from),
            Taken::Extended | Taken::Reorganised { .. } => {
                self.meter.arrived(self.now, &sealed.id());
                self.test_others(to);
            }
            Taken::Beside | Taken::Known | Taken::Refused(_) => {}
        }
        taken
    }

    fn note(&mut self, taken: &Taken) {
        if matches!(taken, Taken::Reorganised { .. }) {
            self.promises.reorganisations += 1;
        }
    }

    /// The obligations quorum of the newest block votes on whom it has not heard of.
    fn test_others(&mut self, node: usize) {
        let overdue = |(other, since): (&usize, &u64)| {
            (self.now.saturating_sub(*since) >= OVERDUE).then(|| self.nodes[*other].key())
        };
        let unreachable: BTreeSet<PublicKey> = self.down_since.iter().filter_map(overdue).collect();
        let mut acts = Vec::new();
        self.nodes[node].vote_on_nodes(&mut self.ledger, self.now, &unreachable, &mut acts);
        self.act(node, acts);
    }

    fn status(&mut self, node: usize, incarnation: u64) {
        if self.nodes[node].incarnation != incarnation {
            return;
        }
        self.plan(STATUS_SECONDS * 1_000, Event::Status(node, incarnation));
        let mut acts = Vec::new();
        self.nodes[node].send_votes(self.now, &mut acts);
        self.act(node, acts);
        let tip = self.nodes[node].chain.tip();
        for _ in 0..TOLD {
            let peer = self.draw(self.nodes.len() as u64) as usize;
            if peer != node {
                self.send(node, peer, Event::Told(peer, node, tip));
            }
        }
    }

    fn any_peer(&mut self, node: usize) -> Option<usize> {
        let peers: Vec<usize> = (0..self.nodes.len())
            .filter(|peer| *peer != node && self.nodes[*peer].is_running() && self.groups.are_connected(node, *peer))
            .collect();
        let chosen = self.draw(peers.len() as u64);
        peers.get(usize::try_from(chosen).ok()?).copied()
    }

    fn ask(&mut self, node: usize, peer: usize) {
        let ids = Rc::new(self.nodes[node].chain.newest(ANSWERED_BLOCKS));
        self.send(node, peer, Event::Ask(peer, node, ids));
    }

    fn answer(&mut self, node: usize, asker: usize, ids: &[Hash]) {
        let actor = &self.nodes[node];
        if !actor.is_running() || actor.is_silent_at(oxen_pulse_machine::Stage::Submitting) {
            return;
        }
        let shared = ids.iter().find_map(|id| actor.chain.height_of(&self.ledger, id));
        let Some(shared) = shared else { return };
        let mut blocks = Vec::new();
        let mut height = shared.next();
        while let (Some(id), true) = (actor.chain.at(height), blocks.len() < ANSWERED_BLOCKS) {
            if let Some(sealed) = &self.ledger.applied(&id).sealed {
                let checkpoint = actor.chain.checkpoint(&self.ledger, height);
                let checkpoint = checkpoint.filter(|checkpoint| checkpoint.block_id == id);
                blocks.push((Rc::clone(sealed), checkpoint));
            }
            height = height.next();
        }
        self.send(node, asker, Event::Blocks(asker, Rc::new(blocks)));
    }

    fn blocks_arrive(&mut self, to: usize, blocks: &[(Rc<Sealed>, Option<Checkpoint>)]) {
        if !self.nodes[to].is_running() {
            return;
        }
        for (sealed, checkpoint) in blocks {
            self.mark(3, to, sealed.id().as_bytes());
            let (taken, acts) = self.nodes[to].take_block(&mut self.ledger, self.now, sealed, checkpoint.clone());
            self.act(to, acts);
            self.look_at_chain(to);
            self.note(&taken);
            if matches!(taken, Taken::Refused(_) | Taken::Orphan) {
                break;
            }
        }
        self.test_others(to);
        self.in_step(to);
    }

    fn in_step(&mut self, node: usize) {
        let mut acts = Vec::new();
        if let Some(process) = &mut self.nodes[node].process
            && !process.in_step
        {
            process.in_step = true;
            self.nodes[node].look_at_tip(&self.ledger, &mut acts);
            self.act(node, acts);
        }
    }

    /// Carries out what a node wants.
    fn act(&mut self, node: usize, acts: Vec<Act>) {
        let incarnation = self.nodes[node].incarnation;
        for act in acts {
            match act {
                Act::Wake(seat, moment) => {
                    let time = moment.milliseconds().checked_add_signed(-self.nodes[node].skew);
                    let delay = time.unwrap_or(self.now).saturating_sub(self.now);
                    self.plan(delay, Event::Input(node, incarnation, seat, Box::new(Input::Tick)));
                }
                Act::Answer(seat, input) => {
                    let delay = match *input {
                        Input::TemplateBuilt { .. } | Input::TemplateChecked { .. } => 5 + self.draw(30),
                        Input::Guarded(_) => 1 + self.draw(10),
                        Input::NewTip(_) => 0,
                        _ => self.draw(3),
                    };
                    self.plan(delay, Event::Input(node, incarnation, seat, input));
                }
                Act::Send(message, to) => self.send_message(node, &message, &to),
                Act::Tell(rumour) => self.tell(node, &rumour),
            }
        }
    }

    /// A message goes straight to members of its quorum.
    fn send_message(&mut self, from: usize, message: &Message, to: &[PublicKey]) {
        self.meter.sent(message, to.len());
        for key in to {
            let Some(node) = self.node_of(key) else { continue };
            for message in self.bent(from, node, message) {
                self.send(from, node, Event::Message(node, from, message));
            }
        }
    }

    /// A rumour reaches everybody who can be reached, whoever passed it on.
    fn tell(&mut self, from: usize, rumour: &Rumour) {
        if self.nodes[from].is_silent_at(oxen_pulse_machine::Stage::Handshakes) {
            return;
        }
        if let Rumour::Block(sealed) = rumour {
            self.meter.arrived(self.now, &sealed.id());
        }
        for node in (0..self.nodes.len()).filter(|node| *node != from) {
            // Votes are told again for hours: what a node would ignore is not even planned.
            if self.nodes[node].ignores(rumour) {
                continue;
            }
            // One to three hops. Only the last may lose it, because there are other ways for the others.
            let hops = self.draw(3);
            let extra = hops * (10 + self.draw(120)) + self.draw(self.links.rumours_wait + 1);
            self.send_late(from, node, extra, Event::Rumour(node, from, rumour.clone()));
        }
    }

    fn send(&mut self, from: usize, to: usize, event: Event) {
        let extra = match event {
            Event::Message(..) => 0,
            _ => self.draw(self.links.rumours_wait + 1),
        };
        self.send_late(from, to, extra, event);
    }

    fn send_late(&mut self, from: usize, to: usize, extra: u64, event: Event) {
        if !self.groups.are_connected(from, to) {
            return;
        }
        let distance = self.distances[from] + self.distances[to] + extra;
        let mut deliveries = self.links.deliveries(&mut self.rng, distance);
        let Some(first) = deliveries.next() else { return };
        if let Some(second) = deliveries.next()
            && let Some(copy) = event.copy()
        {
            self.plan(second, copy);
        }
        self.plan(first, event);
    }

    /// What became final, and whether it may.
    fn look_at_chain(&mut self, node: usize) {
        if self.promises.chain_changed(node, self.nodes[node].chain.changes()) {
            let fixed = self.nodes[node].chain.final_height(&self.ledger);
            self.promises.finalised(self.seed, &self.nodes[node], fixed);
        }
    }
}

impl Event {
    /// The same once more; only messages and rumours come twice.
    fn copy(&self) -> Option<Self> {
        match self {
            Self::Message(to, from, message) => Some(Self::Message(*to, *from, message.clone())),
            Self::Rumour(to, from, rumour) => Some(Self::Rumour(*to, *from, rumour.clone())),
            _ => None,
        }
    }
}

impl Network {
    /// The height of the ground plus so many.
    #[must_use]
    pub fn height_at(&self, above: u64) -> Height {
        self.ledger.ground().height.saturating_add(above)
    }
}
