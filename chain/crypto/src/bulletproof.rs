//! Aggregated original Bulletproofs: every output's amount is below 2⁶⁴ (chain §2.8), by the crate `monero-bulletproofs`.
//!
//! On the wire a proof is `A ‖ S ‖ T1 ‖ T2 ‖ taux ‖ mu ‖ |L| ‖ L… ‖ |R| ‖ R… ‖ a ‖ b ‖ t` (chain §2.3). Commitments are
//! always the `outPk` of the transaction, never divided by 8.

use crate::amount::Opening;
use monero_bulletproofs::{BatchVerifier as CrateBatch, Bulletproof, BulletproofError as Reason};
use monero_ed25519::{Commitment as CommitmentOpening, CompressedPoint, Scalar};
use oxen_types::Commitment;
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;

/// Most outputs one proof covers.
pub const MAXIMUM_OUTPUTS: usize = monero_bulletproofs::MAX_COMMITMENTS;

/// Why a range proof cannot be made or is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BulletproofError {
    /// No output, or more than [`MAXIMUM_OUTPUTS`].
    #[error("a range proof covers 1 to {MAXIMUM_OUTPUTS} outputs, not {count}")]
    InvalidOutputCount {
        /// How many were given.
        count: usize,
    },
    /// Cut, with a scalar that is not below the group order, or with more rounds than 16 outputs need.
    #[error("the range proof's bytes are cut or hold a number out of range")]
    Malformed,
    /// Bytes are left behind the proof.
    #[error("{count} bytes are left behind the range proof")]
    TrailingBytes {
        /// How many.
        count: usize,
    },
    /// The equations do not hold, a point does not decode, or the number of rounds is not that of the outputs.
    #[error("the range proof is not good for these commitments")]
    Invalid,
}

/// The proofs of a batch that are not good.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} of the batch's range proofs are not good", places.len())]
pub struct InvalidProofs {
    /// Their places in the order of queueing, from 0.
    pub places: Vec<usize>,
}

/// Proves that the openings' amounts are in range; the commitments are those of the openings, in the same order.
///
/// # Errors
/// [`BulletproofError::InvalidOutputCount`].
pub fn prove(openings: &[Opening], rng: &mut (impl RngCore + CryptoRng)) -> Result<Vec<u8>, BulletproofError> {
    let outputs = openings
        .iter()
        .map(|opening| CommitmentOpening::new(Scalar::from(opening.mask.0), opening.amount.atomic()))
        .collect();
    let proof = Bulletproof::prove(rng, outputs).map_err(|reason| match reason {
        Reason::NoCommitments | Reason::TooManyCommitments => {
            BulletproofError::InvalidOutputCount { count: openings.len() }
        }
    })?;
    Ok(proof.serialize())
}

/// Verifies one proof. The generator only weighs equations against each other: the outcome does not depend on it.
///
/// # Errors
/// The first of [`BulletproofError`] that applies.
pub fn verify(
    proof: &[u8],
    commitments: &[Commitment],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), BulletproofError> {
    let statement = Statement::decode(proof, commitments)?;
    if statement.holds(rng) {
        Ok(())
    } else {
        Err(BulletproofError::Invalid)
    }
}

/// Collects proofs and verifies all with one multiplication, several times cheaper than one by one.
#[derive(Debug, Clone, Default)]
pub struct BatchVerifier {
    statements: Vec<Statement>,
}

impl BatchVerifier {
    /// An empty batch, which is good.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a proof and tells its place. A refused proof is not added.
    ///
    /// # Errors
    /// Any of [`BulletproofError`] but [`BulletproofError::Invalid`].
    pub fn queue(&mut self, proof: &[u8], commitments: &[Commitment]) -> Result<usize, BulletproofError> {
        let place = self.statements.len();
        self.statements.push(Statement::decode(proof, commitments)?);
        Ok(place)
    }

    /// How many proofs are queued.
    #[must_use]
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// True when nothing is queued.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Verifies the batch; if it fails, each proof on its own, to name the bad ones.
    ///
    /// The generator must be unpredictable to whoever made the proofs: it chooses the weights that keep two bad proofs from
    /// cancelling out.
    ///
    /// # Errors
    /// [`InvalidProofs`] with at least one place.
    pub fn verify(&self, rng: &mut (impl RngCore + CryptoRng)) -> Result<(), InvalidProofs> {
        if self.holds_together(rng) {
            return Ok(());
        }
        let bad = self
            .statements
            .iter()
            .enumerate()
            .filter(|(_, statement)| !statement.holds(rng));
        let places: Vec<usize> = bad.map(|(place, _)| place).collect();
        // Good proofs never fail together: the batch's equation is the weighted sum of theirs.
        if places.is_empty() {
            Ok(())
        } else {
            Err(InvalidProofs { places })
        }
    }

    fn holds_together(&self, rng: &mut (impl RngCore + CryptoRng)) -> bool {
        let mut batch = CrateBatch::new();
        let all_sane = self
            .statements
            .iter()
            .all(|statement| statement.proof.batch_verify(rng, &mut batch, &statement.commitments));
        all_sane && batch.verify()
    }
}

/// A proof and what it is about.
#[derive(Debug, Clone)]
struct Statement {
    proof: Bulletproof,
    commitments: Vec<CompressedPoint>,
}

impl Statement {
    fn decode(proof: &[u8], commitments: &[Commitment]) -> Result<Self, BulletproofError> {
        if !(1..=MAXIMUM_OUTPUTS).contains(&commitments.len()) {
            return Err(BulletproofError::InvalidOutputCount {
                count: commitments.len(),
            });
        }
        let mut rest = proof;
        let proof = Bulletproof::read(&mut rest).map_err(|_| BulletproofError::Malformed)?;
        if !rest.is_empty() {
            return Err(BulletproofError::TrailingBytes { count: rest.len() });
        }
        let commitments = commitments
            .iter()
            .map(|commitment| CompressedPoint::from(commitment.to_bytes()))
            .collect();
        Ok(Self { proof, commitments })
    }

    fn holds(&self, rng: &mut (impl RngCore + CryptoRng)) -> bool {
        self.proof.verify(rng, &self.commitments)
    }
}
