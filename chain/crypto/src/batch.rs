//! Arithmetic on many points at once, for [`crate::scan`] and [`crate::subaddress`].
//!
//! Two things make it several times cheaper than point by point: multiples of the base point come out of a large table, and
//! any number of points is compressed with one inversion.

use crate::point::is_canonical;
use curve25519_dalek_batch::{
    EdwardsPoint, Scalar, constants::ED25519_BASEPOINT_POINT, edwards::CompressedEdwardsY, traits::Identity,
};
use oxen_types::PublicKey;
use std::sync::LazyLock;

/// Digits of a scalar in base 256.
const DIGITS: usize = 32;
/// The largest absolute value of a digit.
const LARGEST_DIGIT: usize = 128;

/// `multiple · 256^place · G` for multiples 1 to 128, place after place: 640 KiB, made within a millisecond at first use.
static BASE_MULTIPLES: LazyLock<Vec<EdwardsPoint>> = LazyLock::new(|| {
    let mut multiples = Vec::with_capacity(DIGITS.saturating_mul(LARGEST_DIGIT));
    let mut base = ED25519_BASEPOINT_POINT;
    for _ in 0..DIGITS {
        let mut multiple = base;
        for _ in 1..LARGEST_DIGIT {
            multiples.push(multiple);
            multiple += base;
        }
        multiples.push(multiple);
        base = multiple + multiple;
    }
    multiples
});

/// A point on its way through a batch.
#[derive(Clone, Copy)]
pub(crate) struct BatchPoint(EdwardsPoint);

impl BatchPoint {
    /// As strict as [`crate::point::decode`].
    pub(crate) fn decode(key: &PublicKey) -> Option<Self> {
        let bytes = key.as_bytes();
        if is_canonical(bytes) {
            CompressedEdwardsY(*bytes).decompress().map(Self)
        } else {
            None
        }
    }

    /// `8·scalar·self`, in constant time.
    pub(crate) fn multiply_with_cofactor(&self, scalar: &BatchScalar) -> Self {
        Self((self.0 * scalar.0).mul_by_cofactor())
    }

    /// `scalar·G` for a scalar below the group order, in time that depends on the scalar.
    ///
    /// So it is only for scalars used a single time, whose leak would tell about one output or subaddress and about no key:
    /// nobody can average over many runs. A view key must not go in here.
    pub(crate) fn multiple_of_base(scalar: &[u8; 32]) -> Self {
        let mut sum = EdwardsPoint::identity();
        let mut carry = 0;
        for (multiples, byte) in BASE_MULTIPLES.chunks_exact(LARGEST_DIGIT).zip(scalar) {
            // Digits above 128 count back from 256, and the next digit is one more.
            let digit = usize::from(*byte).saturating_add(carry);
            carry = usize::from(digit > LARGEST_DIGIT);
            if carry == 0 {
                if let Some(multiple) = digit.checked_sub(1).and_then(|index| multiples.get(index)) {
                    sum += multiple;
                }
            } else if let Some(multiple) = 255_usize.checked_sub(digit).and_then(|index| multiples.get(index)) {
                sum -= multiple;
            }
        }
        Self(sum)
    }

    /// `self + other`.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self(self.0 + other.0)
    }

    /// `self − other`.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        Self(self.0 - other.0)
    }

    /// Compresses all points, in order.
    pub(crate) fn compress_all(points: &[Self]) -> Vec<[u8; 32]> {
        let points: Vec<EdwardsPoint> = points.iter().map(|point| point.0).collect();
        EdwardsPoint::compress_batch_alloc(&points)
            .into_iter()
            .map(|compressed| compressed.to_bytes())
            .collect()
    }
}

/// A secret scalar for [`BatchPoint::multiply_with_cofactor`].
#[derive(Clone, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub(crate) struct BatchScalar(Scalar);

impl BatchScalar {
    /// Takes a scalar below the group order.
    pub(crate) fn new(bytes: [u8; 32]) -> Self {
        Self(Scalar::from_bytes_mod_order(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKey;
    use proptest::prelude::*;

    fn multiple(scalar: &SecretKey) -> [u8; 32] {
        BatchPoint::compress_all(&[BatchPoint::multiple_of_base(&scalar.to_bytes())])[0]
    }

    #[test]
    fn multiples_of_the_base_point_are_right_at_every_carry() {
        let mut scalars: Vec<[u8; 32]> = Vec::new();
        for byte in [0, 1, 127, 128, 129, 255] {
            scalars.push([byte; 32]);
            for place in 0..32 {
                let mut bytes = [0; 32];
                bytes[place] = byte;
                scalars.push(bytes);
                bytes[..place].fill(255);
                scalars.push(bytes);
            }
        }
        for bytes in scalars {
            let scalar = SecretKey::reduce(bytes);
            assert_eq!(
                &multiple(&scalar),
                scalar.public_key().as_bytes(),
                "{}",
                hex::encode(bytes)
            );
        }
    }

    #[test]
    fn compressing_nothing_gives_nothing() {
        assert!(BatchPoint::compress_all(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn results_are_those_of_the_other_release(scalar: [u8; 32], point: [u8; 32], other: [u8; 32]) {
            let (scalar, point) = (SecretKey::reduce(scalar), SecretKey::reduce(point).public_key());
            let other = SecretKey::reduce(other);
            prop_assert_eq!(multiple(&scalar), scalar.public_key().to_bytes());
            let ours = BatchPoint::decode(&point).unwrap();
            let derived = ours.multiply_with_cofactor(&BatchScalar::new(*scalar.to_bytes()));
            let added = BatchPoint::multiple_of_base(&other.to_bytes());
            let compressed = BatchPoint::compress_all(&[derived, ours.plus(&added), ours.minus(&added)]);
            let derivation = crate::KeyDerivation::new(&scalar, &point).unwrap();
            prop_assert_eq!(&compressed[0], derivation.as_bytes());
            let (left, right) = (crate::keys::decode_public_key(&point).unwrap(), other.public_key());
            let right = crate::keys::decode_public_key(&right).unwrap();
            prop_assert_eq!(compressed[1], (left + right).compress().to_bytes());
            prop_assert_eq!(compressed[2], (left - right).compress().to_bytes());
        }

        #[test]
        fn the_same_encodings_are_refused(bytes: [u8; 32]) {
            let key = PublicKey::new(bytes);
            prop_assert_eq!(BatchPoint::decode(&key).is_some(), crate::keys::is_valid_public_key(&key));
        }
    }
}
