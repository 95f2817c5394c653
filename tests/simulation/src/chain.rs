//! The chain of one node: its main chain, the blocks beside it, its checkpoints, and which branch wins.
//!
//! The steps are those of `oxen-writer`, and every rule is the function that it calls; what differs is that a state is looked up
//! and not made. That both decide alike is checked by [`crate::shadow`], which gives a real writer what one node got.

use crate::{
    ledger::{Ledger, Rulebook, Sealed, Verdict},
    state::{NodeView, change_checkpoints},
};
use oxen_staking_rules::quorum::checkpointing_quorum_height;
use oxen_state::{
    Overlay, TypedView, View,
    block::{
        checkpoint_keeping::{Kept, drop_obsolete, drop_reverted, put_checkpoint},
        checkpoints::{check_checkpoint, immutable_height, verify_checkpoint_with},
        fork_choice::{BranchBlock, branch_replaces_main, chain_weight},
        timestamp::check_timestamp,
    },
    tables::Checkpoints,
};
use oxen_types::{Checkpoint, Hash, Height, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// What became of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is the new tip.
    Extended,
    /// It is kept beside the main chain.
    Beside,
    /// Its branch is the main chain now.
    Reorganised {
        /// The last block that both branches have.
        fork: Height,
    },
    /// It was there already.
    Known,
    /// Its parent is not.
    Orphan,
    /// It may not come in.
    Refused(Refused),
}

/// Why a block may not come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It is at or below the final height.
    BelowFinal,
    /// It was found invalid before.
    KnownInvalid,
    /// It breaks a rule.
    Invalid(String),
}

/// A block beside the main chain.
#[derive(Debug, Clone)]
struct Beside {
    sealed: Rc<Sealed>,
    height: Height,
    checkpoint: Option<Checkpoint>,
}

/// The chain of one node, as it would be on its disk.
#[derive(Debug, Clone)]
pub struct NodeChain {
    rulebook: Rulebook,
    /// Ids of the main chain, from the tip of the ground on.
    main: Vec<Hash>,
    ground: Height,
    checkpoints: BTreeMap<Vec<u8>, Vec<u8>>,
    beside: BTreeMap<Hash, Beside>,
    /// Fingerprints of blocks that were found invalid.
    invalid: BTreeSet<Hash>,
    /// Its checkpoints before each block of the main chain above the ground was put there.
    before: Vec<BTreeMap<Vec<u8>, Vec<u8>>>,
    changes: u64,
}

impl NodeChain {
    /// The ground alone.
    #[must_use]
    pub fn new(ledger: &Ledger, rulebook: Rulebook) -> Self {
        Self {
            rulebook,
            main: vec![ledger.ground().tip],
            ground: ledger.ground().height,
            checkpoints: BTreeMap::new(),
            beside: BTreeMap::new(),
            invalid: BTreeSet::new(),
            before: Vec::new(),
            changes: 0,
        }
    }

    /// Counts how often its blocks or checkpoints changed.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// Ids of its newest blocks, newest first.
    #[must_use]
    pub fn newest(&self, count: usize) -> Vec<Hash> {
        self.main.iter().rev().take(count).copied().collect()
    }

    /// The rules that it goes by.
    #[must_use]
    pub const fn rulebook(&self) -> Rulebook {
        self.rulebook
    }

    /// The newest block.
    ///
    /// # Panics
    /// Never: the ground stays.
    #[must_use]
    pub fn tip(&self) -> Hash {
        *self.main.last().expect("the ground is never taken back")
    }

    /// Its height.
    #[must_use]
    pub fn height(&self) -> Height {
        self.ground.saturating_add(self.main.len() as u64 - 1)
    }

    /// The block of the main chain at a height, from the ground's tip on.
    #[must_use]
    pub fn at(&self, height: Height) -> Option<Hash> {
        let above = height.index().checked_sub(self.ground.index())?;
        self.main.get(usize::try_from(above).ok()?).copied()
    }

    /// What its main chain weighs above the ground.
    #[must_use]
    pub fn weight(&self, ledger: &Ledger) -> u128 {
        let blocks = self.main.iter().filter_map(|id| ledger.applied(id).sealed.as_ref());
        blocks.map(|sealed| chain_weight(sealed.block())).sum()
    }

