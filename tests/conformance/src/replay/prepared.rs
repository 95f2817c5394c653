//! Blocks and transactions, checked for what needs no chain: form, rules, range proofs.

use crate::{
    progress::Progress,
    recording::Recording,
    report::{Check, Report},
};
use oxen_state::{
    BlockError, CheckedBlock, UntrustedBlock,
    transaction::{CheckedTransaction, RangeProofBatch},
};
use oxen_types::{Hash, Height, Network};
use rand_core::OsRng;
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Range proofs verified together.
const BATCH: usize = 64;

/// Transactions by id, each checked for what needs no chain.
type Transactions = BTreeMap<Hash, Arc<CheckedTransaction>>;

/// All blocks of a recording.
#[derive(Debug, Default)]
pub struct PreparedChain {
    /// By height; nothing for one that is not valid in itself, which stands in the report.
    pub blocks: Vec<Option<CheckedBlock>>,
    /// Transactions whose range proofs are good, or that have none.
    pub good_range_proofs: BTreeSet<Hash>,
}

impl PreparedChain {
    /// Prepares every block. Range proofs of blocks below `from` are not verified.
    #[must_use]
    pub fn prepare(recording: &Recording, from: Height, report: &mut Report) -> Self {
        let transactions = checked_transactions(recording, report);
        let verified: Vec<&Arc<CheckedTransaction>> = recording
            .transactions
            .iter()
            .filter(|recorded| recorded.height >= from)
            .filter_map(|recorded| transactions.get(&recorded.txid))
            .collect();
        let good_range_proofs = verify_range_proofs(&verified, report);
        let blocks = recording
            .blocks
            .iter()
            .map(|recorded| {
                let place = || format!("block {} ({})", recorded.height, recorded.hash);
                match checked_block(&recorded.blob.0, &transactions) {
                    Ok(block) => Some(block),
                    Err(error) => {
                        report.verify(Check::Applied, place, Err(error));
                        None
                    }
                }
            })
            .collect();
        Self {
            blocks,
            good_range_proofs,
        }
    }
}

/// A block together with its transactions.
///
/// # Errors
/// It does not decode, or a transaction is missing.
pub fn checked_block(blob: &[u8], transactions: &Transactions) -> Result<CheckedBlock, BlockError> {
    let block = UntrustedBlock::from_blob(blob)?;
    let listed = block
        .block()
        .transaction_ids
        .iter()
        .map_while(|id| transactions.get(id).map(Arc::clone))
        .collect();
    block.with_transactions(listed)
}

/// The replaced branch's blocks, the same way.
///
/// # Errors
/// The first that is not valid in itself.
pub fn branch_blocks(recording: &Recording, network: &Network) -> Result<Vec<CheckedBlock>, BlockError> {
    let Some(branch) = &recording.reorganisation else {
        return Ok(Vec::new());
    };
    let mut transactions = Transactions::new();
    for recorded in &branch.orphaned_txs {
        let version = network.forks.version_at(branch.fork_height).version;
        let checked =
            CheckedTransaction::from_blob(&recorded.blob.0, version).map_err(|error| BlockError::Transaction {
                id: recorded.txid,
                error: Box::new(error),
            })?;
        transactions.insert(recorded.txid, Arc::new(checked));
    }
    branch
        .orphaned_blocks
        .iter()
        .map(|recorded| checked_block(&recorded.blob.0, &transactions))
        .collect()
}

fn checked_transactions(recording: &Recording, report: &mut Report) -> Transactions {
    let mut transactions = Transactions::new();
    for recorded in recording
        .transactions
        .iter()
        .filter(|recorded| recorded.index_in_block >= 0)
    {
        let version = recording.network.forks.version_at(recorded.height).version;
        match CheckedTransaction::from_blob(&recorded.blob.0, version) {
            Ok(checked) => {
                transactions.insert(checked.id(), Arc::new(checked));
            }
            Err(error) => {
                let place = || format!("transaction {} of block {}", recorded.txid, recorded.height);
                report.verify(Check::TransactionRules, place, Err(error));
            }
        }
    }
    transactions
}

/// Ids of the transactions whose range proofs are good; the others stand in the report.
pub fn verify_range_proofs(transactions: &[&Arc<CheckedTransaction>], report: &mut Report) -> BTreeSet<Hash> {
    let progress = Progress::start("range proof batches", transactions.len().div_ceil(BATCH));
    let parts: Vec<(Vec<Hash>, Report)> = transactions
        .par_chunks(BATCH)
        .map(|batch| {
            let outcome = verify_batch(batch);
            progress.step();
            outcome
        })
        .collect();
    let mut good = BTreeSet::new();
    for (ids, part) in parts {
        good.extend(ids);
        report.merge(part);
    }
    good
}

fn verify_batch(batch: &[&Arc<CheckedTransaction>]) -> (Vec<Hash>, Report) {
    let mut report = Report::new();
    let mut proofs = RangeProofBatch::new();
    let mut bad = BTreeMap::new();
    for (position, transaction) in batch.iter().enumerate() {
        if let Err(error) = proofs.add(position, transaction) {
            bad.insert(position, error.to_string());
        }
    }
    for position in proofs.invalid(&mut OsRng) {
        bad.insert(position, "invalid in its batch and alone".to_owned());
    }
    let mut good = Vec::new();
    for (position, transaction) in batch.iter().enumerate() {
        let outcome = bad.remove(&position).map_or(Ok(()), Err);
        if outcome.is_ok() {
            good.push(transaction.id());
        }
        if transaction.clsag().is_some() {
            report.verify(
                Check::RangeProofs,
                || format!("transaction {}", transaction.id()),
                outcome,
            );
        }
    }
    (good, report)
}
