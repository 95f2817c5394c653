//! Many signatures over one message.

use crate::{
    bls::{MessagePoint, SecretKey, SignedMessage, faulty, verify},
    message::BridgeDomain,
};
use oxen_types::keccak256;
use proptest::{collection::vec, prelude::*};

fn point(message: &[u8]) -> MessagePoint {
    BridgeDomain::before_contract(31337)
        .untagged(message.to_vec())
        .to_point()
}

/// A node that signs, or one that signs something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signer {
    Honest,
    Lying,
}

fn signed(signers: &[Signer]) -> Vec<SignedMessage> {
    let (right, wrong) = (point(b"right"), point(b"wrong"));
    let sign = |(number, signer): (usize, &Signer)| {
        let secret = SecretKey::from_random(&keccak256(&number.to_le_bytes()).to_bytes()).unwrap();
        SignedMessage {
            key: secret.public_key(),
            signature: secret.sign(if *signer == Signer::Honest { &right } else { &wrong }),
        }
    };
    signers.iter().enumerate().map(sign).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn exactly_the_bad_ones_are_found(
        signers in vec(prop_oneof![3 => Just(Signer::Honest), 1 => Just(Signer::Lying)], 0..40), seed: [u8; 32],
    ) {
        let lying: Vec<usize> =
            (0..signers.len()).filter(|position| signers[*position] == Signer::Lying).collect();
        prop_assert_eq!(faulty(&point(b"right"), &signed(&signers), &seed), lying);
    }
}

#[test]
fn two_forgeries_that_cancel_out_in_the_plain_sum_are_found() {
    let message = point(b"right");
    let mut entries = signed(&[Signer::Honest; 3]);
    let (first, second) = (entries[0].signature, entries[1].signature);
    // Swapped, the sum of signatures is as good as before.
    entries[0].signature = second;
    entries[1].signature = first;
    assert_eq!(faulty(&message, &entries, &[7; 32]), [0, 1]);
}

#[test]
fn all_may_be_bad_and_none_may_be_there() {
    assert_eq!(faulty(&point(b"right"), &[], &[1; 32]), [0; 0]);
    assert_eq!(
        faulty(&point(b"right"), &signed(&[Signer::Lying; 5]), &[1; 32]),
        [0, 1, 2, 3, 4]
    );
}

#[test]
fn a_batch_agrees_with_looking_at_each() {
    let message = point(b"right");
    let entries = signed(&[Signer::Lying, Signer::Honest, Signer::Honest, Signer::Lying]);
    let each = |position: &usize| !verify(&message, &entries[*position].key, &entries[*position].signature);
    let one_by_one: Vec<usize> = (0..entries.len()).filter(each).collect();
    assert_eq!(faulty(&message, &entries, &[3; 32]), one_by_one);
}