    /// Height of a block of the main chain.
    #[must_use]
    pub fn height_of(&self, ledger: &Ledger, id: &Hash) -> Option<Height> {
        let height = ledger.entry(id)?.height;
        (self.at(height) == Some(*id)).then_some(height)
    }

    /// True when the block is on the main chain or beside it.
    #[must_use]
    pub fn has(&self, ledger: &Ledger, id: &Hash) -> bool {
        self.beside.contains_key(id) || self.height_of(ledger, id).is_some()
    }

    /// The state of the chain as the node sees it.
    #[must_use]
    pub fn view<'a>(&'a self, ledger: &'a Ledger) -> NodeView<'a> {
        NodeView {
            state: &ledger.applied(&self.tip()).state,
            checkpoints: &self.checkpoints,
        }
    }

    /// The height at and below which blocks are final.
    ///
    /// # Panics
    /// Never: a state in memory reads.
    #[must_use]
    pub fn final_height(&self, ledger: &Ledger) -> Option<Height> {
        let view = self.view(ledger);
        immutable_height(&view, ledger.network(self.rulebook), self.height()).expect("memory reads")
    }

    /// The checkpoint at a height.
    ///
    /// # Panics
    /// Never: a state in memory reads.
    #[must_use]
    pub fn checkpoint(&self, ledger: &Ledger, height: Height) -> Option<Checkpoint> {
        let row = self.view(ledger).get::<Checkpoints>(&height).expect("memory reads");
        row.map(|row| row.0)
    }

    /// Ends of the branches beside the main chain, heaviest last as far as heights tell.
    #[must_use]
    pub fn best_beside(&self) -> Option<(Hash, Height)> {
        let best = self.beside.iter().max_by_key(|(id, one)| (one.height, **id));
        best.map(|(id, one)| (*id, one.height))
    }

    /// Blocks of this height beside the main chain.
    pub fn ids_beside(&self, height: Height) -> impl Iterator<Item = Hash> {
        let there = self.beside.iter().filter(move |(_, one)| one.height == height);
        there.map(|(id, _)| *id)
    }

    /// Blocks beside the main chain.
    #[must_use]
    pub fn beside(&self) -> usize {
        self.beside.len()
    }

    /// Loses the newest blocks, as after a power failure: the disk has what it had before they came.
    pub fn lose_newest(&mut self, count: usize) {
        for _ in 0..count {
            if let Some(before) = self.before.pop() {
                self.main.pop();
                self.checkpoints = before;
                self.beside.clear();
                self.changes += 1;
            }
        }
    }

    /// Goes by other rules from now on, and forgets the blocks from `height` on, of which the old ones may be wrong.
    pub fn change_rules(&mut self, rulebook: Rulebook, height: Height) {
        let wrong = (self.height().next().since(height)).min(self.before.len() as u64);
        self.lose_newest(usize::try_from(wrong).unwrap_or(0));
        self.rulebook = rulebook;
        self.beside.clear();
        self.invalid.clear();
    }

    /// Takes a block, with the checkpoint that came with it.
    pub fn submit(
        &mut self,
        ledger: &mut Ledger,
        sealed: &Rc<Sealed>,
        checkpoint: Option<Checkpoint>,
        now: Timestamp,
    ) -> Taken {
        let id = sealed.id();
        if self.height_of(ledger, &id).is_some() {
            return Taken::Known;
        }
        if sealed.parent() == self.tip() {
            return match self.extend(ledger, sealed, checkpoint.as_ref(), now) {
                Ok(()) => Taken::Extended,
                Err(refused) => Taken::Refused(refused),
            };
        }
        let known = self.beside.contains_key(&id);
        if !known && let Err(taken) = self.keep_beside(ledger, sealed, checkpoint) {
            return taken;
        }
        let Some((fork, branch)) = self.branch(ledger, id) else {
            return Taken::Orphan;
        };
        if self.is_heavier(ledger, fork, &branch) {
            return match self.reorganise(ledger, fork, &branch, now) {
                Ok(()) => Taken::Reorganised { fork },
                Err(refused) => Taken::Refused(refused),
            };
        }
        if known { Taken::Known } else { Taken::Beside }
    }

