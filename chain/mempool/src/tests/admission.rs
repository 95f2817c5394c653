//! What is taken and what is refused.

use super::fixture::{Fixture, Plan};
use oxen_node_api::{Admission, AdmissionError, ChainEvent, Pool, Relay, Source};
use oxen_state::{TransactionError, fees::FeeRate, transaction::ProofLedger};
use oxen_testkit::{Fault, TestChain, TransferBuilder};
use oxen_types::{Amount, transaction::Weight};
use oxen_verifier::ProofVerifier;

#[test]
fn a_valid_transfer_is_taken_kept_on_disk_and_told_of() {
    let fixture = Fixture::new();
    let transfer = fixture.transfer();
    let id = transfer.id();
    fixture.add(&transfer);
    assert_eq!(fixture.ids(), [id]);
    assert_eq!(fixture.storage.ids(), [id]);
    assert_eq!(fixture.events.take(), [ChainEvent::PoolAdded { id }]);
    assert_eq!(fixture.pool.weight(), transfer.transaction.weight());
    assert_eq!(fixture.pool.spenders(&transfer.key_images()[0]), [id]);
    let entry = fixture.pool.get(&id).unwrap();
    assert_eq!(*entry.blob, transfer.blob());
    assert_eq!(entry.source, Source::Submitted);
    assert_eq!(entry.verified_at.index(), 11);
    assert!(!entry.double_spend_seen);
}

#[test]
fn sending_again_is_no_error_while_it_waits_and_after_it_is_mined() {
    let fixture = Fixture::new();
    let transfer = fixture.transfer();
    let id = transfer.id();
    fixture.add(&transfer);
    assert_eq!(fixture.submit(&transfer).unwrap(), Admission::AlreadyInPool { id });
    fixture.mine(&[transfer.checked()]);
    assert!(fixture.pool.is_empty());
    assert_eq!(fixture.submit(&transfer).unwrap(), Admission::AlreadyMined { id });
    assert_eq!(
        fixture.events.take(),
        [ChainEvent::PoolAdded { id }],
        "being mined is no removal"
    );
}

#[test]
fn whatever_is_refused_leaves_nothing_behind() {
    let fixture = Fixture::new();
    let transfer = TransferBuilder::new().inputs(2).build(&mut fixture.chain.lock());
    for fault in [
        Fault::OutputCount(1),
        Fault::SmallRing,
        Fault::AscendingInputs,
        Fault::Fee,
        Fault::UnknownRingMember,
        Fault::RingSignature(0),
        Fault::RingSignature(1),
    ] {
        let refused = fixture.submit(&transfer.clone().with_fault(fault));
        assert!(matches!(refused, Err(AdmissionError::Invalid(_))), "{fault:?}");
    }
    for garbage in [vec![], vec![9], vec![0; 1_000_001]] {
        assert!(fixture.pool.submit(&garbage, Relay::Relay).is_err());
    }
    assert!(fixture.pool.is_empty());
    assert!(fixture.storage.ids().is_empty());
    assert!(fixture.events.take().is_empty());
    fixture.add(&transfer);
}

#[test]
fn a_bad_range_proof_is_refused() {
    let fixture = Fixture::new();
    let transfer = TransferBuilder::new()
        .bad_range_proof()
        .build(&mut fixture.chain.lock());
    assert!(matches!(
        fixture.submit(&transfer),
        Err(AdmissionError::Invalid(TransactionError::InvalidRangeProof))
    ));
}

#[test]
fn what_the_chain_has_spent_is_refused() {
    let fixture = Fixture::new();
    let transfer = fixture.transfer();
    let rival = fixture.rival(&transfer);
    fixture.mine(&[transfer.checked()]);
    assert!(matches!(
        fixture.submit(&rival),
        Err(AdmissionError::Invalid(TransactionError::KeyImageSpent { image })) if image == transfer.key_images()[0]
    ));
}

#[test]
fn a_second_spender_is_refused_and_the_first_one_is_marked() {
    let fixture = Fixture::new();
    let transfer = TransferBuilder::new().inputs(2).build(&mut fixture.chain.lock());
    // The rival shares one of two inputs.
    let rival = TransferBuilder::new()
        .spending(&transfer.spent[1..])
        .build(&mut fixture.chain.lock());
    fixture.add(&transfer);
    assert!(matches!(
        fixture.submit(&rival),
        Err(AdmissionError::DoubleSpend { image, by }) if by == transfer.id() && image == rival.key_images()[0]
    ));
    assert!(fixture.pool.get(&transfer.id()).unwrap().double_spend_seen);
    assert_eq!(fixture.ids(), [transfer.id()]);
}

