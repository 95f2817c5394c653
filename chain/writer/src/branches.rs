//! The blocks beside the main chain as they are kept: an immutable value that the writer replaces as a whole, so that readers
//! never wait and a failed write changes nothing.

use oxen_node_api::AlternativeChain;
use oxen_state::{View, ViewError, block::fork_choice::BranchBlock, queries};
use oxen_store::{AlternativeBlock, AlternativeBlocks, AuxiliaryBatch, ChainStore, StoreError};
use oxen_types::{Block, Checkpoint, ConsensusDecode, Hash, Height, keccak256};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::Arc,
};

/// Most blocks kept beside the main chain: as many as can be taken back, so that the longest branch that may win fits.
const MOST: usize = 10_000;
/// Most bytes of them together with their transactions.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// Blocks remembered as invalid.
const MOST_INVALID: usize = 10_000;

/// A block beside the main chain.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) block: Block,
    pub(crate) height: Height,
    pub(crate) stored: StoredBlock,
}

/// A block and the transactions that came with it, as they are kept in the database.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct StoredBlock {
    /// Bytes of the block.
    pub(crate) block: Vec<u8>,
    /// Bytes of its transactions.
    pub(crate) transactions: Vec<Vec<u8>>,
    /// The checkpoint that came with it, verified.
    pub(crate) checkpoint: Option<Checkpoint>,
}

impl Entry {
    /// As the choice between branches sees it.
    pub(crate) fn as_branch_block(&self, id: Hash) -> BranchBlock<'_> {
        BranchBlock {
            block: &self.block,
            id,
            height: self.height,
            checkpoint: self.stored.checkpoint.as_ref(),
        }
    }
}

impl StoredBlock {
    fn bytes(&self) -> usize {
        self.transactions.iter().map(Vec::len).sum::<usize>() + self.block.len()
    }
}

