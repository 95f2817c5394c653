//! The wallet without a screen, a file or a socket: keys, scanning, balances, decoys, building, history, proofs.
//!
//! Pure: time, heights, randomness and what the daemon said are arguments; what happens is a value. May depend on
//! `oxen-types`, `oxen-crypto`, `oxen-names` and `oxen-staking-rules`.
//!
//! A walk: [`keys`] are what a wallet is opened with; [`accounts`] are its addresses. [`scan`] finds outputs in blocks, in
//! parallel if the caller likes, and [`wallet`] applies what was found, block by block, and takes it back when the chain
//! does. [`output`] keeps the outputs, [`spendability`] says which can be spent when, [`balance`] adds them up, [`history`]
//! tells what happened. To pay, [`build`] chooses inputs and fees, [`decoys`] hide them, and the result is signed.
//! [`staking`] is what stakers need, [`names`] makes records of the name system, [`swap`] keeps receipts of burned OXEN.
//! [`proofs`] show others what was paid.
//! [`state`] is the form in which all of this is kept.
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic
    )
)]

pub mod accounts;
pub mod address;
pub mod balance;
pub mod build;
pub mod decoys;
pub mod history;
pub mod keys;
pub mod names;
pub mod output;
pub mod proofs;
pub mod scan;
pub mod secret;
pub mod sent;
pub mod spendability;
pub mod staking;
pub mod state;
pub mod swap;
pub mod uri;
pub mod wallet;

pub use accounts::{Accounts, Lookahead};
pub use keys::{KeysSection, WalletKeys};
pub use output::OwnedOutput;
pub use scan::{BlockHits, ViewContext, find_owned, find_owned_in};
pub use spendability::{ChainView, StakeLocks};
pub use wallet::Wallet;
