//! Checking a database by making its state anew from its blocks.

use oxen_state::{
    BlockError, CheckedBlock, MemoryState, NoWorkHash, Rules, ServiceNodeRules, TableId, TransactionError,
    UntrustedBlock, View, ViewError, apply, apply_genesis, queries, state_digest,
    transaction::{CheckedTransaction, ProofsAssumedValid},
};
use oxen_types::{Hash, Height, Network, Timestamp};
use std::sync::Arc;
use thiserror::Error;

/// Why a database is not what its blocks make.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// It cannot be read.
    #[error("the database does not read to its end: {0}")]
    View(#[from] ViewError),
    /// A block in it breaks a rule.
    #[error("block {height} of the database breaks a rule: {error}")]
    Block {
        /// Its height.
        height: Height,
        /// The rule.
        #[source]
        error: BlockError,
    },
    /// A transaction in it breaks a rule.
    #[error("transaction {id} of the database breaks a rule: {error}")]
    Transaction {
        /// Its id.
        id: Hash,
        /// The rule.
        #[source]
        error: TransactionError,
    },
    /// Its rows are not those that its blocks make.
    #[error(
        "the state of the database has digest {found}, its blocks make {expected}: delete the database and start anew"
    )]
    DigestMismatch {
        /// What the blocks make.
        expected: Hash,
        /// What is there.
        found: Hash,
    },
}

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// The newest block.
    pub tip: Height,
    /// Digest over the whole state.
    pub digest: Hash,
}

/// Applies every block of the database to an empty state in memory and compares the digests. Proofs are not verified again,
/// every other rule is. `progress` hears each height.
///
/// # Errors
/// The first difference.
pub fn check_by_replay(
    view: &dyn View,
    network: &Network,
    service_nodes: &dyn ServiceNodeRules,
    mut progress: impl FnMut(Height),
) -> Result<Checked, ReplayError> {
    let tip = queries::totals(view)?.tip;
    let mut state = MemoryState::new();
    let genesis = apply_genesis(network).map_err(|error| ReplayError::Block {
        height: Height::GENESIS,
        error,
    })?;
    state.commit(&genesis);
    let rules = Rules {
        network,
        service_nodes,
        proofs: &ProofsAssumedValid,
        work: &NoWorkHash,
        // Blocks were checked against the clock when they came; later they are only older.
        now: Timestamp::from_seconds(u64::MAX),
    };
    let mut height = Height::GENESIS;
    while height < tip {
        height = height.next();
        let block = stored_block(view, network, height)?;
        let applied = apply(&state, &rules, &block).map_err(|error| ReplayError::Block { height, error })?;
        state.commit(&applied.delta);
        progress(height);
    }
    let (expected, found) = (state_digest(&state)?, state_digest(view)?);
    if expected != found {
        return Err(ReplayError::DigestMismatch { expected, found });
    }
    Ok(Checked { tip, digest: found })
}

/// A block of the main chain with its transactions, as the database has them.
fn stored_block(view: &dyn View, network: &Network, height: Height) -> Result<CheckedBlock, ReplayError> {
    let missing = |table| ReplayError::View(ViewError::Missing { table });
    let in_block = |error| ReplayError::Block { height, error };
    let blob = queries::block_blob(view, height)?.ok_or_else(|| missing(TableId::BlockBlobs))?;
    let block = UntrustedBlock::from_blob(&blob).map_err(in_block)?;
    let version = network.forks.version_at(height).version;
    let mut transactions = Vec::with_capacity(block.block().transaction_ids.len());
    for id in &block.block().transaction_ids {
        let stored = queries::transaction(view, id)?.ok_or_else(|| missing(TableId::Transactions))?;
        let blob = stored.blob().ok_or_else(|| missing(TableId::TransactionProofs))?;
        let checked = CheckedTransaction::from_blob(&blob, version)
            .map_err(|error| ReplayError::Transaction { id: *id, error })?;
        transactions.push(Arc::new(checked));
    }
    block.with_transactions(transactions).map_err(in_block)
}
