//! Proofs that a transaction pays to an address, by its sender or by its receiver (chain §1.4.4), and the text forms of
//! those and of the proof of spending.

use super::{
    Parts,
    text::{self, POINT_CHARACTERS, SIGNATURE_CHARACTERS},
};
use crate::{
    base58,
    keys::{KeyError, SecretKey, decode_public_key, encode_public_key, hashed_scalar, random_scalar},
    point,
};
use curve25519_dalek::{EdwardsPoint, Scalar, constants::ED25519_BASEPOINT_POINT, traits::VartimeMultiscalarMul};
use oxen_types::{Hash, PublicKey, Signature, hashing::keccak256_parts};
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;
use zeroize::Zeroizing;

pub use super::text::ProofTextError;

/// More transaction keys, or members of all rings together, than a transaction can have are not read from text.
const MAXIMUM_PARTS: usize = 8192;

/// What the first secret is the discrete logarithm of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofBase {
    /// `R = r·G`: the usual case.
    Generator,
    /// `R = r·B`: the transaction key belongs to the subaddress with this spend key.
    Subaddress(PublicKey),
}

/// What is shown: that one secret `r` links `R = r·G` (or `r·B`) and `D = r·A`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofStatement {
    /// `R`: the transaction's public key; in an inbound proof, the receiver's public view key.
    pub key: PublicKey,
    /// `A`: the receiver's public view key; in an inbound proof, the transaction's public key.
    pub counterpart: PublicKey,
    /// What `R` is a multiple of.
    pub base: ProofBase,
}

/// The shared point and the signature for one transaction key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TxProof {
    /// `D = r·A`; [`crate::KeyDerivation::from_shared_point`] makes the derivation of it.
    pub shared: PublicKey,
    /// `c ‖ r_sig`.
    pub signature: Signature,
}

/// Which side made a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofDirection {
    /// By the sender, with the transaction's secret key.
    Outbound,
    /// By the receiver, with the secret view key.
    Inbound,
}

impl ProofDirection {
    const fn header(self) -> &'static str {
        match self {
            Self::Outbound => "OutProofV1",
            Self::Inbound => "InProofV1",
        }
    }
}

/// What a proof of spending starts with.
const SPEND_HEADER: &str = "SpendProofV1";

/// Why a proof is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TxProofError {
    /// One of the four keys is no point of the curve.
    #[error("a key of the proof is not a point of the curve")]
    InvalidPoint,
    /// `c` or `r_sig` is not below the group order.
    #[error("the proof's signature is not two reduced scalars")]
    NotCanonical,
    /// The hash does not come out as `c`.
    #[error("the proof is not good for this transaction, address and message")]
    Mismatch,
}

impl From<KeyError> for TxProofError {
    fn from(_: KeyError) -> Self {
        Self::InvalidPoint
    }
}

/// `m = H(txid ‖ message)`, which all proofs about a transaction sign.
#[must_use]
pub fn proof_message(transaction: &Hash, message: &[u8]) -> Hash {
    keccak256_parts(&[transaction.as_bytes(), message])
}

