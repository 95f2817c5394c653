//! What the transition asks of the service node registry: who makes the next block, who is paid, and whether a transaction of
//! its kinds holds.
//!
//! The registry is a part of the same state and the same [`crate::Delta`]. Until it is there, [`NoServiceNodes`] stands in its
//! place: a chain on which nobody can register, whose blocks are therefore all mined. The conformance tool answers from what a
//! real chain recorded.

use crate::{
    delta::Overlay,
    error::TransactionError,
    transaction::CheckedTransaction,
    view::{View, ViewError},
};
use oxen_staking_rules::NodeShares;
use oxen_types::{Block, Height, PublicKey};

/// Who makes a block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlockDuties {
    /// The block leader whom the coinbase names; the zero key when there are no nodes.
    pub leader: PublicKey,
    /// The Pulse quorum of the block's round; `None` when the block must be mined.
    pub quorum: Option<PulseQuorum>,
}

/// A Pulse quorum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulseQuorum {
    /// Makes the block.
    pub producer: PublicKey,
    /// Sign it, by position.
    pub validators: Vec<PublicKey>,
}

/// Who earns a block's reward.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RewardDuties {
    /// Every node that is paid, in the state after the block.
    pub payable: Vec<NodeShares>,
    /// The node that made the block and is credited with its fees; none for a mined one.
    pub producer: Option<NodeShares>,
}

/// The registry as the transition sees it.
pub trait ServiceNodeRules {
    /// Who makes the block at `height`; `view` is the state before it.
    ///
    /// # Errors
    /// The state could not be read.
    fn block_duties(&self, view: &dyn View, block: &Block, height: Height) -> Result<BlockDuties, ViewError>;

    /// Checks a transaction for what only the registry knows: its own kinds, and stakes that are locked.
    ///
    /// # Errors
    /// The rule it breaks.
    fn check_transaction(
        &self,
        view: &dyn View,
        transaction: &CheckedTransaction,
        height: Height,
    ) -> Result<(), TransactionError>;

    /// Brings the registry up to the block and says who is paid; `state` has the block's coin changes already.
    ///
    /// # Errors
    /// The state could not be read.
    fn apply_block(
        &self,
        state: &mut Overlay<&dyn View>,
        block: &Block,
        transactions: &[&CheckedTransaction],
        height: Height,
    ) -> Result<RewardDuties, ViewError>;
}

/// A chain without service nodes: blocks are mined, and transactions that would change a registry are refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoServiceNodes;

impl ServiceNodeRules for NoServiceNodes {
    fn block_duties(&self, _: &dyn View, _: &Block, _: Height) -> Result<BlockDuties, ViewError> {
        Ok(BlockDuties::default())
    }

    fn check_transaction(
        &self,
        _: &dyn View,
        transaction: &CheckedTransaction,
        _: Height,
    ) -> Result<(), TransactionError> {
        match transaction.transaction().prefix.kind {
            oxen_types::transaction::TransactionType::Standard
            | oxen_types::transaction::TransactionType::OxenNameSystem => Ok(()),
            kind => Err(TransactionError::RegistryMissing { kind }),
        }
    }

    fn apply_block(
        &self,
        _: &mut Overlay<&dyn View>,
        _: &Block,
        _: &[&CheckedTransaction],
        _: Height,
    ) -> Result<RewardDuties, ViewError> {
        Ok(RewardDuties::default())
    }
}
