//! Transactions that wait for a block.

use crate::blink::BlinkState;
use oxen_state::{error::TransactionError, transaction::CheckedTransaction};
use oxen_types::{Amount, Hash, Height, KeyImage, Timestamp};
use std::sync::Arc;
use thiserror::Error;

/// Whether a transaction may be sent to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relay {
    /// Yes.
    Relay,
    /// It waits here until somebody releases it.
    Keep,
}

/// Where a transaction comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// From a wallet or a peer.
    Submitted,
    /// From a block that was taken back: kept even where policy would refuse it.
    RevertedBlock,
}

/// A transaction in the pool.
#[derive(Debug, Clone)]
pub struct PoolTransaction {
    /// The transaction, checked.
    pub transaction: Arc<CheckedTransaction>,
    /// Its bytes.
    pub blob: Arc<Vec<u8>>,
    /// When it arrived.
    pub received: Timestamp,
    /// May it be sent to others?
    pub relay: Relay,
    /// Where it comes from.
    pub source: Source,
    /// When it was last sent to others.
    pub last_relayed: Option<Timestamp>,
    /// Another transaction that spends the same outputs was seen.
    pub double_spend_seen: bool,
    /// Chain height at which its inputs were last found valid.
    pub verified_at: Height,
    /// Height and reason of the last failure to fit into a block.
    pub last_failure: Option<(Height, Hash)>,
    /// What it is to blink quorums.
    pub blink: BlinkState,
}

/// What became of a submitted transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is new in the pool.
    Added {
        /// Its id.
        id: Hash,
    },
    /// It was in the pool before: sending it again is no error.
    AlreadyInPool {
        /// Its id.
        id: Hash,
    },
    /// It is in the chain already.
    AlreadyMined {
        /// Its id.
        id: Hash,
    },
}

/// Why a transaction is not in the pool (chain §4.11).
#[derive(Debug, Error)]
pub enum AdmissionError {
    /// It breaks a rule of the chain.
    #[error(transparent)]
    Invalid(#[from] TransactionError),
    /// It spends what a transaction in the pool spends.
    #[error("key image {image} is spent by transaction {by}, which is in the pool")]
    DoubleSpend {
        /// The key image.
        image: KeyImage,
        /// The other transaction.
        by: Hash,
    },
    /// It spends what an approved blink spends.
    #[error("key image {image} is spent by transaction {by}, which service nodes have approved")]
    ConflictsWithBlink {
        /// The key image.
        image: KeyImage,
        /// The blink.
        by: Hash,
    },
    /// Stakes, names and the like cannot be instant.
    #[error("only ordinary transfers can be instant: send it without blink")]
    NotBlinkable,
    /// It burns less than a blink must.
    #[error(
        "{burned} OXEN are burned, less than the {required} that a blink of this weight burns; build it with priority blink"
    )]
    BurnTooLow {
        /// Burned.
        burned: Amount,
        /// Required.
        required: Amount,
    },
    /// The approval is that of another transaction.
    #[error("the approval is not that of transaction {id}")]
    ApprovalOfAnother {
        /// The transaction's id.
        id: Hash,
    },
    /// It changes a name that a transaction in the pool changes.
    #[error("transaction {by}, which is in the pool, changes the same name; wait until it is mined")]
    NameConflict {
        /// The other transaction.
        by: Hash,
    },
    /// It asks for what a transaction in the pool asks for.
    #[error("transaction {by}, which is in the pool, asks for the same")]
    SameRequest {
        /// The other transaction.
        by: Hash,
    },
    /// Every node reports what it sees of L2 itself (bridge §3.3).
    #[error("reports of L2 events are not relayed: every node that follows L2 makes its own")]
    ReportRelayed,
    /// Its fee is below what this node relays.
    #[error("fee {fee} is below the {required} OXEN that its weight and outputs require")]
    FeeTooLow {
        /// Offered.
        fee: Amount,
        /// Required.
        required: Amount,
    },
    /// It sat in the pool for its lifetime and was dropped.
    #[error("the transaction expired in the pool before; build it anew")]
    Expired,
    /// The pool is full of transactions that pay more.
    #[error("the pool is full and the fee is lower than that of everything in it")]
    PoolFull,
    /// A block of this weight could never hold it.
    #[error("the transaction is heavier than the next block may be")]
    HeavierThanBlock,
    /// The pool could not be written to disk; the transaction is not in it.
    #[error("the transaction could not be stored: {0}")]
    Storage(Box<dyn std::error::Error + Send + Sync>),
}

/// The pool. Admission does work on the CPU: async callers use a blocking thread.
pub trait Pool: Send + Sync {
    /// Verifies a transaction and keeps it.
    ///
    /// # Errors
    /// The first rule it breaks.
    fn submit(&self, blob: &[u8], relay: Relay) -> Result<Admission, AdmissionError>;

    /// A transaction by id.
    fn get(&self, id: &Hash) -> Option<PoolTransaction>;

    /// Every transaction, in the order in which a block would take them.
    fn transactions(&self) -> Vec<PoolTransaction>;

    /// Ids in no particular order.
    fn ids(&self) -> Vec<Hash>;

    /// Number of transactions.
    fn len(&self) -> usize;

    /// True when there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The transactions that spend a key image.
    fn spenders(&self, image: &KeyImage) -> Vec<Hash>;

    /// Whether a blink quorum approved it: a waiting one, or one in a block that is not final yet.
    fn is_blink(&self, id: &Hash) -> bool {
        self.get(id)
            .is_some_and(|waiting| waiting.blink == BlinkState::Approved)
    }

    /// Drops the given transactions, or all of them; returns how many.
    fn flush(&self, ids: Option<&[Hash]>) -> usize;

    /// Releases a transaction that was kept back; false when it is not in the pool.
    fn release(&self, id: &Hash) -> bool;
}

/// What the writer of the chain asks of the pool and tells it.
pub trait PoolKeeper: Send + Sync {
    /// A waiting transaction that a block lists, already checked.
    fn checked(&self, id: &Hash) -> Option<Arc<CheckedTransaction>>;

    /// Whether there is any approved blink that is not final.
    fn protects_blinks(&self) -> bool;

    /// An approved blink that conflicts with one of these transactions.
    fn conflicting_blink(&self, transactions: &[Arc<CheckedTransaction>]) -> Option<Hash>;

    /// Transactions that fit the present tip, best first.
    fn candidates(&self) -> Vec<Arc<CheckedTransaction>>;

    /// A block with these transactions became the tip: they leave, and with them everything that spends what they spent.
    fn on_committed(&self, transactions: &[Arc<CheckedTransaction>]);

    /// Blocks with these transactions were taken back: they return, except those that conflict with the chain or with an
    /// approved blink.
    fn on_reverted(&self, transactions: &[Arc<CheckedTransaction>]);
}
