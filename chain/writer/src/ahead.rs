//! Proofs of blocks that are to come, verified in one batch.
//!
//! A sync brings many blocks at once. A range proof costs a quarter in a batch of what it costs alone, and a block with one
//! transaction keeps one core busy: so the proofs of a span are verified together and remembered, and each block then finds its
//! own verified.

use crate::chain::Chain;
use oxen_node_api::BlockSubmission;
use oxen_state::{
    View,
    transaction::{CheckedTransaction, resolve_rings},
};
use oxen_types::Height;
use oxen_verifier::Resolved;
use rayon::prelude::*;
use std::sync::Arc;

impl Chain {
    /// Verifies what can be verified with the outputs that the chain has now. A transaction that is wrong, or whose ring members
    /// come with the blocks before it, is left to its own block.
    pub(crate) fn verify_proofs_ahead(&self, next: &[BlockSubmission]) {
        let with_transactions = next.iter().filter(|block| !block.transactions.is_empty()).count();
        if with_transactions < 2 {
            return;
        }
        let Some(tip) = self.parts.store.tip() else {
            return;
        };
        let heights = std::iter::successors(Some(tip.height.next()), |height| Some(height.next()));
        let transactions: Vec<(Height, &Vec<u8>)> = heights
            .zip(next)
            .flat_map(|(height, block)| block.transactions.iter().map(move |blob| (height, blob)))
            .collect();
        let snapshot = self.parts.store.snapshot();
        let resolved: Vec<Resolved> = transactions
            .par_iter()
            .filter_map(|(height, blob)| self.resolve_ahead(&*snapshot, blob, *height))
            .collect();
        if let Err(failure) = self.parts.verifier.verify(&resolved) {
            tracing::debug!("proofs are verified block by block: {failure}");
        }
    }

    /// A transaction with its rings, if it has some and the chain knows them all.
    fn resolve_ahead(&self, view: &dyn View, blob: &[u8], height: Height) -> Option<Resolved> {
        let network = &self.parts.network;
        let version = network.forks.version_at(height).version;
        let transaction = CheckedTransaction::from_blob(blob, version).ok()?;
        if transaction.transaction().prefix.inputs.is_empty() {
            return None;
        }
        let now = self.parts.clock.now();
        let rings = resolve_rings(view, &transaction, height, now, network.target_block_seconds).ok()?;
        Some((Arc::new(transaction), rings))
    }
}
