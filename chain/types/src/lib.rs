//! The chain's data: what a block and a transaction are, byte for byte, and the constants of every network.
//!
//! Pure: no I/O, no clock, no randomness; depends on nothing of ours. Everything else stands on this crate.
//!
//! A walk: [`codec`] reads and writes bounded, canonical bytes; [`bytes`], [`amount`] and [`height`] are the newtypes;
//! [`transaction`] and [`block`] are the wire formats with their ids and weights; [`extra`] parses what transactions carry
//! beside payments; [`checkpoint`] is a block id that may not be replaced; [`network`] holds the constants and the fork table
//! of each network, built in or read from a description file.
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

pub mod amount;
pub mod block;
pub mod bytes;
pub mod checkpoint;
pub mod codec;
pub mod extra;
pub mod hashing;
pub mod height;
pub mod network;
pub mod scan;
pub mod transaction;

pub use amount::Amount;
pub use block::{Block, BlockHeader};
pub use bytes::{Commitment, Hash, KeyImage, NetworkId, PaymentId, PublicKey, Signature};
pub use checkpoint::Checkpoint;
pub use codec::{ConsensusDecode, ConsensusEncode, DecodeError};
pub use extra::{Extra, ExtraField};
pub use hashing::keccak256;
pub use height::{GlobalOutputIndex, Height, Timestamp, Unlock, UnlockTime};
pub use network::Network;
pub use transaction::Transaction;
