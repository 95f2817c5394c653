//! Building transactions: from what the user wants to a signed transaction (wallet §7, chain §B.1).
//!
//! Four steps, each a value the caller can look at:
//!
//! 1. [`request`] says what is wanted; `Wallet::plan_transfer`, `Wallet::plan_sweep` choose inputs ([`select`]) and give one or
//!    more [`TransactionPlan`]s;
//! 2. the caller gets candidates for each input's ring ([`crate::decoys`]) and makes the rings;
//! 3. [`TransactionPlan::prepare`] then knows the exact weight and fee ([`weight`], [`mod@fee`]): a [`PreparedTransaction`] to be
//!    confirmed by the user;
//!    Stakes and registrations are planned by `Wallet::plan_stake`, their unlock needs no plan: see [`stake`];
//!    transactions of the name system by `Wallet::plan_name_transaction`: see [`name`]; burns for the swap by `Wallet::plan_swap`:
//!    see [`swap`];
//! 4. [`PreparedTransaction::prove`] signs it: a [`SignedTransaction`], which `Wallet::note_signed` notes before it is relayed.

pub mod error;
pub mod fee;
pub mod name;
pub mod plan;
pub mod prepare;
pub mod prove;
pub mod request;
pub mod select;
pub mod stake;
pub mod swap;
pub mod sweep;
pub mod weight;

mod output_keys;

pub use error::{BuildError, LockedAmount, LockedUntil, ProveError};
pub use fee::{FeeLevel, FeeRates, Priority, fee};
pub use name::NameTransactionRequest;
pub use plan::{Leftover, TransactionPlan};
pub use prepare::{OutputRole, PreparedInput, PreparedOutput, PreparedTransaction};
pub use prove::{SignedInput, SignedTransaction};
pub use request::{
    Destination, FeePayer, OutputLimits, SourceAddresses, SplitRule, SweepRequest, SweepSelection, TransferRequest,
};
pub use stake::StakeRequest;
pub use swap::SwapTransactionRequest;
