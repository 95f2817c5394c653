//! A proof with its signatures, as it goes from node to node (staking §14.2; between our nodes in SCALE).

use super::payload::{ProofFormatError, UptimeProof};
use crate::keys::{Ed25519Signature, ServiceNodeKeys};
use oxen_crypto::signature::schnorr;
use oxen_types::{Hash, Signature, keccak256};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;

/// Most bytes of what is signed: an order of magnitude more than the fields of HF21 take.
pub const MAX_PAYLOAD_BYTES: usize = 4_096;

/// Most bytes of a message: the payload, its length, the signatures.
const MAX_MESSAGE_BYTES: usize = MAX_PAYLOAD_BYTES.saturating_add(256);

/// Why a message is no signed proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofWireError {
    /// Larger than any proof.
    #[error("a proof of {bytes} bytes is too large: the limit is {MAX_PAYLOAD_BYTES}")]
    TooLarge {
        /// How large.
        bytes: usize,
    },
    /// The parts do not decode.
    #[error("the message does not decode as a proof with its signatures")]
    Malformed,
    /// The proof itself does not decode.
    #[error(transparent)]
    Payload(#[from] ProofFormatError),
}

/// A proof, the bytes that were signed, and the signatures. Whether those are good is for [`super::check_proof`] to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedProof {
    payload: Vec<u8>,
    proof: UptimeProof,
    signature: Option<Signature>,
    ed25519_signature: Ed25519Signature,
}

/// The parts in order.
#[derive(Encode, Decode)]
struct Wire {
    payload: Vec<u8>,
    signature: Option<Signature>,
    ed25519_signature: Ed25519Signature,
}

impl SignedProof {
    /// Signs a proof with both keys, as before HF21.
    #[must_use]
    pub fn sign(proof: UptimeProof, keys: &ServiceNodeKeys, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let payload = proof.to_payload();
        let hash = keccak256(&payload);
        Self {
            signature: Some(schnorr::sign(&hash, keys.primary(), rng)),
            ed25519_signature: keys.sign_ed25519(hash.as_bytes()),
            payload,
            proof,
        }
    }

    /// What it says.
    #[must_use]
    pub const fn proof(&self) -> &UptimeProof {
        &self.proof
    }

    /// What the signatures are over.
    #[must_use]
    pub fn hash(&self) -> Hash {
        keccak256(&self.payload)
    }

    /// By the primary key; none from HF21 on.
    #[must_use]
    pub const fn signature(&self) -> Option<&Signature> {
        self.signature.as_ref()
    }

    /// By the Ed25519 key.
    #[must_use]
    pub const fn ed25519_signature(&self) -> &Ed25519Signature {
        &self.ed25519_signature
    }

    /// The message.
    #[must_use]
    pub fn to_message(&self) -> Vec<u8> {
        Wire {
            payload: self.payload.clone(),
            signature: self.signature,
            ed25519_signature: self.ed25519_signature,
        }
        .encode()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// It is too large or malformed.
    pub fn from_message(message: &[u8]) -> Result<Self, ProofWireError> {
        if message.len() > MAX_MESSAGE_BYTES {
            return Err(ProofWireError::TooLarge { bytes: message.len() });
        }
        let wire = Wire::decode_all(&mut &*message).map_err(|_| ProofWireError::Malformed)?;
        if wire.payload.len() > MAX_PAYLOAD_BYTES {
            return Err(ProofWireError::TooLarge {
                bytes: wire.payload.len(),
            });
        }
        Ok(Self {
            proof: UptimeProof::from_payload(&wire.payload)?,
            payload: wire.payload,
            signature: wire.signature,
            ed25519_signature: wire.ed25519_signature,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uptime_proof::acceptance::tests::{keys, proof_of};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    fn signed() -> SignedProof {
        SignedProof::sign(proof_of(&keys()), &keys(), &mut ChaCha20Rng::seed_from_u64(1))
    }

    #[test]
    fn a_message_brings_the_same_proof() {
        assert_eq!(SignedProof::from_message(&signed().to_message()), Ok(signed()));
    }

    #[test]
    fn messages_that_are_too_large_or_cut_are_refused() {
        let message = signed().to_message();
        for length in 0..message.len() {
            assert_eq!(
                SignedProof::from_message(&message[..length]),
                Err(ProofWireError::Malformed),
                "{length} bytes"
            );
        }
        let too_large = vec![0; MAX_MESSAGE_BYTES + 1];
        assert!(matches!(
            SignedProof::from_message(&too_large),
            Err(ProofWireError::TooLarge { .. })
        ));
        let long = Wire {
            payload: vec![b'd'; MAX_PAYLOAD_BYTES + 1],
            signature: None,
            ed25519_signature: Ed25519Signature::new([0; 64]),
        };
        assert!(matches!(
            SignedProof::from_message(&long.encode()),
            Err(ProofWireError::TooLarge { .. })
        ));
    }

    #[test]
    fn fields_that_are_not_known_stay_under_the_signature() {
        let mut payload = signed().payload;
        payload.splice(1..1, *b"1:ai1e");
        let wire = Wire {
            payload: payload.clone(),
            signature: None,
            ed25519_signature: keys().sign_ed25519(keccak256(&payload).as_bytes()),
        };
        let read = SignedProof::from_message(&wire.encode()).unwrap();
        assert_eq!(read.hash(), keccak256(&payload));
        assert!(
            read.ed25519_signature()
                .is_good(read.hash().as_bytes(), &keys().ed25519_public())
        );
    }
}
