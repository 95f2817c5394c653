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
        DerivationScalar(keys::hashed_scalar(&[&self.0, &counter]))
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

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::EIGHT_TORSION;
    use proptest::prelude::*;

    fn small_secret(value: u8) -> SecretKey {
        SecretKey(Scalar::from(value))
    }

    /// `r = 5`, `A = 9·G` of chain §1.3.
    fn known() -> KeyDerivation {
        KeyDerivation::new(&small_secret(5), &small_secret(9).public_key()).unwrap()
    }

    #[test]
    fn derivation_has_the_known_answers() {
        let derivation = known();
        assert_eq!(
            hex::encode(derivation.as_bytes()),
            "9271f3d3c61e768ba267b9a2aa4bd66c421d773048adf87cf003417032347275"
        );
        for (index, scalar) in [
            (0, "edc89c89bc8bd521479c00927ea703d4af3e7e3558c7efe2f9275650848df50d"),
            (128, "ebebc563159a8c1cbe4f841738ebaf9ab59431710c7179e550d2d24b8e6c4d09"),
        ] {
            assert_eq!(hex::encode(derivation.scalar(index).as_bytes()), scalar);
        }
    }

    #[test]
    fn one_time_keys_and_key_image_have_the_known_answers() {
        let (derivation, spend) = (known(), small_secret(7));
        let (pair, image) = derivation.derive_key_image(0, &spend);
        assert_eq!(derivation.derive_public_key(0, &spend.public_key()), Ok(pair.public));
        assert_eq!(derivation.recover_spend_key(0, &pair.public), Ok(spend.public_key()));
        assert_ne!(derivation.recover_spend_key(1, &pair.public), Ok(spend.public_key()));
        for (found, known) in [
            (
                pair.public.to_string(),
                "d3f9bfc952d77ca36b434d02ce3cefca74ce6b0faeceb3899cad6ef0264cfea2",
            ),
            (
                hex::encode(*pair.secret.to_bytes()),
                "f4c89c89bc8bd521479c00927ea703d4af3e7e3558c7efe2f9275650848df50d",
            ),
            (
                image.to_string(),
                "fedd0eb749f5ab5c157982d1d4064cafa4570a5f52a8d764373d8fdebeb3c2a2",
            ),
        ] {
            assert_eq!(found, known);
        }
    }

    #[test]
    fn payment_ids_have_the_known_answer_and_open_again() {
        let id: PaymentId = "0123456789abcdef".parse().unwrap();
        let hidden = known().encrypt_payment_id(id);
        assert_eq!(hidden.to_string(), "fe61893725de7dd3");
        assert_eq!(known().decrypt_payment_id(hidden), id);
    }

    #[test]
    fn torsion_of_a_public_key_does_not_change_the_derivation() {
        let clean = decode_public_key(&small_secret(9).public_key()).unwrap();
        for torsion in EIGHT_TORSION {
            let key = encode_public_key(&(clean + torsion));
            assert_eq!(KeyDerivation::new(&small_secret(5), &key), Ok(known()));
        }
    }

    #[test]
    fn undecodable_keys_are_named() {
        let bad = PublicKey::new([0xff; 32]);
        assert_eq!(KeyDerivation::new(&small_secret(5), &bad), Err(KeyError::InvalidPoint));
        assert_eq!(KeyDerivation::from_shared_point(&bad), Err(KeyError::InvalidPoint));
        assert_eq!(known().derive_public_key(0, &bad), Err(KeyError::InvalidPoint));
        assert_eq!(known().recover_spend_key(0, &bad), Err(KeyError::InvalidPoint));
    }

    proptest! {
        #[test]
        fn sender_and_receiver_agree(sender: [u8; 32], view: [u8; 32], spend: [u8; 32], index: u32) {
            let (sender, view, spend) = (SecretKey::reduce(sender), SecretKey::reduce(view), SecretKey::reduce(spend));
            let index = u64::from(index);
            let sent = KeyDerivation::new(&sender, &view.public_key()).unwrap();
            let received = KeyDerivation::new(&view, &sender.public_key()).unwrap();
            prop_assert_eq!(&sent, &received);
            let shared = sender.multiply(&view.public_key()).unwrap();
            prop_assert_eq!(&KeyDerivation::from_shared_point(&shared).unwrap(), &received);
            let output = sent.derive_public_key(index, &spend.public_key()).unwrap();
            prop_assert_eq!(received.derive_secret_key(index, &spend).public_key(), output);
            prop_assert_eq!(received.recover_spend_key(index, &output), Ok(spend.public_key()));
        }
    }
}
