//! What faulty nodes make of their own messages, and what somebody with many keys can forge.

use crate::{fault::Fault, ledger::Sealed, network::Network, signatures::MessageSigner};
use oxen_pulse_machine::{
    Draft, Message, Position, RandomValue, RoundId, Statement, Word, digest::joined_value, message::Content,
};
use oxen_state::template::{TemplateL2, TemplateRequest, build_template};
use oxen_types::{
    Block, ConsensusDecode, ConsensusEncode, Hash, Height, PublicKey, Timestamp,
    block::{BatchingTail, PulseHeader},
};
use std::{collections::BTreeMap, rc::Rc};

/// What conspirators know of each other's rounds.
#[derive(Debug, Default)]
pub(crate) struct Plot {
    seconds: BTreeMap<(Hash, u8), Block>,
    revealed: BTreeMap<(Hash, u8), BTreeMap<Position, RandomValue>>,
}

impl Network {
    /// What really goes from one node to another when it sends a message.
    pub(crate) fn bent(&mut self, from: usize, to: usize, message: &Message) -> Vec<Message> {
        let statement = message.statement();
        if self.nodes.iter().all(|node| node.faults.is_empty()) || !self.is_author(from, statement) {
            return vec![message.clone()];
        }
        let key = (statement.parent, statement.round);
        if let Content::Validator(position, Word::Value(value)) = &statement.content {
            self.plot.revealed.entry(key).or_default().insert(*position, *value);
        }
        let has = |fault| self.nodes[from].faults.contains(&fault);
        match &statement.content {
            Content::Validator(position, Word::Value(_)) if has(Fault::WrongReveal) => {
                let word = Word::Value(RandomValue::new([0x55; 16]));
                vec![self.said(from, statement, Content::Validator(*position, word))]
            }
            Content::Template(bytes) if has(Fault::TwoTemplates) => {
                let second = second_template(&Block::decode(bytes).expect("a machine encodes blocks"));
                self.plot.seconds.insert(key, second.clone());
                if to.is_multiple_of(2) {
                    vec![message.clone()]
                } else {
                    vec![self.said(from, statement, Content::Template(second.encode().into()))]
                }
            }
            Content::Validator(position, Word::Signed(_)) if has(Fault::SignsBoth) => {
                let ids = self.both_ids(&key);
                let mut messages = vec![message.clone()];
                for id in ids {
                    let signature = self.nodes[from].sign_block(&id);
                    messages.push(self.said(from, statement, Content::Validator(*position, Word::Signed(signature))));
                }
                messages
            }
            _ => vec![message.clone()],
        }
    }

    /// Ids of both blocks that the producer's two templates lead to, if there are two.
    fn both_ids(&self, key: &(Hash, u8)) -> Vec<Hash> {
        let (Some(second), Some(values)) = (self.plot.seconds.get(key), self.plot.revealed.get(key)) else {
            return Vec::new();
        };
        let random_value = joined_value(values.values());
        let mut first = second.clone();
        first.header.timestamp = Timestamp::from_seconds(second.header.timestamp.seconds() - 1);
        [first, second.clone()]
            .into_iter()
            .map(|mut block| {
                if let Some(pulse) = &mut block.header.pulse {
                    pulse.random_value = random_value;
                }
                block.id()
            })
            .collect()
    }

    fn said(&self, node: usize, statement: &Statement, content: Content) -> Message {
        let statement = Statement {
            content,
            ..statement.clone()
        };
        Draft::Statement(statement).sign(&mut MessageSigner(self.nodes[node].key()))
    }

    fn is_author(&mut self, node: usize, statement: &Statement) -> bool {
        let Some(parent) = self.ledger.entry(&statement.parent) else {
            return false;
        };
        let round = RoundId {
            parent: statement.parent,
            height: parent.height.next(),
            number: statement.round,
        };
        let (rulebook, key) = (self.nodes[node].chain.rulebook(), self.nodes[node].key());
        let Some(quorum) = self.ledger.quorum(rulebook, &round) else {
            return false;
        };
        match statement.position() {
            Some(position) => quorum.validator(position) == Some(&key),
            None => quorum.producer == key,
        }
    }

