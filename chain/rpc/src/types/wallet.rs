//! The fast path of our own wallet: SCALE in and out, over plain HTTP POST (rpc §9 row 16).
//!
//! | path | body | answer |
//! |---|---|---|
//! | [`WALLET_BLOCKS_PATH`] | [`ScanRequest`] | [`ScanAnswer`] |
//! | [`WALLET_POOL_PATH`] | nothing | [`ScanPool`] |
//! | [`WALLET_DISTRIBUTION_PATH`] | [`DistributionQuery`] | [`OutputCounts`] |
//! | [`WALLET_BLACKLIST_PATH`] | [`BlacklistQuery`] | [`DecoyBlacklist`] |
//!
//! Answers are `application/octet-stream`; every other status than 200 has a text that says why.

use oxen_types::{GlobalOutputIndex, Hash, Height};
use parity_scale_codec::{Compact, Decode, DecodeLimit, Encode};
use thiserror::Error;

pub use oxen_types::scan::{ScanAnswer, ScanPool, ScanRequest};

/// Blocks behind those that the wallet knows.
pub const WALLET_BLOCKS_PATH: &str = "/get_wallet_blocks.bin";
/// The pool.
pub const WALLET_POOL_PATH: &str = "/get_wallet_pool.bin";
/// Number of outputs of each block, for decoys.
pub const WALLET_DISTRIBUTION_PATH: &str = "/get_wallet_distribution.bin";
/// Outputs that are no decoys.
pub const WALLET_BLACKLIST_PATH: &str = "/get_wallet_blacklist.bin";

/// Most blocks of one [`OutputCounts`].
pub const MAX_COUNTED_BLOCKS: usize = 4_000_000;
/// Most entries of one [`DecoyBlacklist`].
pub const MAX_BLACKLIST_ENTRIES: usize = 1_000_000;

/// Asks for the outputs of each block from a height on, so that a wallet keeps what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct DistributionQuery {
    /// The first height to count.
    pub from: Height,
}

/// How many RingCT outputs each block has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct OutputCounts {
    /// The first height that is counted: the one that was asked for, or that of the next block when it lies above that.
    pub first: Height,
    /// Id of the block before it (zero before the genesis block): tells whether what the wallet has still holds.
    pub parent: Hash,
    /// Id of the last block that is counted; that of the parent when none is.
    pub tip: Hash,
    /// Outputs before the first height.
    pub base: u64,
    /// Outputs of each block.
    pub counts: Vec<Compact<u32>>,
}

impl OutputCounts {
    /// Outputs up to and with each block.
    #[must_use]
    pub fn cumulative(&self) -> Vec<u64> {
        let mut sum = self.base;
        let add = |count: &Compact<u32>| {
            sum = sum.saturating_add(u64::from(count.0));
            sum
        };
        self.counts.iter().map(add).collect()
    }
}

/// Asks for blacklisted outputs from an index on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct BlacklistQuery {
    /// The first index of interest.
    pub from: GlobalOutputIndex,
}

/// Outputs whose owner is public and that no wallet should use as decoys (chain §2.10).
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct DecoyBlacklist {
    /// Number of blocks on the node's chain.
    pub chain_height: Height,
    /// The first index, then distances from the one before.
    pub distances: Vec<Compact<u64>>,
}

impl DecoyBlacklist {
    /// From ascending indices.
    #[must_use]
    pub fn new(chain_height: Height, indices: impl IntoIterator<Item = u64>) -> Self {
        let mut before = 0;
        let distance = |index: u64| {
            let distance = index.saturating_sub(before);
            before = index;
            Compact(distance)
        };
        Self {
            chain_height,
            distances: indices.into_iter().map(distance).collect(),
        }
    }

    /// The indices, ascending.
    #[must_use]
    pub fn indices(&self) -> Vec<GlobalOutputIndex> {
        let mut index = 0_u64;
        let next = |distance: &Compact<u64>| {
            index = index.saturating_add(distance.0);
            GlobalOutputIndex::new(index)
        };
        self.distances.iter().map(next).collect()
    }
}

/// Why bytes are not what they should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the bytes are damaged or of another version: {0}")]
pub struct WalletDecodeError(String);

/// Decodes to the last byte, bounded in depth; memory is bounded by the length.
///
/// # Errors
/// Not the encoding of a `T`.
pub fn decode<T: Decode>(bytes: &[u8]) -> Result<T, WalletDecodeError> {
    /// Nesting of the deepest value, with room to spare.
    const MAX_DEPTH: u32 = 8;
    T::decode_all_with_depth_limit(MAX_DEPTH, &mut &*bytes).map_err(|reason| WalletDecodeError(reason.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_from_the_base() {
        let counts = OutputCounts {
            base: 10,
            counts: vec![Compact(0), Compact(2), Compact(1)],
            ..OutputCounts::default()
        };
        assert_eq!(counts.cumulative(), [10, 12, 13]);
        assert_eq!(decode::<OutputCounts>(&counts.encode()), Ok(counts));
    }

    #[test]
    fn the_blacklist_keeps_its_indices() {
        let list = DecoyBlacklist::new(Height::new(3), [5, 6, 900]);
        let indices: Vec<u64> = list.indices().into_iter().map(GlobalOutputIndex::index).collect();
        assert_eq!(indices, [5, 6, 900]);
    }

    #[test]
    fn bytes_behind_the_value_are_refused() {
        let mut bytes = DistributionQuery::default().encode();
        bytes.push(0);
        assert!(decode::<DistributionQuery>(&bytes).is_err());
    }
}
