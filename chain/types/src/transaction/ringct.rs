//! RingCT as every transfer since HF16 carries it: one Bulletproof, a CLSAG for each input (chain §2.3, type 5).

use super::prefix::{OutputTarget, TransactionPrefix};
use crate::{
    amount::Amount,
    bytes::{Commitment, Hash},
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader, write_varint},
    hashing::keccak256_parts,
};

/// The RingCT type number of CLSAG.
pub const TYPE_CLSAG: u8 = 5;

/// Rounds of a Bulletproof over one output: log₂ 64.
pub const BULLETPROOF_BASE_ROUNDS: usize = 6;

/// An output's amount, XORed with a keystream of the shared secret (chain §1.8).
pub type EncryptedAmount = [u8; 8];

/// The part of the proofs that is kept for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingCtBase {
    /// Inputs minus outputs, burned part included.
    pub fee: Amount,
    /// One for each output.
    pub encrypted_amounts: Vec<EncryptedAmount>,
    /// One for each output.
    pub commitments: Vec<Commitment>,
}

/// An aggregated original Bulletproof as its wire parts; all points carry a factor 1/8 (chain §2.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulletproofBytes {
    /// A, S, T1, T2, taux, mu.
    pub head: [[u8; 32]; 6],
    /// Left points of the inner product argument, one for each round.
    pub left: Vec<[u8; 32]>,
    /// Right points, as many as left ones.
    pub right: Vec<[u8; 32]>,
    /// a, b, t.
    pub tail: [[u8; 32]; 3],
}

/// A CLSAG as its wire parts (chain §2.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClsagBytes {
    /// One response scalar for each ring member.
    pub responses: Vec<[u8; 32]>,
    /// The challenge at member 0.
    pub challenge: [u8; 32],
    /// The auxiliary image, scaled by 1/8.
    pub auxiliary_image: [u8; 32],
}

/// The part of the proofs that may be forgotten once they are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrunableProofs {
    /// Exactly one.
    pub range_proof: BulletproofBytes,
    /// One for each input.
    pub signatures: Vec<ClsagBytes>,
    /// One for each input.
    pub pseudo_outputs: Vec<Commitment>,
}

/// Base and prunable part together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClsagProofs {
    /// Kept for ever.
    pub base: RingCtBase,
    /// May be pruned.
    pub prunable: PrunableProofs,
}

impl BulletproofBytes {
    /// Outputs the proof has room for: 2^(rounds − 6). Zero when there are too few rounds.
    #[must_use]
    pub fn padded_outputs(&self) -> u64 {
        padded_outputs(self.left.len())
    }

    /// The bytes that the CLSAG message commits to: every element without the counts (chain §2.4).
    #[must_use]
    pub fn key_bytes(&self) -> Vec<u8> {
        let parts = [self.head.as_slice(), &self.left, &self.right, &self.tail];
        parts.concat().concat()
    }
}

/// 2^(rounds − 6), zero when there are fewer than 6 rounds or impossibly many.
pub(crate) fn padded_outputs(rounds: usize) -> u64 {
    rounds
        .checked_sub(BULLETPROOF_BASE_ROUNDS)
        .and_then(|extra| u32::try_from(extra).ok())
        .and_then(|extra| 1_u64.checked_shl(extra))
        .unwrap_or(0)
}

impl ClsagProofs {
    /// The message that every CLSAG of the transaction signs (chain §2.4).
    #[must_use]
    pub fn signed_message(&self, prefix_hash: Hash) -> Hash {
        let base = keccak256_parts(&[&self.base.encode()]);
        let range_proof = keccak256_parts(&[&self.prunable.range_proof.key_bytes()]);
        keccak256_parts(&[prefix_hash.as_bytes(), base.as_bytes(), range_proof.as_bytes()])
    }
}

impl ConsensusEncode for RingCtBase {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(TYPE_CLSAG);
        write_varint(out, self.fee.atomic());
        for amount in &self.encrypted_amounts {
            out.extend_from_slice(amount);
        }
        for commitment in &self.commitments {
            commitment.encode_to(out);
        }
    }
}