/// Proves the statement, whose secret is `secret`.
///
/// # Errors
/// [`KeyError::InvalidPoint`] if a key of the statement does not decode.
pub fn prove(
    message: &Hash,
    statement: &ProofStatement,
    secret: &SecretKey,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<TxProof, KeyError> {
    let base = decode_base(&statement.base)?;
    let counterpart = decode_public_key(&statement.counterpart)?;
    let shared = encode_public_key(&(counterpart * secret.0));
    let nonce = Zeroizing::new(random_scalar(rng));
    let challenge = challenge(message, &shared, &(base * *nonce), &(counterpart * *nonce));
    let signature = Parts {
        challenge,
        response: *nonce - challenge * secret.0,
    }
    .encode();
    Ok(TxProof { shared, signature })
}

/// Verifies a proof of the statement.
///
/// # Errors
/// The first of [`TxProofError`] that applies.
pub fn verify(message: &Hash, statement: &ProofStatement, proof: &TxProof) -> Result<(), TxProofError> {
    let base = decode_base(&statement.base)?;
    let key = decode_public_key(&statement.key)?;
    let counterpart = decode_public_key(&statement.counterpart)?;
    let shared = decode_public_key(&proof.shared)?;
    let Parts {
        challenge: c,
        response: r,
    } = Parts::decode(&proof.signature).ok_or(TxProofError::NotCanonical)?;
    let left = EdwardsPoint::vartime_multiscalar_mul([c, r], [key, base]);
    let right = EdwardsPoint::vartime_multiscalar_mul([c, r], [shared, counterpart]);
    if challenge(message, &proof.shared, &left, &right) == c {
        Ok(())
    } else {
        Err(TxProofError::Mismatch)
    }
}

/// Writes the proofs for the main transaction key and then for each additional one.
#[must_use]
pub fn encode_proofs(direction: ProofDirection, proofs: &[TxProof]) -> String {
    proofs.iter().fold(direction.header().to_owned(), |text, proof| {
        text + &base58::encode(proof.shared.as_bytes()) + &base58::encode(proof.signature.as_bytes())
    })
}

/// Reads what [`encode_proofs`] wrote.
///
/// # Errors
/// [`ProofTextError`].
pub fn decode_proofs(direction: ProofDirection, text: &str) -> Result<Vec<TxProof>, ProofTextError> {
    const CHARACTERS: usize = POINT_CHARACTERS + SIGNATURE_CHARACTERS;
    let body = text::strip_header(text, direction.header())?;
    let decode = |part: &str| {
        let (shared, signature) = part
            .split_at_checked(POINT_CHARACTERS)
            .ok_or(ProofTextError::WrongLength)?;
        let shared = PublicKey::new(text::decode_part(shared)?);
        Ok(TxProof {
            shared,
            signature: Signature::new(text::decode_part(signature)?),
        })
    };
    text::split_parts(body, CHARACTERS, MAXIMUM_PARTS)?
        .into_iter()
        .map(decode)
        .collect()
}

/// Writes the ring signatures of a proof of spending, inputs in order, each [`super::ring::sign`]'s elements in order.
#[must_use]
pub fn encode_spend_proof(elements: &[Signature]) -> String {
    elements.iter().fold(SPEND_HEADER.to_owned(), |text, element| {
        text + &base58::encode(element.as_bytes())
    })
}

/// Reads what [`encode_spend_proof`] wrote. Which elements belong to which input follows from the rings' sizes.
///
/// # Errors
/// [`ProofTextError`].
pub fn decode_spend_proof(text: &str) -> Result<Vec<Signature>, ProofTextError> {
    let body = text::strip_header(text, SPEND_HEADER)?;
    text::split_parts(body, SIGNATURE_CHARACTERS, MAXIMUM_PARTS)?
        .into_iter()
        .map(|part| text::decode_part(part).map(Signature::new))
        .collect()
}

fn decode_base(base: &ProofBase) -> Result<EdwardsPoint, KeyError> {
    match base {
        ProofBase::Generator => Ok(ED25519_BASEPOINT_POINT),
        ProofBase::Subaddress(spend) => point::decode(spend.as_bytes()).ok_or(KeyError::InvalidPoint),
    }
}

/// `Hs(m ‖ D ‖ X ‖ Y)`.
fn challenge(message: &Hash, shared: &PublicKey, left: &EdwardsPoint, right: &EdwardsPoint) -> Scalar {
    hashed_scalar(&[
        message.as_bytes(),
        shared.as_bytes(),
        left.compress().as_bytes(),
        right.compress().as_bytes(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyDerivation;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    /// The statement of a sender with the transaction secret `r`, to a standard address or to a subaddress.
    fn outbound(r: &SecretKey, view: &PublicKey, base: ProofBase) -> ProofStatement {
        let key = match base {
            ProofBase::Generator => r.public_key(),
            ProofBase::Subaddress(spend) => r.multiply(&spend).unwrap(),
        };
        ProofStatement {
            key,
            counterpart: *view,
            base,
        }
    }

    #[test]
    fn proofs_to_both_kinds_of_address_verify_and_show_the_derivation() {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let message = proof_message(&Hash::new([1; 32]), b"order 17");
        let (r, view, spend) = (
            SecretKey::random(&mut rng),
            SecretKey::random(&mut rng),
            SecretKey::random(&mut rng),
        );
        for base in [ProofBase::Generator, ProofBase::Subaddress(spend.public_key())] {
            let statement = outbound(&r, &view.public_key(), base);
            let proof = prove(&message, &statement, &r, &mut rng).unwrap();
            assert_eq!(verify(&message, &statement, &proof), Ok(()));
            let derivation = KeyDerivation::new(&r, &view.public_key());
            assert_eq!(KeyDerivation::from_shared_point(&proof.shared), derivation);
            let other = proof_message(&Hash::new([1; 32]), b"order 18");
            assert_eq!(verify(&other, &statement, &proof), Err(TxProofError::Mismatch));
            let elsewhere = ProofStatement {
                counterpart: spend.public_key(),
                ..statement
            };
            assert_eq!(verify(&message, &elsewhere, &proof), Err(TxProofError::Mismatch));
            let not_shared = TxProof {
                shared: spend.public_key(),
                ..proof
            };
            assert_eq!(verify(&message, &statement, &not_shared), Err(TxProofError::Mismatch));
        }
    }

    #[test]
    fn a_receiver_proves_with_the_roles_swapped() {
        let mut rng = ChaCha20Rng::seed_from_u64(8);
        let message = proof_message(&Hash::new([2; 32]), b"");
        let (r, view) = (SecretKey::random(&mut rng), SecretKey::random(&mut rng));
        let base = ProofBase::Generator;
        let statement = ProofStatement {
            key: view.public_key(),
            counterpart: r.public_key(),
            base,
        };
        let proof = prove(&message, &statement, &view, &mut rng).unwrap();
        assert_eq!(verify(&message, &statement, &proof), Ok(()));
        assert_eq!(
            KeyDerivation::from_shared_point(&proof.shared),
            KeyDerivation::new(&view, &r.public_key())
        );
    }

    #[test]
    fn bytes_that_are_no_points_or_scalars_are_named() {
        let mut rng = ChaCha20Rng::seed_from_u64(9);
        let (r, view) = (SecretKey::random(&mut rng), SecretKey::random(&mut rng));
        let statement = outbound(&r, &view.public_key(), ProofBase::Generator);
        let proof = prove(&Hash::ZERO, &statement, &r, &mut rng).unwrap();
        let bad = PublicKey::new([0xff; 32]);
        for statement in [
            ProofStatement { key: bad, ..statement },
            ProofStatement {
                counterpart: bad,
                ..statement
            },
            ProofStatement {
                base: ProofBase::Subaddress(bad),
                ..statement
            },
        ] {
            assert_eq!(verify(&Hash::ZERO, &statement, &proof), Err(TxProofError::InvalidPoint));
        }
        let bad_shared = TxProof { shared: bad, ..proof };
        assert_eq!(
            verify(&Hash::ZERO, &statement, &bad_shared),
            Err(TxProofError::InvalidPoint)
        );
        let wide = TxProof {
            signature: Signature::new([0xff; 64]),
            ..proof
        };
        assert_eq!(verify(&Hash::ZERO, &statement, &wide), Err(TxProofError::NotCanonical));
    }

    #[test]
    fn texts_round_trip_with_the_lengths_of_the_reference() {
        let proof = |byte| TxProof {
            shared: PublicKey::new([byte; 32]),
            signature: Signature::new([byte; 64]),
        };
        let proofs = [proof(3), proof(4)];
        for (direction, header) in [
            (ProofDirection::Outbound, "OutProofV1"),
            (ProofDirection::Inbound, "InProofV1"),
        ] {
            let text = encode_proofs(direction, &proofs);
            assert!(text.starts_with(header) && text.len() == header.len() + 2 * (44 + 88));
            assert_eq!(decode_proofs(direction, &text), Ok(proofs.to_vec()));
        }
        let elements = vec![Signature::new([5; 64]); 10];
        let text = encode_spend_proof(&elements);
        assert_eq!(text.len(), "SpendProofV1".len() + 10 * 88);
        assert_eq!(decode_spend_proof(&text), Ok(elements));
    }

    #[test]
    fn texts_of_another_kind_or_length_are_named() {
        let proof = TxProof {
            shared: PublicKey::ZERO,
            signature: Signature::ZERO,
        };
        let text = encode_proofs(ProofDirection::Outbound, &[proof]);
        let refused = |text: &str| decode_proofs(ProofDirection::Outbound, text).unwrap_err();
        let inbound = decode_proofs(ProofDirection::Inbound, &text);
        assert_eq!(inbound, Err(ProofTextError::WrongHeader { expected: "InProofV1" }));
        assert_eq!(
            refused("OutProofV2"),
            ProofTextError::WrongHeader { expected: "OutProofV1" }
        );
        assert_eq!(refused("OutProofV1"), ProofTextError::WrongLength);
        assert_eq!(refused(&text[..text.len() - 1]), ProofTextError::WrongLength);
        assert!(matches!(
            refused(&format!("OutProofV1{}", "é".repeat(66))),
            ProofTextError::NotBase58(_)
        ));
        let huge = format!("SpendProofV1{}", "1".repeat(88 * (MAXIMUM_PARTS + 1)));
        assert_eq!(decode_spend_proof(&huge), Err(ProofTextError::WrongLength));
    }
}
