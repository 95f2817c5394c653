//! CryptoNote's original ring signature, which lives on in proofs of spending only (chain §1.4.3).
//!
//! Transactions are signed with [`crate::clsag`]. The crate `monero-oxide` verifies this older kind; none makes it any more.

use super::Parts;
use crate::{
    keys::{KeyPair, hashed_scalar, is_valid_key_image, is_valid_public_key, random_scalar},
    point::{self, hash_to_edwards},
};
use curve25519_dalek::{EdwardsPoint, Scalar, traits::VartimeMultiscalarMul};
use monero_ed25519::CompressedPoint;
use monero_oxide::ring_signatures::RingSignature;
use oxen_types::{Hash, KeyImage, PublicKey, Signature};
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;
use zeroize::Zeroizing;

/// More members than any ring of the chain ever had.
pub const MAXIMUM_RING: usize = 256;

/// Why a ring signature cannot be made or is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RingSignatureError {
    /// No member, or more than [`MAXIMUM_RING`].
    #[error("a ring has 1 to {MAXIMUM_RING} members")]
    InvalidRingSize,
    /// As many signature elements as members are needed.
    #[error("{elements} signature elements for a ring of {members}")]
    WrongElementCount {
        /// Elements that came.
        elements: usize,
        /// Members of the ring.
        members: usize,
    },
    /// The signer's key is not at the place given.
    #[error("the signer's key is not at its place in the ring")]
    SignerNotInRing,
    /// A member's key is no point of the curve.
    #[error("ring member {index} is not a point of the curve")]
    InvalidMember {
        /// Its place.
        index: usize,
    },
    /// The image is no point, the identity, or outside the prime-order group.
    #[error("the key image is not a point of the prime-order group")]
    InvalidKeyImage,
    /// A scalar is not below the group order.
    #[error("signature element {index} is not two reduced scalars")]
    NotCanonical {
        /// Its place.
        index: usize,
    },
    /// The challenges do not add up to the hash.
    #[error("no member of this ring made the signature for this message and key image")]
    Mismatch,
}

