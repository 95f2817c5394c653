//! Making another branch the main chain, or taking blocks back: one write, whatever the depth.

use crate::{
    alternative::{Alternatives, Branch, StoredBlock},
    candidate::Candidate,
    chain::Chain,
};
use oxen_node_api::{BlockOutcome, ChainEvent, SubmitBlockError};
use oxen_state::{
    Applied, BlockError, Overlay, UntrustedBlock, View, ViewError, apply, queries, transaction::CheckedTransaction,
};
use oxen_store::{AuxiliaryBatch, Commit, Tip};
use oxen_types::{Hash, Height};
use std::sync::Arc;

/// A block that was taken back.
struct Reverted {
    block: UntrustedBlock,
    height: Height,
    transactions: Vec<Arc<CheckedTransaction>>,
    stored: StoredBlock,
}

impl Chain {
    /// Takes the main chain back to the fork point and applies the branch. If a block of the branch turns out invalid nothing
    /// is written, and it and its descendants are forgotten.
    pub(crate) fn reorganise(
        &self,
        alternatives: &mut Alternatives,
        branch: &Branch,
    ) -> Result<BlockOutcome, SubmitBlockError> {
        let snapshot = self.parts.store.snapshot();
        let base = self.parts.store.tip();
        let mut state = Overlay::new(&*snapshot as &dyn View);
        let reverted = self.revert_onto(&mut state, branch.fork_height)?;
        let mut undos = Vec::new();
        let mut applied = Vec::new();
        for id in &branch.ids {
            match self.apply_onto(&mut state, alternatives, id) {
                Ok((block, undo)) => {
                    undos.push(undo);
                    applied.push(block);
                }
                Err(error) => {
                    self.forget_invalid(alternatives, id);
                    return Err(error);
                }
            }
        }
        let height = branch.fork_height.saturating_add(branch.ids.len() as u64);
        let id = branch.ids.last().copied().unwrap_or_default();
        let mut batch = AuxiliaryBatch::new();
        for id in &branch.ids {
            alternatives.remove(id, &mut batch);
        }
        for block in &reverted {
            let id = block.block.id();
            alternatives.add(
                id,
                block.block.block().clone(),
                block.height,
                block.stored.clone(),
                &mut batch,
            );
        }
        let count = reverted.len() as u64;
        if let Some(base) = base {
            let commit = Commit::reorganisation(base, count, undos, Tip { height, id }, state.into_delta());
            self.commit(&commit.with_auxiliary(batch))?;
        }
        tracing::warn!(reverted = count, applied = applied.len(), %height, %id, "reorganised the chain");
        self.announce_reverted(&reverted);
        for (offset, block) in (1_u64..).zip(&applied) {
            self.announce_committed(branch.fork_height.saturating_add(offset), block);
        }
        self.return_to_pool(&reverted);
        Ok(BlockOutcome::Reorganised {
            id,
            height,
            reverted: count,
            applied: applied.len() as u64,
        })
    }

    /// Takes back the newest blocks, down to the immutable height at most. They are not kept beside the chain: whoever asked
    /// wants them gone.
    pub(crate) fn revert_newest(
        &self,
        alternatives: &mut Alternatives,
        count: u64,
    ) -> Result<Height, SubmitBlockError> {
        let snapshot = self.parts.store.snapshot();
        let view: &dyn View = &*snapshot;
        let tip = queries::totals(view).map_err(BlockError::View)?.tip;
        let floor = self.immutable(view).map_err(BlockError::View)?;
        let target = tip.saturating_sub(count).max(floor);
        if target == tip {
            return Ok(tip);
        }
        let mut state = Overlay::new(view);
        let reverted = self.revert_onto(&mut state, target)?;
        let id = queries::block_row(view, target)
            .map_err(BlockError::View)?
            .map(|row| row.id)
            .unwrap_or_default();
        let mut batch = AuxiliaryBatch::new();
        alternatives.remove_up_to(floor, &mut batch);
        if let Some(base) = self.parts.store.tip() {
            let new_tip = Tip { height: target, id };
            let commit = Commit::reorganisation(base, reverted.len() as u64, Vec::new(), new_tip, state.into_delta());
            self.commit(&commit.with_auxiliary(batch))?;
        }
        self.announce_reverted(&reverted);
        self.return_to_pool(&reverted);
        Ok(target)
    }

