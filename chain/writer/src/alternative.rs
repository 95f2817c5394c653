//! Blocks beside the main chain (chain §4.12).
//!
//! They pass the cheap rules when they arrive and all others when their branch becomes the heavier one. Bounded: above the
//! immutable height, and not more than [`MOST`].

use crate::chain::{Chain, refused};
use oxen_node_api::{AlternativeChain, AlternativeReason, BlockOutcome, BlockSubmission, SubmitBlockError};
use oxen_state::{
    BlockError, UntrustedBlock, View, ViewError,
    block::{
        checkpoints::{check_checkpoint, count_checkpoints},
        fork_choice::{BranchWeight, chain_weight},
        timestamp::check_median,
    },
    queries,
};
use oxen_store::{AlternativeBlock, AlternativeBlocks, AuxiliaryBatch, ChainStore, StoreError};
use oxen_types::{Block, ConsensusDecode, Hash, Height, network::constants::TIMESTAMP_MEDIAN_BLOCKS};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// Most blocks kept beside the main chain.
const MOST: usize = 1_000;
/// Most bytes of them together with their transactions.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// Ids of blocks remembered as invalid.
const MOST_INVALID: usize = 10_000;

/// A block beside the main chain.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) block: Block,
    pub(crate) height: Height,
    stored: StoredBlock,
}

/// A block and the transactions that came with it, as they are kept in the database.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct StoredBlock {
    /// Bytes of the block.
    pub(crate) block: Vec<u8>,
    /// Bytes of its transactions.
    pub(crate) transactions: Vec<Vec<u8>>,
}

impl StoredBlock {
    fn bytes(&self) -> usize {
        self.transactions.iter().map(Vec::len).sum::<usize>() + self.block.len()
    }
}

/// All blocks beside the main chain.
#[derive(Debug, Default)]
pub(crate) struct Alternatives {
    blocks: BTreeMap<Hash, Entry>,
    bytes: usize,
    invalid: HashSet<Hash>,
    invalid_order: VecDeque<Hash>,
}

/// A branch: its blocks from the fork point up, and the main chain's block below.
pub(crate) struct Branch {
    pub(crate) ids: Vec<Hash>,
    pub(crate) fork_height: Height,
    fork_id: Hash,
}

impl Alternatives {
    pub(crate) fn load(store: &ChainStore) -> Result<Self, StoreError> {
        let mut alternatives = Self::default();
        for (id, row) in store.snapshot().scan_auxiliary::<AlternativeBlocks>(None, MOST)? {
            let stored = StoredBlock::decode_all(&mut row.bytes.as_slice()).ok();
            if let Some((stored, block)) = stored.and_then(|stored| {
                let block = Block::decode(&stored.block).ok()?;
                Some((stored, block))
            }) {
                alternatives.insert(
                    id,
                    Entry {
                        block,
                        height: row.height,
                        stored,
                    },
                );
            }
        }
        Ok(alternatives)
    }

    pub(crate) fn contains(&self, id: &Hash) -> bool {
        self.blocks.contains_key(id)
    }

    pub(crate) fn get(&self, id: &Hash) -> Option<&Entry> {
        self.blocks.get(id)
    }

    pub(crate) fn block_bytes(&self, id: &Hash) -> Option<Vec<u8>> {
        self.blocks.get(id).map(|entry| entry.stored.block.clone())
    }

    pub(crate) fn stored(&self, id: &Hash) -> Option<&StoredBlock> {
        self.blocks.get(id).map(|entry| &entry.stored)
    }

    fn insert(&mut self, id: Hash, entry: Entry) {
        self.bytes += entry.stored.bytes();
        self.blocks.insert(id, entry);
    }

    /// Adds a block and the change to the database that keeps it.
    pub(crate) fn add(
        &mut self,
        id: Hash,
        block: Block,
        height: Height,
        stored: StoredBlock,
        batch: &mut AuxiliaryBatch,
    ) {
        batch.put::<AlternativeBlocks>(
            &id,
            &AlternativeBlock {
                height,
                bytes: stored.encode(),
            },
        );
        self.insert(id, Entry { block, height, stored });
    }

