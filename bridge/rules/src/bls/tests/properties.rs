//! What holds for all keys and messages.

use crate::{
    bls::{AggregateKey, AggregateSignature, MessagePoint, PublicKey, SecretKey, Signature, verify},
    message::BridgeDomain,
};
use ark_bn254::{Fq, Fq2};
use ark_ff::{Field, PrimeField};
use oxen_types::bytes::{BlsPublicKey, BlsSignature};
use proptest::{collection::vec, prelude::*};

fn any_secret() -> impl Strategy<Value = SecretKey> {
    any::<[u8; 32]>().prop_filter_map("zero", |random| SecretKey::from_random(&random).ok())
}

fn point(message: &[u8]) -> MessagePoint {
    BridgeDomain::before_contract(31337)
        .untagged(message.to_vec())
        .to_point()
}

fn number(bytes: &[u8]) -> Fq {
    Fq::from_be_bytes_mod_order(bytes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_signature_is_good_for_its_key_and_message_alone(
        secret in any_secret(), other in any_secret(), message: Vec<u8>, other_message: Vec<u8>,
    ) {
        prop_assume!(message != other_message);
        let signature = secret.sign(&point(&message));
        prop_assert!(verify(&point(&message), &secret.public_key(), &signature));
        prop_assert!(!verify(&point(&other_message), &secret.public_key(), &signature));
        prop_assert!(!verify(&point(&message), &other.public_key(), &signature));
    }

    #[test]
    fn keys_and_signatures_survive_their_bytes(secret in any_secret(), message: Vec<u8>) {
        let key = secret.public_key();
        prop_assert_eq!(PublicKey::decode(&key.to_bytes()), Ok(key));
        let signature = secret.sign(&point(&message));
        prop_assert_eq!(Signature::decode(&signature.to_bytes()), Ok(signature));
    }

    #[test]
    fn any_bytes_are_decoded_to_themselves_or_refused(key: [u8; 64], first: [u8; 64], second: [u8; 64]) {
        let key = BlsPublicKey::new(key);
        if let Ok(decoded) = PublicKey::decode(&key) {
            prop_assert_eq!(decoded.to_bytes(), key);
        }
        let signature = BlsSignature::new([first, second].concat().try_into().unwrap());
        if let Ok(decoded) = Signature::decode(&signature) {
            prop_assert_eq!(decoded.to_bytes(), signature);
        }
    }

    #[test]
    fn a_root_is_found_exactly_for_squares(real: [u8; 32], imaginary: [u8; 32]) {
        use crate::bls::hash_to_curve::square_root;
        let value = Fq2::new(number(&real), number(&imaginary));
        let root = square_root(value);
        prop_assert_eq!(root.is_some(), value.legendre().is_qr() || value == Fq2::from(0));
        prop_assert!(root.is_none_or(|root| root.square() == value));
        prop_assert_eq!(square_root(value.square()).map(|root| root.square()), Some(value.square()));
    }

    #[test]
    fn the_sum_of_the_signers_keys_verifies(
        secrets in vec((any_secret(), any::<bool>()), 1..12), message: Vec<u8>,
    ) {
        let point = point(&message);
        let keys: Vec<PublicKey> = secrets.iter().map(|(secret, _)| secret.public_key()).collect();
        let mut key = AggregateKey::default();
        let mut sum = AggregateSignature::default();
        for ((secret, _), public) in secrets.iter().zip(&keys).filter(|((_, signs), _)| *signs) {
            sum.add(&secret.sign(&point));
            key.add(public);
        }
        match (key.key(), sum.signature()) {
            (Some(key), Some(signature)) => prop_assert!(verify(&point, &key, &signature)),
            (key, signature) => prop_assert!(key.is_none() && signature.is_none()),
        }
    }

    #[test]
    fn keys_are_summed_in_any_order(
        secrets in vec(any_secret(), 2..8), order in any::<prop::sample::Index>(),
    ) {
        let keys: Vec<PublicKey> = secrets.iter().map(SecretKey::public_key).collect();
        let mut rotated = keys.clone();
        rotated.rotate_left(order.index(keys.len()));
        let sum: AggregateKey = rotated.iter().collect();
        prop_assert_eq!(&sum, &keys.iter().collect::<AggregateKey>());
    }
}

#[test]
fn the_sum_of_nothing_is_neither_a_key_nor_a_signature() {
    assert_eq!(AggregateKey::default().key(), None);
    assert_eq!(AggregateSignature::default().signature(), None);
}
