//! The keys of service nodes (bridge §2.2).

use super::{MessagePoint, PointError, SecretKeyError, Signature, coordinates};
use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{PrimeField, Zero};
use oxen_types::bytes::BlsPublicKey;
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// A secret key. Wiped when dropped, and never printed.
///
/// The time of a signature depends on the key alone, not on the message: on how many of its bits are set. Whoever can measure it
/// through a network learns about that number and nothing more.
#[derive(Clone)]
pub struct SecretKey {
    bytes: Zeroizing<[u8; 32]>,
    scalar: Zeroizing<Fr>,
}

impl SecretKey {
    /// The key of a key file: 32 bytes, big-endian, taken modulo the order of the group.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SecretKeyError> {
        let mut little_endian = Zeroizing::new(*bytes);
        little_endian.reverse();
        let scalar = Zeroizing::new(Fr::from_le_bytes_mod_order(little_endian.as_slice()));
        if scalar.is_zero() {
            return Err(SecretKeyError::Zero);
        }
        let bytes = Zeroizing::new(*bytes);
        Ok(Self { bytes, scalar })
    }

    /// A new key from 32 random bytes, of which the top bit is cleared as the reference does.
    pub fn from_random(random: &[u8; 32]) -> Result<Self, SecretKeyError> {
        let mut bytes = Zeroizing::new(*random);
        if let Some(first) = bytes.first_mut() {
            *first &= 0x7f;
        }
        Self::from_bytes(&bytes)
    }

    /// The bytes of the key file.
    #[must_use]
    pub const fn to_bytes(&self) -> &Zeroizing<[u8; 32]> {
        &self.bytes
    }

    /// The public key `secret · G`.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        let mut scalar = self.scalar.into_bigint();
        let point = G1Projective::generator().mul_bigint(scalar).into_affine();
        scalar.zeroize();
        PublicKey(point)
    }

    /// Signs: `secret · H`.
    #[must_use]
    pub fn sign(&self, message: &MessagePoint) -> Signature {
        let mut scalar = self.scalar.into_bigint();
        let point = message.0.mul_bigint(scalar).into_affine();
        scalar.zeroize();
        Signature(point)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(secret)")
    }
}

/// A public key: a point of G1 other than infinity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub(super) G1Affine);

impl PublicKey {
    /// Reads `X ‖ Y` and checks everything that the contract would (bridge §2.6).
    pub fn decode(bytes: &BlsPublicKey) -> Result<Self, PointError> {
        if bytes.is_zero() {
            return Err(PointError::Infinity);
        }
        let (parts, _) = bytes.as_bytes().as_chunks::<{ coordinates::LENGTH }>();
        let [x, y] = parts else {
            return Err(PointError::NotInField);
        };
        let x = coordinates::read(x).ok_or(PointError::NotInField)?;
        let y = coordinates::read(y).ok_or(PointError::NotInField)?;
        if x.is_zero() || y.is_zero() {
            return Err(PointError::ZeroCoordinate);
        }
        // Every point of G1 is a multiple of the generator: its cofactor is one.
        let point = G1Affine::new_unchecked(x, y);
        point.is_on_curve().then_some(Self(point)).ok_or(PointError::NotOnCurve)
    }

    /// The bytes `X ‖ Y`.
    #[must_use]
    pub fn to_bytes(&self) -> BlsPublicKey {
        let mut bytes = [0; BlsPublicKey::LENGTH];
        let (parts, _) = bytes.as_chunks_mut::<{ coordinates::LENGTH }>();
        for (part, coordinate) in parts.iter_mut().zip([self.0.x, self.0.y]) {
            *part = coordinates::write(coordinate);
        }
        BlsPublicKey::new(bytes)
    }

    /// A sum that is a key: `None` at infinity.
    pub(super) fn of_sum(sum: G1Projective) -> Option<Self> {
        (!sum.is_zero()).then(|| Self(sum.into_affine()))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bytes().fmt(f)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}
