//! Blocks that conflict with an approved blink wait beside the main chain until a checkpoint shows that the network took them
//! (chain §5.4).
//!
//! The reference refuses such a block for good. A node that alone has the approval, because it alone was connected in time,
//! would then never follow its network again; here the votes of a checkpoint outweigh those of a blink quorum.

use crate::{
    branches::{Alternatives, Branch},
    chain::Chain,
};
use oxen_node_api::BlockSubmission;
use oxen_state::{
    UntrustedBlock, View, ViewError, block::fork_choice::has_checkpoint, transaction::CheckedTransaction,
};
use oxen_types::{Checkpoint, Hash, Height, network::HardForkVersion};
use std::sync::Arc;

impl Chain {
    /// Whether a block on the tip conflicts with an approved blink and no checkpoint came with it.
    pub(crate) fn waits_for_checkpoint(&self, block: &UntrustedBlock, submission: &BlockSubmission) -> bool {
        let id = block.id();
        let named = |checkpoint: &Checkpoint| checkpoint.block_id == id;
        if !self.protects_blinks() || submission.checkpoint.as_ref().is_some_and(named) {
            return false;
        }
        let ids = &block.block().transaction_ids;
        let transactions = self.known_transactions(ids, &submission.transactions, block.height());
        self.conflicts_with_blink(id, &transactions)
    }

    /// Whether a branch holds a conflict above its newest checkpoint.
    pub(crate) fn is_held_back(
        &self,
        alternatives: &Alternatives,
        view: &dyn View,
        branch: &Branch,
    ) -> Result<bool, ViewError> {
        if !self.protects_blinks() {
            return Ok(false);
        }
        for id in branch.ids.iter().rev() {
            let Some(entry) = alternatives.get(id) else { continue };
            if has_checkpoint(view, &self.parts.network, &entry.as_branch_block(*id))? {
                return Ok(false);
            }
            let ids = &entry.block.transaction_ids;
            let transactions = self.known_transactions(ids, &entry.stored.transactions, entry.height);
            if self.conflicts_with_blink(*id, &transactions) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Almost always false, and then blocks cost nothing more.
    fn protects_blinks(&self) -> bool {
        self.pool().is_some_and(|pool| pool.protects_blinks())
    }

    /// Whether one of a block's transactions conflicts with an approved blink; the log tells of it.
    pub(crate) fn conflicts_with_blink(&self, block: Hash, transactions: &[Arc<CheckedTransaction>]) -> bool {
        let conflict = self.pool().and_then(|pool| pool.conflicting_blink(transactions));
        if let Some(blink) = conflict {
            tracing::warn!(%block, %blink, "a block conflicts with an approved blink");
        }
        conflict.is_some()
    }

    /// The listed transactions out of those given and the pool; those that do not decode conflict with nothing, and are
    /// refused later.
    fn known_transactions(&self, ids: &[Hash], given: &[Vec<u8>], height: Height) -> Vec<Arc<CheckedTransaction>> {
        let version: HardForkVersion = self.parts.network.forks.version_at(height).version;
        let decoded = given.iter().filter_map(|blob| {
            let checked = CheckedTransaction::from_blob(blob, version).ok()?;
            Some(Arc::new(checked))
        });
        let waiting = ids
            .iter()
            .filter_map(|id| self.pool().and_then(|pool| pool.checked(id)));
        decoded
            .chain(waiting)
            .filter(|transaction| ids.contains(&transaction.id()))
            .collect()
    }
}