    /// Takes a checkpoint that votes made.
    ///
    /// # Panics
    /// Never: a state in memory reads.
    pub fn submit_checkpoint(&mut self, ledger: &Ledger, checkpoint: &Checkpoint) {
        if checkpoint.height > self.height() {
            return;
        }
        let network = ledger.network(self.rulebook);
        let view = self.view(ledger);
        let mut state = Overlay::new(&view as &dyn View);
        let kept = put_checkpoint(&mut state, checkpoint).expect("memory reads");
        let is_final = self
            .final_height(ledger)
            .is_some_and(|fixed| checkpoint.height <= fixed);
        if kept == Kept::AlreadyKnown
            || (kept == Kept::Added && is_final)
            || !is_signed(ledger, &view, network, checkpoint)
        {
            return;
        }
        drop_obsolete(&mut state, network, self.height()).expect("memory reads");
        let delta = state.into_delta();
        change_checkpoints(&mut self.checkpoints, &delta);
        self.changes += 1;
    }

    fn extend(
        &mut self,
        ledger: &mut Ledger,
        sealed: &Rc<Sealed>,
        checkpoint: Option<&Checkpoint>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let before = self.checkpoints.clone();
        self.put_on_tip(ledger, sealed, checkpoint, now)
            .inspect_err(|_| self.checkpoints = before)?;
        self.beside.remove(&sealed.id());
        if !self.beside.is_empty() {
            self.trim(ledger);
        }
        Ok(())
    }

    /// Verifies a block in full and puts it on the tip. When it is refused the checkpoints are the caller's to restore.
    fn put_on_tip(
        &mut self,
        ledger: &mut Ledger,
        sealed: &Rc<Sealed>,
        checkpoint: Option<&Checkpoint>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let invalid = |error: &dyn std::fmt::Display| Refused::Invalid(error.to_string());
        let (id, height) = (sealed.id(), self.height().next());
        match ledger.judge(self.rulebook, sealed) {
            Verdict::Valid => {}
            Verdict::ParentUnknown => return Err(invalid(&"its parent is unknown")),
            Verdict::Invalid(rule) => return Err(Refused::Invalid(rule)),
        }
        let network = ledger.network(self.rulebook);
        let view = self.view(ledger);
        check_checkpoint(&view, network, height, &id).map_err(|error| invalid(&error))?;
        check_timestamp(sealed.block().header.timestamp, now, Vec::new()).map_err(|error| invalid(&error))?;
        let mut state = Overlay::new(&view as &dyn View);
        if let Some(checkpoint) = checkpoint {
            if checkpoint.height != height || checkpoint.block_id != id {
                return Err(invalid(&"its checkpoint names another block"));
            }
            if !is_signed(ledger, &view, network, checkpoint) {
                return Err(invalid(&"its checkpoint is not signed"));
            }
            put_checkpoint(&mut state, checkpoint).expect("memory reads");
            drop_obsolete(&mut state, network, height).expect("memory reads");
        }
        let delta = state.into_delta();
        self.before.push(self.checkpoints.clone());
        change_checkpoints(&mut self.checkpoints, &delta);
        self.main.push(id);
        self.changes += 1;
        Ok(())
    }

    fn keep_beside(
        &mut self,
        ledger: &Ledger,
        sealed: &Rc<Sealed>,
        checkpoint: Option<Checkpoint>,
    ) -> Result<(), Taken> {
        if self.invalid.contains(&sealed.fingerprint) {
            return Err(Taken::Refused(Refused::KnownInvalid));
        }
        let parent = sealed.parent();
        let parent_height = self
            .height_of(ledger, &parent)
            .or_else(|| self.beside.get(&parent).map(|one| one.height));
        let Some(height) = parent_height.map(Height::next) else {
            // Below the ground nothing is known of the play; there everything is final sooner than anybody could fork.
            return Err(Taken::Orphan);
        };
        let floor = self.final_height(ledger).unwrap_or_default();
        if height <= floor {
            return Err(Taken::Refused(Refused::BelowFinal));
        }
        let checkpoint = checkpoint.filter(|checkpoint| self.counts(ledger, sealed, checkpoint, &parent));
        let kept = Beside {
            sealed: Rc::clone(sealed),
            height,
            checkpoint,
        };
        self.beside.insert(sealed.id(), kept);
        Ok(())
    }

