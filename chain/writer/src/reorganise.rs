//! Making another branch the main chain, or taking blocks back: one write, whatever the depth.

use crate::{
    branches::{Alternatives, Branch, StoredBlock},
    candidate::Candidate,
    chain::{Chain, refused},
};
use oxen_node_api::{AlternativeReason, BlockOutcome, ChainEvent, SubmitBlockError};
use oxen_state::{
    Applied, BlockError, Overlay, TableId, TransactionError, TypedView, Undo, UntrustedBlock, View, ViewError, apply,
    apply::check_header,
    block::{checkpoint_keeping::drop_reverted, pulse::Completeness},
    queries,
    tables::Checkpoints,
    transaction::CheckedTransaction,
};
use oxen_store::{Commit, Tip};
use oxen_types::{Hash, Height};
use std::{collections::BTreeMap, sync::Arc};

/// A block that was taken back.
struct Reverted {
    block: UntrustedBlock,
    height: Height,
    transactions: Vec<Arc<CheckedTransaction>>,
    stored: StoredBlock,
}

impl Chain {
    /// Takes the main chain back to the fork point and applies the branch. If a block of the branch cannot be applied nothing
    /// is written to the chain, and it and its descendants are forgotten.
    pub(crate) fn reorganise(&self, branch: &Branch) -> Result<BlockOutcome, SubmitBlockError> {
        let snapshot = self.parts.store.snapshot();
        let base = self.tip()?;
        let alternatives = self.alternatives();
        let mut state = Overlay::new(&*snapshot as &dyn View);
        let reverted = self.revert_onto(&mut state, branch.fork_height)?;
        let ids: BTreeMap<Height, Hash> = (1_u64..)
            .zip(&branch.ids)
            .map(|(offset, id)| (branch.fork_height.saturating_add(offset), *id))
            .collect();
        drop_reverted(&mut state, branch.fork_height, |height| ids.get(&height).copied()).map_err(BlockError::View)?;
        let mut undos = Vec::new();
        let mut applied = Vec::new();
        for id in &branch.ids {
            match self.apply_onto(&mut state, &alternatives, id) {
                Ok((block, undo)) => {
                    undos.push(undo);
                    applied.push(block);
                }
                Err(error) => {
                    self.forget_failed(&alternatives, id, &error);
                    return Err(error);
                }
            }
        }
        let height = branch.fork_height.saturating_add(branch.ids.len() as u64);
        let id = branch.ids.last().copied().unwrap_or_default();
        let mut next = Alternatives::clone(&alternatives);
        for id in &branch.ids {
            next.remove(id);
        }
        for block in &reverted {
            let id = block.block.id();
            next.keep(id, block.block.block().clone(), block.height, block.stored.clone());
        }
        next.trim(self.floor(&state)?);
        let count = reverted.len() as u64;
        let commit = Commit::reorganisation(base, count, undos, Tip { height, id }, state.into_delta());
        self.commit(commit, next)?;
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
    pub(crate) fn revert_newest(&self, count: u64) -> Result<Height, SubmitBlockError> {
        let snapshot = self.parts.store.snapshot();
        let view: &dyn View = &*snapshot;
        let base = self.tip()?;
        let floor = self.floor(view)?;
        let target = base.height.saturating_sub(count).max(floor);
        if target == base.height {
            return Ok(target);
        }
        let mut state = Overlay::new(view);
        let reverted = self.revert_onto(&mut state, target)?;
        drop_reverted(&mut state, target, |_| None).map_err(BlockError::View)?;
        let id = queries::block_row(view, target)
            .map_err(BlockError::View)?
            .map(|row| row.id)
            .unwrap_or_default();
        let new_tip = Tip { height: target, id };
        let count = reverted.len() as u64;
        let commit = Commit::reorganisation(base, count, Vec::new(), new_tip, state.into_delta());
        self.commit(commit, Alternatives::clone(&self.alternatives()))?;
        self.announce_reverted(&reverted);
        self.return_to_pool(&reverted);
        Ok(target)
    }

    /// Checks who made a block that is to stand beside the main chain, in the state after its parent: its quorum or its work, so
    /// that nobody else can fill the place for such blocks. A branch that leaves the main chain far below, or is long, is not
    /// replayed for that; its blocks are checked when they are to become the main chain.
    pub(crate) fn check_maker_beside(
        &self,
        view: &dyn View,
        alternatives: &Alternatives,
        block: &UntrustedBlock,
    ) -> Result<(), SubmitBlockError> {
        /// Blocks that are taken back for a check; checkpoints leave fewer.
        const DEEPEST_FORK: u64 = 64;
        /// Blocks of a branch that are applied for a check.
        const LONGEST_REPLAY: usize = 16;
        let parent = block.block().header.previous;
        let (fork, below) = match alternatives.branch(view, parent).map_err(BlockError::View)? {
            Some(branch) => (branch.fork_height, branch.ids),
            None => {
                let height = queries::block_height(view, &parent).map_err(BlockError::View)?;
                (height.unwrap_or_default(), Vec::new())
            }
        };
        if self.tip()?.height.since(fork) > DEEPEST_FORK || below.len() > LONGEST_REPLAY {
            return Ok(());
        }
        let mut state = Overlay::new(view);
        self.undo_onto(&mut state, fork)?;
        let ids: BTreeMap<Height, Hash> = (1_u64..)
            .zip(&below)
            .map(|(offset, id)| (fork.saturating_add(offset), *id))
            .collect();
        drop_reverted(&mut state, fork, |height| ids.get(&height).copied()).map_err(BlockError::View)?;
        for id in &below {
            if let Err(error) = self.apply_onto(&mut state, alternatives, id) {
                self.forget_failed(alternatives, id, &error);
                return Err(refused(block.id(), AlternativeReason::UnknownParent));
            }
        }
        let mut rules = self.rules();
        // A branch has no limit to the future (pulse §10 step 4); it has one when it becomes the main chain.
        rules.now = rules.now.max(block.block().header.timestamp);
        check_header(&state, &rules, block, Completeness::Complete)?;
        Ok(())
    }

    /// Lays the undo records of every block above `fork` on the state, newest first.
    fn undo_onto(&self, state: &mut Overlay<&dyn View>, fork: Height) -> Result<(), SubmitBlockError> {
        loop {
            let height = queries::totals(state).map_err(BlockError::View)?.tip;
            if height <= fork {
                return Ok(());
            }
            state.append(self.undo_of(height)?.into_delta());
        }
    }

    fn undo_of(&self, height: Height) -> Result<Undo, SubmitBlockError> {
        let undo = self
            .parts
            .store
            .undo(height)
            .map_err(|error| SubmitBlockError::Storage(Box::new(error)))?;
        Ok(undo.ok_or(BlockError::View(ViewError::Missing { table: TableId::Blocks }))?)
    }

    fn tip(&self) -> Result<Tip, SubmitBlockError> {
        let missing = ViewError::Missing { table: TableId::Totals };
        self.parts.store.tip().ok_or_else(|| BlockError::View(missing).into())
    }

    /// As [`Self::undo_onto`]; returns the blocks.
    fn revert_onto(&self, state: &mut Overlay<&dyn View>, fork: Height) -> Result<Vec<Reverted>, SubmitBlockError> {
        let mut reverted = Vec::new();
        loop {
            let height = queries::totals(state).map_err(BlockError::View)?.tip;
            if height <= fork {
                return Ok(reverted);
            }
            let undo = self.undo_of(height)?;
            reverted.push(self.stored_block(state, height)?);
            state.append(undo.into_delta());
        }
    }

    /// A block of the main chain with everything that is needed to put it back.
    fn stored_block(&self, state: &dyn View, height: Height) -> Result<Reverted, BlockError> {
        let missing = || {
            BlockError::View(ViewError::Missing {
                table: TableId::BlockBlobs,
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
        let checkpoint = state.get::<Checkpoints>(&height)?.map(|row| row.0);
        let stored = StoredBlock {
            block: bytes,
            transactions: blobs,
            checkpoint: checkpoint.filter(|checkpoint| checkpoint.block_id == block.id()),
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
    ) -> Result<(Candidate, Undo), SubmitBlockError> {
        let missing = ViewError::Missing {
            table: TableId::BlockBlobs,
        };
        let stored = &alternatives.get(id).ok_or(BlockError::View(missing))?.stored;
        let block = UntrustedBlock::from_blob(&stored.block)?;
        let candidate = Candidate::assemble(self, state, block, &stored.transactions, Completeness::Complete)?;
        let Applied { delta, undo, .. } = apply(state, &self.rules(), &candidate.block)?;
        state.append(delta);
        if let Some(checkpoint) = &stored.checkpoint {
            let height = candidate.height;
            let id = candidate.block.id();
            self.attach_checkpoint(state, checkpoint, Tip { height, id })?;
        }
        Ok((candidate, undo))
    }

    /// Forgets a block that could not be applied, with its descendants, so that it can come again; unless it is at fault itself.
    fn forget_failed(&self, alternatives: &Alternatives, id: &Hash, error: &SubmitBlockError) {
        let mut next = alternatives.clone();
        if is_at_fault(error) {
            next.mark_invalid(id);
        }
        next.remove_branch(id);
        if let Err(error) = self.replace_alternatives(next) {
            tracing::error!(%error, "a branch that cannot be applied could not be removed from the database");
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

/// True when the block itself breaks a rule, whenever it is looked at; false when the database, the clock or something that is
/// missing kept it from being verified.
fn is_at_fault(error: &SubmitBlockError) -> bool {
    match error {
        SubmitBlockError::Invalid(BlockError::Transaction { error, .. }) => {
            !matches!(**error, TransactionError::RingMemberLocked { .. })
        }
        SubmitBlockError::Invalid(error) => !matches!(
            error,
            BlockError::View(_)
                | BlockError::TimestampAhead { .. }
                | BlockError::TransactionMissing { .. }
                | BlockError::ProofsNotVerified { .. }
                | BlockError::WorkNotVerifiable { .. }
                | BlockError::ForkNotSupported { .. }
        ),
        _ => false,
    }
}
