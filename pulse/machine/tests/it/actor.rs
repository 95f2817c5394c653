//! One node of the played network: a machine, the least driver it can have, a chain, a guard that survives restarts, faults.

use crate::chain::{self, Casting, Chain};
use oxen_crypto::KeyPair;
use oxen_pulse_machine::{
    Draft, Duty, Effect, GuardRecord, GuardedAct, Input, KeySigner, Machine, Message, Moment, Position, RandomValue,
    Report, RoundId, SchnorrVerifier, Signer, Stage, TemplateVerdict, Verifier,
};
use oxen_types::{Block, Hash, Height, PublicKey, Signature, Timestamp, hashing::keccak256_parts};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::BTreeMap;

/// Which signatures are played with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    /// Those of the chain.
    Schnorr,
    /// A hash of key and message: plays of many rounds test Pulse and not the curve.
    Cheap,
}

fn cheap(message: &Hash, key: &PublicKey) -> Signature {
    let half = keccak256_parts(&[b"cheap", key.as_bytes(), message.as_bytes()]);
    Signature::new([*half.as_bytes(); 2].concat().try_into().unwrap())
}

impl Verifier for Signatures {
    fn verify(&self, message: &Hash, key: &PublicKey, signature: &Signature) -> bool {
        match self {
            Self::Schnorr => SchnorrVerifier.verify(message, key, signature),
            Self::Cheap => cheap(message, key) == *signature,
        }
    }
}

/// A key with its kind of signature.
pub struct ActorKey {
    pair: KeyPair,
    signatures: Signatures,
    rng: ChaCha20Rng,
}

impl Signer for ActorKey {
    fn sign(&mut self, message: &Hash) -> Signature {
        match self.signatures {
            Signatures::Schnorr => KeySigner {
                pair: &self.pair,
                rng: &mut self.rng,
            }
            .sign(message),
            Signatures::Cheap => cheap(message, &self.pair.public),
        }
    }
}

/// What is wrong with a node. Its machine runs on; the fault is in what leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Says nothing from this stage on.
    SilentFrom(Stage),
    /// Reveals another value than it committed to.
    WrongReveal,
    /// As a producer, signs two templates and sends the second to these nodes.
    TwoTemplates {
        /// Bit i for node i.
        second_to: u32,
    },
    /// As a validator, signs the block that follows from the producer's second template too.
    SignsBoth,
    /// Finds every template of others unacceptable.
    RefusesTemplates,
    /// Never gets done with checking one.
    NeverChecks,
}

/// What a step of an actor wants from the world.
pub enum Act {
    /// Wake it at this time on its clock.
    Wake(Moment),
    /// Give this to its machine in a moment.
    Answer(Input),
    /// Send a message to these.
    Send(Message, Vec<PublicKey>),
    /// Send a block to all.
    Gossip(Box<Block>),
}

pub struct Actor {
    pub number: usize,
    pub key: ActorKey,
    pub machine: Machine<Signatures>,
    pub chain: Chain,
    /// On disk.
    pub guard: BTreeMap<(Height, u8, GuardedAct), Hash>,
    /// How far its clock is ahead, milliseconds.
    pub skew: i64,
    pub is_running: bool,
    pub fault: Fault,
    pub reports: Vec<Report>,
    pub casting: Casting,
    /// All service nodes.
    pub members: Vec<PublicKey>,
    /// Blocks that its machine had signed.
    pub signed: Vec<(RoundId, Position, Hash)>,
}

