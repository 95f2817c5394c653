//! Service nodes in the state transition: who makes the next block, who is paid, whether a transaction of their kinds holds.
//!
//! [`StakingRules`] answers from the registry, which lives in [`tables`] of the same state and changes in the same
//! [`crate::Delta`]; [`registry`] reads it from there. [`quorums`] are kept by height. The trait is a seam for tests:
//! [`NoServiceNodes`] is a chain on which nobody can register.

pub mod check;
pub mod quorums;
pub mod registry;
pub mod rules;
pub mod tables;

pub use quorums::{pulse_quorum, state_quorums};
pub use registry::{blacklisted_until, locking_node};
pub use rules::StakingRules;

use crate::{
    delta::Overlay,
    error::TransactionError,
    transaction::CheckedTransaction,
    view::{View, ViewError},
};
use oxen_staking_rules::{NodeShares, quorum::Quorum};
use oxen_types::{Amount, Block, Hash, Height, PublicKey, bytes::EthereumAddress, transaction::TransactionType};
use std::collections::BTreeMap;

/// Who makes a block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlockDuties {
    /// The block leader whom the coinbase names; the zero key when there are no nodes.
    pub leader: PublicKey,
    /// The Pulse quorum of the block's round; `None` when the block must be mined.
    pub quorum: Option<Quorum>,
}

/// A node that earns a part of every block's reward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarningNode {
    /// Its primary key.
    pub key: PublicKey,
    /// How its part is split.
    pub shares: NodeShares,
}

/// The paid nodes, in a block in which they are not those of the block before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PayableChange {
    /// Nodes that earn from this block on.
    pub started: Vec<EarningNode>,
    /// Nodes that earned up to the block before.
    pub stopped: Vec<EarningNode>,
    /// How the reward of each paid node is split.
    pub payable: Vec<NodeShares>,
}

/// Who is credited with a block's fees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Producer {
    /// Nobody: it was mined.
    #[default]
    Miner,
    /// The node that made it.
    Node(NodeShares),
    /// The node that made it is no longer registered after it.
    Gone,
}

/// Who earns a block's reward.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RewardDuties {
    /// The paid nodes, unless they are those of the block before.
    pub change: Option<PayableChange>,
    /// Who made the block.
    pub producer: Producer,
    /// How many nodes are paid.
    pub payable: u64,
    /// In the first block of HF21: what accrues to whom because OXEN became SESH, in place of all that accrued in OXEN.
    pub credits: Option<BTreeMap<EthereumAddress, Amount>>,
}

/// The registry as the transition sees it.
pub trait ServiceNodeRules {
    /// Who makes the block at `height` in `round`; `view` is the state before it. A mined block is of round 0.
    ///
    /// # Errors
    /// The state could not be read.
    fn block_duties(&self, view: &dyn View, height: Height, round: u8) -> Result<BlockDuties, ViewError>;

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

    /// Checks a transaction for what pools and block makers ask beyond the rules (staking §8.3).
    ///
    /// # Errors
    /// What they refuse it for.
    fn check_policy(
        &self,
        _view: &dyn View,
        _transaction: &CheckedTransaction,
        _height: Height,
    ) -> Result<(), TransactionError> {
        Ok(())
    }

    /// Brings the registry up to the block with this id and says who is paid; `state` has the block's coin changes already, but
    /// its newest block is still the parent.
    ///
    /// # Errors
    /// The state could not be read.
    fn apply_block(
        &self,
        state: &mut Overlay<&dyn View>,
        block: &Block,
        id: &Hash,
        transactions: &[&CheckedTransaction],
        height: Height,
    ) -> Result<RewardDuties, ViewError>;
}

/// A chain without service nodes: blocks are mined, and transactions that would change a registry are refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoServiceNodes;

impl ServiceNodeRules for NoServiceNodes {
    fn block_duties(&self, _: &dyn View, _: Height, _: u8) -> Result<BlockDuties, ViewError> {
        Ok(BlockDuties::default())
    }

    fn check_transaction(
        &self,
        _: &dyn View,
        transaction: &CheckedTransaction,
        _: Height,
    ) -> Result<(), TransactionError> {
        match transaction.transaction().prefix.kind {
            TransactionType::Standard | TransactionType::OxenNameSystem | TransactionType::OxenSwap => Ok(()),
            kind => Err(TransactionError::RegistryMissing { kind }),
        }
    }

    fn apply_block(
        &self,
        _: &mut Overlay<&dyn View>,
        _: &Block,
        _: &Hash,
        _: &[&CheckedTransaction],
        _: Height,
    ) -> Result<RewardDuties, ViewError> {
        Ok(RewardDuties::default())
    }
}
