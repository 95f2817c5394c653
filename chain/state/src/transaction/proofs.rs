//! The expensive part: ring signatures and range proofs (chain §2.6, rules 10 and 11).
//!
//! Verified once for each [`ProofDigest`]: whoever verifies remembers the digest, and [`fn@crate::apply`] asks a [`ProofLedger`]
//! whether it was. The functions here are pure and cover one signature or one batch, so that a service spreads them over cores.

use super::{CheckedTransaction, ProofDigest, ResolvedRings};
use crate::error::TransactionError;
use oxen_crypto::{bulletproof::BatchVerifier, clsag};
use oxen_types::ConsensusEncode;
use rand_core::{CryptoRng, RngCore};

/// Knows whose proofs were verified.
pub trait ProofLedger {
    /// True when the proofs of this transaction over these rings were verified.
    fn is_verified(&self, digest: &ProofDigest) -> bool;
}

/// Takes every proof for valid: for blocks below a checkpoint when the operator asked for it, and for replaying a chain whose
/// proofs were verified apart.
#[derive(Debug, Clone, Copy)]
pub struct ProofsAssumedValid;

impl ProofLedger for ProofsAssumedValid {
    fn is_verified(&self, _: &ProofDigest) -> bool {
        true
    }
}

/// Verifies the ring signature of one input.
///
/// # Errors
/// [`TransactionError::InvalidRingSignature`].
pub fn verify_ring_signature(
    transaction: &CheckedTransaction,
    rings: &ResolvedRings,
    input: usize,
) -> Result<(), TransactionError> {
    let invalid = || TransactionError::InvalidRingSignature { input };
    let proofs = transaction.clsag().ok_or(TransactionError::WrongRingCtType)?;
    let message = proofs.signed_message(transaction.hashes().prefix);
    let image = transaction
        .transaction()
        .prefix
        .key_images()
        .nth(input)
        .ok_or_else(invalid)?;
    let signature = proofs.prunable.signatures.get(input).ok_or_else(invalid)?;
    let pseudo_output = proofs.prunable.pseudo_outputs.get(input).ok_or_else(invalid)?;
    let ring = rings.rings.get(input).ok_or_else(invalid)?;
    clsag::verify(&signature.encode(), ring, &image, pseudo_output, &message).map_err(|_| invalid())
}

/// Verifies every ring signature of a transaction.
///
/// # Errors
/// [`TransactionError::InvalidRingSignature`] naming the first bad input.
pub fn verify_ring_signatures(transaction: &CheckedTransaction, rings: &ResolvedRings) -> Result<(), TransactionError> {
    (0..transaction.transaction().prefix.inputs.len())
        .try_for_each(|input| verify_ring_signature(transaction, rings, input))
}

/// Range proofs of many transactions, verified together: several times cheaper than one by one.
#[derive(Default)]
pub struct RangeProofBatch {
    verifier: BatchVerifier,
    positions: Vec<usize>,
}

impl RangeProofBatch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the range proof of a transfer, which the caller knows by `position`; one that cannot even be read fails at once.
    /// Transactions of other kinds have none.
    ///
    /// # Errors
    /// [`TransactionError::InvalidRangeProof`].
    pub fn add(&mut self, position: usize, transaction: &CheckedTransaction) -> Result<(), TransactionError> {
        let Some(proofs) = transaction.clsag() else {
            return Ok(());
        };
        let bytes = proofs.prunable.range_proof.encode();
        self.verifier
            .queue(&bytes, &proofs.base.commitments)
            .map_err(|_| TransactionError::InvalidRangeProof)?;
        self.positions.push(position);
        Ok(())
    }

    /// The positions of the proofs that are invalid; none when all are valid. The generator weighs the proofs against each
    /// other: it must not be predictable to whoever made them.
    #[must_use]
    pub fn invalid(&self, rng: &mut (impl RngCore + CryptoRng)) -> Vec<usize> {
        match self.verifier.verify(rng) {
            Ok(()) => Vec::new(),
            Err(invalid) => invalid
                .places
                .iter()
                .filter_map(|place| self.positions.get(*place).copied())
                .collect(),
        }
    }
}
