//! CLSAG ring signatures, one for each input of a transfer (chain §2.7), by the crate `monero-clsag`.
//!
//! On the wire a signature over a ring of `n` members is `s_0 ‖ … ‖ s_{n−1} ‖ c1 ‖ D`, 32 bytes each and no count.

use crate::{
    amount::Opening,
    commitment::Mask,
    keys::{KeyPair, SecretKey, key_image},
};
use monero_clsag::{Clsag, ClsagContext, ClsagError as Reason, Decoys};
use monero_ed25519::{Commitment as CommitmentOpening, CompressedPoint, Point, Scalar};
use oxen_types::{Commitment, Hash, KeyImage, PublicKey};
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;
use zeroize::Zeroizing;

/// Members of every ring the chain accepts (chain §2.6 rule 6).
pub const RING_SIZE: usize = 10;

/// The largest ring the crate signs and verifies.
const MAXIMUM_RING: usize = 255;

/// One output that may be the one spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingMember {
    /// `P_i`: the output's one-time key.
    pub key: PublicKey,
    /// `C_i`: the output's commitment.
    pub commitment: Commitment,
}

/// What is needed to spend one output.
#[derive(Debug, Clone, Copy)]
pub struct ClsagInput<'a> {
    /// The ring, in the order of the transaction.
    pub ring: &'a [RingMember],
    /// The place of the output that is spent.
    pub position: usize,
    /// Its one-time secret.
    pub secret: &'a SecretKey,
    /// Its amount and mask.
    pub opening: &'a Opening,
}

/// A signed input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedInput {
    /// The signature as it goes on the wire.
    pub signature: Vec<u8>,
    /// The key image it proves.
    pub key_image: KeyImage,
    /// The commitment to the same amount under a new mask.
    pub pseudo_output: Commitment,
}

/// Why a ring signature cannot be made or is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ClsagError {
    /// No member, too many, or one that is no point of the curve.
    #[error("the ring is empty, too large, or has a member that is not a point of the curve")]
    InvalidRing,
    /// The place of the signer is outside the ring.
    #[error("the output to spend is not in its ring")]
    SignerNotInRing,
    /// The secret is not that of the ring member.
    #[error("the one-time secret is not that of the output to spend")]
    WrongSecret,
    /// The opening is not that of the ring member's commitment.
    #[error("amount and mask are not those of the output to spend")]
    WrongOpening,
    /// The bytes are not as many as the ring needs, or a scalar is not below the group order.
    #[error("the signature's bytes are not one reduced scalar for each ring member, a challenge and a point")]
    MalformedSignature,
    /// The key image is no point, the identity, or outside the prime-order group.
    #[error("the key image is not a point of the prime-order group")]
    InvalidKeyImage,
    /// The pseudo output is no point of the curve.
    #[error("the pseudo output is not a point of the curve")]
    InvalidPseudoOutput,
    /// `D` is no point, or `8·D` is the identity.
    #[error("the auxiliary key image is not a usable point")]
    InvalidAuxiliaryImage,
    /// The challenges do not close the ring.
    #[error("the ring signature is not good for this transaction")]
    Mismatch,
}

