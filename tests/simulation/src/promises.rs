//! What must hold whatever happens, checked when it could break.

use crate::node::Node;
use oxen_pulse_machine::{Failure, Report, RoundId};
use oxen_types::{Hash, Height};
use std::collections::BTreeMap;

/// What was promised so far in a play.
#[derive(Debug, Default)]
pub struct Promises {
    /// The block that one node at least holds for final, by height.
    fixed: BTreeMap<Height, Hash>,
    /// Up to where each node holds blocks for final.
    fixed_of: Vec<Option<Height>>,
    chains: Vec<u64>,
    /// The block that each honest node signed in a round of a height.
    signed: BTreeMap<(usize, Height, u8), Hash>,
    /// Counts what somebody may wait for: changes of chains, and signatures.
    pub changes: u64,
    /// Counts the blocks that honest nodes signed.
    pub signatures: u64,
    /// How often a node changed to another branch.
    pub reorganisations: u64,
    /// Blocks made, by their round.
    pub rounds: BTreeMap<u8, u64>,
    /// Rounds that ended without a block, as nodes saw them.
    pub failures: BTreeMap<String, u64>,
}

impl Promises {
    pub(crate) fn new(nodes: usize) -> Self {
        Self {
            fixed_of: vec![None; nodes],
            chains: vec![u64::MAX; nodes],
            ..Self::default()
        }
    }

    /// An honest node signs one block in a round of a height, whatever it builds on.
    pub(crate) fn signed(&mut self, seed: u64, node: usize, round: &RoundId, id: &Hash) {
        let before = *self.signed.entry((node, round.height, round.number)).or_insert(*id);
        self.signatures += 1;
        self.changes += 1;
        assert_eq!(before, *id, "seed {seed}: node {node} signed two blocks in {round}");
    }

    pub(crate) fn heard(&mut self, report: &Report) {
        match report {
            Report::BlockMade { round, .. } => *self.rounds.entry(round.number).or_default() += 1,
            Report::RoundFailed { reason, .. } => *self.failures.entry(kind(reason)).or_default() += 1,
            _ => {}
        }
    }

    /// Remembers how often the chain of a node had changed; true when it has since.
    pub(crate) fn chain_changed(&mut self, node: usize, changes: u64) -> bool {
        let before = std::mem::replace(&mut self.chains[node], changes);
        self.changes += u64::from(before != changes);
        before != changes
    }

    /// A node lost its newest blocks, and with them what made others final.
    pub(crate) fn forget_final(&mut self, node: usize) {
        self.fixed_of[node] = None;
    }

    /// A node holds the blocks up to a height for final: so does everybody, and it stays so.
    pub(crate) fn finalised(&mut self, seed: u64, node: &Node, fixed: Option<Height>) {
        let number = node.number;
        let before = self.fixed_of[number];
        assert!(
            fixed >= before,
            "seed {seed}: what is final to node {number} went back from {before:?} to {fixed:?}"
        );
        self.fixed_of[number] = fixed;
        let Some(fixed) = fixed else { return };
        let mut height = before.map_or(Height::GENESIS, Height::next);
        while height <= fixed {
            if let Some(id) = node.chain.at(height) {
                let first = *self.fixed.entry(height).or_insert(id);
                assert_eq!(
                    first, id,
                    "seed {seed}: two final blocks at height {height}, one to node {number}"
                );
            }
            height = height.next();
        }
    }

    /// The highest block that somebody holds for final.
    #[must_use]
    pub fn highest_final(&self) -> Option<Height> {
        self.fixed.keys().next_back().copied()
    }

    /// Up to where a node holds blocks for final.
    #[must_use]
    pub fn final_of(&self, node: usize) -> Option<Height> {
        self.fixed_of[node]
    }
}

/// The failure without its numbers.
fn kind(failure: &Failure) -> String {
    let text = format!("{failure:?}");
    text.split([' ', '(']).next().unwrap_or_default().to_owned()
}
