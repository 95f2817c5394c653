//! The Oxen Name System as pure functions over values: names, their hashes, what they point to and how that is encrypted,
//! prices and periods, and the rules that a transaction of the name system must satisfy (chain §6).
//!
//! No state of its own, no I/O, no clock, no randomness (nonces are arguments). May depend on types and crypto; `chain/state`
//! keeps the rows, the wallet makes the transactions, both with the functions of this crate.
//!
//! A walk: a [`NameKind`] is one of the three registers; [`name`] checks and hashes a [`Name`]; [`value`] is what it points
//! to, [`base32z`] the text of an onion service's key, [`encryption`] hides a value behind its name; [`price`] says what a
//! registration costs and how long it lasts; [`owner`] is the text of owners; [`entry`] is the row of a register; [`update`] signs changes and verifies them;
//! [`rules`] decides whether a record may change a register and what the row becomes.
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
        clippy::arithmetic_side_effects
    )
)]

pub mod base32z;
pub mod encryption;
pub mod entry;
pub mod kind;
pub mod name;
pub mod owner;
pub mod price;
pub mod rules;
pub mod update;
pub mod value;

pub use encryption::{EncryptedValue, Nonce};
pub use entry::NameEntry;
pub use kind::NameKind;
pub use name::{Name, NameFormatError};
pub use rules::{NameContext, NameError, NameRequest, NameRows, check_name_record};
pub use update::NameSigner;
pub use value::{NameValue, NameValueError};