#[test]
fn a_rival_that_is_not_even_valid_leaves_no_mark() {
    let fixture = Fixture::new();
    let transfer = fixture.transfer();
    fixture.add(&transfer);
    let rival = fixture.rival(&transfer).with_fault(Fault::Fee);
    assert!(fixture.submit(&rival).is_err());
    assert!(!fixture.pool.get(&transfer.id()).unwrap().double_spend_seen);
}

#[test]
fn the_fee_must_cover_weight_and_outputs_but_for_two_percent() {
    let fixture = Fixture::new();
    let spent = fixture.transfer().spent;
    let paying = |fee: u64| {
        TransferBuilder::new()
            .spending(&spent)
            .fee(Amount::from_atomic(fee))
            .build(&mut fixture.chain.lock())
    };
    let weight = paying(10_000_000).transaction.weight();
    let required = FeeRate::at_median(Weight::new(300_000)).least_fee(weight, 2);
    let short = fixture.submit(&paying(required.atomic() - 1));
    assert!(matches!(
        short,
        Err(AdmissionError::FeeTooLow { fee, required: asked })
            if asked == required && fee.atomic() == required.atomic() - 1
    ));
    fixture.add(&paying(required.atomic()));
}

#[test]
fn what_is_burned_does_not_count_for_the_fee() {
    let fixture = Fixture::new();
    let fee = Amount::from_atomic(100_000_000);
    let burning = TransferBuilder::new()
        .fee(fee)
        .burn(fee)
        .build(&mut fixture.chain.lock());
    assert!(matches!(
        fixture.submit(&burning),
        Err(AdmissionError::FeeTooLow { fee: Amount::ZERO, .. })
    ));
}

#[test]
fn a_free_pool_takes_transfers_without_a_fee() {
    let fixture = Plan::default().free_of_charge().start();
    let transfer = TransferBuilder::new()
        .fee(Amount::ZERO)
        .build(&mut fixture.chain.lock());
    fixture.add(&transfer);
}

#[test]
fn proofs_are_verified_once() {
    let fixture = Fixture::new();
    let transfer = fixture.transfer();
    fixture.add(&transfer);
    let mut chain = fixture.chain.lock();
    chain.advance(120);
    let transactions = [transfer.checked()];
    let digest = chain.resolve(&transactions[0]).unwrap().digest;
    assert!(fixture.verifier.is_verified(&digest));
    // The block needs nothing but the ledger of the pool's verifier; an empty ledger would not do.
    let block = TestChain::seal(&chain.assemble(&transactions), &transactions).unwrap();
    assert!(chain.apply_with(&block, &ProofVerifier::default()).is_err());
    assert!(chain.apply_with(&block, &*fixture.verifier).is_ok());
}

#[test]
fn refused_proofs_are_not_remembered_as_good() {
    let fixture = Fixture::new();
    let transfer = fixture.transfer().with_fault(Fault::RingSignature(0));
    assert!(fixture.submit(&transfer).is_err());
    assert!(fixture.submit(&transfer).is_err());
    let digest = fixture.chain.lock().resolve(&transfer.checked()).unwrap().digest;
    assert!(!fixture.verifier.is_verified(&digest));
}

#[test]
fn a_transfer_on_hold_is_known_but_in_no_block_until_it_is_released() {
    let fixture = Fixture::new();
    let transfer = fixture.transfer();
    let id = transfer.id();
    fixture.pool.submit(&transfer.blob(), Relay::Keep).unwrap();
    assert_eq!(fixture.ids(), [id]);
    assert!(fixture.candidates().is_empty());
    fixture.events.take();
    assert!(fixture.pool.release(&id));
    assert_eq!(fixture.candidates(), [id]);
    assert_eq!(
        fixture.events.take(),
        [ChainEvent::PoolAdded { id }],
        "now others may have it"
    );
    assert!(!fixture.pool.release(&oxen_types::Hash::ZERO));
}

#[test]
fn flushing_drops_the_named_ones_or_all() {
    let fixture = Fixture::new();
    let transfers = TransferBuilder::new().build_many(3, &mut fixture.chain.lock());
    for transfer in &transfers {
        fixture.add(transfer);
    }
    fixture.events.take();
    let id = transfers[1].id();
    assert_eq!(fixture.pool.flush(Some(&[id, oxen_types::Hash::ZERO])), 1);
    assert_eq!(fixture.events.take(), [ChainEvent::PoolRemoved { id }]);
    assert_eq!(fixture.pool.len(), 2);
    assert_eq!(fixture.storage.ids().len(), 2);
    assert_eq!(fixture.pool.flush(None), 2);
    assert!(fixture.pool.is_empty() && fixture.storage.ids().is_empty());
    assert_eq!(fixture.pool.weight(), Weight::new(0));
    fixture.add(&transfers[0]);
}
