//! The keys of a service node (staking §3.1).
//!
//! Everything grows out of one Ed25519 seed: the primary pair that the chain knows, and the X25519 pair that others talk to.
//! Only nodes from before Loki 8 have a primary pair of their own. BLS keys belong to HF20 and later and are not here.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use oxen_crypto::{KeyPair, SecretKey};
use oxen_types::PublicKey;
use parity_scale_codec::{Decode, Encode};
use std::fmt;
use zeroize::Zeroizing;

/// The X25519 public key by which a node is addressed: the Montgomery form of its Ed25519 key, little-endian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct X25519PublicKey([u8; 32]);

impl X25519PublicKey {
    /// Takes the bytes as they are.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of the node with this Ed25519 key (staking §14.3 check 6). `None` for the zero key, for bytes that are no point,
    /// and for points outside the group of prime order, which have no Montgomery form that is good for a key exchange.
    #[must_use]
    pub fn of_ed25519(key: &PublicKey) -> Option<Self> {
        let verifying = VerifyingKey::from_bytes(key.as_bytes()).ok()?;
        if key.is_zero() || verifying.is_weak() || !verifying.to_edwards().is_torsion_free() {
            return None;
        }
        let montgomery = verifying.to_montgomery().to_bytes();
        (montgomery != [0; 32]).then_some(Self(montgomery))
    }
}

impl fmt::Display for X25519PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for X25519PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "X25519PublicKey({self})")
    }
}

/// An Ed25519 signature as RFC 8032 has it: `R ‖ s`. Not the signature of [`oxen_crypto::signature::schnorr`].
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Ed25519Signature([u8; 64]);