    /// Lays the undo records of every block above `fork` on the state, newest first.
    fn revert_onto(&self, state: &mut Overlay<&dyn View>, fork: Height) -> Result<Vec<Reverted>, SubmitBlockError> {
        let mut reverted = Vec::new();
        loop {
            let height = queries::totals(state).map_err(BlockError::View)?.tip;
            if height <= fork {
                return Ok(reverted);
            }
            let undo = self
                .parts
                .store
                .undo(height)
                .map_err(|error| SubmitBlockError::Storage(Box::new(error)))?
                .ok_or(BlockError::View(ViewError::Missing {
                    table: oxen_state::TableId::Blocks,
                }))?;
            reverted.push(self.stored_block(state, height)?);
            state.append(undo.into_delta());
        }
    }

    /// A block of the main chain with everything that is needed to put it back.
    fn stored_block(&self, state: &dyn View, height: Height) -> Result<Reverted, BlockError> {
        let missing = || {
            BlockError::View(ViewError::Missing {
                table: oxen_state::TableId::BlockBlobs,
            })
        };
        let bytes = queries::block_blob(state, height)?.ok_or_else(missing)?;
        let block = UntrustedBlock::from_blob(&bytes)?;
        let version = self.parts.network.forks.version_at(height).version;
        let mut blobs = Vec::new();
        let mut transactions = Vec::new();
        for id in &block.block().transaction_ids {
            let blob = queries::transaction(state, id)?
                .and_then(|stored| stored.blob())
                .ok_or_else(missing)?;
            let checked = CheckedTransaction::from_blob(&blob, version).map_err(|error| BlockError::Transaction {
                id: *id,
                error: Box::new(error),
            })?;
            transactions.push(Arc::new(checked));
            blobs.push(blob);
        }
        let stored = StoredBlock {
            block: bytes,
            transactions: blobs,
        };
        Ok(Reverted {
            block,
            height,
            transactions,
            stored,
        })
    }

    /// Verifies a block of the branch in full and lays its changes on the state.
    fn apply_onto(
        &self,
        state: &mut Overlay<&dyn View>,
        alternatives: &Alternatives,
        id: &Hash,
    ) -> Result<(Candidate, oxen_state::Undo), SubmitBlockError> {
        let stored = alternatives.stored(id).ok_or(BlockError::View(ViewError::Missing {
            table: oxen_state::TableId::BlockBlobs,
        }))?;
        let block = UntrustedBlock::from_blob(&stored.block)?;
        let candidate = Candidate::assemble(self, state, block, &stored.transactions)?;
        let Applied { delta, undo, .. } = apply(state, &self.rules(), &candidate.block)?;
        state.append(delta);
        Ok((candidate, undo))
    }

    fn forget_invalid(&self, alternatives: &mut Alternatives, id: &Hash) {
        let mut batch = AuxiliaryBatch::new();
        alternatives.remove_invalid(id, &mut batch);
        if let Err(error) = self.parts.store.write_auxiliary(&batch) {
            tracing::error!(%error, "an invalid branch could not be removed from the database");
        }
    }

    fn announce_reverted(&self, reverted: &[Reverted]) {
        for block in reverted {
            self.parts.events.publish(&ChainEvent::Reverted {
                height: block.height,
                id: block.block.id(),
                transactions: block.block.block().transaction_ids.clone(),
            });
        }
    }

    fn return_to_pool(&self, reverted: &[Reverted]) {
        if let Some(pool) = self.pool() {
            let transactions: Vec<_> = reverted
                .iter()
                .rev()
                .flat_map(|block| block.transactions.clone())
                .collect();
            pool.on_reverted(&transactions);
        }
    }
}
