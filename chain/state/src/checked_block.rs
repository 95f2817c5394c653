//! A block on its way in: decoded, then together with its transactions (design §3, "A block").

use crate::{error::BlockError, transaction::CheckedTransaction};
use oxen_types::{Block, ConsensusDecode, Hash, Height};
use std::sync::Arc;

/// A block that decodes, nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UntrustedBlock {
    block: Block,
    id: Hash,
}

impl UntrustedBlock {
    /// Decodes a blob.
    ///
    /// # Errors
    /// [`BlockError::Decode`].
    pub fn from_blob(blob: &[u8]) -> Result<Self, BlockError> {
        let block = Block::decode(blob)?;
        let id = block.id();
        Ok(Self { block, id })
    }

    /// The block.
    #[must_use]
    pub const fn block(&self) -> &Block {
        &self.block
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> Hash {
        self.id
    }

    /// The height it says it has.
    #[must_use]
    pub fn height(&self) -> Height {
        self.block.height().unwrap_or_default()
    }

    /// Puts the transactions beside the block; they must be exactly those it lists, in its order.
    ///
    /// # Errors
    /// [`BlockError::TransactionMissing`].
    pub fn with_transactions(self, transactions: Vec<Arc<CheckedTransaction>>) -> Result<CheckedBlock, BlockError> {
        for (position, id) in self.block.transaction_ids.iter().enumerate() {
            if transactions
                .get(position)
                .is_none_or(|transaction| transaction.id() != *id)
            {
                return Err(BlockError::TransactionMissing { id: *id });
            }
        }
        let mut transactions = transactions;
        transactions.truncate(self.block.transaction_ids.len());
        Ok(CheckedBlock {
            block: self.block,
            id: self.id,
            transactions,
        })
    }
}

/// A block with its transactions, each of which passed the rules that need no chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedBlock {
    block: Block,
    id: Hash,
    transactions: Vec<Arc<CheckedTransaction>>,
}

impl CheckedBlock {
    /// The block.
    #[must_use]
    pub const fn block(&self) -> &Block {
        &self.block
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> Hash {
        self.id
    }

    /// Its transactions without the coinbase.
    #[must_use]
    pub fn transactions(&self) -> &[Arc<CheckedTransaction>] {
        &self.transactions
    }
}