impl Ed25519Signature {
    /// Takes the bytes as they are.
    #[must_use]
    pub const fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// True when `key` made it for `message`. Keys and commitments of small order are refused.
    #[must_use]
    pub fn is_good(&self, message: &[u8], key: &PublicKey) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&self.0);
        VerifyingKey::from_bytes(key.as_bytes())
            .is_ok_and(|verifying| verifying.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Debug for Ed25519Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519Signature(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// The secret keys of a service node. Wiped when dropped, and never printed.
#[derive(Clone)]
pub struct ServiceNodeKeys {
    ed25519: SigningKey,
    primary: KeyPair,
}

impl ServiceNodeKeys {
    /// The keys of a node that has nothing but a seed: its primary public key is its Ed25519 public key.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let ed25519 = SigningKey::from_bytes(seed);
        let secret = SecretKey::reduce(*Zeroizing::new(ed25519.to_scalar().to_bytes()));
        Self {
            ed25519,
            primary: KeyPair::new(secret),
        }
    }

    /// The keys of an old node whose primary key was made on its own.
    #[must_use]
    pub fn with_primary(seed: &[u8; 32], primary: SecretKey) -> Self {
        Self {
            ed25519: SigningKey::from_bytes(seed),
            primary: KeyPair::new(primary),
        }
    }

    /// The pair that the chain knows the node by; votes are signed with it.
    #[must_use]
    pub const fn primary(&self) -> &KeyPair {
        &self.primary
    }

    /// The Ed25519 public key.
    #[must_use]
    pub fn ed25519_public(&self) -> PublicKey {
        PublicKey::new(self.ed25519.verifying_key().to_bytes())
    }

    /// The Ed25519 secret in the form of key files: seed, then public key.
    #[must_use]
    pub fn ed25519_secret(&self) -> Zeroizing<[u8; 64]> {
        Zeroizing::new(self.ed25519.to_keypair_bytes())
    }

    /// The X25519 public key.
    #[must_use]
    pub fn x25519_public(&self) -> X25519PublicKey {
        X25519PublicKey(self.ed25519.verifying_key().to_montgomery().to_bytes())
    }

    /// The X25519 secret: the clamped first half of the seed's SHA-512.
    #[must_use]
    pub fn x25519_secret(&self) -> Zeroizing<[u8; 32]> {
        let mut secret = Zeroizing::new(self.ed25519.to_scalar_bytes());
        if let [first, .., last] = secret.as_mut_slice() {
            *first &= 0b1111_1000;
            *last = (*last & 0b0011_1111) | 0b0100_0000;
        }
        secret
    }

    /// Signs with the Ed25519 key.
    #[must_use]
    pub fn sign_ed25519(&self, message: &[u8]) -> Ed25519Signature {
        Ed25519Signature(self.ed25519.sign(message).to_bytes())
    }
}

impl fmt::Debug for ServiceNodeKeys {
    /// Names the node and none of its secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceNodeKeys({})", self.primary.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    #[test]
    fn the_primary_key_of_a_seed_has_the_known_answer() {
        let keys = ServiceNodeKeys::from_seed(&std::array::from_fn(|index| index as u8));
        assert_eq!(
            hex::encode(*keys.primary().secret.to_bytes()),
            "aa9c2b77fe059cde7bbc67a4f30410d89c6d1440dede12e6a125f1841fff8e0f"
        );
        assert_eq!(
            keys.primary().public.to_string(),
            "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
        );
        assert_eq!(keys.primary().public, keys.ed25519_public());
    }

    /// Keys that a reference node made for itself and showed.
    #[test]
    fn every_key_of_a_recorded_node_follows_from_its_seed() {
        let secret = "8994935a5526e824d192990187fd8b9f96685a82e602827b8f816ac9679f9bf4\
                      9ec60e8e1dd033554189a2eb23ac005ab8537bb59e700eee5a32f690841a232c";
        let keys = ServiceNodeKeys::from_seed(bytes::<64>(secret).first_chunk().unwrap());
        assert_eq!(hex::encode(*keys.ed25519_secret()), secret);
        assert_eq!(
            hex::encode(*keys.primary().secret.to_bytes()),
            "dad473ff50c609fd7162ebad74fe963681ecf7d9cbd16c1e7b05c0848195a304"
        );
        assert_eq!(
            hex::encode(*keys.x25519_secret()),
            "68cc362def18780d780fb97facd9d0b381ecf7d9cbd16c1e7b05c0848195a364"
        );
        let x25519 = "cc1b834cdbce69a1a4ef2e588fb20597f6a6b35b8ff9f7b07f465fd3f2eaf64f";
        assert_eq!(keys.x25519_public().to_string(), x25519);
        assert_eq!(
            X25519PublicKey::of_ed25519(&keys.ed25519_public()),
            Some(keys.x25519_public())
        );
    }

    #[test]
    fn keys_of_small_or_mixed_order_have_no_x25519_form() {
        let none = |key| assert_eq!(X25519PublicKey::of_ed25519(&key), None, "{key}");
        none(PublicKey::ZERO);
        none(PublicKey::new([0xff; 32]));
        let mut identity = [0; 32];
        identity[0] = 1;
        none(PublicKey::new(identity));
        let order_eight = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
        none(order_eight.parse().unwrap());
    }

    #[test]
    fn an_old_node_keeps_its_own_primary_key() {
        let primary = SecretKey::reduce([7; 32]);
        let keys = ServiceNodeKeys::with_primary(&[1; 32], primary.clone());
        assert_eq!(keys.primary().public, primary.public_key());
        assert_ne!(keys.primary().public, keys.ed25519_public());
    }

    #[test]
    fn an_ed25519_signature_is_good_for_its_message_and_key_alone() {
        let keys = ServiceNodeKeys::from_seed(&[1; 32]);
        let other = ServiceNodeKeys::from_seed(&[2; 32]);
        let signature = keys.sign_ed25519(b"message");
        assert!(signature.is_good(b"message", &keys.ed25519_public()));
        assert!(!signature.is_good(b"massage", &keys.ed25519_public()));
        assert!(!signature.is_good(b"message", &other.ed25519_public()));
        assert!(!signature.is_good(b"message", &PublicKey::new([0xff; 32])));
    }

    #[test]
    fn secrets_do_not_print() {
        let keys = ServiceNodeKeys::from_seed(&[7; 32]);
        let shown = format!("{keys:?}");
        assert!(shown.contains(&keys.primary().public.to_string()));
        for secret in [hex::encode([7; 32]), hex::encode(*keys.primary().secret.to_bytes())] {
            assert!(!shown.contains(&secret));
        }
    }
}
