//! What waits for a blink quorum, and what one approved.

use super::fixture::{Fixture, Plan};
use oxen_node_api::{
    Admission, AdmissionError, ApprovedBlink, BlinkAdmission, BlinkPool, BlinkState, ChainEvent, Clock, Pool,
    PoolKeeper, Relay, Source,
};
use oxen_staking_rules::blink::{ApprovalCertificate, BlinkSubject};
use oxen_state::TransactionError;
use oxen_testkit::{Transfer, TransferBuilder};
use oxen_types::{Amount, Height, transaction::Weight};
use std::sync::Arc;

/// An authorization height from which on nothing is overdue.
const LATER: Height = Height::new(1_000);

impl Fixture {
    /// A transfer with the fee of a blink.
    fn blink(&self) -> Transfer {
        blink_fee(TransferBuilder::new()).build(&mut self.chain.lock())
    }

    /// Another blink of the same outputs.
    fn rival_blink(&self, transfer: &Transfer) -> Transfer {
        let builder = TransferBuilder::new().spending(&transfer.spent).seed(99);
        blink_fee(builder).build(&mut self.chain.lock())
    }

    fn hold(&self, transfer: &Transfer) -> Result<Admission, AdmissionError> {
        self.pool.hold(&transfer.blob(), LATER)
    }

    fn approve(&self, transfer: &Transfer) -> Result<BlinkAdmission, AdmissionError> {
        self.pool.approve(&approved(transfer))
    }

    fn state(&self, transfer: &Transfer) -> Option<BlinkState> {
        self.pool.get(&transfer.id()).map(|waiting| waiting.blink)
    }
}

fn blink_fee(builder: TransferBuilder) -> TransferBuilder {
    builder
        .fee(Amount::from_atomic(60_000_000))
        .burn(Amount::from_atomic(40_000_000))
}

/// The pool believes whoever verified the certificate.
fn approved(transfer: &Transfer) -> ApprovedBlink {
    ApprovedBlink {
        certificate: ApprovalCertificate {
            subject: BlinkSubject {
                transaction: transfer.id(),
                authorization: LATER,
            },
            approvals: Vec::new(),
        },
        blob: Arc::new(transfer.blob()),
    }
}

#[test]
fn a_held_transfer_keeps_its_inputs_and_is_shown_to_nobody() {
    let fixture = Fixture::new();
    let transfer = fixture.blink();
    let rivals = [fixture.rival(&transfer), fixture.rival_blink(&transfer)];
    assert!(matches!(fixture.hold(&transfer), Ok(Admission::Added { .. })));
    assert_eq!(
        fixture.state(&transfer),
        Some(BlinkState::Held { authorization: LATER })
    );
    assert_eq!(fixture.pool.get(&transfer.id()).unwrap().relay, Relay::Keep);
    assert!(fixture.candidates().is_empty());
    assert!(matches!(
        fixture.hold(&rivals[1]),
        Err(AdmissionError::DoubleSpend { .. })
    ));
    for rival in &rivals {
        assert!(matches!(fixture.submit(rival), Err(AdmissionError::DoubleSpend { .. })));
    }
    assert!(fixture.pool.let_go(&transfer.id()));
    assert!(!fixture.pool.let_go(&transfer.id()));
    assert!(fixture.pool.is_empty() && fixture.storage.ids().is_empty());
    assert!(matches!(fixture.hold(&rivals[1]), Ok(Admission::Added { .. })));
}

#[test]
fn a_blink_pays_the_ordinary_fee_and_burns_twice_as_much() {
    let fixture = Fixture::new();
    let ordinary = fixture.transfer();
    assert!(matches!(
        fixture.hold(&ordinary),
        Err(AdmissionError::BurnTooLow { .. })
    ));
    let burns_all = TransferBuilder::new()
        .fee(Amount::from_atomic(40_000_000))
        .burn(Amount::from_atomic(39_000_000))
        .build(&mut fixture.chain.lock());
    assert!(matches!(
        fixture.hold(&burns_all),
        Err(AdmissionError::FeeTooLow { .. })
    ));
    fixture.add(&ordinary);
    assert!(
        matches!(fixture.hold(&ordinary), Err(AdmissionError::BurnTooLow { .. })),
        "waiting already makes it no cheaper"
    );
    assert_eq!(fixture.state(&ordinary), Some(BlinkState::Ordinary));
}

