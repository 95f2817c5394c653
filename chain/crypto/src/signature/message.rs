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
