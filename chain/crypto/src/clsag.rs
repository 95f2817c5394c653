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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commitment::{check_balance, commit};
    use oxen_types::Amount;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    /// An output that can be spent, in its ring.
    struct Spend {
        ring: Vec<RingMember>,
        position: usize,
        secret: SecretKey,
        opening: Opening,
    }

    impl Spend {
        fn new(members: usize, position: usize, rng: &mut ChaCha20Rng) -> Self {
            let secret = SecretKey::random(rng);
            let opening = Opening {
                amount: Amount::OXEN,
                mask: Mask::random(rng),
            };
            let mut ring: Vec<RingMember> = (0..members)
                .map(|_| RingMember {
                    key: SecretKey::random(rng).public_key(),
                    commitment: commit(Amount::OXEN, &Mask::random(rng)),
                })
                .collect();
            ring[position] = RingMember {
                key: secret.public_key(),
                commitment: commit(opening.amount, &opening.mask),
            };
            Self {
                ring,
                position,
                secret,
                opening,
            }
        }

        fn input(&self) -> ClsagInput<'_> {
            let Self {
                ring,
                position,
                secret,
                opening,
            } = self;
            ClsagInput {
                ring,
                position: *position,
                secret,
                opening,
            }
        }
    }

    /// A signed input with everything a verifier sees.
    #[derive(Clone)]
    struct Signed {
        ring: Vec<RingMember>,
        input: SignedInput,
        message: Hash,
    }

    impl Signed {
        fn new() -> Self {
            let mut rng = ChaCha20Rng::seed_from_u64(10);
            let (spend, message) = (Spend::new(RING_SIZE, 3, &mut rng), Hash::new([8; 32]));
            let input = sign(&[spend.input()], &Mask::random(&mut rng), &message, &mut rng)
                .unwrap()
                .remove(0);
            Self {
                ring: spend.ring,
                input,
                message,
            }
        }

        fn verify(&self) -> Result<(), ClsagError> {
            let SignedInput {
                signature,
                key_image,
                pseudo_output,
            } = &self.input;
            verify(signature, &self.ring, key_image, pseudo_output, &self.message)
        }

        fn refused(change: impl Fn(&mut Self)) -> ClsagError {
            let mut signed = Self::new();
            change(&mut signed);
            signed.verify().unwrap_err()
        }
    }

    #[test]
    fn signatures_from_every_place_are_good() {
        let mut rng = ChaCha20Rng::seed_from_u64(11);
        for position in 0..RING_SIZE {
            let (spend, message) = (Spend::new(RING_SIZE, position, &mut rng), Hash::new([1; 32]));
            let input = sign(&[spend.input()], &Mask::ONE, &message, &mut rng)
                .unwrap()
                .remove(0);
            assert_eq!(
                Signed {
                    ring: spend.ring,
                    input,
                    message
                }
                .verify(),
                Ok(()),
                "place {position}"
            );
        }
    }

    #[test]
    fn pseudo_outputs_balance_with_the_outputs_and_the_fee() {
        let mut rng = ChaCha20Rng::seed_from_u64(12);
        let spends: Vec<Spend> = (0..3)
            .map(|position| Spend::new(RING_SIZE, position, &mut rng))
            .collect();
        let inputs: Vec<ClsagInput<'_>> = spends.iter().map(Spend::input).collect();
        let masks = [Mask::random(&mut rng), Mask::random(&mut rng)];
        let signed = sign(&inputs, &Mask::sum(&masks), &Hash::ZERO, &mut rng).unwrap();
        let pseudo_outputs: Vec<Commitment> = signed.iter().map(|input| input.pseudo_output).collect();
        let outputs = masks.map(|mask| commit(Amount::OXEN, &mask));
        assert_eq!(check_balance(&pseudo_outputs, &outputs, Amount::OXEN), Ok(()));
    }

    #[test]
    fn every_change_of_what_is_signed_is_refused() {
        let changes: [fn(&mut Signed); 8] = [
            |signed| signed.message = Hash::ZERO,
            |signed| signed.ring.swap(0, 1),
            |signed| signed.ring[5].key = signed.ring[6].key,
            |signed| signed.ring[5].commitment = signed.ring[6].commitment,
            |signed| signed.input.pseudo_output = signed.ring[0].commitment,
            |signed| signed.input.key_image = key_image(&KeyPair::new(SecretKey::reduce([1; 32]))),
            |signed| signed.input.signature[0] ^= 1,
            |signed| signed.input.signature[32 * 10] ^= 1,
        ];
        for change in changes {
            assert_eq!(Signed::refused(change), ClsagError::Mismatch);
        }
    }

    #[test]
    fn malformed_parts_are_named() {
        let element = |place: usize, bytes: [u8; 32]| {
            move |signed: &mut Signed| signed.input.signature[32 * place..][..32].copy_from_slice(&bytes)
        };
        let identity = curve25519_dalek::Scalar::ONE.to_bytes();
        let order_two = curve25519_dalek::constants::EIGHT_TORSION[4].compress().to_bytes();
        let image = |bytes| move |signed: &mut Signed| signed.input.key_image = KeyImage::new(bytes);
        let bad = [0xff; 32];
        assert_eq!(Signed::refused(element(4, bad)), ClsagError::MalformedSignature);
        assert_eq!(Signed::refused(element(10, bad)), ClsagError::MalformedSignature);
        assert_eq!(Signed::refused(element(11, bad)), ClsagError::InvalidAuxiliaryImage);
        assert_eq!(
            Signed::refused(element(11, identity)),
            ClsagError::InvalidAuxiliaryImage
        );
        assert_eq!(
            Signed::refused(element(11, order_two)),
            ClsagError::InvalidAuxiliaryImage
        );
        for bytes in [bad, identity, order_two] {
            assert_eq!(Signed::refused(image(bytes)), ClsagError::InvalidKeyImage);
        }
        let pseudo_output = |signed: &mut Signed| signed.input.pseudo_output = Commitment::new(bad);
        assert_eq!(Signed::refused(pseudo_output), ClsagError::InvalidPseudoOutput);
        assert_eq!(
            Signed::refused(|signed| signed.ring[0].key = PublicKey::new(bad)),
            ClsagError::InvalidRing
        );
        assert_eq!(Signed::refused(|signed| signed.ring.clear()), ClsagError::InvalidRing);
        assert_eq!(
            Signed::refused(|signed| signed.input.signature.push(0)),
            ClsagError::MalformedSignature
        );
        assert_eq!(
            Signed::refused(|signed| signed.input.signature.truncate(383)),
            ClsagError::MalformedSignature
        );
        assert_eq!(
            Signed::refused(|signed| signed.ring.truncate(9)),
            ClsagError::MalformedSignature
        );
    }

    #[test]
    fn nothing_is_signed_with_a_wrong_secret_opening_or_place() {
        let mut rng = ChaCha20Rng::seed_from_u64(13);
        let refused = |change: fn(&mut Spend), rng: &mut ChaCha20Rng| {
            let mut spend = Spend::new(RING_SIZE, 3, rng);
            change(&mut spend);
            sign(&[spend.input()], &Mask::ONE, &Hash::ZERO, rng).unwrap_err()
        };
        let rng = &mut rng;
        assert_eq!(
            refused(|spend| spend.secret = SecretKey::reduce([1; 32]), rng),
            ClsagError::WrongSecret
        );
        assert_eq!(
            refused(|spend| spend.opening.mask = Mask::ONE, rng),
            ClsagError::WrongOpening
        );
        assert_eq!(
            refused(|spend| spend.opening.amount = Amount::ZERO, rng),
            ClsagError::WrongOpening
        );
        assert_eq!(
            refused(|spend| spend.position = RING_SIZE, rng),
            ClsagError::SignerNotInRing
        );
        assert_eq!(refused(|spend| spend.position = 300, rng), ClsagError::SignerNotInRing);
        assert_eq!(
            refused(|spend| spend.ring[0].key = PublicKey::new([0xff; 32]), rng),
            ClsagError::InvalidRing
        );
        assert_eq!(refused(|spend| spend.ring.clear(), rng), ClsagError::InvalidRing);
    }

    /// The equations of chain §2.7, written out, so that the crate is checked against the specification.
    #[test]
    fn the_equations_of_the_specification_hold() {
        use crate::{keys::hashed_scalar, point};
        use curve25519_dalek::{EdwardsPoint, Scalar};
        let signed = Signed::new();
        let scalar = |index: usize| {
            Scalar::from_canonical_bytes(signed.input.signature[32 * index..][..32].try_into().unwrap()).unwrap()
        };
        let tag = |name: &str| {
            let mut padded = [0; 32];
            padded[..name.len()].copy_from_slice(name.as_bytes());
            padded.to_vec()
        };
        let keys: Vec<u8> = signed.ring.iter().flat_map(|member| member.key.to_bytes()).collect();
        let commitments: Vec<u8> = signed
            .ring
            .iter()
            .flat_map(|member| member.commitment.to_bytes())
            .collect();
        let (image, offset) = (signed.input.key_image.to_bytes(), signed.input.pseudo_output.to_bytes());
        let auxiliary: [u8; 32] = signed.input.signature[32 * 11..].try_into().unwrap();
        let aggregate = |name| hashed_scalar(&[&tag(name), &keys, &commitments, &image, &auxiliary, &offset]);
        let (mu_p, mu_c) = (aggregate("CLSAG_agg_0"), aggregate("CLSAG_agg_1"));
        let decode = |bytes: &[u8; 32]| point::decode(bytes).unwrap();
        let auxiliary = decode(&auxiliary).mul_by_cofactor();
        let mut challenge = scalar(10);
        for (index, member) in signed.ring.iter().enumerate() {
            let (key, response) = (member.key.to_bytes(), scalar(index));
            let difference = decode(member.commitment.as_bytes()) - decode(&offset);
            let left =
                EdwardsPoint::mul_base(&response) + decode(&key) * (challenge * mu_p) + difference * (challenge * mu_c);
            let right = point::hash_to_edwards(&key) * response
                + decode(&image) * (challenge * mu_p)
                + auxiliary * (challenge * mu_c);
            let points = [left, right].map(|point| point.compress().to_bytes()).concat();
            let message = signed.message.as_bytes();
            challenge = hashed_scalar(&[&tag("CLSAG_round"), &keys, &commitments, &offset, message, &points]);
        }
        assert_eq!(challenge, scalar(10));
    }
}
