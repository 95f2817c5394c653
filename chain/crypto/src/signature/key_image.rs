//! The proof that a key image belongs to an output, by the output's owner (chain §1.4.2): exports, stakes.

use super::Parts;
use crate::{
    keys::{KeyPair, hashed_scalar, random_scalar},
    point::{self, hash_to_edwards},
};
use curve25519_dalek::{EdwardsPoint, Scalar, traits::VartimeMultiscalarMul};
use oxen_types::{KeyImage, PublicKey, Signature};
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;
use zeroize::Zeroizing;

/// Why the proof is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyImageSignatureError {
    /// The output's key is no point of the curve.
    #[error("the output's key is not a point of the curve")]
    InvalidOutputKey,
    /// The image is no point of the curve.
    #[error("the key image is not a point of the curve")]
    InvalidKeyImage,
    /// `c` or `r` is not below the group order.
    #[error("the signature is not two reduced scalars")]
    NotCanonical,
    /// The hash does not come out as `c`.
    #[error("the key image is not that of the output")]
    Mismatch,
}

/// Proves that `image` is the key image of the pair. The image must be that of [`crate::keys::key_image`].
#[must_use]
pub fn sign(image: &KeyImage, pair: &KeyPair, rng: &mut (impl RngCore + CryptoRng)) -> Signature {
    let nonce = Zeroizing::new(random_scalar(rng));
    let left = EdwardsPoint::mul_base(&nonce);
    let right = hash_to_edwards(pair.public.as_bytes()) * *nonce;
    let challenge = challenge(image, &left, &right);
    Parts {
        challenge,
        response: *nonce - challenge * pair.secret.0,
    }
    .encode()
}

/// Verifies that `image` is the key image of the output key.
///
/// Whether the image lies in the prime-order group is another rule: [`crate::keys::is_valid_key_image`].
///
/// # Errors
/// The first of [`KeyImageSignatureError`] that applies.
pub fn verify(image: &KeyImage, output: &PublicKey, signature: &Signature) -> Result<(), KeyImageSignatureError> {
    let key = point::decode(output.as_bytes()).ok_or(KeyImageSignatureError::InvalidOutputKey)?;
    let image_point = point::decode(image.as_bytes()).ok_or(KeyImageSignatureError::InvalidKeyImage)?;
    let Parts {
        challenge: c,
        response: r,
    } = Parts::decode(signature).ok_or(KeyImageSignatureError::NotCanonical)?;
    let left = EdwardsPoint::vartime_double_scalar_mul_basepoint(&c, &key, &r);
    let right = EdwardsPoint::vartime_multiscalar_mul([r, c], [hash_to_edwards(output.as_bytes()), image_point]);
    if challenge(image, &left, &right) == c {
        Ok(())
    } else {
        Err(KeyImageSignatureError::Mismatch)
    }
}

/// `Hs(I ‖ L ‖ R)`.
fn challenge(image: &KeyImage, left: &EdwardsPoint, right: &EdwardsPoint) -> Scalar {
    hashed_scalar(&[
        image.as_bytes(),
        left.compress().as_bytes(),
        right.compress().as_bytes(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::key_image;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    #[test]
    fn a_key_image_is_proven_for_its_output_alone() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let (pair, other) = (KeyPair::random(&mut rng), KeyPair::random(&mut rng));
        let image = key_image(&pair);
        let signature = sign(&image, &pair, &mut rng);
        assert_eq!(verify(&image, &pair.public, &signature), Ok(()));
        assert_eq!(
            verify(&image, &other.public, &signature),
            Err(KeyImageSignatureError::Mismatch)
        );
        assert_eq!(
            verify(&key_image(&other), &pair.public, &signature),
            Err(KeyImageSignatureError::Mismatch)
        );
        let foreign = sign(&image, &other, &mut rng);
        assert_eq!(
            verify(&image, &pair.public, &foreign),
            Err(KeyImageSignatureError::Mismatch)
        );
    }

    #[test]
    fn bytes_that_are_no_points_or_scalars_are_named() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let pair = KeyPair::random(&mut rng);
        let image = key_image(&pair);
        let signature = sign(&image, &pair, &mut rng);
        let bad = [0xff; 32];
        let refused = |image, output, signature| verify(&image, &output, &signature).unwrap_err();
        let wide = Signature::new([0xff; 64]);
        assert_eq!(
            refused(image, PublicKey::new(bad), signature),
            KeyImageSignatureError::InvalidOutputKey
        );
        assert_eq!(
            refused(KeyImage::new(bad), pair.public, signature),
            KeyImageSignatureError::InvalidKeyImage
        );
        assert_eq!(refused(image, pair.public, wide), KeyImageSignatureError::NotCanonical);
    }
}
