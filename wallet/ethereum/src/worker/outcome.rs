//! What the worker tells while it works, and what its work comes to.

use super::MAX_REFUSED_SIGNATURES;
use crate::{
    amount::Sesh,
    claim::ClaimWindow,
    journal::{JournalError, Receipt},
    provider::L2Error,
    refusal::Refusal,
};
use alloy::primitives::B256;
use std::fmt;
use thiserror::Error;

/// Why there is no signature of the network.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SourceError {
    /// The network owes this address nothing.
    #[error(
        "the network owes this address nothing: it has earned no rewards and burned no coins for it, or not long enough ago"
    )]
    NothingOwed,
    /// Another reason.
    #[error("{0}")]
    Failed(String),
}

/// Why an operation stopped. It can be gone on with by giving the command again.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WorkError {
    /// Arbitrum.
    #[error(transparent)]
    L2(#[from] L2Error),
    /// The network.
    #[error("there is no signature of the network: {0}")]
    Source(#[from] SourceError),
    /// Disk.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Nothing is there to be gone on with.
    #[error("nothing is to be finished")]
    NothingBegun,
    /// The operation is another account's.
    #[error(
        "the operation in the journal belongs to another account or chain: finish it with that one first, or, if its \
         key is lost, leave it with `ethereum forget`"
    )]
    OtherAccount,
    /// Everything was paid out.
    #[error("there is nothing to claim: {0} were credited in all, and all was paid out")]
    NothingToClaim(Sesh),
    /// Less is there than was asked for.
    #[error("only {available} can be claimed now, not {wanted}: claim less, or wait until more is earned and signed")]
    MoreThanThereIs {
        /// What was asked for.
        wanted: Sesh,
        /// What there is.
        available: Sesh,
    },
    /// Everybody's claims of this window are used up.
    #[error(
        "everybody's claims together reach the limit of {} in this window, and {} of it are left: claim at most that now, or \
         wait {} minutes for the next window",
        .0.limit, .0.left, .0.ends_in.div_ceil(60)
    )]
    WindowUsedUp(ClaimWindow),
    /// The contract accepts none of the network's signatures.
    #[error(
        "the contract accepted none of {MAX_REFUSED_SIGNATURES} signatures of the network, the last one because {0}. Try again later, or ask another daemon"
    )]
    SignaturesRefused(Box<Refusal>),
    /// The transaction changed nothing.
    #[error("transaction {hash} is in a block and changed nothing but the cost of its gas: {refusal}")]
    Reverted {
        /// Its id.
        hash: B256,
        /// Why.
        refusal: Box<Refusal>,
    },
    /// Another transaction took its number.
    #[error(
        "another wallet with the same key sent a transaction in place of {hash}, which will never be mined: look at the state, and \
         give the command again if it is still needed"
    )]
    Superseded {
        /// Its id.
        hash: B256,
    },
    /// Somebody with the same key claimed at the same time.
    #[error(
        "{paid} were claimed meanwhile by another wallet with the same key, in place of this one. To be safe nothing more was \
         claimed: look at `rewards status` or `swap status`, and give the command again for what is still wanted"
    )]
    ClaimedElsewhere {
        /// How much.
        paid: Sesh,
    },
    /// It takes long.
    #[error(
        "transaction {0} still waits to be mined. It is kept: give the command again later, and it goes on from here. It cannot be \
         executed twice"
    )]
    StillWaiting(B256),
    /// It goes back and forth.
    #[error(
        "the provider says one thing and then another, so that this came to no end. What was begun is kept, and nothing is done \
         twice: give the command again later, or choose another provider with --l2-provider"
    )]
    NoEnd,
}

/// What happens, for whoever watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The network is asked.
    AskingNetwork,
    /// The network signed.
    Signed {
        /// The lifetime total.
        total: Sesh,
        /// Nodes that did not sign.
        non_signers: usize,
    },
    /// The contract refused a signature, another one is asked for.
    SignatureRefused(Box<Refusal>),
    /// Everything the network owes is credited.
    Credited(Sesh),
    /// It is not any more.
    CreditVanished,
    /// A transaction was handed over.
    Sent(B256),
    /// The provider had lost it, and has it again.
    SentAgain(B256),
    /// A transaction with a higher price took its place.
    Raised(B256),
    /// It is in a block.
    Mined(B256),
    /// The provider did not say whether it took the transaction.
    Unanswered(L2Error),
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AskingNetwork => f.write_str("Asking the service nodes to sign..."),
            Self::Signed { total, non_signers: 0 } => write!(f, "All nodes signed: {total} in all so far."),
            Self::Signed { total, non_signers } => {
                write!(
                    f,
                    "The network signed: {total} in all so far ({non_signers} nodes did not sign)."
                )
            }
            Self::SignatureRefused(refusal) => write!(f, "Asking again: {refusal}."),
            Self::Credited(total) => write!(f, "The contract has credited {total}."),
            Self::CreditVanished => f.write_str("The credit has vanished with the blocks of Arbitrum that held it."),
            Self::Sent(hash) => write!(f, "Sent transaction {hash}."),
            Self::SentAgain(hash) => write!(f, "Sent transaction {hash} once more."),
            Self::Raised(hash) => write!(f, "It waits too long: replaced by transaction {hash}, which pays more."),
            Self::Mined(hash) => write!(f, "Transaction {hash} is in a block."),
            Self::Unanswered(error) => write!(f, "Note: {error}"),
        }
    }
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The operation is a stage further.
    Further,
    /// Its transaction waits.
    Waiting(B256),
    /// It is done.
    Done(Receipt),
}
