//! One node: its disk (chain and guard), its clock, its faults, and while it runs its machines and votes.

use crate::{
    chain::{NodeChain, Refused, Taken},
    fault::Fault,
    ledger::{Ledger, Sealed},
    signatures::Signatures,
};
use oxen_crypto::KeyPair;
use oxen_pulse_machine::{Duty, GuardRecord, GuardedAct, Input, Machine, Message, Moment, RoundTiming};
use oxen_staking_rules::vote::{Vote, VotePool};
use oxen_state::{queries, transaction::CheckedTransaction};
use oxen_types::{Checkpoint, Hash, Height, PublicKey};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

/// Which of a node's machines: an honest node has the first alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seat {
    /// Works on the main chain.
    Main,
    /// Works on the best branch beside it.
    Beside,
}

/// Something that everybody is told.
#[derive(Debug, Clone)]
pub enum Rumour {
    /// A new block.
    Block(Rc<Sealed>),
    /// A vote on a checkpoint or on a node.
    Vote(Box<Vote>),
    /// A waiting transaction.
    Transaction(Arc<CheckedTransaction>),
}

/// What a node wants of the network and of time.
#[derive(Debug)]
pub enum Act {
    /// Wake this machine at this time of the node's clock.
    Wake(Seat, Moment),
    /// Give this to the machine in a moment.
    Answer(Seat, Box<Input>),
    /// Send a message to these service nodes.
    Send(Message, Vec<PublicKey>),
    /// Tell everybody.
    Tell(Rumour),
}

/// What survives a crash beside the chain.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    records: BTreeMap<(Height, u8, GuardedAct), Hash>,
    /// Written, but not yet for sure on disk.
    unsettled: BTreeSet<(Height, u8, GuardedAct)>,
}

impl Guard {
    /// Stores a record unless there is another one with its key.
    pub fn store(&mut self, record: &GuardRecord) -> bool {
        if *self.records.entry(record.key()).or_insert(record.id) != record.id {
            return false;
        }
        self.unsettled.insert(record.key());
        true
    }

    /// The record is on disk.
    pub fn settle(&mut self, record: &GuardRecord) {
        self.unsettled.remove(&record.key());
    }

    /// The id that was stored for a key.
    #[must_use]
    pub fn stored(&self, height: Height, round: u8, act: GuardedAct) -> Option<&Hash> {
        self.records.get(&(height, round, act))
    }

