//! Schnorr signatures over a 32-byte hash (chain §1.4.1): votes, block signatures, registrations, unlocks, messages.

use super::Parts;
use crate::{
    keys::{KeyPair, hash_to_scalar, random_scalar},
    point,
};
use curve25519_dalek::{EdwardsPoint, Scalar, traits::IsIdentity};
use oxen_types::{Hash, PublicKey, Signature};
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a signature is refused; one variant for each rule of chain §1.4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The public key is no point of the curve.
    #[error("the signer's public key is not a point of the curve")]
    InvalidPublicKey,
    /// `c` or `r` is not below the group order.
    #[error("the signature is not two reduced scalars")]
    NotCanonical,
    /// `c` is zero.
    #[error("the challenge of the signature is zero")]
    ZeroChallenge,
    /// `c·P + r·G` is the identity.
    #[error("the signature commits to the identity")]
    IdentityCommitment,
    /// The hash does not come out as `c`.
    #[error("the signature was not made by this key for this message")]
    Mismatch,
}

/// Signs the hash.
#[must_use]
pub fn sign(message: &Hash, pair: &KeyPair, rng: &mut (impl RngCore + CryptoRng)) -> Signature {
    loop {
        let nonce = Zeroizing::new(random_scalar(rng));
        let challenge = challenge(message, &pair.public, &EdwardsPoint::mul_base(&nonce));
        let parts = Parts {
            challenge,
            response: *nonce - challenge * pair.secret.0,
        };
        // A verifier refuses a zero challenge; the reference makes no zero response either.
        if parts.challenge != Scalar::ZERO && parts.response != Scalar::ZERO {
            return parts.encode();
        }
    }
}

/// Verifies a signature over the hash.
///
/// # Errors
/// The first of [`SignatureError`] that applies.
pub fn verify(message: &Hash, public: &PublicKey, signature: &Signature) -> Result<(), SignatureError> {
    let key = point::decode(public.as_bytes()).ok_or(SignatureError::InvalidPublicKey)?;
    let parts = Parts::decode(signature).ok_or(SignatureError::NotCanonical)?;
    if parts.challenge == Scalar::ZERO {
        return Err(SignatureError::ZeroChallenge);
    }
    let commitment = EdwardsPoint::vartime_double_scalar_mul_basepoint(&parts.challenge, &key, &parts.response);
    if commitment.is_identity() {
        return Err(SignatureError::IdentityCommitment);
    }
    if challenge(message, public, &commitment) == parts.challenge {
        Ok(())
    } else {
        Err(SignatureError::Mismatch)
    }
}

/// `Hs(m ‖ P ‖ X)`.
fn challenge(message: &Hash, public: &PublicKey, commitment: &EdwardsPoint) -> Scalar {
    hash_to_scalar(&[message.as_bytes(), public.as_bytes(), commitment.compress().as_bytes()])
}
