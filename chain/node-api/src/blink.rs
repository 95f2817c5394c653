//! Instant transactions: what their service asks of the pool, and what front ends ask of the service (chain §5).

use crate::{
    pool::{Admission, AdmissionError},
    quorum_network::Answer,
};
use oxen_staking_rules::blink::{ApprovalCertificate, BlinkQuorumsError, SubquorumCount};
use oxen_types::{Hash, Height, network::constants::BLINK_SUBQUORUMS};
use std::sync::Arc;
use thiserror::Error;

/// What a waiting transaction is to blink quorums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BlinkState {
    /// Nothing.
    #[default]
    Ordinary,
    /// It waits for its quorum, and keeps its inputs until the quorum decided or its time is over.
    Held {
        /// Chain height of its submitter.
        authorization: Height,
    },
    /// Its quorum approved it: nothing that conflicts with it is taken any more.
    Approved,
}

/// A transaction that its quorum approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedBlink {
    /// The proof, verified.
    pub certificate: ApprovalCertificate,
    /// Bytes of the transaction.
    pub blob: Arc<Vec<u8>>,
}

/// What became of an approved blink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlinkAdmission {
    /// It is new here.
    Added,
    /// It was known as approved before.
    AlreadyApproved,
    /// A block holds it that is not final yet: it is protected from now on.
    Mined,
    /// A block holds it that is final: there is nothing to protect.
    Final,
    /// A transaction that conflicts with it is in a block that is not final. It is protected, and enters the pool once that
    /// block is taken back.
    Overtaken {
        /// The lowest block that conflicts with it.
        lowest: Height,
    },
}

/// What the blink service asks of the pool. Does work on the CPU and the disk: async callers use a blocking thread.
pub trait BlinkPool: Send + Sync {
    /// Verifies a transaction as any other, with the fees of a blink, and keeps its inputs for it until its time is over or
    /// [`Self::let_go`]. It is on disk when this returns, so that a crash makes nobody approve two transactions that conflict.
    ///
    /// # Errors
    /// The first rule it breaks.
    fn hold(&self, blob: &[u8], authorization: Height) -> Result<Admission, AdmissionError>;

    /// As [`Self::hold`], for a member that is about to approve. Whatever becomes of the transaction, nothing that conflicts is
    /// held before its time is over: a rejection may count a vote of somebody who signs an approval too, so that it does not
    /// prove that there will be none.
    ///
    /// # Errors
    /// As [`Self::hold`].
    fn promise(&self, blob: &[u8], authorization: Height) -> Result<Admission, AdmissionError>;

    /// Its quorum rejected it: it leaves, unless it is there as an ordinary transaction too. What was promised before an
    /// approval was signed stays promised. False when it was not held.
    fn let_go(&self, id: &Hash) -> bool;

    /// Takes an approved blink, whose certificate the caller has verified. Whatever waits and conflicts with it leaves.
    ///
    /// # Errors
    /// It breaks a rule of the chain, conflicts with another approved blink, or with what is final.
    fn approve(&self, blink: &ApprovedBlink) -> Result<BlinkAdmission, AdmissionError>;

    /// An approved blink that waits, or that is in a block which is not final yet.
    fn approved(&self, id: &Hash) -> Option<ApprovedBlink>;

    /// All of these.
    fn all_approved(&self) -> Vec<ApprovedBlink>;
}

/// What became of a transaction that was sent as a blink: three results, each of which means what it says.
#[derive(Debug)]
pub enum BlinkOutcome {
    /// It is approved, which its quorum's signatures prove: no conflicting transaction is taken any more.
    Approved {
        /// Its id.
        id: Hash,
    },
    /// It is not sent, and it is certain that this quorum will not approve it.
    Rejected {
        /// Its id, when the bytes are a transaction.
        id: Option<Hash>,
        /// Why.
        reason: BlinkRejection,
    },
    /// It may or may not become approved.
    Unknown {
        /// Its id.
        id: Hash,
        /// From this chain height on it cannot become approved any more.
        until: Height,
        /// What is known.
        votes: Option<[SubquorumCount; BLINK_SUBQUORUMS]>,
        /// Why this node could not take it although its quorum approved it: another transaction stands in its way here.
        trouble: Option<AdmissionError>,
    },
}

/// Why a blink is rejected. The texts say what to do.
#[derive(Debug, Error)]
pub enum BlinkRejection {
    /// This node itself refuses the transaction.
    #[error(transparent)]
    Refused(#[from] AdmissionError),
    /// A block holds it already.
    #[error("the transaction is in the chain already: it needs no approval")]
    AlreadyMined,
    /// Nobody can approve it.
    #[error("{0}; send it as an ordinary transaction")]
    NoQuorum(#[from] NoBlinkQuorum),
    /// The quorum rejected it.
    #[error(
        "the service nodes rejected it: {} of {} in one quorum and {} of {} in the other{}; \
         if it is not a double spend, send it as an ordinary transaction",
        votes[0].rejections, votes[0].members, votes[1].rejections, votes[1].members,
        reason.as_deref().map(|reason| format!(". One of them says: {reason}")).unwrap_or_default()
    )]
    Quorum {
        /// The rejections in each sub-quorum.
        votes: [SubquorumCount; BLINK_SUBQUORUMS],
        /// What a member said; nobody vouches for it.
        reason: Option<String>,
    },
    /// None of those that were asked passed it on, by their own word. They have it all the same.
    #[error(
        "no service node of the quorum took it. One of them says: {reason}; try again, or send it as an ordinary transaction"
    )]
    NotStarted {
        /// What one of them said.
        reason: String,
    },
    /// None of those that should approve it could be reached: nobody has it.
    #[error("no service node of the quorum can be reached; try again, or send it as an ordinary transaction")]
    Unreached,
    /// This node is alone.
    #[error("this node has no connection to service nodes, which approve instant transactions; send it without blink")]
    Alone,
}

/// Why there is no quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoBlinkQuorum {
    /// The first quorums approve from here on.
    #[error("instant transactions begin at a chain height of 35; it is {chain_height}")]
    ChainTooShort {
        /// Height of the next block.
        chain_height: Height,
    },
    /// The node forgot the quorums of that height, or has not reached it.
    #[error("this node does not know the quorums of height {authorization}")]
    NotKnown {
        /// The authorization height.
        authorization: Height,
    },
    /// Too few service nodes.
    #[error(transparent)]
    Members(#[from] BlinkQuorumsError),
    /// The state could not be read.
    #[error("the quorums cannot be read from the database: see the log")]
    Unreadable,
}

/// Sends transactions as blinks.
pub trait Blink: Send + Sync {
    /// Asks the quorum and waits for what it says, ten seconds at most.
    fn send(&self, blob: Vec<u8>) -> Answer<BlinkOutcome>;
}

/// A node without peers.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoBlink;

impl Blink for NoBlink {
    fn send(&self, _: Vec<u8>) -> Answer<BlinkOutcome> {
        Box::pin(async {
            BlinkOutcome::Rejected {
                id: None,
                reason: BlinkRejection::Alone,
            }
        })
    }
}