#[test]
fn an_ordinary_transfer_can_be_held_and_stays_when_it_is_rejected() {
    let fixture = Fixture::new();
    let transfer = fixture.blink();
    fixture.add(&transfer);
    assert!(matches!(fixture.hold(&transfer), Ok(Admission::AlreadyInPool { .. })));
    assert_eq!(fixture.candidates(), [transfer.id()], "it goes on as it was");
    assert!(fixture.pool.let_go(&transfer.id()));
    assert_eq!(fixture.state(&transfer), Some(BlinkState::Ordinary));
    assert_eq!(fixture.candidates(), [transfer.id()]);
}

#[test]
fn a_held_transfer_that_comes_as_an_ordinary_one_goes_to_everybody() {
    let fixture = Fixture::new();
    let transfer = fixture.blink();
    fixture.hold(&transfer).unwrap();
    fixture.events.take();
    let id = transfer.id();
    assert_eq!(fixture.submit(&transfer).unwrap(), Admission::Added { id });
    assert_eq!(fixture.events.take(), [ChainEvent::PoolAdded { id }]);
    assert_eq!(fixture.candidates(), [id]);
    assert_eq!(fixture.submit(&transfer).unwrap(), Admission::AlreadyInPool { id });
}

#[test]
fn a_hold_ends_with_its_time() {
    let fixture = Fixture::new();
    let [transfer, ordinary] = [fixture.blink(), fixture.blink()];
    let authorization = fixture.chain.lock().tip().0.next();
    fixture.add(&ordinary);
    for one in [&transfer, &ordinary] {
        fixture.pool.hold(&one.blob(), authorization).unwrap();
    }
    for _ in 0..12 {
        fixture.mine(&[]);
    }
    assert!(fixture.state(&transfer).is_some());
    fixture.mine(&[]);
    assert_eq!(fixture.state(&transfer), None);
    assert_eq!(fixture.state(&ordinary), Some(BlinkState::Ordinary));
    assert_eq!(fixture.storage.ids(), [ordinary.id()]);
}

#[test]
fn a_promise_outlives_a_block_that_is_taken_back() {
    let fixture = Fixture::new();
    let transfer = fixture.blink();
    let rival = fixture.rival_blink(&transfer);
    fixture.hold(&transfer).unwrap();
    fixture.mine(&[rival.checked()]);
    fixture.revert(1);
    assert_eq!(fixture.ids(), [rival.id()]);
    assert!(
        matches!(fixture.hold(&rival), Err(AdmissionError::DoubleSpend { by, .. }) if by == transfer.id()),
        "it may have signed for the other one"
    );
}

#[test]
fn what_was_promised_before_signing_outlives_a_rejection_and_a_restart_and_ends_with_its_time() {
    let fixture = Fixture::new();
    let blink = fixture.blink();
    let rival = fixture.rival_blink(&blink);
    let authorization = fixture.chain.lock().tip().0.next();
    fixture.pool.promise(&blink.blob(), authorization).unwrap();
    // A sender holds it at another height, and that quorum rejects it.
    fixture
        .pool
        .hold(&blink.blob(), authorization.saturating_add(1))
        .unwrap();
    assert!(fixture.pool.let_go(&blink.id()));
    assert!(fixture.pool.is_empty());
    let again = Plan {
        chain: fixture.chain.lock().clone(),
        storage: Arc::clone(&fixture.storage),
        ..Plan::default()
    }
    .start();
    again.pool.reload().unwrap();
    assert!(again.pool.is_empty(), "it does not wait");
    for pool in [&fixture.pool, &again.pool] {
        let refused = pool.promise(&rival.blob(), authorization);
        assert!(
            matches!(refused, Err(AdmissionError::DoubleSpend { by, .. }) if by == blink.id()),
            "{refused:?}"
        );
        pool.promise(&blink.blob(), authorization).unwrap();
        assert!(pool.let_go(&blink.id()));
    }
    for _ in 0..12 {
        again.mine(&[]);
    }
    let refused = again.pool.promise(&rival.blob(), authorization);
    assert!(matches!(refused, Err(AdmissionError::DoubleSpend { .. })));
    again.mine(&[]);
    assert!(again.storage.ids().is_empty());
    again.pool.promise(&rival.blob(), LATER).unwrap();
}

