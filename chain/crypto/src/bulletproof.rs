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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commitment::{Mask, commit};
    use oxen_types::Amount;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    /// A proof for outputs of these amounts, and their commitments.
    fn proof(amounts: &[u64], rng: &mut ChaCha20Rng) -> (Vec<u8>, Vec<Commitment>) {
        let openings: Vec<Opening> = amounts
            .iter()
            .map(|atomic| Opening {
                amount: Amount::from_atomic(*atomic),
                mask: Mask::random(rng),
            })
            .collect();
        let commitments = openings
            .iter()
            .map(|opening| commit(opening.amount, &opening.mask))
            .collect();
        (prove(&openings, rng).unwrap(), commitments)
    }

    #[test]
    fn proofs_for_one_to_sixteen_outputs_are_good_and_as_long_as_their_padding() {
        let mut rng = ChaCha20Rng::seed_from_u64(20);
        for (outputs, rounds) in [(1, 6), (2, 7), (3, 8), (4, 8), (5, 9), (9, 10), (16, 10)] {
            let amounts: Vec<u64> = (0..outputs).map(|index| u64::MAX >> index).collect();
            let (bytes, commitments) = proof(&amounts, &mut rng);
            assert_eq!(bytes.len(), 32 * (9 + 2 * rounds) + 2, "{outputs} outputs");
            assert_eq!(verify(&bytes, &commitments, &mut rng), Ok(()), "{outputs} outputs");
        }
    }

    #[test]
    fn another_commitment_count_or_byte_is_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(21);
        let (bytes, commitments) = proof(&[1, 2, 3], &mut rng);
        let mut swapped = commitments.clone();
        swapped.swap(0, 1);
        let invalid = Err(BulletproofError::Invalid);
        assert_eq!(verify(&bytes, &swapped, &mut rng), invalid);
        assert_eq!(
            verify(&bytes, &commitments[..2], &mut rng),
            invalid,
            "padding is not canonical"
        );
        assert_eq!(verify(&bytes, &[Commitment::new([0xff; 32]); 3], &mut rng), invalid);
        for place in [0, 32 * 5, 32 * 6 + 1, bytes.len() - 32] {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(verify(&changed, &commitments, &mut rng).is_err(), "byte {place}");
        }
    }

    #[test]
    fn malformed_bytes_and_counts_are_named() {
        let mut rng = ChaCha20Rng::seed_from_u64(22);
        let (bytes, commitments) = proof(&[1], &mut rng);
        let mut check = |bytes: &[u8], commitments: &[Commitment]| verify(bytes, commitments, &mut rng).unwrap_err();
        assert_eq!(check(&[], &commitments), BulletproofError::Malformed);
        assert_eq!(
            check(&bytes[..bytes.len() - 1], &commitments),
            BulletproofError::Malformed
        );
        assert_eq!(
            check(&[bytes.as_slice(), &[0, 0]].concat(), &commitments),
            BulletproofError::TrailingBytes { count: 2 }
        );
        let mut wide_scalar = bytes.clone();
        wide_scalar[32 * 4..32 * 5].fill(0xff);
        assert_eq!(check(&wide_scalar, &commitments), BulletproofError::Malformed);
        let mut many_rounds = bytes.clone();
        many_rounds[32 * 6] = 0x7f;
        assert_eq!(check(&many_rounds, &commitments), BulletproofError::Malformed);
        assert_eq!(check(&bytes, &[]), BulletproofError::InvalidOutputCount { count: 0 });
        assert_eq!(
            check(&bytes, &[Commitment::ZERO; 17]),
            BulletproofError::InvalidOutputCount { count: 17 }
        );
        let refused = prove(&[], &mut rng);
        assert_eq!(refused, Err(BulletproofError::InvalidOutputCount { count: 0 }));
    }

    #[test]
    fn a_batch_names_exactly_its_bad_proofs() {
        let mut rng = ChaCha20Rng::seed_from_u64(23);
        let mut batch = BatchVerifier::new();
        assert_eq!(batch.verify(&mut rng), Ok(()));
        let (bytes, commitments) = proof(&[5, 6], &mut rng);
        let mut swapped = commitments.clone();
        swapped.swap(0, 1);
        let mut undecodable = bytes.clone();
        undecodable[..32].fill(0xff);
        assert_eq!(batch.queue(&bytes, &commitments), Ok(0));
        assert_eq!(batch.queue(&bytes[1..], &commitments), Err(BulletproofError::Malformed));
        assert_eq!(batch.verify(&mut rng), Ok(()), "a refused proof is not queued");
        assert_eq!(batch.queue(&bytes, &swapped), Ok(1));
        assert_eq!(batch.verify(&mut rng), Err(InvalidProofs { places: vec![1] }));
        assert_eq!(batch.queue(&bytes, &commitments), Ok(2));
        assert_eq!(batch.queue(&undecodable, &commitments), Ok(3));
        assert_eq!(batch.verify(&mut rng), Err(InvalidProofs { places: vec![1, 3] }));
        assert_eq!(batch.len(), 4);
    }

    #[test]
    fn generators_have_the_known_answers() {
        use crate::{keys::hash_to_point, point::AMOUNT_GENERATOR};
        use oxen_types::{PublicKey, hashing::keccak256_parts};
        for (number, known) in [
            "42ba668a007d0fcd6fea4009de8a6437248f2d445230af004a89fd04279bc297",
            "0b48be50e49cad13fb3e014f3fa7d68baca7c8a91083dc9c59b379aaab218f15",
            "e5224ef871eeb87211511d2a5cb81eeaa160a8a5408eab5deaeb9d4558780947",
            "df01a5d63b3e3a38382afbd7bc685f343d6192da16ed4b451f15fddab170e22d",
        ]
        .into_iter()
        .enumerate()
        {
            let number = [u8::try_from(number).unwrap()];
            let hash = keccak256_parts(&[&AMOUNT_GENERATOR, b"bulletproof", &number]);
            assert_eq!(hash_to_point(&PublicKey::new(hash.to_bytes())).to_string(), known);
        }
    }
}
