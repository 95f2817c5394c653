//! A block with its transactions: found, checked in parallel, proofs verified.

use crate::chain::Chain;
use oxen_node_api::SubmitBlockError;
use oxen_state::{
    BlockError, CheckedBlock, TransactionError, UntrustedBlock, View,
    apply::check_header,
    block::pulse::Completeness,
    queries,
    transaction::{CheckedTransaction, resolve_rings},
};
use oxen_types::{Hash, Height, network::HardForkVersion};
use oxen_verifier::Resolved;
use rayon::prelude::*;
use std::{collections::HashMap, sync::Arc};

/// A block ready to be applied.
pub(crate) struct Candidate {
    pub(crate) block: CheckedBlock,
    pub(crate) height: Height,
}

impl Candidate {
    /// Checks the header, finds the transactions among those given, in the pool and on the main chain, and verifies the proofs
    /// that were not verified before.
    pub(crate) fn assemble(
        chain: &Chain,
        view: &dyn View,
        block: UntrustedBlock,
        given: &[Vec<u8>],
        completeness: Completeness,
    ) -> Result<Self, SubmitBlockError> {
        let rules = chain.rules();
        let height = check_header(view, &rules, &block, completeness)?;
        let version = rules.network.forks.version_at(height).version;
        let transactions = find_transactions(chain, &block, given, version)?;
        let resolved = resolve(chain, view, &transactions, height)?;
        chain.parts.verifier.verify(&resolved).map_err(|failure| {
            let id = resolved
                .get(failure.position)
                .map(|(transaction, _)| transaction.id())
                .unwrap_or_default();
            BlockError::Transaction {
                id,
                error: Box::new(failure.error),
            }
        })?;
        Ok(Self {
            block: block.with_transactions(transactions)?,
            height,
        })
    }
}

/// The block's transactions in its order.
fn find_transactions(
    chain: &Chain,
    block: &UntrustedBlock,
    given: &[Vec<u8>],
    version: HardForkVersion,
) -> Result<Vec<Arc<CheckedTransaction>>, SubmitBlockError> {
    let ids = &block.block().transaction_ids;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut known: HashMap<Hash, Arc<CheckedTransaction>> = HashMap::new();
    if let Some(pool) = chain.pool() {
        known.extend(ids.iter().filter_map(|id| Some((*id, pool.checked(id)?))));
    }
    if known.len() < ids.len() {
        // Blobs are checked in parallel, all before any error counts: one that the block does not list is no fault of it.
        let checked: Vec<_> = given
            .par_iter()
            .map(|blob| CheckedTransaction::from_blob(blob, version).map(Arc::new))
            .collect();
        let mut failure = None;
        for result in checked {
            match result {
                Ok(transaction) => {
                    known.entry(transaction.id()).or_insert(transaction);
                }
                Err(error) => failure = Some(error),
            }
        }
        known.extend(from_main_chain(chain, ids, &known, version));
        if let Some(missing) = ids.iter().find(|id| !known.contains_key(id)) {
            let id = *missing;
            return Err(match failure {
                Some(error) => BlockError::Transaction {
                    id,
                    error: Box::new(error),
                },
                None => BlockError::TransactionMissing { id },
            }
            .into());
        }
    }
    Ok(ids.iter().filter_map(|id| known.get(id).cloned()).collect())
}

/// Transactions that stand on the main chain now: a branch beside it often mines the same ones.
fn from_main_chain(
    chain: &Chain,
    ids: &[Hash],
    known: &HashMap<Hash, Arc<CheckedTransaction>>,
    version: HardForkVersion,
) -> Vec<(Hash, Arc<CheckedTransaction>)> {
    let snapshot = chain.parts.store.snapshot();
    ids.iter()
        .filter(|id| !known.contains_key(id))
        .filter_map(|id| {
            let blob = queries::transaction(&*snapshot, id).ok()??.blob()?;
            Some((*id, Arc::new(CheckedTransaction::from_blob(&blob, version).ok()?)))
        })
        .collect()
}

/// Looks up the rings of every transaction that has some.
fn resolve(
    chain: &Chain,
    view: &dyn View,
    transactions: &[Arc<CheckedTransaction>],
    height: Height,
) -> Result<Vec<Resolved>, BlockError> {
    let now = chain.parts.clock.now();
    let target = chain.parts.network.target_block_seconds;
    transactions
        .iter()
        .filter(|transaction| !transaction.transaction().prefix.inputs.is_empty())
        .map(|transaction| {
            resolve_rings(view, transaction, height, now, target)
                .map(|rings| (Arc::clone(transaction), rings))
                .map_err(|error| match error {
                    TransactionError::View(error) => BlockError::View(error),
                    error => BlockError::Transaction {
                        id: transaction.id(),
                        error: Box::new(error),
                    },
                })
        })
        .collect()
}
