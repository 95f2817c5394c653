//! Encrypting and authenticating bytes: XChaCha20-Poly1305 with a random nonce in front.

use super::password_key::KEY_BYTES;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of the nonce in front.
const NONCE_BYTES: usize = 24;
/// Bytes of the tag behind.
const TAG_BYTES: usize = 16;
/// By how much sealing makes bytes longer.
pub const OVERHEAD: usize = NONCE_BYTES + TAG_BYTES;

/// A key for sealing; wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SealingKey([u8; KEY_BYTES]);

/// The bytes are not what was sealed with this key and context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unauthentic;

impl SealingKey {
    /// Takes the key.
    #[must_use]
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(*key)
    }

    /// A new key.
    #[must_use]
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut key = Self([0; KEY_BYTES]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// The key itself, to be wrapped in another.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Seals bytes in a context, which must be the same when they are opened.
    #[must_use]
    pub fn seal(&self, context: &[u8], plain: &[u8], rng: &mut (impl RngCore + CryptoRng)) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let payload = Payload {
            msg: plain,
            aad: context,
        };
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), payload)
            .expect("only more than 256 GiB at once cannot be sealed, and no section is that large");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what [`Self::seal`] made.
    ///
    /// # Errors
    /// `Unauthentic`.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unauthentic> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or(Unauthentic)?;
        let payload = Payload {
            msg: sealed,
            aad: context,
        };
        self.cipher()
            .decrypt(XNonce::from_slice(nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| Unauthentic)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&self.0).into())
    }
}

impl fmt::Debug for SealingKey {
    /// Says only that it is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::OsRng;

    #[test]
    fn what_was_sealed_opens_with_the_same_key_and_context_only() {
        let (key, other) = (SealingKey::random(&mut OsRng), SealingKey::random(&mut OsRng));
        let sealed = key.seal(b"context", b"secret", &mut OsRng);
        assert_eq!(sealed.len(), 6 + OVERHEAD);
        assert_eq!(key.open(b"context", &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(key.open(b"contexT", &sealed), Err(Unauthentic));
        assert_eq!(other.open(b"context", &sealed), Err(Unauthentic));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let key = SealingKey::random(&mut OsRng);
        let sealed = key.seal(b"", b"abc", &mut OsRng);
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(b"", &changed), Err(Unauthentic), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(key.open(b"", &sealed[..length]), Err(Unauthentic), "length {length}");
        }
    }

    #[test]
    fn debug_output_shows_no_key() {
        assert_eq!(format!("{:?}", SealingKey::new(&[7; 32])), "SealingKey(redacted)");
    }
}
