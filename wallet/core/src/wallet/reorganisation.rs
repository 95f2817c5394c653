//! Taking blocks back when the chain does (wallet §5.4).

use super::{ScannedChain, Wallet};
use oxen_types::{Hash, Height, scan::ScanAnswer};
use thiserror::Error;

/// Why blocks cannot be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DetachError {
    /// The daemon wants to replace blocks that a checkpoint fixed.
    #[error(
        "the daemon replaces block {height}, although blocks up to {immutable} are fixed by checkpoints: \
         try another daemon, or scan again with rescan_bc"
    )]
    BelowImmutable {
        /// The first block that would go.
        height: Height,
        /// The last that may not.
        immutable: Height,
    },
    /// The daemon starts above the next block.
    #[error("the daemon sent blocks from {found} on, but block {expected} is next")]
    Gap {
        /// The next block.
        expected: Height,
        /// What came.
        found: Height,
    },
    /// The daemon's blocks follow none that the wallet knows.
    #[error("the daemon's block {height} follows no block this wallet knows: scan again with rescan_bc")]
    UnknownParent {
        /// Height of the block.
        height: Height,
    },
}

/// What was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    /// The first height that is gone.
    pub height: Height,
    /// How many blocks.
    pub blocks: u64,
    /// Transactions of the wallet that are not mined any more.
    pub transactions: Vec<Hash>,
}

impl Wallet {
    /// Prepares for the blocks of an answer: takes back blocks that they replace, and notes the checkpoints.
    ///
    /// Answers nothing when the blocks simply follow.
    ///
    /// # Errors
    /// [`DetachError`]; nothing changes then.
    pub fn align(&mut self, answer: &ScanAnswer) -> Result<Option<Detached>, DetachError> {
        let Some(first) = answer.blocks.first() else {
            self.state.chain.note_immutable(answer.immutable_height);
            return Ok(None);
        };
        let next = self.state.chain.next();
        if first.height > next {
            return Err(DetachError::Gap {
                expected: next,
                found: first.height,
            });
        }
        let chain = &self.state.chain;
        let follows = match first.height.previous().and_then(|height| chain.id_at(height)) {
            Some(parent) => parent == first.previous,
            // Without the parent there is nothing to compare with: good where scanning starts, and nowhere else.
            None => first.height <= chain.start(),
        };
        if !follows {
            return Err(DetachError::UnknownParent { height: first.height });
        }
        let detached = if first.height < next {
            Some(self.detach(first.height)?)
        } else {
            None
        };
        self.state.chain.note_immutable(answer.immutable_height);
        Ok(detached)
    }

    /// Takes back every block from `height` on: afterwards the wallet is as it was before they came, except that addresses
    /// they paid to stay known, and what it sent stays noted.
    ///
    /// # Errors
    /// [`DetachError::BelowImmutable`].
    pub fn detach(&mut self, height: Height) -> Result<Detached, DetachError> {
        if let Some(immutable) = self.state.chain.immutable().filter(|immutable| height <= *immutable) {
            return Err(DetachError::BelowImmutable { height, immutable });
        }
        let blocks = self.state.chain.next().since(height);
        let gone = self
            .state
            .transactions
            .iter()
            .filter(|(_, record)| record.height >= height);
        let transactions = gone.map(|(id, _)| *id).collect();
        self.state.chain.detach(height);
        self.state.outputs.detach(height);
        self.state.transactions.retain(|_, record| record.height < height);
        self.state.stakes.detach(height, &self.state.transactions);
        Ok(Detached {
            height,
            blocks,
            transactions,
        })
    }

    /// Forgets everything the chain can tell again and starts at `height`. Notes, keys, sent transactions, accounts and labels
    /// stay.
    pub fn rescan(&mut self, height: Height) {
        self.state.chain = ScannedChain::starting_at(height);
        self.state.outputs = crate::output::OutputStore::default();
        self.state.transactions.clear();
        self.state.pool.clear();
        self.state.stakes.forget_coverage();
    }
}
