//! The signature of an update: what is signed, how, and whether it is good (chain §6.5).

use crate::name::blake2b;
use ed25519_dalek::{Signature as Ed25519Signature, Signer, SigningKey, VerifyingKey};
use oxen_crypto::{KeyPair, signature::schnorr};
use oxen_types::{
    Hash, PublicKey, Signature,
    extra::{NameOwner, NameRecord, NameSignature, NameSignatureKind},
};
use rand_core::{CryptoRng, RngCore};

/// An owner who can sign.
#[derive(Clone)]
pub enum NameSigner {
    /// Of an address: the spend key pair of the primary address or of the subaddress.
    Wallet(Box<KeyPair>),
    /// Of an ed25519 key.
    Ed25519(Box<SigningKey>),
}

impl NameSigner {
    /// The signer with this ed25519 seed.
    #[must_use]
    pub fn ed25519(seed: &[u8; 32]) -> Self {
        Self::Ed25519(Box::new(SigningKey::from_bytes(seed)))
    }

    /// True when this signer's signatures are the owner's.
    #[must_use]
    pub fn is_key_of(&self, owner: &NameOwner) -> bool {
        match (self, owner) {
            (Self::Wallet(pair), NameOwner::Wallet { spend_key, .. }) => pair.public == *spend_key,
            (Self::Ed25519(key), NameOwner::Ed25519(public)) => key.verifying_key().as_bytes() == public.as_bytes(),
            _ => false,
        }
    }

    /// Signs what the record asks for. Randomness is used by wallet owners alone.
    #[must_use]
    pub fn sign(&self, record: &NameRecord, rng: &mut (impl RngCore + CryptoRng)) -> NameSignature {
        let digest = update_digest(record);
        match self {
            Self::Wallet(pair) => NameSignature {
                kind: NameSignatureKind::Wallet,
                signature: schnorr::sign(&digest, pair, rng),
            },
            Self::Ed25519(key) => NameSignature {
                kind: NameSignatureKind::Ed25519,
                signature: Signature::new(key.sign(digest.as_bytes()).to_bytes()),
            },
        }
    }
}

/// What an update signs: BLAKE2b-256 of the new value, owners and the transaction before. The record's own signature is not
/// part of it.
#[must_use]
pub fn update_digest(record: &NameRecord) -> Hash {
    blake2b(&record.update_message())
}

/// True when the record carries a signature of this owner for what it asks. Zero signatures and zero owners sign nothing.
#[must_use]
pub fn is_signed_by(record: &NameRecord, owner: &NameOwner) -> bool {
    let Some(NameSignature { kind, signature }) = &record.signature else {
        return false;
    };
    if *kind != owner.signature_kind() || signature.is_zero() || owner.is_zero() {
        return false;
    }
    let digest = update_digest(record);
    match owner {
        NameOwner::Wallet { spend_key, .. } => schnorr::verify(&digest, spend_key, signature).is_ok(),
        NameOwner::Ed25519(key) => verify_ed25519(&digest, key, signature),
    }
}

/// RFC 8032, and nothing with a small order: neither the key nor the commitment; the key in its canonical encoding.
fn verify_ed25519(digest: &Hash, key: &PublicKey, signature: &Signature) -> bool {
    let Ok(verifying) = VerifyingKey::from_bytes(key.as_bytes()) else {
        return false;
    };
    let canonical = verifying.to_edwards().compress().to_bytes() == key.to_bytes();
    let signature = Ed25519Signature::from_bytes(signature.as_bytes());
    canonical && verifying.verify_strict(digest.as_bytes(), &signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::extra::NameType;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    fn record() -> NameRecord {
        NameRecord {
            version: 0,
            name_type: NameType::Session,
            name_hash: Hash::new([1; 32]),
            previous_transaction: Hash::new([2; 32]),
            owner: None,
            backup_owner: Some(NameOwner::Ed25519(PublicKey::new([3; 32]))),
            signature: None,
            encrypted_value: Some(vec![4; 73]),
        }
    }

    fn signers() -> [(NameSigner, NameOwner); 2] {
        let pair = KeyPair::random(&mut ChaCha20Rng::seed_from_u64(1));
        let wallet = NameOwner::Wallet {
            spend_key: pair.public,
            view_key: pair.public,
            subaddress_flag: 0,
        };
        let key = SigningKey::from_bytes(&[9; 32]);
        let public = PublicKey::new(key.verifying_key().to_bytes());
        [
            (NameSigner::Wallet(Box::new(pair)), wallet),
            (NameSigner::ed25519(&[9; 32]), NameOwner::Ed25519(public)),
        ]
    }

    #[test]
    fn a_signature_is_good_for_its_owner_and_its_record_alone() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        for (signer, owner) in signers() {
            let mut record = record();
            record.signature = Some(signer.sign(&record, &mut rng));
            assert!(signer.is_key_of(&owner) && is_signed_by(&record, &owner));
            for (other, stranger) in signers() {
                assert_eq!(is_signed_by(&record, &stranger), owner == stranger);
                assert_eq!(other.is_key_of(&owner), owner == stranger);
            }
            let changes: [fn(&mut NameRecord); 4] = [
                |record| record.encrypted_value = Some(vec![5; 73]),
                |record| record.backup_owner = None,
                |record| record.owner = record.backup_owner,
                |record| record.previous_transaction = Hash::new([7; 32]),
            ];
            for change in changes {
                let mut changed = record.clone();
                change(&mut changed);
                assert!(!is_signed_by(&changed, &owner));
            }
        }
    }

    #[test]
    fn zero_keys_and_zero_signatures_sign_nothing() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        for (signer, owner) in signers() {
            let mut record = record();
            assert!(!is_signed_by(&record, &owner), "without a signature");
            let good = signer.sign(&record, &mut rng);
            record.signature = Some(NameSignature {
                signature: Signature::ZERO,
                ..good
            });
            assert!(!is_signed_by(&record, &owner));
        }
        let mut record = record();
        record.signature = Some(NameSignature {
            kind: NameSignatureKind::Ed25519,
            signature: Signature::ZERO,
        });
        assert!(!is_signed_by(&record, &NameOwner::Ed25519(PublicKey::ZERO)));
    }

    #[test]
    fn a_key_of_small_order_signs_nothing() {
        // The identity: with it, a signature of the identity and zero fits every message in a lax verifier.
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        let mut record = record();
        record.signature = Some(NameSignature {
            kind: NameSignatureKind::Ed25519,
            signature: Signature::new(signature),
        });
        assert!(!is_signed_by(&record, &NameOwner::Ed25519(PublicKey::new(identity))));
    }

    #[test]
    fn what_is_signed_is_value_owners_and_the_transaction_before() {
        let record = record();
        let bytes = [&[4; 73][..], &[1], &[3; 32], &[2; 32]].concat();
        assert_eq!(update_digest(&record), blake2b(&bytes));
    }
}
