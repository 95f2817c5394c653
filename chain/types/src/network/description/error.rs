//! What can be wrong in a description file.

use super::NetworkDescription;
use crate::{
    height::Height,
    network::{GenesisError, HardForkTableError, HardForkVersion, StakeConversion},
};
use thiserror::Error;

/// Why a description is not a network. Every text names the key or the constant to correct.
#[derive(Debug, Error)]
pub enum NetworkDescriptionError {
    /// The text is too long.
    #[error(
        "the network description has {bytes} bytes: at most {} are read",
        NetworkDescription::MAX_BYTES
    )]
    TooLong {
        /// Length of the text.
        bytes: usize,
    },
    /// The text is not a JSON object.
    #[error("the network description is not a JSON object: {0}")]
    NotJson(#[source] serde_json::Error),
    /// A required key is missing.
    #[error("the key {key} is missing from the network description")]
    MissingKey {
        /// The key.
        key: &'static str,
    },
    /// A key has a value of another type.
    #[error("the key {key} of the network description has a wrong value: {source}")]
    InvalidKey {
        /// The key.
        key: &'static str,
        /// What was expected.
        #[source]
        source: serde_json::Error,
    },
    /// A name that cannot be a folder.
    #[error("the key {key} must be 1 to 64 letters, digits, '-', '_' or '.', and not begin with '.'")]
    InvalidName {
        /// The key.
        key: &'static str,
    },
    /// A text that is not bytes.
    #[error("the key {key} must be pairs of hexadecimal characters")]
    NotHexadecimal {
        /// The key.
        key: &'static str,
    },
    /// A constant without a default is missing.
    #[error("the constant {constant} is missing and has no default on a network with its own address prefixes")]
    MissingConstant {
        /// Its name.
        constant: &'static str,
    },
    /// A constant has a value of another type or out of range.
    #[error("the constant {constant} must be {expected}")]
    InvalidConstant {
        /// Its name.
        constant: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A constant contradicts what it follows from.
    #[error(
        "the constant {constant} is {expected} here, because it is fixed or follows from the other values: correct it or leave it out"
    )]
    Contradiction {
        /// Its name.
        constant: String,
        /// The only possible value.
        expected: u64,
    },
    /// A constant stands under two keys.
    #[error("the constant {constant} is given twice: remove it from constants_same_as_mainnet")]
    GivenTwice {
        /// Its name.
        constant: String,
    },
    /// The key `hard_forks` is no fork table.
    #[error("the key hard_forks is wrong: {0}")]
    HardForks(#[from] HardForkTableError),
    /// The genesis keys do not make the block they should.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The genesis block has another version than the fork table says.
    #[error("genesis_block_version begins with {described}, but hard_forks begins with {table}: they must agree")]
    GenesisVersion {
        /// Of the block.
        described: u8,
        /// Of the table.
        table: HardForkVersion,
    },
    /// The key `stake_conversion` makes more than there can be.
    #[error(
        "stake_conversion would make more SESH than can be counted (18446744073): lower its ratio or its bonuses, which must leave room for what {} OXEN are worth",
        StakeConversion::MOST_OXEN
    )]
    StakeConversionTooLarge,
    /// The key `checkpoints` is not in order.
    #[error("the checkpoint at height {height} must stand above the one before it")]
    CheckpointsNotAscending {
        /// Height of the later one.
        height: Height,
    },
    /// The key `pulse_timing` contradicts the fork table.
    #[error(
        "pulse_timing.pulse_genesis_height is {described}, but the first fork with Pulse in hard_forks begins elsewhere"
    )]
    PulseGenesisHeight {
        /// As described.
        described: Height,
    },
}