/// Signs all inputs of a transaction, so that the pseudo outputs' masks add up to `output_masks`, the sum of the masks of all
/// outputs. The message is that of chain §2.4.
///
/// # Errors
/// One of the first four of [`ClsagError`].
pub fn sign(
    inputs: &[ClsagInput<'_>],
    output_masks: &Mask,
    message: &Hash,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<SignedInput>, ClsagError> {
    let contexts = inputs.iter().map(signing_context).collect::<Result<Vec<_>, _>>()?;
    let signatures =
        Clsag::sign(rng, contexts, Scalar::from(output_masks.0), message.to_bytes()).map_err(map_reason)?;
    inputs
        .iter()
        .zip(signatures)
        .map(|(input, (signature, pseudo_output))| {
            let mut bytes = Vec::with_capacity(signature_length(input.ring.len()));
            signature
                .write(&mut bytes)
                .map_err(|_| ClsagError::MalformedSignature)?;
            Ok(SignedInput {
                signature: bytes,
                key_image: key_image(&KeyPair::new(input.secret.clone())),
                pseudo_output: Commitment::new(pseudo_output.compress().to_bytes()),
            })
        })
        .collect()
}

/// Verifies the signature of one input; `signature` is its bytes on the wire, the message that of chain §2.4.
///
/// Checks the key image's group too (chain §2.6 rule 8). How many members a ring must have is the caller's rule.
///
/// # Errors
/// Any of [`ClsagError`] that is about data.
pub fn verify(
    signature: &[u8],
    ring: &[RingMember],
    image: &KeyImage,
    pseudo_output: &Commitment,
    message: &Hash,
) -> Result<(), ClsagError> {
    check_ring_size(ring)?;
    if signature.len() != signature_length(ring.len()) {
        return Err(ClsagError::MalformedSignature);
    }
    let mut bytes = signature;
    let clsag = Clsag::read(ring.len(), &mut bytes).map_err(|_| ClsagError::MalformedSignature)?;
    let ring = ring
        .iter()
        .map(|member| {
            [
                CompressedPoint::from(member.key.to_bytes()),
                CompressedPoint::from(member.commitment.to_bytes()),
            ]
        })
        .collect();
    clsag
        .verify(
            ring,
            &CompressedPoint::from(image.to_bytes()),
            &CompressedPoint::from(pseudo_output.to_bytes()),
            message.as_bytes(),
        )
        .map_err(|reason| match reason {
            Reason::InvalidCommitment => ClsagError::InvalidPseudoOutput,
            other => map_reason(other),
        })
}

/// Bytes of a signature over a ring of so many members.
fn signature_length(members: usize) -> usize {
    members.saturating_add(2).saturating_mul(32)
}

fn check_ring_size(ring: &[RingMember]) -> Result<(), ClsagError> {
    if (1..=MAXIMUM_RING).contains(&ring.len()) {
        Ok(())
    } else {
        Err(ClsagError::InvalidRing)
    }
}

fn signing_context(input: &ClsagInput<'_>) -> Result<(Zeroizing<Scalar>, ClsagContext), ClsagError> {
    check_ring_size(input.ring)?;
    let position = u8::try_from(input.position).map_err(|_| ClsagError::SignerNotInRing)?;
    if input.position >= input.ring.len() {
        return Err(ClsagError::SignerNotInRing);
    }
    let ring = input
        .ring
        .iter()
        .map(decode_member)
        .collect::<Option<Vec<_>>>()
        .ok_or(ClsagError::InvalidRing)?;
    // The crate carries the members' places in the chain along without signing them: any that increase will do.
    let places = vec![1; ring.len()];
    let decoys = Decoys::new(places, position, ring).ok_or(ClsagError::InvalidRing)?;
    let opening = CommitmentOpening::new(Scalar::from(input.opening.mask.0), input.opening.amount.atomic());
    let context = ClsagContext::new(decoys, opening).map_err(map_reason)?;
    Ok((Zeroizing::new(Scalar::from(input.secret.0)), context))
}

fn decode_member(member: &RingMember) -> Option<[Point; 2]> {
    Some([
        CompressedPoint::from(member.key.to_bytes()).decompress()?,
        CompressedPoint::from(member.commitment.to_bytes()).decompress()?,
    ])
}

fn map_reason(reason: Reason) -> ClsagError {
    match reason {
        Reason::InvalidRing => ClsagError::InvalidRing,
        Reason::InvalidKey => ClsagError::WrongSecret,
        Reason::InvalidCommitment => ClsagError::WrongOpening,
        Reason::InvalidImage => ClsagError::InvalidKeyImage,
        Reason::InvalidD => ClsagError::InvalidAuxiliaryImage,
        Reason::InvalidS => ClsagError::MalformedSignature,
        Reason::InvalidC1 => ClsagError::Mismatch,
    }
}
