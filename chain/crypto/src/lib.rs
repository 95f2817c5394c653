//! Keys, addresses, commitments, signatures and proofs of the chain: one primitive per module.
//!
//! Pure: no I/O, no clock, no randomness of its own (whoever needs some passes a generator). A facade: ring signatures, range
//! proofs, hashing to points and key arithmetic are those of well-kept crates (`monero-clsag`, `monero-bulletproofs`,
//! `monero-ed25519`, `monero`, `curve25519-dalek`); here they speak the types of `oxen-types` and Oxen's rules.
//!
//! A walk: [`keys`] are scalars and points; [`derivation`] is the secret a sender and a receiver share, and what follows from
//! it; [`scan`] does that fast for many transactions; [`subaddress`], [`base58`], [`address`] and [`mnemonic`] are what a user
//! sees; [`amount`] hides and opens amounts in [`commitment`]s; [`signature`], [`clsag`] and [`bulletproof`] are made and
//! verified.
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

pub mod address;
pub mod amount;
pub mod base58;
mod batch;
pub mod bulletproof;
pub mod clsag;
pub mod commitment;
pub mod derivation;
pub mod keys;
pub mod mnemonic;
mod point;
pub mod scan;
pub mod signature;
pub mod subaddress;

pub use address::{Address, AddressError, AddressKind, AddressPrefixes};
pub use commitment::Mask;
pub use derivation::{DerivationScalar, KeyDerivation};
pub use keys::{AccountKeys, KeyError, KeyPair, SecretKey, ViewKeys, hash_to_point, hash_to_scalar};
pub use subaddress::SubaddressIndex;