#[test]
fn an_approved_blink_takes_the_place_of_whatever_conflicts_but_never_of_another_blink() {
    let fixture = Fixture::new();
    let blink = fixture.blink();
    let rival = fixture.rival_blink(&blink);
    let ordinary = fixture.rival(&blink);
    fixture.add(&ordinary);
    fixture.events.take();
    assert_eq!(fixture.approve(&blink).unwrap(), BlinkAdmission::Added);
    assert_eq!(
        fixture.events.take(),
        [
            ChainEvent::PoolRemoved { id: ordinary.id() },
            ChainEvent::PoolAdded { id: blink.id() }
        ]
    );
    assert_eq!(fixture.candidates(), [blink.id()]);
    assert_eq!(fixture.storage.ids(), [blink.id()]);
    assert!(fixture.pool.is_blink(&blink.id()));
    assert_eq!(fixture.approve(&blink).unwrap(), BlinkAdmission::AlreadyApproved);
    for refused in [
        fixture.submit(&ordinary).map(drop),
        fixture.hold(&rival).map(drop),
        fixture.approve(&rival).map(drop),
    ] {
        assert!(matches!(refused, Err(AdmissionError::ConflictsWithBlink { by, .. }) if by == blink.id()));
    }
    assert_eq!(fixture.pool.conflicting_blink(&[ordinary.checked()]), Some(blink.id()));
    assert_eq!(fixture.pool.conflicting_blink(&[blink.checked()]), None);
}

#[test]
fn approval_of_what_is_held_here_releases_it() {
    let fixture = Fixture::new();
    let blink = fixture.blink();
    fixture.hold(&blink).unwrap();
    assert_eq!(fixture.approve(&blink).unwrap(), BlinkAdmission::Added);
    let waiting = fixture.pool.get(&blink.id()).unwrap();
    assert_eq!((waiting.blink, waiting.relay), (BlinkState::Approved, Relay::Relay));
    assert!(!fixture.pool.let_go(&blink.id()), "it is not held any more");
    assert_eq!(fixture.candidates(), [blink.id()]);
}

#[test]
fn an_approval_counts_for_its_transaction_alone() {
    let fixture = Fixture::new();
    let [blink, other] = [fixture.blink(), fixture.blink()];
    let swapped = ApprovedBlink {
        blob: Arc::new(other.blob()),
        ..approved(&blink)
    };
    assert!(matches!(
        fixture.pool.approve(&swapped),
        Err(AdmissionError::ApprovalOfAnother { .. })
    ));
    assert!(fixture.pool.is_empty() && fixture.storage.blinks().is_empty());
}

#[test]
fn blinks_are_not_dropped_when_the_pool_is_full() {
    let mut plan = Plan::default();
    plan.settings.max_weight = Weight::new(1);
    let fixture = plan.start();
    let [blink, held, ordinary] = [fixture.blink(), fixture.blink(), fixture.transfer()];
    fixture.approve(&blink).unwrap();
    fixture.hold(&held).unwrap();
    assert!(matches!(fixture.submit(&ordinary), Err(AdmissionError::PoolFull)));
    assert_eq!(fixture.ids().len(), 2);
}

#[test]
fn a_mined_blink_is_protected_and_returns_when_its_block_is_taken_back() {
    let fixture = Fixture::new();
    let blink = fixture.blink();
    let rival = fixture.rival(&blink);
    fixture.approve(&blink).unwrap();
    fixture.mine(&[blink.checked()]);
    assert!(fixture.pool.is_empty() && fixture.pool.is_blink(&blink.id()));
    assert_eq!(fixture.pool.conflicting_blink(&[rival.checked()]), Some(blink.id()));
    fixture.revert(1);
    let waiting = fixture.pool.get(&blink.id()).unwrap();
    assert_eq!(
        (waiting.blink, waiting.source),
        (BlinkState::Approved, Source::RevertedBlock)
    );
    assert!(matches!(
        fixture.submit(&rival),
        Err(AdmissionError::ConflictsWithBlink { .. })
    ));
}

#[test]
fn a_blink_that_was_overtaken_comes_in_once_the_other_block_is_taken_back() {
    let fixture = Fixture::new();
    let blink = fixture.blink();
    let rival = fixture.rival(&blink);
    let height = fixture.chain.lock().tip().0.next();
    fixture.mine(&[rival.checked()]);
    fixture.mine(&[]);
    assert_eq!(
        fixture.approve(&blink).unwrap(),
        BlinkAdmission::Overtaken { lowest: height }
    );
    assert!(fixture.pool.is_empty() && fixture.pool.is_blink(&blink.id()));
    fixture.revert(2);
    assert_eq!(fixture.ids(), [blink.id()], "and the other one does not return");
    assert_eq!(fixture.state(&blink), Some(BlinkState::Approved));
}

#[test]
fn an_approval_that_arrives_after_the_block_protects_it() {
    let fixture = Fixture::new();
    let blink = fixture.blink();
    fixture.mine(&[blink.checked()]);
    assert_eq!(fixture.approve(&blink).unwrap(), BlinkAdmission::Mined);
    assert!(fixture.pool.is_blink(&blink.id()) && fixture.pool.is_empty());
    fixture.revert(1);
    assert_eq!(fixture.state(&blink), Some(BlinkState::Approved));
}