/// Signs as the member at `position` of the ring. The image must be that of [`crate::keys::key_image`].
///
/// # Errors
/// [`RingSignatureError::InvalidRingSize`], [`RingSignatureError::SignerNotInRing`],
/// [`RingSignatureError::InvalidKeyImage`] or [`RingSignatureError::InvalidMember`].
pub fn sign(
    message: &Hash,
    image: &KeyImage,
    ring: &[PublicKey],
    signer: &KeyPair,
    position: usize,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<Signature>, RingSignatureError> {
    check_size(ring)?;
    if ring.get(position) != Some(&signer.public) {
        return Err(RingSignatureError::SignerNotInRing);
    }
    let image_point = point::decode(image.as_bytes()).ok_or(RingSignatureError::InvalidKeyImage)?;
    let nonce = Zeroizing::new(random_scalar(rng));
    let mut transcript = Transcript::new(message, ring.len());
    let mut elements = Vec::with_capacity(ring.len());
    for (index, key) in ring.iter().enumerate() {
        let parts = if index == position {
            transcript.add(
                &EdwardsPoint::mul_base(&nonce),
                &(hash_to_edwards(key.as_bytes()) * *nonce),
            );
            Parts {
                challenge: Scalar::ZERO,
                response: Scalar::ZERO,
            }
        } else {
            let parts = Parts {
                challenge: random_scalar(rng),
                response: random_scalar(rng),
            };
            transcript.add_member(key, index, &image_point, &parts)?;
            parts
        };
        elements.push(parts);
    }
    let others: Scalar = elements.iter().map(|parts| parts.challenge).sum();
    let own = elements.get_mut(position).ok_or(RingSignatureError::SignerNotInRing)?;
    own.challenge = transcript.challenge_sum() - others;
    own.response = *nonce - own.challenge * signer.secret.0;
    Ok(elements.iter().map(Parts::encode).collect())
}

/// Verifies that a member of the ring signed, whose key image this is.
///
/// # Errors
/// The first of [`RingSignatureError`] that applies.
pub fn verify(
    message: &Hash,
    image: &KeyImage,
    ring: &[PublicKey],
    signature: &[Signature],
) -> Result<(), RingSignatureError> {
    check_size(ring)?;
    if signature.len() != ring.len() {
        return Err(RingSignatureError::WrongElementCount {
            elements: signature.len(),
            members: ring.len(),
        });
    }
    if !is_valid_key_image(image) {
        return Err(RingSignatureError::InvalidKeyImage);
    }
    if let Some(index) = ring.iter().position(|key| !is_valid_public_key(key)) {
        return Err(RingSignatureError::InvalidMember { index });
    }
    if let Some(index) = signature.iter().position(|element| Parts::decode(element).is_none()) {
        return Err(RingSignatureError::NotCanonical { index });
    }
    let bytes: Vec<u8> = signature.iter().flat_map(|element| element.to_bytes()).collect();
    let elements = RingSignature::read(ring.len(), &mut bytes.as_slice()).map_err(|_| RingSignatureError::Mismatch)?;
    let ring: Vec<CompressedPoint> = ring.iter().map(|key| CompressedPoint::from(key.to_bytes())).collect();
    let image = CompressedPoint::from(image.to_bytes());
    if elements.verify(message.as_bytes(), &ring, &image) {
        Ok(())
    } else {
        Err(RingSignatureError::Mismatch)
    }
}

fn check_size(ring: &[PublicKey]) -> Result<(), RingSignatureError> {
    if (1..=MAXIMUM_RING).contains(&ring.len()) {
        Ok(())
    } else {
        Err(RingSignatureError::InvalidRingSize)
    }
}

/// What the sum of the challenges is hashed from: `m ‖ L_0 ‖ R_0 ‖ L_1 ‖ R_1 ‖ …`.
struct Transcript(Vec<u8>);

impl Transcript {
    fn new(message: &Hash, members: usize) -> Self {
        let mut bytes = Vec::with_capacity(members.saturating_mul(64).saturating_add(32));
        bytes.extend_from_slice(message.as_bytes());
        Self(bytes)
    }

    fn add(&mut self, left: &EdwardsPoint, right: &EdwardsPoint) {
        self.0.extend_from_slice(left.compress().as_bytes());
        self.0.extend_from_slice(right.compress().as_bytes());
    }

    /// Adds `L = c·P + r·G` and `R = r·Hp(P) + c·I`.
    fn add_member(
        &mut self,
        key: &PublicKey,
        index: usize,
        image: &EdwardsPoint,
        Parts {
            challenge: c,
            response: r,
        }: &Parts,
    ) -> Result<(), RingSignatureError> {
        let point = point::decode(key.as_bytes()).ok_or(RingSignatureError::InvalidMember { index })?;
        let left = EdwardsPoint::vartime_double_scalar_mul_basepoint(c, &point, r);
        let right = EdwardsPoint::vartime_multiscalar_mul([r, c], [&hash_to_edwards(key.as_bytes()), image]);
        self.add(&left, &right);
        Ok(())
    }

    fn challenge_sum(&self) -> Scalar {
        hashed_scalar(&[&self.0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::key_image;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    struct Case {
        message: Hash,
        image: KeyImage,
        ring: Vec<PublicKey>,
        signature: Vec<Signature>,
    }

    impl Case {
        fn new(members: usize, position: usize) -> Self {
            let mut rng = ChaCha20Rng::seed_from_u64(4);
            let mut pairs: Vec<KeyPair> = (0..members).map(|_| KeyPair::random(&mut rng)).collect();
            let ring: Vec<PublicKey> = pairs.iter().map(|pair| pair.public).collect();
            let signer = pairs.swap_remove(position);
            let (message, image) = (Hash::new([9; 32]), key_image(&signer));
            let signature = sign(&message, &image, &ring, &signer, position, &mut rng).unwrap();
            Self {
                message,
                image,
                ring,
                signature,
            }
        }

        fn verify(&self) -> Result<(), RingSignatureError> {
            verify(&self.message, &self.image, &self.ring, &self.signature)
        }
    }

    #[test]
    fn a_signature_from_every_place_of_every_small_ring_is_good() {
        for members in [1, 2, 3, 10] {
            for position in 0..members {
                assert_eq!(Case::new(members, position).verify(), Ok(()), "{position} of {members}");
            }
        }
    }

    #[test]
    fn another_message_image_ring_or_element_is_refused() {
        let refused = |change: fn(&mut Case)| {
            let mut case = Case::new(3, 1);
            change(&mut case);
            case.verify().unwrap_err()
        };
        let missing = RingSignatureError::WrongElementCount {
            elements: 2,
            members: 3,
        };
        assert_eq!(refused(|case| case.message = Hash::ZERO), RingSignatureError::Mismatch);
        assert_eq!(refused(|case| case.ring.swap(0, 1)), RingSignatureError::Mismatch);
        assert_eq!(refused(|case| case.signature.swap(0, 1)), RingSignatureError::Mismatch);
        assert_eq!(
            refused(|case| case.image = Case::new(2, 0).image),
            RingSignatureError::Mismatch
        );
        assert_eq!(refused(|case| case.signature.truncate(2)), missing);
        assert_eq!(refused(|case| case.ring.clear()), RingSignatureError::InvalidRingSize);
        assert_eq!(
            (
                refused(|case| case.image = KeyImage::new([0xff; 32])),
                refused(|case| case.ring[2] = PublicKey::new([0xff; 32])),
                refused(|case| case.signature[1] = Signature::new([0xff; 64])),
            ),
            (
                RingSignatureError::InvalidKeyImage,
                RingSignatureError::InvalidMember { index: 2 },
                RingSignatureError::NotCanonical { index: 1 },
            )
        );
    }

    #[test]
    fn nobody_signs_from_a_place_that_is_not_theirs() {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let (pair, other) = (KeyPair::random(&mut rng), KeyPair::random(&mut rng));
        let ring = [other.public, pair.public];
        for position in [0, 2] {
            let refused = sign(&Hash::ZERO, &key_image(&pair), &ring, &pair, position, &mut rng);
            assert_eq!(refused, Err(RingSignatureError::SignerNotInRing));
        }
    }
}