    /// After a crash: what was under way is there or not.
    fn crash(&mut self, rng: &mut ChaCha8Rng) {
        for key in std::mem::take(&mut self.unsettled) {
            if rng.next_u32().is_multiple_of(2) {
                self.records.remove(&key);
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = GuardRecord> {
        self.records.iter().map(|(key, id)| GuardRecord {
            height: key.0,
            round: key.1,
            act: key.2,
            id: *id,
        })
    }
}

/// What a running node has in memory.
pub struct Process {
    /// The machine of the main chain.
    pub(crate) main: Machine<Signatures>,
    /// That of the best branch beside it, for [`Fault::EveryBranch`].
    pub(crate) beside: Option<Machine<Signatures>>,
    pub(crate) votes: VotePool,
    /// Below it all checkpoints were voted on.
    pub(crate) cursor: Height,
    /// False until the node has asked a peer for what it missed.
    pub(crate) in_step: bool,
}

/// What came to a chain.
#[derive(Debug, Clone)]
pub enum News {
    /// A block, with its checkpoint if it had one.
    Block(Rc<Sealed>, Option<Checkpoint>),
    /// A checkpoint that votes made.
    Checkpoint(Checkpoint),
}

/// What came to a chain, and its tip afterwards.
#[derive(Debug, Clone)]
pub struct Logged {
    /// What came.
    pub news: News,
    /// The tip afterwards.
    pub tip: Hash,
}

/// A node.
pub struct Node {
    /// Its index in the network.
    pub number: usize,
    pub(crate) pair: KeyPair,
    /// Its chain.
    pub chain: NodeChain,
    /// What it has signed.
    pub guard: Guard,
    /// How far its clock is ahead, milliseconds.
    pub skew: i64,
    /// What is wrong with it.
    pub faults: BTreeSet<Fault>,
    pub(crate) process: Option<Process>,
    /// Everything that came to its chain, if somebody wants to know.
    pub log: Option<Vec<Logged>>,
    /// Counts its starts: what one process was promised is nothing to the next.
    pub(crate) incarnation: u64,
    pub(crate) pool: BTreeMap<Hash, Arc<CheckedTransaction>>,
    pub(crate) rng: ChaCha8Rng,
}

impl Node {
    /// A node that does not run yet.
    #[must_use]
    pub fn new(number: usize, pair: KeyPair, chain: NodeChain, seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&(number as u64 + 1).to_le_bytes());
        Self {
            number,
            pair,
            chain,
            guard: Guard::default(),
            skew: 0,
            faults: BTreeSet::new(),
            process: None,
            log: None,
            incarnation: 0,
            pool: BTreeMap::new(),
            rng: ChaCha8Rng::from_seed(bytes),
        }
    }

    /// Its primary key.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.pair.public
    }

    /// True while it runs.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// True for a node that signs nothing twice.
    #[must_use]
    pub fn keeps_promises(&self) -> bool {
        !self.faults.iter().any(|fault| fault.signs_twice())
    }

    /// True when it says nothing at this stage.
    pub(crate) fn is_silent_at(&self, stage: oxen_pulse_machine::Stage) -> bool {
        self.faults
            .iter()
            .any(|fault| matches!(fault, Fault::SilentFrom(from) if stage >= *from))
    }

    /// True when a rumour is nothing to it: it does not run, or has heard it.
    pub(crate) fn ignores(&self, rumour: &Rumour) -> bool {
        let Some(process) = &self.process else { return true };
        match rumour {
            Rumour::Block(_) => false,
            Rumour::Vote(vote) => process.votes.contains(vote),
            Rumour::Transaction(transaction) => self.pool.contains_key(&transaction.id()),
        }
    }

    /// Its clock when the world's shows `now` milliseconds.
    ///
    /// # Panics
    /// Never: clocks are wrong by minutes, not by decades.
    #[must_use]
    pub fn clock(&self, now: u64) -> Moment {
        Moment::from_milliseconds(now.checked_add_signed(self.skew).expect("time does not overflow"))
    }

    /// Starts the process with what is on disk.
    pub(crate) fn start(&mut self, signatures: &Signatures) {
        self.incarnation += 1;
        let machine = |records: Vec<GuardRecord>| Machine::new(self.pair.public, signatures.clone(), records);
        self.process = Some(Process {
            main: machine(self.guard.all().collect()),
            beside: None,
            votes: VotePool::new(),
            cursor: Height::GENESIS,
            in_step: false,
        });
    }

    /// The process is gone, whatever it was doing.
    pub(crate) fn crash(&mut self) {
        self.process = None;
        self.incarnation += 1;
        self.guard.crash(&mut self.rng);
        self.pool.clear();
    }

    /// The block to make on top of another one.
    pub(crate) fn duty_on(&self, ledger: &Ledger, parent: Hash) -> Option<Duty> {
        let entry = ledger.entry(&parent)?;
        let network = ledger.network(self.chain.rulebook());
        let origin = RoundTiming::origin(network)?;
        let origin = queries::block_row(&entry.state, origin).expect("memory reads")?;
        let height = entry.height.next();
        Some(Duty {
            parent,
            height,
            timing: RoundTiming::of_height(network, height, entry.timestamp, origin.timestamp)?,
        })
    }

    /// Takes a block and says what follows from it.
    pub(crate) fn take_block(
        &mut self,
        ledger: &mut Ledger,
        now: u64,
        sealed: &Rc<Sealed>,
        checkpoint: Option<Checkpoint>,
    ) -> (Taken, Vec<Act>) {
        let time = self.clock(now).timestamp();
        let taken = self.chain.submit(ledger, sealed, checkpoint.clone(), time);
        self.log(News::Block(Rc::clone(sealed), checkpoint));
        let mut acts = Vec::new();
        match &taken {
            Taken::Extended => self.tip_changed(ledger, now, None, &mut acts),
            Taken::Reorganised { fork } => self.tip_changed(ledger, now, Some(fork.next()), &mut acts),
            Taken::Beside => self.work_beside(ledger, &mut acts),
            Taken::Known | Taken::Orphan | Taken::Refused(_) => {}
        }
        (taken, acts)
    }

    /// The tip is another: all that follows the chain is told.
    fn tip_changed(&mut self, ledger: &mut Ledger, now: u64, first_reverted: Option<Height>, acts: &mut Vec<Act>) {
        self.look_at_tip(ledger, acts);
        self.work_beside(ledger, acts);
        self.follow(ledger, now, first_reverted, acts);
    }

    /// Tells the main machine what to work on, once the node is in step with its peers.
    pub(crate) fn look_at_tip(&self, ledger: &Ledger, acts: &mut Vec<Act>) {
        let in_step = self.process.as_ref().is_some_and(|process| process.in_step);
        if let (true, Some(duty)) = (in_step, self.duty_on(ledger, self.chain.tip())) {
            acts.push(Act::Answer(Seat::Main, Box::new(Input::NewTip(duty))));
        }
    }

    /// Takes a checkpoint that votes made.
    pub(crate) fn take_checkpoint(&mut self, ledger: &Ledger, checkpoint: Checkpoint) {
        self.chain.submit_checkpoint(ledger, &checkpoint);
        self.log(News::Checkpoint(checkpoint));
    }

    fn log(&mut self, news: News) {
        let tip = self.chain.tip();
        if let Some(log) = &mut self.log {
            log.push(Logged { news, tip });
        }
    }

    /// Puts a second machine to the best branch beside the main chain, for those who would earn on both.
    fn work_beside(&mut self, ledger: &mut Ledger, acts: &mut Vec<Act>) {
        if !self.faults.contains(&Fault::EveryBranch) {
            return;
        }
        let Some((tip, _)) = self.chain.best_beside() else {
            return;
        };
        let Some(duty) = self.duty_on(ledger, tip) else { return };
        let machine = Machine::new(self.pair.public, ledger.signatures.clone(), []);
        if let Some(process) = &mut self.process {
            process.beside.get_or_insert(machine);
            acts.push(Act::Answer(Seat::Beside, Box::new(Input::NewTip(duty))));
        }
    }

    /// True when a block was refused for a rule, which an honest network never sees.
    #[must_use]
    pub const fn is_invalid(taken: &Taken) -> bool {
        matches!(taken, Taken::Refused(Refused::Invalid(_)))
    }
}
