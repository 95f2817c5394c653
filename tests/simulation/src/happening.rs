//! What happens in a network, event by event: inputs, messages, rumours, news of tips, blocks for those who are behind.

use crate::{
    chain::Taken,
    ledger::Sealed,
    network::{Network, STATUS_SECONDS},
    node::{Act, Rumour, Seat},
};
use oxen_pulse_machine::{Input, Message, Stage};
use oxen_types::{Checkpoint, Hash, PublicKey};
use std::{collections::BTreeSet, hash::Hash as _, rc::Rc};

/// How many peers it tells; the real one tells eight and more.
const TOLD: u64 = 3;
/// How many blocks one answer to a peer that is behind holds.
const ANSWERED_BLOCKS: usize = 256;
/// How long a node does not run before obligations quorums vote on it, milliseconds. Its credit lasts for two hours from there.
const OVERDUE: u64 = 12 * 60 * 1_000;

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

impl Network {
    pub(crate) fn plan(&mut self, delay: u64, event: Event) {
        self.queue.plan(self.now + delay, event);
    }

    fn mark(&mut self, kind: u8, node: usize, detail: &[u8]) {
        (self.now, kind, node, detail).hash(&mut self.trace);
    }

    pub(crate) fn happen(&mut self, event: Event) {
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

    pub(crate) fn any_peer(&mut self, node: usize) -> Option<usize> {
        let peers: Vec<usize> = (0..self.nodes.len())
            .filter(|peer| *peer != node && self.nodes[*peer].is_running() && self.groups.are_connected(node, *peer))
            .collect();
        let chosen = self.draw(peers.len() as u64);
        peers.get(usize::try_from(chosen).ok()?).copied()
    }

    pub(crate) fn ask(&mut self, node: usize, peer: usize) {
        let ids = Rc::new(self.nodes[node].chain.newest(ANSWERED_BLOCKS));
        self.send(node, peer, Event::Ask(peer, node, ids));
    }

    fn answer(&mut self, node: usize, asker: usize, ids: &[Hash]) {
        let actor = &self.nodes[node];
        if !actor.is_running() || actor.is_silent_at(Stage::Submitting) {
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

    pub(crate) fn in_step(&mut self, node: usize) {
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
    pub(crate) fn act(&mut self, node: usize, acts: Vec<Act>) {
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
    pub(crate) fn tell(&mut self, from: usize, rumour: &Rumour) {
        if self.nodes[from].is_silent_at(Stage::Handshakes) {
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

    pub(crate) fn send(&mut self, from: usize, to: usize, event: Event) {
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
    pub(crate) fn look_at_chain(&mut self, node: usize) {
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
