//! Questions that readers ask of the state: blocks, transactions, outputs.

use crate::{
    delta::scan_rows,
    table::TableId,
    tables::{
        BlockBlobs, BlockHeights, BlockRow, Blocks, OutputRow, Outputs, PrunedTransactions, Totals, TotalsRow,
        TransactionProofs, TransactionRow, Transactions,
    },
    view::{TypedView, View, ViewError},
};
use oxen_types::{
    Block, ConsensusDecode, ConsensusEncode, GlobalOutputIndex, Hash, Height, transaction::PrunedTransaction,
};

/// Totals of the chain.
///
/// # Errors
/// The state could not be read.
pub fn totals(view: &dyn View) -> Result<TotalsRow, ViewError> {
    view.expect::<Totals>(&())
}

/// Height and row of the newest block.
///
/// # Errors
/// The state could not be read.
pub fn tip(view: &dyn View) -> Result<(Height, BlockRow), ViewError> {
    let height = totals(view)?.tip;
    Ok((height, view.expect::<Blocks>(&height)?))
}

/// Row of the block at a height of the main chain.
///
/// # Errors
/// The state could not be read.
pub fn block_row(view: &dyn View, height: Height) -> Result<Option<BlockRow>, ViewError> {
    view.get::<Blocks>(&height)
}

/// Height of a block of the main chain.
///
/// # Errors
/// The state could not be read.
pub fn block_height(view: &dyn View, id: &Hash) -> Result<Option<Height>, ViewError> {
    view.get::<BlockHeights>(id)
}

/// Bytes of the block at a height.
///
/// # Errors
/// The state could not be read.
pub fn block_blob(view: &dyn View, height: Height) -> Result<Option<Vec<u8>>, ViewError> {
    view.get::<BlockBlobs>(&height)
}

/// The block at a height.
///
/// # Errors
/// The state could not be read.
pub fn block(view: &dyn View, height: Height) -> Result<Option<Block>, ViewError> {
    block_blob(view, height)?
        .map(|blob| {
            Block::decode(&blob).map_err(|_| ViewError::Corrupt {
                table: TableId::BlockBlobs,
            })
        })
        .transpose()
}

/// Up to `count` block rows from `first` on, in order.
///
/// # Errors
/// The state could not be read.
pub fn block_rows(view: &dyn View, first: Height, count: usize) -> Result<Vec<BlockRow>, ViewError> {
    let rows = scan_rows::<Blocks>(view, &[], &first.index().to_be_bytes(), count)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// A mined transaction in the parts it is stored in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTransaction {
    /// Where it stands.
    pub row: TransactionRow,
    /// Prefix and base bytes.
    pub pruned: Vec<u8>,
    /// Proof bytes; `None` when they were pruned away, empty when it has none.
    pub prunable: Option<Vec<u8>>,
}

impl StoredTransaction {
    /// The whole blob, unless the proofs were pruned away.
    #[must_use]
    pub fn blob(&self) -> Option<Vec<u8>> {
        let prunable = self.prunable.as_ref()?;
        Some([self.pruned.as_slice(), prunable].concat())
    }
}

/// Where a transaction stands, coinbases included.
///
/// # Errors
/// The state could not be read.
pub fn transaction_row(view: &dyn View, id: &Hash) -> Result<Option<TransactionRow>, ViewError> {
    view.get::<Transactions>(id)
}

/// A mined transaction, coinbases included.
///
/// # Errors
/// The state could not be read.
pub fn transaction(view: &dyn View, id: &Hash) -> Result<Option<StoredTransaction>, ViewError> {
    let Some(row) = transaction_row(view, id)? else {
        return Ok(None);
    };
    if row.position == 0 {
        let coinbase = block(view, row.height)?
            .and_then(|block| block.miner_transaction)
            .ok_or(ViewError::Missing {
                table: TableId::BlockBlobs,
            })?;
        return Ok(Some(StoredTransaction {
            row,
            pruned: coinbase.encode(),
            prunable: Some(Vec::new()),
        }));
    }
    let pruned = view.expect::<PrunedTransactions>(id)?;
    let prunable = if row.prunable_hash.is_zero() {
        Some(Vec::new())
    } else {
        view.get::<TransactionProofs>(id)?
    };
    Ok(Some(StoredTransaction { row, pruned, prunable }))
}

/// A mined transaction without its proofs, which is all that a wallet scans. Not for coinbases.
///
/// # Errors
/// The state could not be read.
pub fn pruned_transaction(view: &dyn View, id: &Hash) -> Result<Option<PrunedTransaction>, ViewError> {
    view.get::<PrunedTransactions>(id)?
        .map(|bytes| {
            PrunedTransaction::decode(&bytes).map_err(|_| ViewError::Corrupt {
                table: TableId::PrunedTransactions,
            })
        })
        .transpose()
}

/// An output by global index.
///
/// # Errors
/// The state could not be read.
pub fn output(view: &dyn View, index: GlobalOutputIndex) -> Result<Option<OutputRow>, ViewError> {
    view.get::<Outputs>(&index)
}
