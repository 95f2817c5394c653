//! Secret scalars and public points (chain §1.3): making them, reading them strictly, and the key sets of an account.

use crate::point;
use curve25519_dalek::{EdwardsPoint, Scalar, traits::IsIdentity};
use oxen_types::{Commitment, KeyImage, PublicKey, hashing::keccak256_parts};
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Why bytes are not the key they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// A scalar is not below the group order.
    #[error("the secret key is not a reduced scalar: check that all 64 characters were copied")]
    NotCanonicalScalar,
    /// The bytes encode no point of the curve, or not in the one canonical way.
    #[error("the public key is not a point of the curve: check that all 64 characters were copied")]
    InvalidPoint,
}

/// A secret scalar modulo the group order: a private spend key, view key, transaction key or one-time key.
///
/// Wiped from memory when dropped; never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey(pub(crate) Scalar);

impl SecretKey {
    /// Takes 32 little-endian bytes below the group order.
    ///
    /// # Errors
    /// [`KeyError::NotCanonicalScalar`] for anything else.
    pub fn from_canonical_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        Option::from(Scalar::from_canonical_bytes(bytes))
            .map(Self)
            .ok_or(KeyError::NotCanonicalScalar)
    }

    /// Takes any 32 little-endian bytes modulo the group order ("reduce32").
    #[must_use]
    pub fn reduce(bytes: [u8; 32]) -> Self {
        Self(Scalar::from_bytes_mod_order(bytes))
    }

    /// A fresh key, uniform among all scalars.
    #[must_use]
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self(random_scalar(rng))
    }

    /// The 32 little-endian bytes, wiped when dropped.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// `x·G`.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        encode_public_key(&EdwardsPoint::mul_base(&self.0))
    }

    /// `x·P`, without clearing the cofactor: subaddress transaction keys and view keys (chain §1.5).
    ///
    /// # Errors
    /// [`KeyError::InvalidPoint`] if `P` does not decode.
    pub fn multiply(&self, public: &PublicKey) -> Result<PublicKey, KeyError> {
        Ok(encode_public_key(&(decode_public_key(public)? * self.0)))
    }

    /// `self + other`.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self(self.0 + other.0)
    }

    /// `self − other`.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl fmt::Debug for SecretKey {
    /// Says only that it is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(redacted)")
    }
}

/// A secret key with its public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// `x`.
    pub secret: SecretKey,
    /// `x·G`.
    pub public: PublicKey,
}

impl KeyPair {
    /// Computes the public key.
    #[must_use]
    pub fn new(secret: SecretKey) -> Self {
        let public = secret.public_key();
        Self { secret, public }
    }

    /// A fresh pair.
    #[must_use]
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self::new(SecretKey::random(rng))
    }
}

/// Everything an account can spend and see with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKeys {
    /// The secret spend key `b`.
    pub spend: SecretKey,
    /// The secret view key `a`.
    pub view: SecretKey,
}

impl AccountKeys {
    /// The account of a 32-byte seed: `b` is the seed modulo the group order, `a = H(b)` modulo it (chain §1.7).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self::from_spend_key(SecretKey::reduce(*seed))
    }

    /// The account whose view key follows from its spend key (chain §1.7).
    #[must_use]
    pub fn from_spend_key(spend: SecretKey) -> Self {
        let view = SecretKey(hash_to_scalar(&[&*spend.to_bytes()]));
        Self { spend, view }
    }

    /// True when the view key follows from the spend key, so that words can carry the account.
    #[must_use]
    pub fn is_deterministic(&self) -> bool {
        *self == Self::from_spend_key(self.spend.clone())
    }

    /// What is needed to see incoming payments, and no more.
    #[must_use]
    pub fn view_keys(&self) -> ViewKeys {
        ViewKeys {
            view: self.view.clone(),
            spend: self.spend.public_key(),
        }
    }
}

/// The keys of a view-only account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewKeys {
    /// The secret view key `a`.
    pub view: SecretKey,
    /// The public spend key `B`.
    pub spend: PublicKey,
}

impl ViewKeys {
    /// The public view key `A = a·G`.
    #[must_use]
    pub fn view_public(&self) -> PublicKey {
        self.view.public_key()
    }
}

/// `Hs`: Keccak-256 of the parts one after the other, as a little-endian integer modulo the group order (chain §1.2).
#[must_use]
pub fn hash_to_scalar(parts: &[&[u8]]) -> Scalar {
    Scalar::from_bytes_mod_order(keccak256_parts(parts).to_bytes())
}

/// `Hp(P)`: hashes a public key to a point of the prime-order group (chain §1.2).
#[must_use]
pub fn hash_to_point(key: &PublicKey) -> PublicKey {
    encode_public_key(&point::hash_to_edwards(key.as_bytes()))
}

/// `I = x·Hp(P)` for the key pair `(x, P)` (chain §1.3).
#[must_use]
pub fn key_image(pair: &KeyPair) -> KeyImage {
    let image = point::hash_to_edwards(pair.public.as_bytes()) * pair.secret.0;
    KeyImage::new(image.compress().to_bytes())
}

/// True when the bytes are the canonical encoding of a point of the curve (chain §1.2). Torsion is allowed.
#[must_use]
pub fn is_valid_public_key(key: &PublicKey) -> bool {
    point::decode(key.as_bytes()).is_some()
}

/// True when the bytes are the canonical encoding of a point of the curve.
#[must_use]
pub fn is_valid_commitment(commitment: &Commitment) -> bool {
    point::decode(commitment.as_bytes()).is_some()
}

/// True when the image decodes, is not the identity, and `l·I` is the identity (chain §2.6 rule 8).
///
/// [`crate::clsag::verify`] checks the same again.
#[must_use]
pub fn is_valid_key_image(image: &KeyImage) -> bool {
    point::decode(image.as_bytes()).is_some_and(|point| !point.is_identity() && point.is_torsion_free())
}

/// Decodes, or says that it is no point.
pub(crate) fn decode_public_key(key: &PublicKey) -> Result<EdwardsPoint, KeyError> {
    point::decode(key.as_bytes()).ok_or(KeyError::InvalidPoint)
}

/// Compresses.
pub(crate) fn encode_public_key(point: &EdwardsPoint) -> PublicKey {
    PublicKey::new(point.compress().to_bytes())
}

/// A uniform scalar out of 64 random bytes.
pub(crate) fn random_scalar(rng: &mut (impl RngCore + CryptoRng)) -> Scalar {
    let mut wide = Zeroizing::new([0; 64]);
    rng.fill_bytes(&mut *wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}
