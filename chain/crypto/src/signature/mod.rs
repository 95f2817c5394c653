//! Signatures that are not ring confidential ones (chain §1.4): 64 bytes `c ‖ r` each, two canonical scalars.

pub mod key_image;
pub mod message;
pub mod ring;
pub mod schnorr;
mod text;
pub mod tx_proof;

use curve25519_dalek::Scalar;
use oxen_types::Signature;

/// `c` and `r` of a signature.
pub(crate) struct Parts {
    /// The challenge.
    pub(crate) challenge: Scalar,
    /// The response.
    pub(crate) response: Scalar,
}

impl Parts {
    /// Takes the bytes apart, if both scalars are canonical.
    pub(crate) fn decode(signature: &Signature) -> Option<Self> {
        let (challenge, rest) = signature.as_bytes().split_first_chunk::<32>()?;
        let response = rest.first_chunk::<32>()?;
        Some(Self {
            challenge: Option::from(Scalar::from_canonical_bytes(*challenge))?,
            response: Option::from(Scalar::from_canonical_bytes(*response))?,
        })
    }

    /// Puts the bytes together.
    pub(crate) fn encode(&self) -> Signature {
        let mut bytes = [0; Signature::LENGTH];
        let (challenge, response) = bytes.split_at_mut(32);
        challenge.copy_from_slice(self.challenge.as_bytes());
        response.copy_from_slice(self.response.as_bytes());
        Signature::new(bytes)
    }
}
