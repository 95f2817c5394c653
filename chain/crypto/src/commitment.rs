//! Pedersen commitments `C = y·G + amount·Hgen` and the balance of a transaction (chain §1.8, §2.6 rule 9).

use crate::{
    keys::{KeyError, SecretKey, random_scalar},
    point::{self, AMOUNT_TABLE},
};
use curve25519_dalek::{EdwardsPoint, Scalar, traits::Identity};
use oxen_types::{Amount, Commitment};
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The secret scalar `y` that hides an amount.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Mask(pub(crate) Scalar);

impl Mask {
    /// The mask of outputs whose amount is in the clear (chain §1.8).
    pub const ONE: Self = Self(Scalar::ONE);

    /// Takes 32 little-endian bytes below the group order.
    ///
    /// # Errors
    /// [`KeyError::NotCanonicalScalar`] for anything else.
    pub fn from_canonical_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        SecretKey::from_canonical_bytes(bytes).map(|key| Self(key.0))
    }

    /// A fresh mask.
    #[must_use]
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self(random_scalar(rng))
    }

    /// The 32 little-endian bytes, wiped when dropped.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The sum modulo the group order.
    #[must_use]
    pub fn sum<'a>(masks: impl IntoIterator<Item = &'a Self>) -> Self {
        Self(masks.into_iter().map(|mask| mask.0).sum())
    }

    /// `self − other`.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl fmt::Debug for Mask {
    /// Says only that it is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mask(redacted)")
    }
}

/// Why the amounts of a transaction do not balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BalanceError {
    /// A pseudo output is no point of the curve.
    #[error("pseudo output {index} is not a point of the curve")]
    InvalidPseudoOutput {
        /// Its place among the inputs.
        index: usize,
    },
    /// An output commitment is no point of the curve.
    #[error("commitment of output {index} is not a point of the curve")]
    InvalidOutput {
        /// Its place among the outputs.
        index: usize,
    },
    /// Inputs and outputs with the fee differ.
    #[error("the inputs do not equal the outputs and the fee")]
    Unbalanced,
}

/// `y·G + amount·Hgen`.
#[must_use]
pub fn commit(amount: Amount, mask: &Mask) -> Commitment {
    compress(&(EdwardsPoint::mul_base(&mask.0) + amount_point(amount)))
}

/// The commitment under which an output with a clear amount enters rings: mask 1 (chain §1.8).
#[must_use]
pub fn coinbase_commitment(amount: Amount) -> Commitment {
    commit(amount, &Mask::ONE)
}

/// Checks that `Σ pseudo outputs == Σ output commitments + fee·Hgen` (chain §2.6 rule 9).
///
/// # Errors
/// The first of [`BalanceError`] that applies.
pub fn check_balance(pseudo_outputs: &[Commitment], outputs: &[Commitment], fee: Amount) -> Result<(), BalanceError> {
    let paid = sum(pseudo_outputs).map_err(|index| BalanceError::InvalidPseudoOutput { index })?;
    let received = sum(outputs).map_err(|index| BalanceError::InvalidOutput { index })?;
    if paid == received + amount_point(fee) {
        Ok(())
    } else {
        Err(BalanceError::Unbalanced)
    }
}

/// The sum, or the place of the first that does not decode.
fn sum(commitments: &[Commitment]) -> Result<EdwardsPoint, usize> {
    commitments
        .iter()
        .enumerate()
        .try_fold(EdwardsPoint::identity(), |sum, (index, commitment)| {
            Ok(sum + point::decode(commitment.as_bytes()).ok_or(index)?)
        })
}

fn amount_point(amount: Amount) -> EdwardsPoint {
    &*AMOUNT_TABLE * &Scalar::from(amount.atomic())
}

fn compress(point: &EdwardsPoint) -> Commitment {
    Commitment::new(point.compress().to_bytes())
}
