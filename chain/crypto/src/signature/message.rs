//! Signing a message with the key of an address: `SigV1…` (chain §1.4).

use super::{
    schnorr::{self, SignatureError},
    text::{self, ProofTextError},
};
use crate::{
    base58,
    keys::{KeyPair, SecretKey},
};
use oxen_types::{PublicKey, Signature, keccak256};
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;

/// What a signed message starts with.
const HEADER: &str = "SigV1";

/// Why a message's signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MessageSignatureError {
    /// The text is not a signature at all.
    #[error(transparent)]
    Text(#[from] ProofTextError),
    /// The signature is not good for the message and the address.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// Signs `H(data)` with the spend secret of an address (for a subaddress, `b + m`).
#[must_use]
pub fn sign(data: &[u8], spend: &SecretKey, rng: &mut (impl RngCore + CryptoRng)) -> String {
    let signature = schnorr::sign(&keccak256(data), &KeyPair::new(spend.clone()), rng);
    format!("{HEADER}{}", base58::encode(signature.as_bytes()))
}

/// Verifies text that [`sign`] made against the public spend key of an address.
///
/// # Errors
/// [`MessageSignatureError`].
pub fn verify(data: &[u8], spend: &PublicKey, text: &str) -> Result<(), MessageSignatureError> {
    let body = text::strip_header(text, HEADER)?;
    if body.len() != text::SIGNATURE_CHARACTERS {
        return Err(ProofTextError::WrongLength.into());
    }
    let signature = Signature::new(text::decode_part(body)?);
    Ok(schnorr::verify(&keccak256(data), spend, &signature)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    #[test]
    fn a_signed_message_is_good_for_its_text_and_address_alone() {
        let mut rng = ChaCha20Rng::seed_from_u64(6);
        let (spend, other) = (SecretKey::random(&mut rng), SecretKey::random(&mut rng));
        let text = sign(b"to whom it may concern", &spend, &mut rng);
        assert!(text.starts_with("SigV1") && text.len() == 5 + 88);
        assert_eq!(verify(b"to whom it may concern", &spend.public_key(), &text), Ok(()));
        let mismatch = Err(MessageSignatureError::Signature(SignatureError::Mismatch));
        assert_eq!(verify(b"to whom it may Concern", &spend.public_key(), &text), mismatch);
        assert_eq!(verify(b"to whom it may concern", &other.public_key(), &text), mismatch);
    }

    #[test]
    fn text_that_is_no_signature_is_named() {
        let key = SecretKey::reduce([1; 32]).public_key();
        let check = |text: &str| match verify(b"", &key, text) {
            Err(MessageSignatureError::Text(reason)) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(check("SigV2"), ProofTextError::WrongHeader { expected: "SigV1" });
        assert_eq!(check("SigV111"), ProofTextError::WrongLength);
        assert!(matches!(
            check(&format!("SigV1{}", "0".repeat(88))),
            ProofTextError::NotBase58(_)
        ));
        assert!(matches!(
            check(&format!("SigV1{}", "é".repeat(44))),
            ProofTextError::NotBase58(_)
        ));
    }
}
