//! CryptoNote's original ring signature, which lives on in proofs of spending only (chain §1.4.3).
//!
//! Transactions are signed with [`crate::clsag`]; no kept crate makes this older kind.

use super::Parts;
use crate::{
    keys::{KeyPair, hash_to_scalar, random_scalar},
    point::{self, hash_to_edwards},
};
use curve25519_dalek::{EdwardsPoint, Scalar, traits::VartimeMultiscalarMul};
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
    /// The image is no point of the curve.
    #[error("the key image is not a point of the curve")]
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
    let image_point = point::decode(image.as_bytes()).ok_or(RingSignatureError::InvalidKeyImage)?;
    let mut transcript = Transcript::new(message, ring.len());
    let mut sum = Scalar::ZERO;
    for (index, (key, element)) in ring.iter().zip(signature).enumerate() {
        let parts = Parts::decode(element).ok_or(RingSignatureError::NotCanonical { index })?;
        transcript.add_member(key, index, &image_point, &parts)?;
        sum += parts.challenge;
    }
    if transcript.challenge_sum() == sum {
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
        hash_to_scalar(&[&self.0])
    }
}