#[test]
fn a_block_that_overrules_a_blink_ends_it() {
    let fixture = Fixture::new();
    let blink = fixture.blink();
    let rival = fixture.rival(&blink);
    fixture.approve(&blink).unwrap();
    fixture.mine(&[rival.checked()]);
    assert!(fixture.pool.is_empty() && !fixture.pool.is_blink(&blink.id()));
    assert!(fixture.storage.blinks().is_empty() && fixture.storage.ids().is_empty());
}

#[test]
fn approvals_and_holds_survive_a_restart() {
    let fixture = Fixture::new();
    let [waiting, mined, held] = [fixture.blink(), fixture.blink(), fixture.blink()];
    let rivals = [&waiting, &mined, &held].map(|transfer| fixture.rival_blink(transfer));
    fixture.approve(&waiting).unwrap();
    fixture.approve(&mined).unwrap();
    fixture.hold(&held).unwrap();
    fixture.mine(&[mined.checked()]);
    let again = Plan {
        chain: fixture.chain.lock().clone(),
        storage: Arc::clone(&fixture.storage),
        ..Plan::default()
    }
    .start();
    again.pool.reload().unwrap();
    assert_eq!(again.state(&waiting), Some(BlinkState::Approved));
    assert_eq!(again.state(&held), Some(BlinkState::Held { authorization: LATER }));
    assert!(again.pool.is_blink(&mined.id()));
    assert_eq!(again.pool.approved(&waiting.id()), Some(approved(&waiting)));
    assert!(matches!(
        again.hold(&rivals[0]),
        Err(AdmissionError::ConflictsWithBlink { .. })
    ));
    assert!(matches!(
        again.hold(&rivals[1]),
        Err(AdmissionError::Invalid(TransactionError::KeyImageSpent { .. }))
    ));
    assert!(matches!(
        again.hold(&rivals[2]),
        Err(AdmissionError::DoubleSpend { .. })
    ));
}

#[test]
fn an_approval_without_its_entry_on_disk_enters_the_pool_at_the_start() {
    let fixture = Fixture::new();
    let blink = fixture.blink();
    fixture.approve(&blink).unwrap();
    lose_the_entry(&fixture, &blink);
    let again = Plan {
        chain: fixture.chain.lock().clone(),
        storage: Arc::clone(&fixture.storage),
        ..Plan::default()
    }
    .start();
    again.pool.reload().unwrap();
    assert_eq!(again.candidates(), [blink.id()]);
}

#[test]
fn an_approval_whose_entry_on_disk_is_still_held_goes_to_everybody_after_a_restart() {
    let fixture = Fixture::new();
    let blink = fixture.blink();
    fixture.hold(&blink).unwrap();
    let held = crate::PoolStorage::load(&*fixture.storage).unwrap();
    fixture.approve(&blink).unwrap();
    // The node stopped between the two writes of the approval.
    crate::PoolStorage::update(&*fixture.storage, &held, &[]).unwrap();
    let again = Plan {
        chain: fixture.chain.lock().clone(),
        storage: Arc::clone(&fixture.storage),
        ..Plan::default()
    }
    .start();
    again.pool.reload().unwrap();
    assert_eq!(again.state(&blink), Some(BlinkState::Approved));
    assert_eq!(again.candidates(), [blink.id()]);
}

/// The node stopped between the two writes of an approval.
fn lose_the_entry(fixture: &Fixture, blink: &Transfer) {
    use crate::PoolStorage;
    fixture.storage.update(&[], &[blink.id()]).unwrap();
}

#[test]
fn a_disk_that_fails_approves_and_holds_nothing() {
    let fixture = Fixture::new();
    let [approved, held] = [fixture.blink(), fixture.blink()];
    fixture.storage.break_down();
    assert!(matches!(fixture.approve(&approved), Err(AdmissionError::Storage(_))));
    assert!(matches!(fixture.hold(&held), Err(AdmissionError::Storage(_))));
    assert!(fixture.pool.is_empty() && !fixture.pool.is_blink(&approved.id()));
}

#[test]
fn an_approved_blink_waits_a_week_and_is_then_forgotten() {
    let fixture = Fixture::new();
    let blink = fixture.blink();
    fixture.approve(&blink).unwrap();
    fixture.clock.advance(7 * 86_400);
    assert_eq!(fixture.expire(), 0);
    fixture.clock.advance(1);
    assert_eq!(fixture.pool.expire(fixture.clock.now()), 1);
    assert!(!fixture.pool.is_blink(&blink.id()) && fixture.storage.blinks().is_empty());
}