    /// The quorum that makes the next block on a block of a node's chain.
    pub fn quorum_on(&mut self, node: usize, parent: Hash, round: u8) -> Option<oxen_pulse_machine::RoundQuorum> {
        let height = self.ledger.entry(&parent)?.height.next();
        let rulebook = self.nodes[node].chain.rulebook();
        let round = RoundId {
            parent,
            height,
            number: round,
        };
        self.ledger.quorum(rulebook, &round)
    }

    /// A block in full order on any parent, signed by its true quorum: for somebody who has got hold of the keys.
    ///
    /// # Panics
    /// The parent is unknown, or has no quorum.
    #[must_use]
    pub fn forge(&mut self, node: usize, parent: Hash, round: u8) -> Rc<Sealed> {
        let duty = self.nodes[node]
            .duty_on(&self.ledger, parent)
            .expect("the parent is known");
        let quorum = self.quorum_on(node, parent, round).expect("there is a quorum");
        let rulebook = self.nodes[node].chain.rulebook();
        let leader = self.ledger.registry(rulebook, &parent).next_leader();
        let request = TemplateRequest {
            now: duty.timing.start(round),
            coinbase_key: self.ledger.ground().members[0].public,
            leader: leader.unwrap_or(PublicKey::ZERO),
            producer: PublicKey::ZERO,
            l2: TemplateL2::default(),
        };
        let state = &self.ledger.applied(&parent).state;
        let template = build_template(state, self.ledger.network(rulebook), &request, &[]);
        let mut block = template.expect("memory reads").block;
        let mut random_value = [0; 16];
        random_value.copy_from_slice(&parent.as_bytes()[..16]);
        block.header.pulse = Some(PulseHeader {
            random_value,
            round,
            validator_bitset: 0x7f,
        });
        if let Some(BatchingTail::Full { producer, .. }) = &mut block.batching_tail {
            *producer = quorum.producer;
        }
        self.ledger.sign(&mut block, &quorum);
        self.ledger.seal(&block).expect("it has no transactions")
    }

    /// A block on a node's tip that no quorum made.
    pub(crate) fn mined_block(&mut self, node: usize) -> Option<Rc<Sealed>> {
        let actor = &self.nodes[node];
        let (rulebook, tip) = (actor.chain.rulebook(), actor.chain.tip());
        let request = TemplateRequest {
            now: actor.clock(self.now).timestamp(),
            coinbase_key: actor.key(),
            leader: self.ledger.registry(rulebook, &tip).next_leader()?,
            producer: actor.key(),
            l2: TemplateL2::default(),
        };
        let state = &self.ledger.applied(&tip).state;
        let template = build_template(state, self.ledger.network(rulebook), &request, &[]);
        self.ledger.seal(&template.expect("memory reads").block)
    }

    /// A branch of forged blocks of round 0 on a block, as long as wanted; none of them is shown to anybody.
    ///
    /// # Panics
    /// As [`Self::forge`].
    #[must_use]
    pub fn forge_branch(&mut self, node: usize, parent: Hash, length: usize) -> Vec<Rc<Sealed>> {
        let rulebook = self.nodes[node].chain.rulebook();
        let mut branch: Vec<Rc<Sealed>> = Vec::new();
        for _ in 0..length {
            let on = branch.last().map_or(parent, |sealed| sealed.id());
            let sealed = self.forge(node, on, 0);
            let verdict = self.ledger.judge(rulebook, &sealed);
            assert_eq!(
                verdict,
                crate::ledger::Verdict::Valid,
                "a forged block is valid in itself"
            );
            branch.push(sealed);
        }
        branch
    }

    /// Height of a block of the play.
    #[must_use]
    pub fn height_of(&self, sealed: &Sealed) -> Option<Height> {
        self.ledger.entry(&sealed.id()).map(|entry| entry.height)
    }
}

/// A template like another but for its time.
fn second_template(block: &Block) -> Block {
    let mut second = block.clone();
    second.header.timestamp = Timestamp::from_seconds(block.header.timestamp.seconds() + 1);
    second
}
