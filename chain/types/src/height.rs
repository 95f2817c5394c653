//! Positions on the chain and in time.

use parity_scale_codec::{Decode, Encode};
use std::fmt;

/// The index of a block; the genesis block is 0. Where the field says "chain height" it means the height of the *next* block,
/// which equals the number of blocks.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Height(u64);

impl Height {
    /// The genesis block.
    pub const GENESIS: Self = Self(0);

    /// From a block index.
    #[must_use]
    pub const fn new(index: u64) -> Self {
        Self(index)
    }

    /// The block index.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.0
    }

    /// The height `blocks` later, unless it overflows.
    #[must_use]
    pub const fn checked_add(self, blocks: u64) -> Option<Self> {
        match self.0.checked_add(blocks) {
            Some(index) => Some(Self(index)),
            None => None,
        }
    }

    /// The height `blocks` earlier, unless that is before the genesis block.
    #[must_use]
    pub const fn checked_sub(self, blocks: u64) -> Option<Self> {
        match self.0.checked_sub(blocks) {
            Some(index) => Some(Self(index)),
            None => None,
        }
    }

    /// The height `blocks` later, at most the largest.
    #[must_use]
    pub const fn saturating_add(self, blocks: u64) -> Self {
        Self(self.0.saturating_add(blocks))
    }

    /// The height `blocks` earlier, at least the genesis block.
    #[must_use]
    pub const fn saturating_sub(self, blocks: u64) -> Self {
        Self(self.0.saturating_sub(blocks))
    }

    /// Blocks from `earlier` to here, 0 when `earlier` is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The next height.
    #[must_use]
    pub const fn next(self) -> Self {
        self.saturating_add(1)
    }

    /// The height before, unless this is the genesis block.
    #[must_use]
    pub const fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }
}

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Unix time in whole seconds, as block headers carry it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From Unix seconds.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Unix seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// This many seconds later, at most the largest.
    #[must_use]
    pub const fn saturating_add(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The position of an output in the chain-wide list of RingCT outputs (chain §3.4).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct GlobalOutputIndex(u64);

impl GlobalOutputIndex {
    /// From a position.
    #[must_use]
    pub const fn new(index: u64) -> Self {
        Self(index)
    }

    /// The position.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.0
    }
}

impl fmt::Display for GlobalOutputIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// When an output becomes spendable: a height below 500,000,000, Unix seconds from there on (chain §4.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct UnlockTime(u64);

/// [`UnlockTime`] read as what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlock {
    /// Spendable in a block at this height or above.
    AtHeight(Height),
    /// Spendable once this time has come.
    AtTime(Timestamp),
}

impl UnlockTime {
    /// Values from here on are Unix seconds (MAX_BLOCK_NUMBER, chain §7.1).
    pub const FIRST_TIMESTAMP: u64 = 500_000_000;
    /// No lock.
    pub const NONE: Self = Self(0);

    /// From the number on the wire.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// What the number means.
    #[must_use]
    pub const fn unlock(self) -> Unlock {
        if self.0 < Self::FIRST_TIMESTAMP {
            Unlock::AtHeight(Height::new(self.0))
        } else {
            Unlock::AtTime(Timestamp::from_seconds(self.0))
        }
    }
}
