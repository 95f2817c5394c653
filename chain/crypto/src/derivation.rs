//! The secret that sender and receiver of an output share, and the one-time keys that follow from it (chain §1.3).

use crate::keys::{self, KeyError, KeyPair, SecretKey, decode_public_key, encode_public_key};
use curve25519_dalek::{EdwardsPoint, Scalar, edwards::CompressedEdwardsY};
use monero::{cryptonote::onetime_key::KeyGenerator, util::key as monero_key};
use oxen_types::{KeyImage, PaymentId, PublicKey, codec::write_varint, hashing::keccak256_parts};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Separates the payment id's mask from other hashes of the derivation (chain §1.6).
const PAYMENT_ID_TAIL: u8 = 0x8d;

/// `D = 8·s·P`, compressed: known to the sender (`s = r`, `P = A`) and to the receiver (`s = a`, `P = R`) alone.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct KeyDerivation([u8; 32]);

impl KeyDerivation {
    /// Derives from one's secret and the other's public key.
    ///
    /// # Errors
    /// [`KeyError::InvalidPoint`] if the public key does not decode.
    pub fn new(secret: &SecretKey, public: &PublicKey) -> Result<Self, KeyError> {
        let point = decode_public_key(public)?;
        Ok(Self((point * secret.0).mul_by_cofactor().compress().to_bytes()))
    }

    /// `8·D` for the shared point `D = r·A` that a transaction proof shows (chain §1.4.4).
    ///
    /// # Errors
    /// [`KeyError::InvalidPoint`] if it does not decode.
    pub fn from_shared_point(shared: &PublicKey) -> Result<Self, KeyError> {
        Ok(Self(decode_public_key(shared)?.mul_by_cofactor().compress().to_bytes()))
    }

    /// Takes a derivation that was computed before.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The compressed point.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// `d(D, i) = Hs(D ‖ varint(i))` for the output at `index` of its transaction.
    #[must_use]
    pub fn scalar(&self, index: u64) -> DerivationScalar {
        let mut counter = Vec::with_capacity(10);
        write_varint(&mut counter, index);
        DerivationScalar(keys::hash_to_scalar(&[&self.0, &counter]))
    }

    /// `P_i = d(D, i)·G + B`: the one-time key that pays to the spend key `B`.
    ///
    /// # Errors
    /// [`KeyError::InvalidPoint`] if `B` does not decode.
    pub fn derive_public_key(&self, index: u64, spend: &PublicKey) -> Result<PublicKey, KeyError> {
        let spend = monero_public_key(spend)?;
        let shared = monero_key::PublicKey {
            point: CompressedEdwardsY(self.0),
        };
        let index = usize::try_from(index).expect("an output index fits the machine's word");
        Ok(PublicKey::new(
            KeyGenerator { spend, rv: shared }.one_time_key(index).to_bytes(),
        ))
    }

    /// `x_i = d(D, i) + b`: the one-time secret of an output to the spend secret `b` (for a subaddress, `b + m`).
    #[must_use]
    pub fn derive_secret_key(&self, index: u64, spend: &SecretKey) -> SecretKey {
        SecretKey(self.scalar(index).0 + spend.0)
    }

    /// `B' = P_i − d(D, i)·G`: the spend key an output pays to, if it was made with this derivation.
    ///
    /// # Errors
    /// [`KeyError::InvalidPoint`] if `P_i` does not decode.
    pub fn recover_spend_key(&self, index: u64, output: &PublicKey) -> Result<PublicKey, KeyError> {
        let output = decode_public_key(output)?;
        Ok(encode_public_key(
            &(output - EdwardsPoint::mul_base(&self.scalar(index).0)),
        ))
    }

    /// The one-time key pair of an output and its key image.
    #[must_use]
    pub fn derive_key_image(&self, index: u64, spend: &SecretKey) -> (KeyPair, KeyImage) {
        let pair = KeyPair::new(self.derive_secret_key(index, spend));
        let image = keys::key_image(&pair);
        (pair, image)
    }

    /// Hides a payment id from everyone who does not know the derivation (chain §1.6).
    #[must_use]
    pub fn encrypt_payment_id(&self, id: PaymentId) -> PaymentId {
        let mask = keccak256_parts(&[&self.0, &[PAYMENT_ID_TAIL]]).to_bytes();
        let mut bytes = id.to_bytes();
        for (byte, mask) in bytes.iter_mut().zip(mask) {
            *byte ^= mask;
        }
        PaymentId::new(bytes)
    }

    /// Opens what [`Self::encrypt_payment_id`] hid; all zero means that there is none.
    #[must_use]
    pub fn decrypt_payment_id(&self, id: PaymentId) -> PaymentId {
        self.encrypt_payment_id(id)
    }
}

impl fmt::Debug for KeyDerivation {
    /// Says only that it is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDerivation(redacted)")
    }
}

/// `d(D, i)`: the secret of one output; [`crate::amount`] calls it the amount key.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct DerivationScalar(pub(crate) Scalar);

impl DerivationScalar {
    /// Takes a scalar that was computed before.
    ///
    /// # Errors
    /// [`KeyError::NotCanonicalScalar`] if it is not below the group order.
    pub fn from_canonical_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        SecretKey::from_canonical_bytes(bytes).map(|key| Self(key.0))
    }

    /// The 32 little-endian bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for DerivationScalar {
    /// Says only that it is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivationScalar(redacted)")
    }
}

/// The same point in the types of the `monero` crate, which trusts that its keys decode.
pub(crate) fn monero_public_key(key: &PublicKey) -> Result<monero_key::PublicKey, KeyError> {
    decode_public_key(key)?;
    Ok(monero_key::PublicKey {
        point: CompressedEdwardsY(key.to_bytes()),
    })
}