impl ConsensusEncode for BulletproofBytes {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend(self.head.iter().flatten());
        for points in [&self.left, &self.right] {
            write_varint(out, points.len() as u64);
            out.extend(points.iter().flatten());
        }
        out.extend(self.tail.iter().flatten());
    }
}

impl ConsensusDecode for BulletproofBytes {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut head = [[0; 32]; 6];
        for element in &mut head {
            *element = reader.array("bulletproof")?;
        }
        let left = decode_points(reader)?;
        let right = decode_points(reader)?;
        if left.is_empty() || left.len() != right.len() {
            return Err(DecodeError::Inconsistent {
                what: "a bulletproof has as many L as R, and at least one",
            });
        }
        let mut tail = [[0; 32]; 3];
        for element in &mut tail {
            *element = reader.array("bulletproof")?;
        }
        Ok(Self {
            head,
            left,
            right,
            tail,
        })
    }
}

fn decode_points(reader: &mut Reader<'_>) -> Result<Vec<[u8; 32]>, DecodeError> {
    let count = reader.count(32, "bulletproof rounds")?;
    reader.repeated(count, 32, "bulletproof rounds", |reader| {
        reader.array("bulletproof rounds")
    })
}

impl ConsensusEncode for PrunableProofs {
    fn encode_to(&self, out: &mut Vec<u8>) {
        write_varint(out, 1);
        self.range_proof.encode_to(out);
        for signature in &self.signatures {
            signature.encode_to(out);
        }
        for commitment in &self.pseudo_outputs {
            commitment.encode_to(out);
        }
    }
}

impl ConsensusEncode for ClsagBytes {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend(self.responses.iter().flatten());
        out.extend_from_slice(&self.challenge);
        out.extend_from_slice(&self.auxiliary_image);
    }
}

/// Reads what follows the type byte of a base of type CLSAG.
pub(crate) fn decode_base(reader: &mut Reader<'_>, outputs: usize) -> Result<RingCtBase, DecodeError> {
    Ok(RingCtBase {
        fee: Amount::from_atomic(reader.varint_u64("fee")?),
        encrypted_amounts: reader.repeated(outputs, 8, "encrypted amounts", |reader| {
            reader.array("encrypted amount")
        })?,
        commitments: reader.repeated(outputs, 32, "commitments", Commitment::decode_from)?,
    })
}

/// Reads base and prunable part; the type byte has been read.
pub(super) fn decode_clsag(reader: &mut Reader<'_>, prefix: &TransactionPrefix) -> Result<ClsagProofs, DecodeError> {
    let base = decode_base(reader, prefix.outputs.len())?;
    if !prefix
        .outputs
        .iter()
        .all(|output| matches!(output.target, OutputTarget::Key(_)))
    {
        return Err(DecodeError::Inconsistent {
            what: "every output of a RingCT transaction pays a key",
        });
    }
    let proofs = reader.varint_u64("range proofs")?;
    if proofs > prefix.outputs.len() as u64 {
        return Err(DecodeError::Inconsistent {
            what: "there are at most as many bulletproofs as outputs",
        });
    }
    if proofs != 1 {
        return Err(DecodeError::Inconsistent {
            what: "a transaction carries exactly one bulletproof",
        });
    }
    let range_proof = BulletproofBytes::decode_from(reader)?;
    if range_proof.padded_outputs() < prefix.outputs.len() as u64 {
        return Err(DecodeError::Inconsistent {
            what: "the bulletproof covers fewer outputs than there are",
        });
    }
    let ring_size = prefix.ring_size();
    let inputs = prefix.inputs.len();
    let signatures = reader.repeated(inputs, 64, "ring signatures", |reader| {
        Ok(ClsagBytes {
            responses: reader.repeated(ring_size, 32, "responses", |reader| reader.array("response"))?,
            challenge: reader.array("challenge")?,
            auxiliary_image: reader.array("auxiliary image")?,
        })
    })?;
    let pseudo_outputs = reader.repeated(inputs, 32, "pseudo outputs", Commitment::decode_from)?;
    Ok(ClsagProofs {
        base,
        prunable: PrunableProofs {
            range_proof,
            signatures,
            pseudo_outputs,
        },
    })
}
