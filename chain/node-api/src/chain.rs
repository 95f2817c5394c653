//! Reading and extending the chain.

use crate::l2_templates::L2Refusal;
use oxen_state::{View, ViewError, block::checkpoints::CheckpointError, error::BlockError};
use oxen_types::{Checkpoint, Hash, Height, Network};
use std::sync::Arc;
use thiserror::Error;

/// A consistent picture of the chain at one block boundary. Cheap to take and to share; holding it never blocks the writer.
pub type Snapshot = Arc<dyn View + Send + Sync>;

/// Reading the chain.
pub trait ChainReader: Send + Sync {
    /// The network's parameters.
    fn network(&self) -> &Arc<Network>;

    /// The chain as it is now. Rows are read with [`oxen_state::TypedView`] and `oxen_state::queries`.
    fn snapshot(&self) -> Snapshot;

    /// The bytes of a block that is not on the main chain, by id.
    ///
    /// # Errors
    /// The database failed.
    fn alternative_block(&self, id: &Hash) -> Result<Option<Vec<u8>>, ViewError>;

    /// Every chain beside the main one, longest first.
    ///
    /// # Errors
    /// The database failed.
    fn alternative_chains(&self) -> Result<Vec<AlternativeChain>, ViewError>;

    /// Bytes the database takes on disk.
    fn database_bytes(&self) -> u64;
}

/// A chain that branches off the main one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlternativeChain {
    /// Its newest block.
    pub tip: Hash,
    /// Height of its newest block.
    pub height: Height,
    /// Its blocks, newest first.
    pub blocks: Vec<Hash>,
    /// Cumulative difficulty at its tip.
    pub cumulative_difficulty: u128,
    /// The block of the main chain it branches off.
    pub main_chain_parent: Hash,
}

/// A block as it arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockSubmission {
    /// Bytes of the block.
    pub block: Vec<u8>,
    /// Bytes of its transactions, as many as the sender gives; the rest is looked for in the pool.
    pub transactions: Vec<Vec<u8>>,
    /// The checkpoint of the block, if the sender has one. A wrong one spoils the block.
    pub checkpoint: Option<Checkpoint>,
}

impl BlockSubmission {
    /// A block whose transactions are in the pool.
    #[must_use]
    pub const fn alone(block: Vec<u8>) -> Self {
        Self {
            block,
            transactions: Vec::new(),
            checkpoint: None,
        }
    }
}

/// What became of a valid checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointOutcome {
    /// It is new, or replaced one of another block.
    Added,
    /// It brought votes that were missing.
    Extended,
    /// It brought nothing new.
    AlreadyKnown,
}

/// Why a checkpoint was not taken.
#[derive(Debug, Error)]
pub enum SubmitCheckpointError {
    /// It breaks a rule.
    #[error(transparent)]
    Invalid(#[from] CheckpointError),
    /// Its block is not there yet.
    #[error("a checkpoint at height {height} comes before its block: the newest is {tip}")]
    AboveTip {
        /// Its height.
        height: Height,
        /// The newest block.
        tip: Height,
    },
    /// Another block of its height is final.
    #[error("a checkpoint at height {height} names a block other than the one that is final")]
    BelowImmutable {
        /// Its height.
        height: Height,
    },
    /// The database could not be written; nothing changed.
    #[error("the checkpoint could not be stored: {0}")]
    Storage(Box<dyn std::error::Error + Send + Sync>),
}

/// What became of a valid block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockOutcome {
    /// It is the new tip.
    Extended {
        /// Its id.
        id: Hash,
        /// Its height.
        height: Height,
    },
    /// It made another chain the main one.
    Reorganised {
        /// Its id.
        id: Hash,
        /// Its height.
        height: Height,
        /// Blocks taken back.
        reverted: u64,
        /// Blocks put in their place.
        applied: u64,
    },
    /// It stands beside the main chain.
    Alternative {
        /// Its id.
        id: Hash,
        /// Its height.
        height: Height,
    },
    /// It was known before.
    AlreadyKnown {
        /// Its id.
        id: Hash,
    },
}

