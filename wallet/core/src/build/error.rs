//! Why nothing can be built, in words that say what to do.

use super::fee::Priority;
use crate::{accounts::AccountsError, decoys::RingError};
use oxen_crypto::{KeyError, bulletproof::BulletproofError, clsag::ClsagError, commitment::BalanceError};
use oxen_types::{
    Amount, DecodeError, Height, PublicKey, Timestamp, UnlockTime,
    network::constants::MAX_BULLETPROOF_OUTPUTS,
    transaction::{TransactionType, Weight},
};
use std::fmt;
use thiserror::Error;

/// Until when money is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockedUntil {
    /// Until the block of this height can spend it.
    Height(Height),
    /// Until this time.
    Time(Timestamp),
    /// While it is staked on this service node; with a height once the unlock was asked for.
    Stake {
        /// The node.
        service_node: PublicKey,
        /// Where it becomes free.
        unlock_height: Option<Height>,
    },
    /// Until this height, because the node it was staked on was deregistered.
    Blacklist(Height),
    /// Until the user thaws it.
    Frozen,
    /// Until the transaction that spends it is mined, and ten blocks more for the change.
    PendingTransaction,
}

impl fmt::Display for LockedUntil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Height(height) => write!(f, "until block {height}"),
            Self::Time(time) => write!(f, "until Unix time {time}"),
            Self::Stake {
                service_node,
                unlock_height: None,
            } => {
                write!(f, "staked on {service_node}, no unlock requested")
            }
            Self::Stake {
                service_node,
                unlock_height: Some(height),
            } => {
                write!(f, "staked on {service_node} until block {height}")
            }
            Self::Blacklist(height) => write!(f, "until block {height} after a deregistration"),
            Self::Frozen => f.write_str("frozen by you"),
            Self::PendingTransaction => f.write_str("waiting for your last transaction to be mined"),
        }
    }
}

/// An amount that cannot be spent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockedAmount {
    /// How much.
    pub amount: Amount,
    /// Until when.
    pub until: LockedUntil,
}

/// A list of locks for a message.
struct Locks<'a>(&'a [LockedAmount]);

impl fmt::Display for Locks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing is locked");
        }
        f.write_str("locked: ")?;
        for (place, lock) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{} {}", lock.amount, lock.until)?;
        }
        Ok(())
    }
}

