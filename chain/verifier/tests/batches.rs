//! Batches: all valid, one invalid, many at once, and what is remembered of them.
#![allow(clippy::unwrap_used)]

use oxen_state::{
    TransactionError,
    transaction::{ProofLedger, ResolvedRings},
};
use oxen_testkit::{Fault, TestChain, Transfer, TransferBuilder};
use oxen_verifier::{ProofVerifier, Resolved};

/// Transfers on a chain that knows their rings.
fn transfers(count: usize) -> (TestChain, Vec<Transfer>) {
    let mut chain = TestChain::mature();
    let transfers = TransferBuilder::new().inputs(2).build_many(count, &mut chain);
    (chain, transfers)
}

fn resolve(chain: &TestChain, transfers: &[Transfer]) -> Vec<Resolved> {
    let resolved = |transfer: &Transfer| {
        let checked = transfer.checked();
        let rings = chain.resolve(&checked).unwrap();
        (checked, rings)
    };
    transfers.iter().map(resolved).collect()
}

#[test]
fn a_valid_batch_is_remembered() {
    let (chain, transfers) = transfers(5);
    let resolved = resolve(&chain, &transfers);
    let verifier = ProofVerifier::default();
    assert!(!verifier.is_verified(&resolved[0].1.digest));
    verifier.verify(&resolved).unwrap();
    assert!(resolved.iter().all(|(_, rings)| verifier.is_verified(&rings.digest)));
    verifier.verify(&resolved).unwrap();
    verifier.verify(&[]).unwrap();
}

#[test]
fn the_bad_one_of_a_batch_is_named_and_none_is_remembered() {
    let (mut chain, mut transfers) = transfers(5);
    for bad in [0, 2, 4] {
        let good = transfers[bad].clone();
        transfers[bad] = good.clone().with_fault(Fault::RingSignature(1));
        let resolved = resolve(&chain, &transfers);
        let verifier = ProofVerifier::default();
        let failure = verifier.verify(&resolved).unwrap_err();
        assert_eq!(failure.position, bad);
        assert!(matches!(
            failure.error,
            TransactionError::InvalidRingSignature { input: 1 }
        ));
        assert!(resolved.iter().all(|(_, rings)| !verifier.is_verified(&rings.digest)));

        transfers[bad] = TransferBuilder::new()
            .spending(&good.spent)
            .bad_range_proof()
            .build(&mut chain);
        let failure = verifier.verify(&resolve(&chain, &transfers)).unwrap_err();
        assert_eq!(failure.position, bad);
        assert!(matches!(failure.error, TransactionError::InvalidRangeProof));
        transfers[bad] = good;
    }
}

#[test]
fn of_several_bad_ones_the_first_is_named() {
    let (mut chain, mut transfers) = transfers(6);
    transfers[4] = transfers[4].clone().with_fault(Fault::RingSignature(0));
    transfers[3] = TransferBuilder::new()
        .spending(&transfers[3].spent)
        .bad_range_proof()
        .build(&mut chain);
    let failure = ProofVerifier::default()
        .verify(&resolve(&chain, &transfers))
        .unwrap_err();
    assert_eq!(failure.position, 3);
}

#[test]
fn what_was_verified_before_is_not_looked_at_again() {
    let (chain, transfers) = transfers(2);
    let resolved = resolve(&chain, &transfers);
    let verifier = ProofVerifier::default();
    verifier.verify(&resolved[..1]).unwrap();
    // The rings of the first, emptied: a second look would refuse them.
    let known = (
        resolved[0].0.clone(),
        ResolvedRings {
            rings: vec![Vec::new(), Vec::new()],
            digest: resolved[0].1.digest,
        },
    );
    verifier.verify(&[known.clone(), resolved[1].clone()]).unwrap();
    assert!(ProofVerifier::default().verify(&[known]).is_err());
}

#[test]
fn only_so_many_are_remembered_and_the_oldest_is_forgotten() {
    let (chain, transfers) = transfers(3);
    let resolved = resolve(&chain, &transfers);
    let verifier = ProofVerifier::new(2);
    for one in &resolved {
        verifier.verify(std::slice::from_ref(one)).unwrap();
    }
    let remembered: Vec<bool> = resolved
        .iter()
        .map(|(_, rings)| verifier.is_verified(&rings.digest))
        .collect();
    assert_eq!(remembered, [false, true, true]);
}

#[test]
fn a_transaction_is_remembered_only_with_the_rings_it_was_verified_with() {
    let (chain, transfers) = transfers(1);
    let verifier = ProofVerifier::default();
    verifier.verify(&resolve(&chain, &transfers)).unwrap();
    // The same bytes on a chain whose outputs are others.
    let network = oxen_testkit::TestNetwork::new().premine(64, oxen_types::Amount::OXEN);
    let mut other = TestChain::on(&network);
    other.mine_empty(10);
    let elsewhere = resolve(&other, &transfers);
    assert!(!verifier.is_verified(&elsewhere[0].1.digest));
    let failure = verifier.verify(&elsewhere).unwrap_err();
    assert!(matches!(failure.error, TransactionError::InvalidRingSignature { .. }));
}
