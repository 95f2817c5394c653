//! A transaction: its prefix, its proofs, its id and its weight (chain §2).
//!
//! The blob is `prefix ‖ rct base ‖ rct prunable`; the id hashes the three parts apart, so that a node may forget the last.
//! [`prefix`] is what is signed, [`ringct`] the proofs of HF16 and later, [`legacy`] those before, which are only parsed;
//! [`id`] and [`weight`] are computed from the parsed form, which encodes back to exactly the bytes it came from.

pub mod id;
pub mod legacy;
pub mod prefix;
pub mod pruned;
pub mod ringct;
pub mod weight;

pub use id::TransactionHashes;
pub use legacy::{LegacyProofs, LegacyRingCt};
pub use prefix::{Input, Output, OutputTarget, TransactionPrefix, TransactionType, TransactionVersion};
pub use pruned::PrunedTransaction;
pub use ringct::{BulletproofBytes, ClsagBytes, ClsagProofs, EncryptedAmount, PrunableProofs, RingCtBase};
pub use weight::Weight;

use crate::{
    amount::Amount,
    bytes::Signature,
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader},
};

/// A complete transaction as it travels (chain §2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// What is signed: inputs, outputs, extra.
    pub prefix: TransactionPrefix,
    /// What proves that it may happen.
    pub proofs: Proofs,
}

/// The part of a transaction behind its prefix (chain §2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proofs {
    /// A transaction without inputs carries no proof bytes at all.
    Absent,
    /// RingCT type 0: a coinbase proves nothing; its amounts are in the clear.
    Null,
    /// CLSAG ring signatures and one aggregated Bulletproof: every transfer since HF16.
    Clsag(Box<ClsagProofs>),
    /// Ring confidential transactions of HF7–HF15: parsed, never verified here.
    Legacy(Box<LegacyProofs>),
    /// Version 1 ring signatures, one list per key input; never on the Oxen chain.
    RingSignatures(Vec<Vec<Signature>>),
}

impl Transaction {
    /// The fee in the clear, burned part included; zero for transactions that pay none (chain §2.9).
    #[must_use]
    pub fn fee(&self) -> Amount {
        match &self.proofs {
            Proofs::Clsag(proofs) => proofs.base.fee,
            Proofs::Legacy(proofs) => proofs.fee,
            Proofs::Absent | Proofs::Null | Proofs::RingSignatures(_) => Amount::ZERO,
        }
    }

    /// True for a transaction with exactly one input, of kind `gen` (chain §2.1).
    #[must_use]
    pub fn is_coinbase(&self) -> bool {
        matches!(self.prefix.inputs.as_slice(), [Input::Generation { .. }])
    }

    /// The blob without its prunable part: what `prune` requests return (rpc §3.6).
    #[must_use]
    pub fn encode_pruned(&self) -> Vec<u8> {
        let mut out = self.prefix.encode();
        self.encode_base_to(&mut out);
        out
    }

    /// The prunable part alone; empty where there is none.
    #[must_use]
    pub fn encode_prunable(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_prunable_to(&mut out);
        out
    }

    /// Appends what stands between the prefix and the prunable part.
    fn encode_base_to(&self, out: &mut Vec<u8>) {
        match &self.proofs {
            Proofs::Absent => {}
            Proofs::Null => out.push(0),
            Proofs::Clsag(proofs) => proofs.base.encode_to(out),
            Proofs::Legacy(proofs) => out.extend_from_slice(&proofs.base),
            Proofs::RingSignatures(rings) => {
                for signature in rings.iter().flatten() {
                    signature.encode_to(out);
                }
            }
        }
    }

    fn encode_prunable_to(&self, out: &mut Vec<u8>) {
        match &self.proofs {
            Proofs::Clsag(proofs) => proofs.prunable.encode_to(out),
            Proofs::Legacy(proofs) => out.extend_from_slice(&proofs.prunable),
            Proofs::Absent | Proofs::Null | Proofs::RingSignatures(_) => {}
        }
    }
}

impl ConsensusEncode for Transaction {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.prefix.encode_to(out);
        self.encode_base_to(out);
        self.encode_prunable_to(out);
    }
}

impl ConsensusDecode for Transaction {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let prefix = TransactionPrefix::decode_from(reader)?;
        let proofs = Proofs::decode_from(reader, &prefix)?;
        Ok(Self { prefix, proofs })
    }
}

impl Proofs {
    fn decode_from(reader: &mut Reader<'_>, prefix: &TransactionPrefix) -> Result<Self, DecodeError> {
        if prefix.version == TransactionVersion::V1 {
            return legacy::decode_ring_signatures(reader, prefix).map(Self::RingSignatures);
        }
        if prefix.inputs.is_empty() {
            return Ok(Self::Absent);
        }
        let start = reader.clone();
        match reader.varint_u8("rct type")? {
            0 => Ok(Self::Null),
            5 => ringct::decode_clsag(reader, prefix).map(|proofs| Self::Clsag(Box::new(proofs))),
            kind @ 1..=4 => {
                legacy::decode_ring_ct(start, reader, kind, prefix).map(|proofs| Self::Legacy(Box::new(proofs)))
            }
            other => Err(DecodeError::UndefinedValue {
                what: "rct type",
                value: u64::from(other),
            }),
        }
    }
}

#[cfg(test)]
mod tests;
