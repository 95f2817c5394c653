//! Transaction weight: size plus the clawback for aggregated range proofs (chain §2.4).

use super::{Proofs, Transaction, ringct::BULLETPROOF_BASE_ROUNDS};
use crate::codec::ConsensusEncode;
use parity_scale_codec::{Decode, Encode};
use std::fmt;

/// Weight of a transaction or block, in bytes of block space.
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
pub struct Weight(u64);

impl Weight {
    /// From bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The sum, at most the largest.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Transaction {
    /// Weight of this transaction.
    #[must_use]
    pub fn weight(&self) -> Weight {
        self.weight_of_blob(self.encode().len())
    }

    /// Weight when the length of the blob is already known.
    #[must_use]
    pub fn weight_of_blob(&self, blob_length: usize) -> Weight {
        let padded = match &self.proofs {
            Proofs::Clsag(proofs) => proofs.prunable.range_proof.padded_outputs(),
            Proofs::Legacy(proofs) => proofs.padded_outputs,
            Proofs::Absent | Proofs::Null | Proofs::RingSignatures(_) => 0,
        };
        Weight::new((blob_length as u64).saturating_add(clawback(padded)))
    }
}

/// What aggregation saves beyond the first two outputs, four fifths of it charged back, in bytes. `padded` is the number of
/// outputs the proofs have room for.
#[must_use]
pub fn clawback(padded: u64) -> u64 {
    /// Size of half a two-output proof, the price of one output without aggregation.
    const BASE: u64 = 368;
    if padded <= 2 {
        return 0;
    }
    let rounds = u64::from(padded.next_power_of_two().trailing_zeros()).saturating_add(BULLETPROOF_BASE_ROUNDS as u64);
    let size = 32_u64.saturating_mul(rounds.saturating_mul(2).saturating_add(9));
    let separate = BASE.saturating_mul(padded);
    separate.saturating_sub(size).saturating_mul(4) / 5
}
