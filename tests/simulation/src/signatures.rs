//! Signatures of a play: those that end up in the chain are real, those of messages are a cheap hash, and none is verified twice.

use oxen_crypto::signature::schnorr;
use oxen_pulse_machine::{Signer, Verifier};
use oxen_types::{Hash, PublicKey, Signature, hashing::keccak256_parts};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// Verifies signatures, and remembers. Copies share their memory.
#[derive(Debug, Clone, Default)]
pub struct Signatures {
    known: Rc<RefCell<HashMap<Hash, bool>>>,
}

impl Signatures {
    /// True when the key signed the hash with a signature of the chain.
    #[must_use]
    pub fn is_real(&self, message: &Hash, key: &PublicKey, signature: &Signature) -> bool {
        let question = keccak256_parts(&[message.as_bytes(), key.as_bytes(), signature.as_bytes()]);
        *self
            .known
            .borrow_mut()
            .entry(question)
            .or_insert_with(|| schnorr::verify(message, key, signature).is_ok())
    }
}

impl Verifier for Signatures {
    fn verify(&self, message: &Hash, key: &PublicKey, signature: &Signature) -> bool {
        cheap(message, key) == *signature || self.is_real(message, key, signature)
    }
}

/// The signature of a message: anybody could make it, but in a play nobody does.
fn cheap(message: &Hash, key: &PublicKey) -> Signature {
    let half = keccak256_parts(&[b"cheap", key.as_bytes(), message.as_bytes()]);
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(half.as_bytes());
    bytes[32..].copy_from_slice(half.as_bytes());
    Signature::new(bytes)
}

/// Signs messages, not blocks.
#[derive(Debug, Clone, Copy)]
pub struct MessageSigner(pub PublicKey);

impl Signer for MessageSigner {
    fn sign(&mut self, message: &Hash) -> Signature {
        cheap(message, &self.0)
    }
}
