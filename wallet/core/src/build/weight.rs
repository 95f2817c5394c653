//! The weight of a transaction before it is signed: every size but that of the ring offsets is known beforehand.

use oxen_types::{
    Amount, Commitment, ConsensusEncode, KeyImage, PublicKey, UnlockTime,
    codec::write_varint,
    network::constants::{COINBASE_RESERVED_WEIGHT, FULL_REWARD_ZONE_WEIGHT, RING_SIZE},
    transaction::{
        Input, Output, OutputTarget, RingCtBase, TransactionPrefix, TransactionType, TransactionVersion, Weight,
        ringct::BULLETPROOF_BASE_ROUNDS, weight::clawback,
    },
};

/// Heaviest transaction that the chain takes (chain §2.6 rule 12).
pub const LIMIT: Weight = Weight::new(FULL_REWARD_ZONE_WEIGHT / 2 - COINBASE_RESERVED_WEIGHT);
/// Weight at which splitting starts another transaction: two thirds of the limit (wallet §7.1).
pub const TARGET: Weight = Weight::new(LIMIT.bytes() / 3 * 2);

/// What decides the weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Relative ring offsets of each input.
    pub rings: Vec<Vec<u64>>,
    /// Unlock time of each output.
    pub unlock_times: Vec<UnlockTime>,
    /// Bytes of extra.
    pub extra: usize,
    /// The kind, for its number.
    pub kind: TransactionType,
}

impl Shape {
    /// A shape whose rings take as many bytes as they can while all indices are below `outputs_on_chain`.
    #[must_use]
    pub fn largest(
        inputs: usize,
        unlock_times: Vec<UnlockTime>,
        extra: usize,
        kind: TransactionType,
        outputs_on_chain: u64,
    ) -> Self {
        Self {
            rings: vec![vec![outputs_on_chain; RING_SIZE]; inputs],
            unlock_times,
            extra,
            kind,
        }
    }

    /// The weight with this fee.
    #[must_use]
    pub fn weight(&self, fee: Amount) -> Weight {
        let outputs = self.unlock_times.len();
        let padded = outputs.next_power_of_two().max(1);
        let size = self
            .prefix_length()
            .saturating_add(base_length(outputs, fee))
            .saturating_add(prunable_length(self.rings.len(), padded));
        Weight::new((size as u64).saturating_add(clawback(padded as u64)))
    }

    fn prefix_length(&self) -> usize {
        let inputs = self.rings.iter().map(|ring| Input::Key {
            amount: Amount::ZERO,
            key_offsets: ring.clone(),
            key_image: KeyImage::ZERO,
        });
        let output = Output {
            amount: Amount::ZERO,
            target: OutputTarget::Key(PublicKey::ZERO),
        };
        let prefix = TransactionPrefix {
            version: TransactionVersion::V4,
            output_unlock_times: self.unlock_times.clone(),
            unlock_time: UnlockTime::NONE,
            inputs: inputs.collect(),
            outputs: vec![output; self.unlock_times.len()],
            extra: Vec::new(),
            kind: self.kind,
        };
        let mut extra_length = Vec::new();
        write_varint(&mut extra_length, self.extra as u64);
        // The prefix was encoded with a one-byte length of an empty extra.
        prefix
            .encode()
            .len()
            .saturating_sub(1)
            .saturating_add(extra_length.len())
            .saturating_add(self.extra)
    }
}

fn base_length(outputs: usize, fee: Amount) -> usize {
    let base = RingCtBase {
        fee,
        encrypted_amounts: vec![[0; 8]; outputs],
        commitments: vec![Commitment::ZERO; outputs],
    };
    base.encode().len()
}

/// One range proof, a CLSAG and a pseudo output for each input.
fn prunable_length(inputs: usize, padded_outputs: usize) -> usize {
    let rounds = usize::try_from(padded_outputs.trailing_zeros()).unwrap_or(usize::MAX);
    let rounds = rounds.saturating_add(BULLETPROOF_BASE_ROUNDS);
    // Count of proofs, A S T1 T2 taux mu, count and L, count and R, a b t.
    let range_proof = rounds
        .saturating_mul(2)
        .saturating_add(9)
        .saturating_mul(32)
        .saturating_add(3);
    let input = RING_SIZE.saturating_add(3).saturating_mul(32);
    range_proof.saturating_add(inputs.saturating_mul(input))
}