    /// Forgets a block.
    pub(crate) fn remove(&mut self, id: &Hash, batch: &mut AuxiliaryBatch) {
        if let Some(entry) = self.blocks.remove(id) {
            self.bytes -= entry.stored.bytes();
            batch.delete::<AlternativeBlocks>(id);
        }
    }

    /// Forgets a block that turned out invalid, and everything built on it.
    pub(crate) fn remove_invalid(&mut self, id: &Hash, batch: &mut AuxiliaryBatch) {
        let mut doomed = vec![*id];
        while let Some(id) = doomed.pop() {
            doomed.extend(self.children(&id));
            self.remove(&id, batch);
            if self.invalid.insert(id) {
                self.invalid_order.push_back(id);
            }
        }
        while self.invalid_order.len() > MOST_INVALID {
            if let Some(oldest) = self.invalid_order.pop_front() {
                self.invalid.remove(&oldest);
            }
        }
    }

    /// Forgets blocks that are final losers.
    pub(crate) fn remove_up_to(&mut self, height: Height, batch: &mut AuxiliaryBatch) {
        let old: Vec<Hash> = self
            .blocks
            .iter()
            .filter(|(_, entry)| entry.height <= height)
            .map(|(id, _)| *id)
            .collect();
        for id in old {
            self.remove(&id, batch);
        }
    }

    fn children(&self, id: &Hash) -> Vec<Hash> {
        self.blocks
            .iter()
            .filter(|(_, entry)| entry.block.header.previous == *id)
            .map(|(child, _)| *child)
            .collect()
    }

    /// The branch that ends in `tip`, which is kept here; `None` when it hangs on nothing.
    pub(crate) fn branch(&self, view: &dyn View, tip: Hash) -> Result<Option<Branch>, ViewError> {
        let mut ids = vec![tip];
        let mut parent = match self.blocks.get(&tip) {
            Some(entry) => entry.block.header.previous,
            None => return Ok(None),
        };
        loop {
            if let Some(fork_height) = queries::block_height(view, &parent)? {
                ids.reverse();
                return Ok(Some(Branch {
                    ids,
                    fork_height,
                    fork_id: parent,
                }));
            }
            let Some(entry) = self.blocks.get(&parent) else {
                return Ok(None);
            };
            ids.push(parent);
            parent = entry.block.header.previous;
        }
    }

    /// Every branch, longest first.
    pub(crate) fn chains(&self, view: &dyn View) -> Result<Vec<AlternativeChain>, ViewError> {
        let mut chains = Vec::new();
        for (id, entry) in &self.blocks {
            if !self.children(id).is_empty() {
                continue;
            }
            let Some(branch) = self.branch(view, *id)? else {
                continue;
            };
            let fork = queries::block_row(view, branch.fork_height)?;
            let below = fork.map_or(0, |row| row.cumulative_difficulty);
            chains.push(AlternativeChain {
                tip: *id,
                height: entry.height,
                cumulative_difficulty: below + branch.ids.len() as u128,
                blocks: branch.ids.into_iter().rev().collect(),
                main_chain_parent: branch.fork_id,
            });
        }
        chains.sort_by_key(|chain| std::cmp::Reverse(chain.blocks.len()));
        Ok(chains)
    }
}

impl Chain {
    /// Keeps a block beside the main chain, and makes its branch the main one if that is heavier now.
    pub(crate) fn submit_alternative(
        &self,
        alternatives: &mut Alternatives,
        view: &dyn View,
        block: UntrustedBlock,
        submission: BlockSubmission,
    ) -> Result<BlockOutcome, SubmitBlockError> {
        let id = block.id();
        let height = self.check_alternative(alternatives, view, &block, &submission)?;
        let stored = StoredBlock {
            block: submission.block,
            transactions: submission.transactions,
        };
        if alternatives.blocks.len() >= MOST || alternatives.bytes + stored.bytes() > MOST_BYTES {
            return Err(refused(id, AlternativeReason::TooMany));
        }
        let mut batch = AuxiliaryBatch::new();
        alternatives.add(id, block.block().clone(), height, stored, &mut batch);
        self.parts
            .store
            .write_auxiliary(&batch)
            .map_err(|error| SubmitBlockError::Storage(Box::new(error)))?;
        let Some(branch) = alternatives.branch(view, id).map_err(BlockError::View)? else {
            return Err(refused(id, AlternativeReason::UnknownParent));
        };
        if self.is_heavier(alternatives, view, &branch).map_err(BlockError::View)? {
            return self.reorganise(alternatives, &branch);
        }
        tracing::info!(%height, %id, "kept a block beside the main chain");
        Ok(BlockOutcome::Alternative { id, height })
    }

