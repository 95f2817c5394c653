//! A network of nodes on virtual time: who reaches whom, when things happen, and the promises that are checked at every event.
//!
//! One thread, one seed: a play repeats exactly.

use crate::{
    adversary::Plot,
    chain::{NodeChain, Taken},
    fault::Fault,
    ground::Ground,
    happening::Event,
    ledger::{Ledger, Rulebook, Sealed},
    links::{Groups, Links, draw},
    meter::Meter,
    node::{Node, Rumour},
    promises::Promises,
    queue::Queue,
};
use oxen_pulse_machine::{Moment, RoundAt};
use oxen_types::{Hash, Height, PublicKey, network::constants::PULSE_REQUIRED_SIGNATURES};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::{
    collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher},
    hash::Hasher,
    rc::Rc,
    sync::Arc,
};

/// How often a node tells peers its newest block when nothing else happens, as our p2p does.
pub const STATUS_SECONDS: u64 = 30;
/// Seconds after its start after which a node that no peer answers goes on alone.
const ALONE_AFTER: u64 = 10;

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
    pub(crate) distances: Vec<u64>,
    by_key: BTreeMap<PublicKey, usize>,
    pub(crate) down_since: BTreeMap<usize, u64>,
    pub(crate) queue: Queue<Event>,
    pub(crate) trace: DefaultHasher,
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

    /// Lets so many milliseconds pass.
    pub fn run_for_milliseconds(&mut self, milliseconds: u64) {
        let end = self.now + milliseconds;
        self.run(end, |_| false);
    }

    /// Runs until so many more honest nodes have signed a block, at most so many seconds; false when there are fewer.
    pub fn run_until_signed(&mut self, seconds: u64, more: u64) -> bool {
        let enough = self.promises.signatures + more;
        self.run_until(seconds, |network| network.promises.signatures >= enough)
    }

    /// All nodes lose their process, and have it back so many milliseconds later.
    pub fn black_out(&mut self, milliseconds: u64) {
        for node in 0..self.nodes.len() {
            self.crash(node);
        }
        self.run_for_milliseconds(milliseconds);
        for node in 0..self.nodes.len() {
            self.boot(node);
        }
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
}

impl Network {
    /// The height of the ground plus so many.
    #[must_use]
    pub fn height_at(&self, above: u64) -> Height {
        self.ledger.ground().height.saturating_add(above)
    }
}