    /// True when a checkpoint that came with a block beside the main chain is signed by a quorum that both branches know.
    fn counts(&self, ledger: &Ledger, sealed: &Sealed, checkpoint: &Checkpoint, parent: &Hash) -> bool {
        let shared = self.branch(ledger, *parent).map(|(fork, _)| fork);
        let shared = shared.or_else(|| self.height_of(ledger, parent)).unwrap_or_default();
        let known = checkpointing_quorum_height(checkpoint.height).is_none_or(|state| state <= shared);
        checkpoint.block_id == sealed.id()
            && known
            && is_signed(ledger, &self.view(ledger), ledger.network(self.rulebook), checkpoint)
    }

    /// The branch that ends in a block beside the main chain: height of the last common block, and its blocks from there.
    fn branch(&self, ledger: &Ledger, tip: Hash) -> Option<(Height, Vec<Beside>)> {
        let mut blocks = vec![self.beside.get(&tip)?.clone()];
        loop {
            let parent = blocks.last()?.sealed.parent();
            if let Some(fork) = self.height_of(ledger, &parent) {
                blocks.reverse();
                return Some((fork, blocks));
            }
            blocks.push(self.beside.get(&parent)?.clone());
        }
    }

    fn is_heavier(&self, ledger: &Ledger, fork: Height, branch: &[Beside]) -> bool {
        let blocks = branch.iter().map(|one| BranchBlock {
            block: one.sealed.block(),
            id: one.sealed.id(),
            height: one.height,
            checkpoint: one.checkpoint.as_ref(),
        });
        let network = ledger.network(self.rulebook);
        branch_replaces_main(&self.view(ledger), network, fork, blocks).expect("memory reads")
    }

    fn reorganise(
        &mut self,
        ledger: &mut Ledger,
        fork: Height,
        branch: &[Beside],
        now: Timestamp,
    ) -> Result<(), Refused> {
        let before = self.clone();
        let reverted = self.take_back(ledger, fork);
        let delta = {
            let ids: BTreeMap<Height, Hash> = branch.iter().map(|one| (one.height, one.sealed.id())).collect();
            let view = self.view(ledger);
            let mut state = Overlay::new(&view as &dyn View);
            drop_reverted(&mut state, fork, |height| ids.get(&height).copied()).expect("memory reads");
            state.into_delta()
        };
        change_checkpoints(&mut self.checkpoints, &delta);
        for block in branch {
            if let Err(refused) = self.put_on_tip(ledger, &block.sealed, block.checkpoint.as_ref(), now) {
                *self = before;
                self.forget(&block.sealed);
                return Err(refused);
            }
        }
        for block in branch {
            self.beside.remove(&block.sealed.id());
        }
        for block in reverted {
            self.beside.insert(block.sealed.id(), block);
        }
        self.trim(ledger);
        Ok(())
    }

    /// Takes the blocks above `fork` off the main chain.
    fn take_back(&mut self, ledger: &Ledger, fork: Height) -> Vec<Beside> {
        let mut reverted = Vec::new();
        while self.height() > fork {
            let (id, height) = (self.tip(), self.height());
            let stored = self.checkpoint(ledger, height);
            reverted.extend(ledger.applied(&id).sealed.as_ref().map(|sealed| Beside {
                sealed: Rc::clone(sealed),
                height,
                checkpoint: stored.filter(|checkpoint| checkpoint.block_id == id),
            }));
            self.main.pop();
            self.before.pop();
        }
        reverted
    }

    /// Forgets a block that is invalid, with all that is built on it.
    fn forget(&mut self, sealed: &Sealed) {
        self.invalid.insert(sealed.fingerprint);
        let mut doomed = BTreeSet::from([sealed.id()]);
        loop {
            let next: Vec<Hash> = self
                .beside
                .iter()
                .filter(|(id, one)| !doomed.contains(id) && doomed.contains(&one.sealed.parent()))
                .map(|(id, _)| *id)
                .collect();
            if next.is_empty() {
                break;
            }
            doomed.extend(next);
        }
        self.beside.retain(|id, _| !doomed.contains(id));
    }

    fn trim(&mut self, ledger: &Ledger) {
        let floor = self.final_height(ledger).unwrap_or_default();
        self.beside.retain(|_, one| one.height > floor);
    }
}

fn is_signed(ledger: &Ledger, view: &dyn View, network: &oxen_types::Network, checkpoint: &Checkpoint) -> bool {
    let signatures = &ledger.signatures;
    let check = |id: &Hash, key: &_, signature: &_| signatures.is_real(id, key, signature);
    verify_checkpoint_with(view, network, checkpoint, &check).is_ok()
}
