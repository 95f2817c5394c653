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
        let view = hash_to_scalar(&[&*spend.to_bytes()]);
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
pub fn hash_to_scalar(parts: &[&[u8]]) -> SecretKey {
    SecretKey(hashed_scalar(parts))
}

/// [`hash_to_scalar`] where the scalar is no key.
pub(crate) fn hashed_scalar(parts: &[&[u8]]) -> Scalar {
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

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::EIGHT_TORSION;
    use proptest::prelude::*;

    fn small_secret(value: u8) -> SecretKey {
        let mut bytes = [0; 32];
        bytes[0] = value;
        SecretKey::from_canonical_bytes(bytes).unwrap()
    }

    /// The group order `l`, little-endian.
    const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

    #[test]
    fn scalars_from_the_group_order_on_are_refused_and_reduced() {
        let order: [u8; 32] = hex::decode(ORDER).unwrap().try_into().unwrap();
        assert_eq!(
            SecretKey::from_canonical_bytes(order),
            Err(KeyError::NotCanonicalScalar)
        );
        assert_eq!(
            SecretKey::from_canonical_bytes([0xff; 32]),
            Err(KeyError::NotCanonicalScalar)
        );
        let mut below = order;
        below[0] -= 1;
        assert!(SecretKey::from_canonical_bytes(below).is_ok());
        assert_eq!(SecretKey::reduce(order), small_secret(0));
    }

    #[test]
    fn key_image_of_a_small_key_has_the_known_answer() {
        let pair = KeyPair::new(small_secret(5));
        assert_eq!(
            pair.public.to_string(),
            "edc876d6831fd2105d0b4389ca2e283166469289146e2ce06faefe98b22548df"
        );
        let image = key_image(&pair);
        assert_eq!(
            image.to_string(),
            "59b0c0bfcc7f2667238acb990ebbfd6fe48595099c6d100277228cc984c96edf"
        );
        assert!(is_valid_key_image(&image));
    }

    #[test]
    fn key_images_outside_the_prime_order_group_are_refused() {
        let image = point::decode(key_image(&KeyPair::new(small_secret(5))).as_bytes()).unwrap();
        for (number, torsion) in EIGHT_TORSION.iter().enumerate() {
            let encode = |point: EdwardsPoint| KeyImage::new(point.compress().to_bytes());
            assert!(
                !is_valid_key_image(&encode(*torsion)),
                "small order {number}, the identity among them"
            );
            assert_eq!(is_valid_key_image(&encode(image + torsion)), number == 0);
        }
        assert!(!is_valid_key_image(&KeyImage::new([0xff; 32])));
    }

    #[test]
    fn torsion_is_no_fault_of_a_public_key() {
        let mixed = EdwardsPoint::mul_base(&Scalar::from(9_u8)) + EIGHT_TORSION[1];
        assert!(is_valid_public_key(&encode_public_key(&mixed)));
        assert!(!is_valid_public_key(&PublicKey::new([0xff; 32])));
    }

    #[test]
    fn hash_to_point_has_the_known_answer() {
        let key = "da66e9ba613919dec28ef367a125bb310d6d83fb9052e71034164b6dc4f392d0"
            .parse()
            .unwrap();
        let point = "52b3f38753b4e13b74624862e253072cf12f745d43fcfafbe8c217701a6e5875"
            .parse()
            .unwrap();
        assert_eq!(hash_to_point(&key), point);
    }

    #[test]
    fn secrets_do_not_print() {
        let keys = AccountKeys::from_seed(&[7; 32]);
        let shown = format!("{keys:?} {:?}", KeyPair::new(keys.spend.clone()));
        assert!(!shown.contains(&hex::encode(*keys.spend.to_bytes())) && shown.contains("redacted"));
    }

    #[test]
    fn only_an_account_of_a_seed_is_deterministic() {
        let mut keys = AccountKeys::from_seed(&[7; 32]);
        assert!(keys.is_deterministic());
        keys.view = keys.view.plus(&small_secret(1));
        assert!(!keys.is_deterministic());
    }

    proptest! {
        #[test]
        fn sums_of_secrets_are_sums_of_points(first: [u8; 32], second: [u8; 32]) {
            let (first, second) = (SecretKey::reduce(first), SecretKey::reduce(second));
            let decode = |key: &SecretKey| decode_public_key(&key.public_key()).unwrap();
            prop_assert_eq!(decode(&first.plus(&second)), decode(&first) + decode(&second));
            prop_assert_eq!(first.plus(&second).minus(&second), first.clone());
            prop_assert_eq!(first.multiply(&second.public_key()), second.multiply(&first.public_key()));
        }
    }
}
