//! Proofs of transactions before HF16: parsed to their exact length so that old blocks and their ids can be read, never
//! verified, because no network this node runs has them (chain §2.3).

use super::{
    prefix::{Input, OutputTarget, TransactionPrefix},
    ringct::{BulletproofBytes, padded_outputs},
};
use crate::{
    amount::Amount,
    bytes::Signature,
    codec::{ConsensusDecode, DecodeError, Reader},
};

/// The RingCT types before CLSAG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegacyRingCt {
    /// Type 1: one aggregate MLSAG, Borromean range proofs.
    Full,
    /// Type 2: an MLSAG for each input, Borromean range proofs.
    Simple,
    /// Type 3: Bulletproofs behind a fixed-width count.
    Bulletproof,
    /// Type 4: Bulletproofs and compact amounts.
    Bulletproof2,
}

/// RingCT data of an old transaction, kept as the bytes it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyProofs {
    /// Which layout.
    pub kind: LegacyRingCt,
    /// Inputs minus outputs.
    pub fee: Amount,
    /// The base part, type byte included.
    pub base: Vec<u8>,
    /// The prunable part.
    pub prunable: Vec<u8>,
    /// Outputs its range proofs have room for; zero for Borromean ones, which have no clawback.
    pub padded_outputs: u64,
}

/// Bytes of one Borromean range proof: two times 64 scalars, a challenge, 64 commitments.
const BORROMEAN_RANGE_PROOF: usize = (64 + 64 + 1 + 64) * 32;

/// Version 1: a signature for each member of each ring, without counts.
pub(super) fn decode_ring_signatures(
    reader: &mut Reader<'_>,
    prefix: &TransactionPrefix,
) -> Result<Vec<Vec<Signature>>, DecodeError> {
    prefix
        .inputs
        .iter()
        .map(|input| {
            let members = if let Input::Key { key_offsets, .. } = input {
                key_offsets.len()
            } else {
                0
            };
            reader.repeated(members, Signature::LENGTH, "ring signatures", Signature::decode_from)
        })
        .collect()
}

/// RingCT types 1 to 4. `start` stands at the type byte, `reader` behind it.
pub(super) fn decode_ring_ct(
    start: Reader<'_>,
    reader: &mut Reader<'_>,
    kind: u8,
    prefix: &TransactionPrefix,
) -> Result<LegacyProofs, DecodeError> {
    let kind = match kind {
        1 => LegacyRingCt::Full,
        2 => LegacyRingCt::Simple,
        3 => LegacyRingCt::Bulletproof,
        _ => LegacyRingCt::Bulletproof2,
    };
    if !prefix
        .outputs
        .iter()
        .all(|output| matches!(output.target, OutputTarget::Key(_)))
    {
        return Err(DecodeError::Inconsistent {
            what: "every output of a RingCT transaction pays a key",
        });
    }
    let outputs = prefix.outputs.len();
    let inputs = prefix.inputs.len();
    let fee = Amount::from_atomic(reader.varint_u64("fee")?);
    if kind == LegacyRingCt::Simple {
        skip(reader, inputs, 32, "pseudo outputs")?;
    }
    let amount_length = if kind == LegacyRingCt::Bulletproof2 { 8 } else { 64 };
    skip(reader, outputs, amount_length, "encrypted amounts")?;
    skip(reader, outputs, 32, "commitments")?;
    let base = consumed(&start, reader).to_vec();

    let prunable_start = reader.clone();
    let padded_outputs = skip_range_proofs(reader, kind, outputs)?;
    skip_ring_signatures(reader, kind, prefix)?;
    if matches!(kind, LegacyRingCt::Bulletproof | LegacyRingCt::Bulletproof2) {
        skip(reader, inputs, 32, "pseudo outputs")?;
    }
    let prunable = consumed(&prunable_start, reader).to_vec();
    Ok(LegacyProofs {
        kind,
        fee,
        base,
        prunable,
        padded_outputs,
    })
}

/// Range proofs; returns how many outputs Bulletproofs have room for.
fn skip_range_proofs(reader: &mut Reader<'_>, kind: LegacyRingCt, outputs: usize) -> Result<u64, DecodeError> {
    let proofs = match kind {
        LegacyRingCt::Full | LegacyRingCt::Simple => {
            skip(reader, outputs, BORROMEAN_RANGE_PROOF, "range proofs")?;
            return Ok(0);
        }
        LegacyRingCt::Bulletproof => u64::from(reader.u32_le("range proofs")?),
        LegacyRingCt::Bulletproof2 => reader.varint_u64("range proofs")?,
    };
    if proofs > outputs as u64 {
        return Err(DecodeError::CountExceedsLimit {
            what: "range proofs",
            count: proofs,
            limit: outputs as u64,
        });
    }
    let mut padded = 0_u64;
    for _ in 0..proofs {
        let proof = BulletproofBytes::decode_from(reader)?;
        padded = padded.saturating_add(padded_outputs(proof.left.len()));
    }
    if padded < outputs as u64 {
        return Err(DecodeError::Inconsistent {
            what: "the bulletproofs cover fewer outputs than there are",
        });
    }
    Ok(padded)
}

/// MLSAGs: a column of scalars for each ring member, then a challenge.
fn skip_ring_signatures(
    reader: &mut Reader<'_>,
    kind: LegacyRingCt,
    prefix: &TransactionPrefix,
) -> Result<(), DecodeError> {
    let inputs = prefix.inputs.len();
    let (signatures, rows) = if kind == LegacyRingCt::Full {
        (1, inputs.saturating_add(1))
    } else {
        (inputs, 2)
    };
    for _ in 0..signatures {
        for _ in 0..prefix.ring_size() {
            skip(reader, rows, 32, "ring signatures")?;
        }
        skip(reader, 1, 32, "ring signatures")?;
    }
    Ok(())
}

/// Passes over `count` elements of `length` bytes.
fn skip(reader: &mut Reader<'_>, count: usize, length: usize, what: &'static str) -> Result<(), DecodeError> {
    let count = reader.check_count(count as u64, length, what)?;
    reader.bytes(count.saturating_mul(length), what).map(|_| ())
}

/// The bytes between two positions of the same input.
fn consumed<'a>(from: &Reader<'a>, to: &Reader<'a>) -> &'a [u8] {
    let whole = from.remaining();
    let length = whole.len().saturating_sub(to.remaining().len());
    whole.get(..length).unwrap_or(whole)
}
