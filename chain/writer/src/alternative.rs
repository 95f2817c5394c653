//! Blocks beside the main chain (chain §4.12).
//!
//! They pass the cheap rules when they arrive, among them that a quorum or a miner made them, and all others when their branch
//! becomes the heavier one. How many are kept is bounded by [`Alternatives`].

use crate::{
    branches::{Alternatives, Branch, StoredBlock},
    chain::{Chain, refused},
};
use oxen_node_api::{AlternativeReason, BlockOutcome, BlockSubmission, SubmitBlockError};
use oxen_staking_rules::quorum::checkpointing_quorum_height;
use oxen_state::{
    BlockError, UntrustedBlock, View, ViewError,
    block::{
        checkpoints::{CheckpointError, check_checkpoint, verify_checkpoint},
        fork_choice::branch_replaces_main,
        timestamp::check_branch_median,
    },
    queries,
};
use oxen_store::Tip;
use oxen_types::{
    Checkpoint, ConsensusDecode, ConsensusEncode, Hash, Height, Transaction,
    network::constants::{MAX_TRANSACTION_BYTES, TIMESTAMP_MEDIAN_BLOCKS},
};
use std::collections::{HashMap, HashSet};

impl Chain {
    /// Keeps a block beside the main chain, and makes its branch the main one if that is heavier now. A block that is kept
    /// already is compared again: blocks may have been taken back since.
    pub(crate) fn submit_alternative(
        &self,
        view: &dyn View,
        block: &UntrustedBlock,
        submission: BlockSubmission,
    ) -> Result<BlockOutcome, SubmitBlockError> {
        let id = block.id();
        let known = self.alternatives().contains(&id);
        if !known {
            self.keep_alternative(view, block, submission)?;
        } else if let Some(checkpoint) = submission.checkpoint {
            self.complete_alternative(view, &id, checkpoint)?;
        }
        if let Some(outcome) = self.compare_branch(view, id)? {
            return Ok(outcome);
        }
        if known {
            return Ok(BlockOutcome::AlreadyKnown { id });
        }
        let height = block.height();
        tracing::info!(%height, %id, "kept a block beside the main chain");
        Ok(BlockOutcome::Alternative { id, height })
    }

    /// Makes the branch that ends in a block the main chain if it is heavier and nothing holds it back.
    pub(crate) fn compare_branch(&self, view: &dyn View, tip: Hash) -> Result<Option<BlockOutcome>, SubmitBlockError> {
        let alternatives = self.alternatives();
        if let Some(branch) = alternatives.branch(view, tip).map_err(BlockError::View)?
            && self
                .is_heavier(&alternatives, view, &branch)
                .map_err(BlockError::View)?
            && !self
                .is_held_back(&alternatives, view, &branch)
                .map_err(BlockError::View)?
        {
            return self.reorganise(&branch).map(Some);
        }
        Ok(None)
    }

    /// Keeps a checkpoint with its block, which came beside the main chain without one: a node that holds the block back would
    /// otherwise wait for good. False when it is there already, or its quorum is not known.
    pub(crate) fn complete_alternative(
        &self,
        view: &dyn View,
        id: &Hash,
        checkpoint: Checkpoint,
    ) -> Result<bool, SubmitBlockError> {
        let mut next = Alternatives::clone(&self.alternatives());
        let Some(entry) = next.get(id).filter(|entry| entry.stored.checkpoint.is_none()) else {
            return Ok(false);
        };
        let block = Tip {
            height: entry.height,
            id: *id,
        };
        let parent = entry.block.header.previous;
        let Some(checkpoint) = self.check_carried(view, &next, block, parent, checkpoint)? else {
            return Ok(false);
        };
        next.attach(id, checkpoint);
        self.replace_alternatives(next)?;
        Ok(true)
    }

    fn keep_alternative(
        &self,
        view: &dyn View,
        block: &UntrustedBlock,
        submission: BlockSubmission,
    ) -> Result<(), SubmitBlockError> {
        let id = block.id();
        let mut next = Alternatives::clone(&self.alternatives());
        if next.is_invalid(&submission.block) {
            return Err(refused(id, AlternativeReason::KnownInvalid));
        }
        let floor = self.floor(view)?;
        let height = self.check_alternative(&next, view, block, floor)?;
        self.check_maker_beside(view, &next, block)?;
        let checkpoint = match submission.checkpoint {
            Some(checkpoint) => {
                let parent = block.block().header.previous;
                self.check_carried(view, &next, Tip { height, id }, parent, checkpoint)?
            }
            None => None,
        };
        let stored = StoredBlock {
            transactions: self.listed_transactions(view, block, submission.transactions)?,
            block: submission.block,
            checkpoint,
        };
        next.keep(id, block.block().clone(), height, stored);
        next.trim(floor);
        if !next.contains(&id) {
            return Err(refused(id, AlternativeReason::TooMany));
        }
        self.replace_alternatives(next)
    }