/// Why a transaction cannot be planned or prepared.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BuildError {
    /// Nobody is paid.
    #[error("name at least one address and amount")]
    NoDestinations,
    /// A payment of nothing.
    #[error("destination {place} gets nothing: give an amount above zero", place = place.saturating_add(1))]
    ZeroAmount {
        /// Its place, from 0.
        place: usize,
    },
    /// More than can exist.
    #[error("the amounts add up to more than can exist")]
    AmountOverflow,
    /// Too many payments for one transaction.
    #[error("one transaction pays at most {most} destinations, not {given}: use transfer_split")]
    TooManyDestinations {
        /// Given.
        given: usize,
        /// Possible.
        most: usize,
    },
    /// Two integrated addresses with different payment ids.
    #[error("a transaction carries one payment id, and these destinations have different ones: pay them separately")]
    SeveralPaymentIds,
    /// The wallet does not have that much.
    #[error("not enough money: {available} available, {needed} needed with a fee of {fee}")]
    NotEnoughMoney {
        /// Locked and unlocked, of the addresses that may pay.
        available: Amount,
        /// Payments and fee.
        needed: Amount,
        /// The fee.
        fee: Amount,
    },
    /// The wallet has that much, but not unlocked.
    #[error(
        "not enough unlocked money: {unlocked} unlocked, {needed} needed with a fee of {fee}; {locks}",
        locks = Locks(locked)
    )]
    NotEnoughUnlocked {
        /// Unlocked, of the addresses that may pay.
        unlocked: Amount,
        /// Payments and fee.
        needed: Amount,
        /// The fee.
        fee: Amount,
        /// What is locked, and until when.
        locked: Vec<LockedAmount>,
    },
    /// There is nothing that a sweep could take.
    #[error("nothing to sweep: no output fits; {locks}", locks = Locks(locked))]
    NothingToSweep {
        /// What is locked, and until when.
        locked: Vec<LockedAmount>,
    },
    /// The fee eats the amount.
    #[error("the fee of {fee} is not covered by {amount}: nothing would arrive")]
    FeeExceedsAmount {
        /// The fee, or the part of it that the destination pays.
        fee: Amount,
        /// What should pay it.
        amount: Amount,
    },
    /// The payment needs too many small outputs for one transaction.
    #[error(
        "the transaction would be too large: at most {inputs} inputs fit into one, worth {reachable}; \
         sweep_all to your own address first, wait 10 blocks, then try again (or use transfer_split)"
    )]
    TooLarge {
        /// Inputs that fit.
        inputs: usize,
        /// What the largest of them are worth together.
        reachable: Amount,
    },
    /// Fee from destinations with several transactions.
    #[error("the fee can be taken from destinations only if one transaction does: pay fewer destinations at once")]
    FeeFromSeveral,
    /// A destination that should pay the fee does not exist.
    #[error("there is no destination {place} to take the fee from", place = place.saturating_add(1))]
    NoSuchFeePayer {
        /// Its place, from 0.
        place: usize,
    },
    /// A number of outputs that no transaction has.
    #[error("a transaction has 1 to {MAX_BULLETPROOF_OUTPUTS} outputs, not {outputs}")]
    InvalidOutputCount {
        /// Asked for.
        outputs: usize,
    },
    /// The kind of transaction does not know the priority.
    #[error("{}", priority_advice(*.priority))]
    PriorityNotForKind {
        /// Asked for.
        priority: Priority,
        /// The kind.
        kind: TransactionType,
    },
    /// A registration for another wallet.
    #[error("the registration's operator is another address: register from the wallet whose primary address it names")]
    NotTheOperator,
    /// No stake of ours has this key image.
    #[error("this wallet has no stake with that key image: see print_locked_stakes")]
    NoSuchStake,
    /// An output to sweep does not exist, or cannot be spent.
    #[error("the output to sweep is not one of this wallet's spendable outputs: see incoming_transfers")]
    NotSpendable,
    /// A view-only wallet cannot spend.
    #[error("a view-only wallet cannot spend: use the wallet it was made from")]
    ViewOnly,
    /// There is no such account.
    #[error(transparent)]
    Account(#[from] AccountsError),
    /// The lock lies in a past that would make it look like none.
    #[error("an unlock time of {} is in the past", .0.value())]
    UnlockTimeInPast(UnlockTime),
    /// A ring for each input is needed.
    #[error("{given} rings for {inputs} inputs")]
    RingCount {
        /// Inputs.
        inputs: usize,
        /// Rings.
        given: usize,
    },
    /// A ring hides another output.
    #[error("a ring does not hide the input it was made for")]
    WrongRing,
    /// No ring can be made.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// Above what the chain takes; cannot happen after planning with sane fee rates.
    #[error("the transaction weighs {weight}, more than the limit of {limit}: sweep_all first")]
    TooHeavy {
        /// Its weight.
        weight: Weight,
        /// The limit.
        limit: Weight,
    },
    /// The fee of the prepared transaction is higher than was planned for.
    #[error("the fee came out as {fee}, more than the {available} that are left: try again")]
    FeeGrew {
        /// The fee.
        fee: Amount,
        /// Inputs less payments.
        available: Amount,
    },
    /// A key of the wallet or an address is none.
    #[error(transparent)]
    Key(#[from] KeyError),
}

const fn priority_advice(priority: Priority) -> &'static str {
    match priority {
        Priority::Blink => "only ordinary transfers can be instant: leave blink out for stakes and names",
        _ => "an ordinary transfer is either unimportant (the default) or blink",
    }
}

/// Why a prepared transaction cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProveError {
    /// A view-only wallet cannot spend.
    #[error("a view-only wallet cannot spend: use the wallet it was made from")]
    ViewOnly,
    /// A key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A ring signature failed: the wallet's data of an input is wrong.
    #[error("an input cannot be signed: {0}; scan again with rescan_bc")]
    RingSignature(#[from] ClsagError),
    /// The range proof failed.
    #[error("the amounts cannot be proved: {0}")]
    RangeProof(#[from] BulletproofError),
    /// The signed transaction does not balance.
    #[error("the transaction does not balance: {0}")]
    Balance(#[from] BalanceError),
    /// A proof came out in an unexpected form.
    #[error("a proof has an unexpected form: {0}")]
    Form(#[from] DecodeError),
}