/// Why a block beside the main chain is refused although its own rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlternativeReason {
    /// At or below the immutable height (chain §4.12).
    BelowImmutable,
    /// Its parent is not known.
    UnknownParent,
    /// Too many blocks are kept beside the main chain.
    TooMany,
    /// Exactly these bytes broke a rule before.
    KnownInvalid,
    /// It holds what conflicts with an approved blink (chain §5.4): said of a template that is to be signed. A finished block is
    /// kept beside the main chain until a checkpoint comes.
    ConflictsWithBlink,
}

/// Why a block was not taken.
#[derive(Debug, Error)]
pub enum SubmitBlockError {
    /// It breaks a rule.
    #[error(transparent)]
    Invalid(#[from] BlockError),
    /// It cannot stand beside the main chain.
    #[error("block {id} is refused: {}", match reason {
        AlternativeReason::BelowImmutable => "it would replace a block below the immutable height",
        AlternativeReason::UnknownParent => "its parent is not known; send the blocks before it first",
        AlternativeReason::TooMany => "too many blocks beside the main chain are kept already",
        AlternativeReason::KnownInvalid => "it broke a rule when its branch was to become the main chain",
        AlternativeReason::ConflictsWithBlink => "it holds a transaction that conflicts with one that service nodes approved",
    })]
    Refused {
        /// Its id.
        id: Hash,
        /// Why.
        reason: AlternativeReason,
    },
    /// It is larger than any block may be (chain §4.5); it was not even decoded.
    #[error("{bytes} bytes; a block has at most {limit} at this height")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The largest.
        limit: u64,
    },
    /// The checkpoint that came with it is wrong.
    #[error("the checkpoint of the block is wrong: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// It says of L2 what this node does not: of a template that is to be signed.
    #[error(transparent)]
    L2(#[from] L2Refusal),
    /// The database could not be written; nothing changed.
    #[error("the block could not be stored: {0}")]
    Storage(Box<dyn std::error::Error + Send + Sync>),
    /// The node is shutting down.
    #[error("the node is shutting down")]
    ShuttingDown,
}

/// Extending the chain. Calls do work on the CPU and the disk: async callers use a blocking thread.
pub trait ChainWriter: Send + Sync {
    /// Verifies a block and makes it part of the main chain or of one beside it.
    ///
    /// # Errors
    /// The first rule it breaks, or why it cannot be kept.
    fn submit_block(&self, submission: BlockSubmission) -> Result<BlockOutcome, SubmitBlockError>;

    /// Verifies the proofs of blocks that will be submitted next, in this order, together: many small blocks then cost as
    /// little as a large one. Nothing is decided here, a block is judged when it is submitted; what cannot be verified yet, or
    /// is wrong, waits for that. A writer that cannot look ahead does nothing.
    fn verify_ahead(&self, next: &[BlockSubmission]) {
        let _ = next;
    }

    /// Verifies a checkpoint of service nodes and keeps it. It makes no other branch the main one by itself: the next block on
    /// that branch does (pulse §9.3).
    ///
    /// # Errors
    /// The rule it breaks, or why it cannot be kept.
    fn add_checkpoint(&self, checkpoint: Checkpoint) -> Result<CheckpointOutcome, SubmitCheckpointError>;

    /// Takes back the newest `count` blocks, never the genesis block nor a checkpointed one; their transactions return to the
    /// pool. Returns the height of the new tip.
    ///
    /// # Errors
    /// The database failed.
    fn pop_blocks(&self, count: u64) -> Result<Height, SubmitBlockError>;

    /// As [`Self::pop_blocks`] for the block at `lowest` and all above it, however many there are by then.
    ///
    /// # Errors
    /// The database failed.
    fn pop_blocks_from(&self, lowest: Height) -> Result<Height, SubmitBlockError>;
}
