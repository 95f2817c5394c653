//! A chain in memory that grows and shrinks by one block.

use super::proofs::{self, VerifiedProofs};
use crate::report::{Check, Report};
use oxen_staking_rules::Registry;
use oxen_state::{
    BlockError, CheckedBlock, Event, MemoryState, NoWorkHash, Rules, StakingRules, Undo, View, ViewError, apply,
    apply_genesis, state_digest, transaction::ProofDigest,
};
use oxen_types::{Hash, Height, Network};
use std::sync::Arc;

/// State, and what takes back every block but the first.
#[derive(Debug)]
pub struct Chain<'a> {
    network: &'a Network,
    nodes: StakingRules,
    proofs: VerifiedProofs,
    state: MemoryState,
    undos: Vec<Undo>,
}

impl<'a> Chain<'a> {
    /// The chain with its first block.
    ///
    /// # Errors
    /// The network has no valid first block.
    pub fn start(network: &'a Network) -> Result<Self, BlockError> {
        let mut state = MemoryState::new();
        state.commit(&apply_genesis(network)?);
        Ok(Self {
            network,
            nodes: StakingRules::new(Arc::new(network.clone())),
            proofs: VerifiedProofs::default(),
            state,
            undos: Vec::new(),
        })
    }

    /// Height of the newest block.
    #[must_use]
    pub fn height(&self) -> Height {
        Height::new(self.undos.len() as u64)
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> &'a Network {
        self.network
    }

    /// The state at the newest block.
    #[must_use]
    pub fn state(&self) -> &dyn View {
        &self.state
    }

    /// The registry of service nodes at the newest block.
    ///
    /// # Errors
    /// The state could not be read.
    pub fn registry(&self) -> Result<Arc<Registry>, ViewError> {
        self.nodes.registry(&self.state)
    }

    /// The rules of service nodes.
    #[must_use]
    pub const fn service_nodes(&self) -> &StakingRules {
        &self.nodes
    }

    /// Adds a block. Its clock is the block's own time, since all blocks are of the past.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn apply(&mut self, block: &CheckedBlock) -> Result<Vec<Event>, BlockError> {
        let rules = Rules {
            network: self.network,
            service_nodes: &self.nodes,
            proofs: &self.proofs,
            work: &NoWorkHash,
            now: block.block().header.timestamp,
        };
        let applied = apply(&self.state, &rules, block)?;
        self.state.commit(&applied.delta);
        self.undos.push(applied.undo);
        Ok(applied.events)
    }

    /// Takes the newest block back and tells its height; nothing is left to take back when only the first block is there.
    pub fn revert(&mut self) -> Option<Height> {
        let height = self.height();
        let undo = self.undos.pop()?;
        self.state.commit(undo.as_delta());
        Some(height)
    }

    /// One hash over the whole state. A state that cannot be read stands in the report.
    pub fn digest(&self, report: &mut Report) -> Hash {
        state_digest(&self.state).unwrap_or_else(|error| {
            let place = || format!("state at height {}", self.height());
            report.verify(Check::Applied, place, Err(error));
            Hash::ZERO
        })
    }

    /// From now on the proofs with this digest count as verified.
    pub fn remember_proofs(&mut self, digest: ProofDigest) {
        self.proofs.insert(digest);
    }

    /// Takes the proofs of the next block for good.
    pub fn assume_proofs(&mut self, block: &CheckedBlock) {
        let height = self.height().next();
        let digests: Vec<ProofDigest> = block
            .transactions()
            .iter()
            .filter_map(|transaction| Some(proofs::resolve(self, block, transaction, height)?.digest))
            .collect();
        digests.into_iter().for_each(|digest| self.remember_proofs(digest));
    }
}
