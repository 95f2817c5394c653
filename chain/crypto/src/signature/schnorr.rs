//! Schnorr signatures over a 32-byte hash (chain §1.4.1): votes, block signatures, registrations, unlocks, messages.

use super::Parts;
use crate::{
    keys::{KeyPair, hashed_scalar, random_scalar},
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
    hashed_scalar(&[message.as_bytes(), public.as_bytes(), commitment.compress().as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    fn signature(challenge: &[u8], response: &[u8]) -> Signature {
        Signature::new([challenge, response].concat().try_into().unwrap())
    }

    const ZERO: [u8; 32] = [0; 32];
    const NOT_CANONICAL: [u8; 32] = [0xff; 32];

    #[test]
    fn each_rule_refuses_with_its_own_error() {
        let pair = KeyPair::random(&mut ChaCha20Rng::seed_from_u64(1));
        let message = Hash::new([3; 32]);
        let one = Scalar::ONE.to_bytes();
        let check = |public: &PublicKey, challenge: &[u8], response: &[u8]| {
            verify(&message, public, &signature(challenge, response))
        };
        let bad = PublicKey::new([0xff; 32]);
        assert_eq!(
            check(&bad, &NOT_CANONICAL, &ZERO),
            Err(SignatureError::InvalidPublicKey)
        );
        assert_eq!(
            check(&pair.public, &NOT_CANONICAL, &one),
            Err(SignatureError::NotCanonical)
        );
        assert_eq!(
            check(&pair.public, &one, &NOT_CANONICAL),
            Err(SignatureError::NotCanonical)
        );
        assert_eq!(check(&pair.public, &ZERO, &one), Err(SignatureError::ZeroChallenge));
        let identity = PublicKey::new(one);
        assert_eq!(check(&identity, &one, &ZERO), Err(SignatureError::IdentityCommitment));
        assert_eq!(check(&pair.public, &one, &one), Err(SignatureError::Mismatch));
    }

    proptest! {
        #[test]
        fn a_signature_is_good_for_its_message_and_key_alone(seed: u64, message: [u8; 32], bit in 0_usize..512) {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let (pair, other) = (KeyPair::random(&mut rng), KeyPair::random(&mut rng));
            let message = Hash::new(message);
            let good = sign(&message, &pair, &mut rng);
            prop_assert_eq!(verify(&message, &pair.public, &good), Ok(()));
            prop_assert!(verify(&message, &other.public, &good).is_err());
            prop_assert!(verify(&oxen_types::keccak256(message.as_bytes()), &pair.public, &good).is_err());
            let mut flipped = good.to_bytes();
            flipped[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verify(&message, &pair.public, &Signature::new(flipped)).is_err());
        }
    }
}
