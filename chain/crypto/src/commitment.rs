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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mask(seed: u8) -> Mask {
        Mask(Scalar::from_bytes_mod_order([seed; 32]))
    }

    #[test]
    fn coinbase_commitment_has_the_known_answer() {
        assert_eq!(
            coinbase_commitment(Amount::OXEN).to_string(),
            "8ce64833cec900cb6d5ac46fc0237d8f2439c3dfa238baf9cc94166ad2e89887"
        );
    }

    /// Two inputs of 3 and 4 OXEN, outputs of 1 and 5, a fee of 1, masks that add up.
    fn balanced() -> (Vec<Commitment>, Vec<Commitment>) {
        let oxen = |count: u64| Amount::from_atomic(count * Amount::OXEN.atomic());
        let last = Mask::sum([&mask(3), &mask(4)]).minus(&mask(1));
        let inputs = vec![commit(oxen(3), &mask(1)), commit(oxen(4), &last)];
        (inputs, vec![commit(oxen(1), &mask(3)), commit(oxen(5), &mask(4))])
    }

    #[test]
    fn a_balanced_transaction_balances_with_its_fee_and_no_other() {
        let (inputs, outputs) = balanced();
        assert_eq!(check_balance(&inputs, &outputs, Amount::OXEN), Ok(()));
        assert_eq!(
            check_balance(&inputs, &outputs, Amount::ZERO),
            Err(BalanceError::Unbalanced)
        );
        assert_eq!(
            check_balance(&inputs, &outputs[..1], Amount::OXEN),
            Err(BalanceError::Unbalanced)
        );
    }

    #[test]
    fn undecodable_commitments_are_named_by_side_and_place() {
        let (mut inputs, mut outputs) = balanced();
        outputs[1] = Commitment::new([0xff; 32]);
        assert_eq!(
            check_balance(&inputs, &outputs, Amount::OXEN),
            Err(BalanceError::InvalidOutput { index: 1 })
        );
        inputs[0] = Commitment::new([0xff; 32]);
        assert_eq!(
            check_balance(&inputs, &outputs, Amount::OXEN),
            Err(BalanceError::InvalidPseudoOutput { index: 0 })
        );
    }

    #[test]
    fn a_balance_with_torsion_on_one_side_does_not_pass() {
        let (mut inputs, outputs) = balanced();
        let twisted = point::decode(inputs[0].as_bytes()).unwrap() + curve25519_dalek::constants::EIGHT_TORSION[4];
        inputs[0] = compress(&twisted);
        assert_eq!(
            check_balance(&inputs, &outputs, Amount::OXEN),
            Err(BalanceError::Unbalanced)
        );
    }

    proptest! {
        #[test]
        fn commitments_are_those_of_monero_ed25519(atomic: u64, bytes: [u8; 32]) {
            let mask = Mask(Scalar::from_bytes_mod_order(bytes));
            let theirs = monero_ed25519::Commitment::new(monero_ed25519::Scalar::from(mask.0), atomic).commit();
            let ours = commit(Amount::from_atomic(atomic), &mask);
            prop_assert_eq!(ours.to_bytes(), theirs.compress().to_bytes());
        }
    }
}