impl Actor {
    pub fn new(number: usize, signatures: Signatures, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed.wrapping_mul(1000).wrapping_add(number as u64));
        let pair = KeyPair::random(&mut rng);
        Self {
            number,
            machine: Machine::new(pair.public, signatures, []),
            key: ActorKey { pair, signatures, rng },
            chain: Chain::new(),
            guard: BTreeMap::new(),
            skew: 0,
            is_running: true,
            fault: Fault::None,
            reports: Vec::new(),
            casting: Casting::InTurn,
            members: Vec::new(),
            signed: Vec::new(),
        }
    }

    pub fn public(&self) -> PublicKey {
        self.key.pair.public
    }

    /// Its clock when the world's shows `now`.
    pub fn clock(&self, now: u64) -> Moment {
        Moment::from_milliseconds(now.checked_add_signed(self.skew).unwrap())
    }

    /// The duty that follows from its tip.
    pub fn duty(&self) -> Duty {
        let (parent, height) = self.chain.tip();
        Duty {
            parent,
            height: height.next(),
            timing: self.chain.timing_after(&parent),
        }
    }

    /// A new process with what is on disk.
    pub fn restart(&mut self) {
        let record = |(key, id): (&(Height, u8, GuardedAct), &Hash)| GuardRecord {
            height: key.0,
            round: key.1,
            act: key.2,
            id: *id,
        };
        let records = self.guard.iter().map(record).collect::<Vec<_>>();
        self.machine = Machine::new(self.public(), self.key.signatures, records);
        self.is_running = true;
    }

    /// A block came. True when the tip changed.
    pub fn take_block(&mut self, block: Block) -> bool {
        let (casting, members, verifier) = (self.casting, self.members.clone(), self.key.signatures);
        self.chain.add(block, &|block, round, timing| {
            casting
                .quorum(&members, round)
                .is_some_and(|quorum| chain::is_valid(block, &quorum, timing, &verifier))
        })
    }

    /// Steps the machine and carries out what needs no world.
    pub fn step(&mut self, now: u64, input: Input) -> Vec<Act> {
        let effects = self.machine.step(self.clock(now), input);
        let mut acts = Vec::new();
        for effect in effects {
            self.carry_out(now, effect, &mut acts);
        }
        acts
    }

    fn carry_out(&mut self, now: u64, effect: Effect, acts: &mut Vec<Act>) {
        match effect {
            Effect::WakeAt(moment) => acts.push(Act::Wake(moment)),
            Effect::AskQuorum(round) => {
                let quorum = self.casting.quorum(&self.members, &round).map(Box::new);
                acts.push(Act::Answer(Input::Quorum { round, quorum }));
            }
            Effect::Sign(draft) => {
                self.check_guard(&draft);
                let message = draft.sign(&mut self.key);
                acts.push(Act::Answer(Input::Signed(message)));
            }
            Effect::Send { message, route } => acts.push(Act::Send(message, route.everybody().copied().collect())),
            Effect::BuildTemplate(order) => {
                let (earliest, latest) = order.window.unwrap();
                let timestamp = self.clock(now).timestamp().clamp(earliest, latest);
                let (parent, height) = self.chain.tip();
                let block = Box::new(chain::build(parent, height.next(), timestamp));
                acts.push(Act::Answer(Input::TemplateBuilt {
                    round: order.round,
                    block,
                }));
            }
            Effect::CheckTemplate { .. } if self.fault == Fault::NeverChecks => {}
            Effect::CheckTemplate { round, block } => {
                let fits = block.header.previous == self.chain.tip().0 && self.fault != Fault::RefusesTemplates;
                let verdict = if fits {
                    TemplateVerdict::Acceptable
                } else {
                    TemplateVerdict::Unacceptable
                };
                acts.push(Act::Answer(Input::TemplateChecked { round, verdict }));
            }
            Effect::DrawRandomValue(round) => {
                let mut bytes = [0; 16];
                self.key.rng.fill_bytes(&mut bytes);
                let value = RandomValue::new(bytes);
                acts.push(Act::Answer(Input::RandomValue { round, value }));
            }
            Effect::Guard(record) => acts.push(Act::Answer(self.store(record))),
            // Whoever withholds messages keeps the block to himself as well.
            Effect::SubmitBlock { round, .. } if matches!(self.fault, Fault::SilentFrom(_)) => {
                acts.push(Act::Answer(Input::BlockRefused(round)));
            }
            Effect::SubmitBlock { round, block } => {
                self.take_block((*block).clone());
                let is_there = self
                    .chain
                    .at(round.height.index())
                    .is_some_and(|there| there.id() == block.id());
                acts.push(Act::Answer(if is_there {
                    Input::BlockAccepted(round)
                } else {
                    Input::BlockRefused(round)
                }));
                if is_there {
                    acts.push(Act::Gossip(block));
                    acts.push(Act::Answer(Input::NewTip(self.duty())));
                }
            }
            Effect::Report(report) => self.reports.push(report),
        }
    }

    fn store(&mut self, record: GuardRecord) -> Input {
        if *self.guard.entry(record.key()).or_insert(record.id) == record.id {
            Input::Guarded(record)
        } else {
            Input::NotGuarded(record)
        }
    }

    /// Nothing that commits to a block is signed before the guard has it on disk.
    fn check_guard(&mut self, draft: &Draft) {
        match draft {
            Draft::Block {
                round,
                position,
                block_id,
            } => {
                let key = (round.height, round.number, GuardedAct::Block);
                assert_eq!(self.guard.get(&key), Some(block_id), "signed without a record");
                self.signed.push((*round, *position, *block_id));
            }
            Draft::Statement(statement) if statement.stage() == Stage::Template => {
                let stored = self.guard.iter().any(|(key, id)| {
                    key.1 == statement.round && key.2 == GuardedAct::Template && *id == statement.hash()
                });
                assert!(stored, "a template signed without a record");
            }
            Draft::Statement(_) => {}
        }
    }

    /// The block at a height of its main chain.
    pub fn block(&self, height: u64) -> Option<&Block> {
        self.chain.at(height)
    }
}

/// A template like another but for its time.
pub fn second_template(block: &Block) -> Block {
    let mut second = block.clone();
    second.header.timestamp = Timestamp::from_seconds(block.header.timestamp.seconds() + 1);
    second
}