/// All blocks beside the main chain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alternatives {
    blocks: BTreeMap<Hash, Arc<Entry>>,
    bytes: usize,
    /// Hashes of the bytes of invalid blocks. Not ids: an id covers neither signatures nor tail, so that a spoiled copy has the
    /// id of the good block, which must still be taken.
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
                alternatives.keep(id, block, row.height, stored);
            }
        }
        Ok(alternatives)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub(crate) fn contains(&self, id: &Hash) -> bool {
        self.blocks.contains_key(id)
    }

    pub(crate) fn get(&self, id: &Hash) -> Option<&Entry> {
        self.blocks.get(id).map(Arc::as_ref)
    }

    pub(crate) fn block_bytes(&self, id: &Hash) -> Option<Vec<u8>> {
        self.get(id).map(|entry| entry.stored.block.clone())
    }

    /// True when exactly these bytes were found invalid before.
    pub(crate) fn is_invalid(&self, block: &[u8]) -> bool {
        self.invalid.contains(&keccak256(block))
    }

    /// Adds a block.
    pub(crate) fn keep(&mut self, id: Hash, block: Block, height: Height, stored: StoredBlock) {
        self.remove(&id);
        self.bytes += stored.bytes();
        self.blocks.insert(id, Arc::new(Entry { block, height, stored }));
    }

    /// Puts a verified checkpoint to a block that is kept here.
    pub(crate) fn attach(&mut self, id: &Hash, checkpoint: Checkpoint) {
        if let Some(entry) = self.blocks.get_mut(id) {
            *entry = Arc::new(Entry {
                block: entry.block.clone(),
                height: entry.height,
                stored: StoredBlock {
                    checkpoint: Some(checkpoint),
                    ..entry.stored.clone()
                },
            });
        }
    }

    /// The tips of the branches that hold a block, the longest first.
    pub(crate) fn tips_above(&self, id: &Hash) -> Vec<Hash> {
        let mut tips: Vec<(Height, Hash)> = self
            .tips()
            .filter(|(tip, _)| {
                let mut below = **tip;
                while below != *id {
                    match self.get(&below) {
                        Some(entry) => below = entry.block.header.previous,
                        None => return false,
                    }
                }
                true
            })
            .map(|(tip, entry)| (entry.height, *tip))
            .collect();
        tips.sort_unstable_by(|one, two| two.cmp(one));
        tips.into_iter().map(|(_, tip)| tip).collect()
    }

    /// Forgets a block.
    pub(crate) fn remove(&mut self, id: &Hash) {
        if let Some(entry) = self.blocks.remove(id) {
            self.bytes -= entry.stored.bytes();
        }
    }

    /// Forgets a block and everything built on it.
    pub(crate) fn remove_branch(&mut self, id: &Hash) {
        let mut by_height: Vec<_> = self.blocks.iter().map(|(id, entry)| (entry.height, *id)).collect();
        by_height.sort_unstable();
        let mut doomed = HashSet::from([*id]);
        for (_, id) in by_height {
            let built_on_it = self
                .get(&id)
                .is_some_and(|entry| doomed.contains(&entry.block.header.previous));
            if built_on_it {
                doomed.insert(id);
            }
        }
        for id in &doomed {
            self.remove(id);
        }
    }

    /// Remembers a block that is kept here as invalid.
    pub(crate) fn mark_invalid(&mut self, id: &Hash) {
        let Some(bytes) = self.get(id).map(|entry| keccak256(&entry.stored.block)) else {
            return;
        };
        if self.invalid.insert(bytes) {
            self.invalid_order.push_back(bytes);
        }
        while self.invalid_order.len() > MOST_INVALID {
            if let Some(oldest) = self.invalid_order.pop_front() {
                self.invalid.remove(&oldest);
            }
        }
    }

    /// Forgets blocks up to `floor`, which are final losers, and while there are too many the tips of the lowest branches:
    /// what is far below the tip wins last.
    pub(crate) fn trim(&mut self, floor: Height) {
        self.blocks.retain(|_, entry| entry.height > floor);
        self.bytes = self.blocks.values().map(|entry| entry.stored.bytes()).sum();
        while self.blocks.len() > MOST || self.bytes > MOST_BYTES {
            let Some(lowest) = self.tips().min_by_key(|(_, entry)| entry.height).map(|(id, _)| *id) else {
                break;
            };
            self.remove(&lowest);
        }
    }

    /// The change to the database that leads here from `before`.
    pub(crate) fn rows_since(&self, before: &Self) -> AuxiliaryBatch {
        let mut batch = AuxiliaryBatch::new();
        for id in before.blocks.keys().filter(|id| !self.contains(id)) {
            batch.delete::<AlternativeBlocks>(id);
        }
        let is_new = |id: &Hash, entry: &Arc<Entry>| {
            let known = before.blocks.get(id);
            known.is_none_or(|known| !Arc::ptr_eq(known, entry))
        };
        for (id, entry) in self.blocks.iter().filter(|(id, entry)| is_new(id, entry)) {
            let row = AlternativeBlock {
                height: entry.height,
                bytes: entry.stored.encode(),
            };
            batch.put::<AlternativeBlocks>(id, &row);
        }
        batch
    }

    /// Blocks on which none is built.
    fn tips(&self) -> impl Iterator<Item = (&Hash, &Entry)> {
        let parents: HashSet<Hash> = self.blocks.values().map(|entry| entry.block.header.previous).collect();
        self.blocks
            .iter()
            .filter(move |(id, _)| !parents.contains(id))
            .map(|(id, entry)| (id, entry.as_ref()))
    }

    /// The branch that ends in `tip`, which is kept here; `None` when it hangs on nothing.
    pub(crate) fn branch(&self, view: &dyn View, tip: Hash) -> Result<Option<Branch>, ViewError> {
        let mut ids = vec![tip];
        let mut parent = match self.get(&tip) {
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
            let Some(entry) = self.get(&parent) else {
                return Ok(None);
            };
            ids.push(parent);
            parent = entry.block.header.previous;
        }
    }

    /// Every branch, longest first.
    pub(crate) fn chains(&self, view: &dyn View) -> Result<Vec<AlternativeChain>, ViewError> {
        let mut chains = Vec::new();
        for (id, entry) in self.tips() {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use oxen_types::Network;

    /// A block that has nothing but a parent and a number.
    fn block(previous: Hash, number: u32) -> Block {
        let mut block = Network::regtest().genesis.block().unwrap();
        block.header.previous = previous;
        block.header.nonce = number;
        block
    }

    fn keep(alternatives: &mut Alternatives, block: Block, height: u64, bytes: usize) -> Hash {
        let id = block.id();
        let stored = StoredBlock {
            block: vec![0; bytes],
            transactions: Vec::new(),
            checkpoint: None,
        };
        alternatives.keep(id, block, Height::new(height), stored);
        id
    }

    #[test]
    fn when_there_are_too_many_the_tips_of_the_lowest_branches_go() {
        let mut alternatives = Alternatives::default();
        let share = MOST_BYTES / 4;
        let base = keep(&mut alternatives, block(Hash::ZERO, 0), 5, share);
        let lowest = keep(&mut alternatives, block(Hash::ZERO, 1), 5, share);
        let middle = keep(&mut alternatives, block(base, 2), 6, share);
        let top = keep(&mut alternatives, block(middle, 3), 7, share);
        alternatives.trim(Height::GENESIS);
        assert!(alternatives.contains(&lowest), "they just fit");
        let newest = keep(&mut alternatives, block(top, 4), 8, share);
        alternatives.trim(Height::GENESIS);
        assert!(!alternatives.contains(&lowest));
        for id in [base, middle, top, newest] {
            assert!(alternatives.contains(&id));
        }
        alternatives.trim(Height::new(6));
        assert!(!alternatives.contains(&base) && !alternatives.contains(&middle) && alternatives.contains(&top));
        assert_eq!(alternatives.bytes, 2 * share);
    }

    #[test]
    fn a_checkpoint_that_comes_after_its_block_is_written() {
        let mut before = Alternatives::default();
        let base = keep(&mut before, block(Hash::ZERO, 0), 5, 1);
        keep(&mut before, block(base, 1), 6, 1);
        let mut after = before.clone();
        assert!(after.rows_since(&before).is_empty());
        after.attach(
            &base,
            Checkpoint {
                kind: oxen_types::checkpoint::CheckpointKind::ServiceNode,
                height: Height::new(5),
                block_id: base,
                signatures: Vec::new(),
                previous_height: Height::GENESIS,
            },
        );
        assert_eq!(after.rows_since(&before).len(), 1);
    }

    #[test]
    fn what_is_built_on_a_block_goes_with_it() {
        let mut alternatives = Alternatives::default();
        let base = keep(&mut alternatives, block(Hash::ZERO, 0), 5, 1);
        let beside = keep(&mut alternatives, block(Hash::ZERO, 1), 5, 1);
        let middle = keep(&mut alternatives, block(base, 2), 6, 1);
        keep(&mut alternatives, block(middle, 3), 7, 1);
        alternatives.remove_branch(&base);
        assert!(alternatives.contains(&beside));
        assert_eq!(alternatives.bytes, 1);
    }
}
