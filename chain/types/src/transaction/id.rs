//! Transaction ids in three parts (chain §2.4).

use super::{Proofs, Transaction};
use crate::{
    bytes::Hash,
    codec::ConsensusEncode,
    hashing::{keccak256, keccak256_parts},
};

/// The hashes a transaction is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionHashes {
    /// Of the signed prefix.
    pub prefix: Hash,
    /// Of the prunable part; 32 zero bytes when the RingCT type is Null or there are no proofs.
    pub prunable: Hash,
    /// The transaction id.
    pub id: Hash,
}

impl Transaction {
    /// All hashes, each computed once.
    #[must_use]
    pub fn hashes(&self) -> TransactionHashes {
        let prefix_bytes = self.prefix.encode();
        let prefix = keccak256(&prefix_bytes);
        let prunable = match &self.proofs {
            Proofs::Absent | Proofs::Null | Proofs::RingSignatures(_) => Hash::ZERO,
            Proofs::Clsag(_) | Proofs::Legacy(_) => keccak256(&self.encode_prunable()),
        };
        let mut base = Vec::new();
        self.encode_base_to(&mut base);
        let id = match &self.proofs {
            // Version 1 ids hash the whole blob.
            Proofs::RingSignatures(_) => keccak256_parts(&[&prefix_bytes, &base]),
            _ => three_part_id(prefix, &base, prunable),
        };
        TransactionHashes { prefix, prunable, id }
    }

    /// The transaction id.
    #[must_use]
    pub fn id(&self) -> Hash {
        self.hashes().id
    }
}

/// `H(prefix hash ‖ H(base) ‖ prunable hash)`. A transaction without proofs hashes the base as one zero byte although its blob
/// lacks it.
pub(super) fn three_part_id(prefix: Hash, base: &[u8], prunable: Hash) -> Hash {
    let base = keccak256(if base.is_empty() { &[0] } else { base });
    keccak256_parts(&[prefix.as_bytes(), base.as_bytes(), prunable.as_bytes()])
}