    /// The rules that need no state of the branch; returns the block's height.
    fn check_alternative(
        &self,
        alternatives: &Alternatives,
        view: &dyn View,
        block: &UntrustedBlock,
        submission: &BlockSubmission,
    ) -> Result<Height, SubmitBlockError> {
        let id = block.id();
        let parent = block.block().header.previous;
        if alternatives.invalid.contains(&id) || alternatives.invalid.contains(&parent) {
            return Err(refused(id, AlternativeReason::UnknownParent));
        }
        let parent_height = match queries::block_height(view, &parent).map_err(BlockError::View)? {
            Some(height) => height,
            None => alternatives
                .get(&parent)
                .map(|entry| entry.height)
                .ok_or_else(|| refused(id, AlternativeReason::UnknownParent))?,
        };
        let height = parent_height.next();
        if height <= self.immutable(view).map_err(BlockError::View)? {
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
        let last = self
            .last_timestamps(alternatives, view, parent)
            .map_err(BlockError::View)?;
        check_median(block.block().header.timestamp, last)?;
        self.check_transactions_known(view, block, submission)?;
        Ok(height)
    }

    /// Timestamps of the branch below a block, completed from the main chain to eleven.
    fn last_timestamps(
        &self,
        alternatives: &Alternatives,
        view: &dyn View,
        mut parent: Hash,
    ) -> Result<Vec<u64>, ViewError> {
        let mut last = Vec::new();
        while let Some(entry) = alternatives.get(&parent) {
            last.push(entry.block.header.timestamp.seconds());
            parent = entry.block.header.previous;
        }
        let Some(fork) = queries::block_height(view, &parent)? else {
            return Ok(last);
        };
        let missing = TIMESTAMP_MEDIAN_BLOCKS.saturating_sub(last.len());
        let first = fork.next().saturating_sub(missing as u64);
        let rows = queries::block_rows(view, first, missing)?;
        last.extend(rows.iter().filter(|_| missing > 0).map(|row| row.timestamp.seconds()));
        Ok(last)
    }

    /// Every transaction must be given, in the pool or on the main chain: otherwise the branch could never be applied.
    fn check_transactions_known(
        &self,
        view: &dyn View,
        block: &UntrustedBlock,
        submission: &BlockSubmission,
    ) -> Result<(), SubmitBlockError> {
        let given: HashSet<Hash> = submission
            .transactions
            .iter()
            .filter_map(|blob| Some(oxen_types::Transaction::decode(blob).ok()?.id()))
            .collect();
        for id in &block.block().transaction_ids {
            let known = given.contains(id)
                || self.pool().is_some_and(|pool| pool.checked(id).is_some())
                || queries::transaction_row(view, id).map_err(BlockError::View)?.is_some();
            if !known {
                return Err(BlockError::TransactionMissing { id: *id }.into());
            }
        }
        Ok(())
    }

    /// Compares a branch with the main chain from the fork point up.
    fn is_heavier(&self, alternatives: &Alternatives, view: &dyn View, branch: &Branch) -> Result<bool, ViewError> {
        let tip = queries::totals(view)?.tip;
        let mut main = BranchWeight {
            checkpoints: count_checkpoints(view, &self.parts.network, branch.fork_height.next(), tip)?,
            chain_weight: 0,
        };
        let mut height = branch.fork_height.next();
        while height <= tip {
            main.chain_weight += queries::block(view, height)?.as_ref().map_or(0, chain_weight);
            height = height.next();
        }
        let mut other = BranchWeight::default();
        for entry in branch.ids.iter().filter_map(|id| alternatives.get(id)) {
            other.chain_weight += chain_weight(&entry.block);
            let checkpoint = self.parts.network.checkpoint_at(entry.height);
            other.checkpoints += u64::from(checkpoint.is_some_and(|known| known == entry.block.id()));
        }
        Ok(other.replaces(&main))
    }
}
