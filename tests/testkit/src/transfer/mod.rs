//! Transfers: planned on a chain, proven apart from it, broken on purpose.

mod builder;
mod fault;
mod prove;
mod stake;

pub use builder::{TransferBuilder, TransferPlan};
pub use fault::Fault;

use crate::account::OwnedOutput;
use oxen_state::{TransactionError, transaction::CheckedTransaction};
use oxen_types::{
    ConsensusEncode, Hash, KeyImage, Transaction, network::HardForkVersion, transaction::TransactionType,
};
use std::sync::Arc;

/// A transaction and what it spends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The transaction.
    pub transaction: Transaction,
    /// The outputs it spends, in the order of its inputs when it was made.
    pub spent: Vec<OwnedOutput>,
}

impl Transfer {
    /// Its bytes.
    #[must_use]
    pub fn blob(&self) -> Vec<u8> {
        self.transaction.encode()
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Hash {
        self.transaction.id()
    }

    /// What marks the spent outputs as spent.
    #[must_use]
    pub fn key_images(&self) -> Vec<KeyImage> {
        self.transaction.prefix.key_images().collect()
    }

    /// Checks it as a node would: its bytes, with the rules of HF19, or of the fork of the swap where it is a burn.
    ///
    /// # Errors
    /// The rule it breaks.
    pub fn check(&self) -> Result<Arc<CheckedTransaction>, TransactionError> {
        let version = match self.transaction.prefix.kind {
            TransactionType::OxenSwap => HardForkVersion::SWAP,
            _ => HardForkVersion::REWARD_BATCHING,
        };
        CheckedTransaction::from_blob(&self.blob(), version).map(Arc::new)
    }

    /// The same for a transaction that the test knows to pass.
    ///
    /// # Panics
    /// It does not pass.
    #[must_use]
    pub fn checked(&self) -> Arc<CheckedTransaction> {
        self.check()
            .expect("the transaction passes the rules that need no chain")
    }

    /// Breaks one rule.
    #[must_use]
    pub fn with_fault(mut self, fault: Fault) -> Self {
        fault.apply(&mut self.transaction);
        self
    }
}
