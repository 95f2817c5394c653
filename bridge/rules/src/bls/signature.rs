//! One signature, and whether it is good.

use super::{MessagePoint, PointError, PublicKey, coordinates};
use ark_bn254::{Bn254, G1Affine, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, pairing::Pairing};
use ark_ff::Zero;
use oxen_types::bytes::BlsSignature;
use std::fmt;

/// A signature: a point of the group of prime order in G2, other than infinity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub(super) G2Affine);

impl Signature {
    /// Reads `x.re ‖ x.im ‖ y.re ‖ y.im` and checks that it is in the group (bridge §2.6).
    pub fn decode(bytes: &BlsSignature) -> Result<Self, PointError> {
        if bytes.is_zero() {
            return Err(PointError::Infinity);
        }
        let (parts, _) = bytes.as_bytes().as_chunks::<{ coordinates::LENGTH }>();
        let [x_real, x_imaginary, y_real, y_imaginary] = parts else {
            return Err(PointError::NotInField);
        };
        let x = coordinates::read_pair(x_real, x_imaginary).ok_or(PointError::NotInField)?;
        let y = coordinates::read_pair(y_real, y_imaginary).ok_or(PointError::NotInField)?;
        let point = G2Affine::new_unchecked(x, y);
        if !point.is_on_curve() {
            return Err(PointError::NotOnCurve);
        }
        if !point.is_in_correct_subgroup_assuming_on_curve() {
            return Err(PointError::NotInGroup);
        }
        Ok(Self(point))
    }

    /// The bytes `x.re ‖ x.im ‖ y.re ‖ y.im`: the contract's `sigs0` to `sigs3`.
    #[must_use]
    pub fn to_bytes(&self) -> BlsSignature {
        let mut bytes = [0; BlsSignature::LENGTH];
        let (parts, _) = bytes.as_chunks_mut::<{ coordinates::LENGTH }>();
        let coordinates = [self.0.x.c0, self.0.x.c1, self.0.y.c0, self.0.y.c1];
        for (part, coordinate) in parts.iter_mut().zip(coordinates) {
            *part = coordinates::write(coordinate);
        }
        BlsSignature::new(bytes)
    }

    /// A sum that is a signature: `None` at infinity.
    pub(super) fn of_sum(sum: G2Projective) -> Option<Self> {
        (!sum.is_zero()).then(|| Self(sum.into_affine()))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bytes().fmt(f)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({self})")
    }
}

/// True when the holder of the key's secret signed the message: `e(G, signature) · e(−key, H) = 1` (bridge §2.1).
#[must_use]
#[allow(
    clippy::arithmetic_side_effects,
    reason = "the negative of a point neither overflows nor panics"
)]
pub fn verify(message: &MessagePoint, key: &PublicKey, signature: &Signature) -> bool {
    // Neither is infinity after a decode; a pairing with infinity is 1 and would let anything pass.
    if message.0.is_zero() || signature.0.is_zero() {
        return false;
    }
    let lines = Bn254::multi_miller_loop([G1Affine::generator(), -key.0], [signature.0, message.0]);
    Bn254::final_exponentiation(lines).is_some_and(|product| product.is_zero())
}