    /// The checkpoint that came with a block beside the main chain. Its quorum is known only where branch and main chain still
    /// were one; elsewhere it counts for nothing.
    fn check_carried(
        &self,
        view: &dyn View,
        alternatives: &Alternatives,
        block: Tip,
        parent: Hash,
        checkpoint: Checkpoint,
    ) -> Result<Option<Checkpoint>, SubmitBlockError> {
        if checkpoint.height != block.height || checkpoint.block_id != block.id {
            return Err(CheckpointError::OfAnotherBlock { id: block.id }.into());
        }
        let branch = alternatives.branch(view, parent).map_err(BlockError::View)?;
        let shared = branch.map_or(block.height.saturating_sub(1), |branch| branch.fork_height);
        if checkpointing_quorum_height(checkpoint.height).is_some_and(|state| state > shared) {
            return Ok(None);
        }
        verify_checkpoint(view, &self.parts.network, &checkpoint)?;
        Ok(Some(checkpoint))
    }

    /// The rules that need no state of the branch; returns the block's height.
    fn check_alternative(
        &self,
        alternatives: &Alternatives,
        view: &dyn View,
        block: &UntrustedBlock,
        floor: Height,
    ) -> Result<Height, SubmitBlockError> {
        let id = block.id();
        let parent = block.block().header.previous;
        let parent_height = match queries::block_height(view, &parent).map_err(BlockError::View)? {
            Some(height) => height,
            None => alternatives
                .get(&parent)
                .map(|entry| entry.height)
                .ok_or_else(|| refused(id, AlternativeReason::UnknownParent))?,
        };
        let height = parent_height.next();
        if height <= floor {
            return Err(refused(id, AlternativeReason::BelowImmutable));
        }
        if block.height() != height {
            return Err(BlockError::WrongHeight {
                expected: height,
                found: block.height(),
            }
            .into());
        }
        let network = &self.parts.network;
        let expected = network.forks.version_at(height).version.number();
        let found = block.block().header.major_version;
        if expected != found {
            return Err(BlockError::WrongVersion { expected, found }.into());
        }
        if network.checkpoint_at(height).is_some() {
            check_checkpoint(view, network, height, &id)?;
        }
        let last = last_timestamps(alternatives, view, parent).map_err(BlockError::View)?;
        check_branch_median(block.block().header.timestamp, last)?;
        Ok(height)
    }

    /// Bytes of the transactions that the block lists, out of those given and the pool; those of the main chain stand there.
    /// One that is nowhere would make the branch impossible to apply.
    fn listed_transactions(
        &self,
        view: &dyn View,
        block: &UntrustedBlock,
        given: Vec<Vec<u8>>,
    ) -> Result<Vec<Vec<u8>>, SubmitBlockError> {
        let ids = &block.block().transaction_ids;
        let listed: HashSet<&Hash> = ids.iter().collect();
        let mut given: HashMap<Hash, Vec<u8>> = given
            .into_iter()
            .filter(|blob| blob.len() <= MAX_TRANSACTION_BYTES)
            .filter_map(|blob| Some((Transaction::decode(&blob).ok()?.id(), blob)))
            .filter(|(id, _)| listed.contains(id))
            .collect();
        let mut blobs = Vec::new();
        for id in ids {
            if let Some(blob) = given.remove(id) {
                blobs.push(blob);
            } else if let Some(waiting) = self.pool().and_then(|pool| pool.checked(id)) {
                blobs.push(waiting.transaction().encode());
            } else if queries::transaction_row(view, id).map_err(BlockError::View)?.is_none() {
                return Err(BlockError::TransactionMissing { id: *id }.into());
            }
        }
        Ok(blobs)
    }

    /// Compares a branch with the main chain.
    fn is_heavier(&self, alternatives: &Alternatives, view: &dyn View, branch: &Branch) -> Result<bool, ViewError> {
        let blocks = branch
            .ids
            .iter()
            .filter_map(|id| Some(alternatives.get(id)?.as_branch_block(*id)));
        branch_replaces_main(view, &self.parts.network, branch.fork_height, blocks)
    }
}

/// Timestamps of the branch below a block, completed from the main chain to eleven, the genesis block never among them.
fn last_timestamps(alternatives: &Alternatives, view: &dyn View, mut parent: Hash) -> Result<Vec<u64>, ViewError> {
    let mut last = Vec::new();
    while let Some(entry) = alternatives.get(&parent) {
        last.push(entry.block.header.timestamp.seconds());
        parent = entry.block.header.previous;
    }
    let missing = TIMESTAMP_MEDIAN_BLOCKS.saturating_sub(last.len()) as u64;
    if let Some(fork) = queries::block_height(view, &parent)? {
        let first = fork.next().saturating_sub(missing).max(Height::GENESIS.next());
        let count = usize::try_from(fork.next().since(first)).unwrap_or(0);
        let rows = queries::block_rows(view, first, count)?;
        last.extend(rows.iter().map(|row| row.timestamp.seconds()));
    }
    Ok(last)
}
