//! Which service nodes watch the others, vote checkpoints, approve blinks and make the next block (staking §12, pulse §3).
//!
//! A quorum follows from the list of service nodes after a block and the id of that block. Every function here takes lists
//! sorted by primary public key, bytewise. The rules are those from HF16 on; before it the generator was seeded otherwise.

mod blink;
mod checkpointing;
mod obligations;
mod pulse;

pub use blink::{
    blink_checksum, blink_quorum, blink_quorum_heights, has_blink_quorum, is_eligible_for_blink, quorum_checksum,
};
pub use checkpointing::{
    checkpoint_height, checkpointing_quorum, checkpointing_quorum_height, has_checkpointing_quorum,
};
pub use obligations::obligations_quorum;
pub use pulse::{EntropySource, PulseCandidate, PulseSorter, entropy_heights, pulse_entropy, pulse_quorum};

use oxen_types::PublicKey;
use parity_scale_codec::{Decode, Encode};

/// What a quorum is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum QuorumKind {
    /// Tests other service nodes and votes on their state.
    Obligations,
    /// Votes on a checkpoint.
    Checkpointing,
    /// Approves or rejects blinks.
    Blink,
    /// Makes a block.
    Pulse,
}

impl QuorumKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Obligations, Self::Checkpointing, Self::Blink, Self::Pulse];

    /// The number that votes, the RPC and the seed of the generator use.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Obligations => 0,
            Self::Checkpointing => 1,
            Self::Blink => 2,
            Self::Pulse => 3,
        }
    }

    /// The kind with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Obligations),
            1 => Some(Self::Checkpointing),
            2 => Some(Self::Blink),
            3 => Some(Self::Pulse),
            _ => None,
        }
    }
}

/// Service nodes chosen for a task, by primary public key. The order counts: a vote names its voter by position. An empty
/// quorum, where too few nodes were there, differs from no quorum at a height.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Quorum {
    /// Those who vote.
    pub validators: Vec<PublicKey>,
    /// Those who are tested (obligations) or the producer (Pulse); none in the other kinds.
    pub workers: Vec<PublicKey>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use oxen_types::Hash;

    /// Keys whose order is that of the numbers.
    pub(crate) fn node(number: usize) -> PublicKey {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
        PublicKey::new(bytes)
    }

    /// The nodes of these numbers.
    pub(crate) fn nodes(numbers: std::ops::Range<usize>) -> Vec<PublicKey> {
        numbers.map(node).collect()
    }

    /// The numbers of these nodes.
    pub(crate) fn numbers(keys: &[PublicKey]) -> Vec<usize> {
        let number = |key: &PublicKey| u64::from_be_bytes(*key.as_bytes().first_chunk().unwrap()) as usize;
        keys.iter().map(number).collect()
    }

    /// Numbers in text.
    pub(crate) fn parsed(text: &str) -> Vec<usize> {
        text.split_whitespace().map(|number| number.parse().unwrap()).collect()
    }

    /// The hash 00 01 … 1f.
    pub(crate) fn counting_hash() -> Hash {
        Hash::new(std::array::from_fn(|index| index as u8))
    }

    #[test]
    fn numbers_and_kinds_belong_together() {
        for (number, kind) in (0..).zip(QuorumKind::ALL) {
            assert_eq!(kind.number(), number);
            assert_eq!(QuorumKind::from_number(number), Some(kind));
            assert_eq!(kind.encode(), [number]);
        }
        assert_eq!(QuorumKind::from_number(4), None);
    }
}
