//! The pool after a restart is what it was, less what the chain has done without.

use super::fixture::{Fixture, Plan};
use crate::maintenance::Reloaded;
use oxen_node_api::{Clock, Pool, Relay, Source};
use oxen_testkit::TransferBuilder;
use std::sync::Arc;

/// A new pool on the same chain, disk and time.
fn restart(fixture: &Fixture) -> (Fixture, Reloaded) {
    let again = Plan {
        chain: fixture.chain.lock().clone(),
        storage: Arc::clone(&fixture.storage),
        ..Plan::default()
    }
    .start();
    let behind = fixture
        .clock
        .now()
        .seconds()
        .saturating_sub(again.clock.now().seconds());
    again.clock.advance(behind);
    let reloaded = again.pool.reload().unwrap();
    (again, reloaded)
}

#[test]
fn everything_comes_back_as_it_was() {
    let fixture = Fixture::new();
    let [kept_back, reverted, waiting] = [fixture.transfer(), fixture.transfer(), fixture.transfer()];
    fixture.mine(&[reverted.checked()]);
    fixture.revert(1);
    fixture.clock.advance(1_000);
    fixture.pool.submit(&kept_back.blob(), Relay::Keep).unwrap();
    fixture.add(&waiting);
    let (again, reloaded) = restart(&fixture);
    assert_eq!(reloaded, Reloaded { kept: 3, dropped: 0 });
    assert_eq!(again.ids(), fixture.ids());
    for (before, after) in fixture.pool.transactions().iter().zip(again.pool.transactions()) {
        assert_eq!(
            (before.received, before.relay, before.source),
            (after.received, after.relay, after.source)
        );
        assert_eq!(before.blob, after.blob);
    }
    assert_eq!(again.pool.get(&reverted.id()).unwrap().source, Source::RevertedBlock);
    assert_eq!(again.candidates().len(), 2, "one is kept back");
}

#[test]
fn a_lifetime_goes_on_where_it_was() {
    let fixture = Fixture::new();
    let transfer = fixture.transfer();
    fixture.add(&transfer);
    fixture.clock.advance(3 * 86_400 - 10);
    let (again, _) = restart(&fixture);
    again.clock.advance(10);
    assert_eq!(again.expire(), 0);
    again.clock.advance(1);
    assert_eq!(again.expire(), 1);
}

#[test]
fn a_release_is_remembered() {
    let fixture = Fixture::new();
    let transfer = fixture.transfer();
    fixture.pool.submit(&transfer.blob(), Relay::Keep).unwrap();
    assert!(fixture.pool.release(&transfer.id()));
    let (again, _) = restart(&fixture);
    assert_eq!(again.candidates(), [transfer.id()]);
}

#[test]
fn what_was_mined_or_spent_meanwhile_is_dropped() {
    let fixture = Fixture::new();
    let [mined, beaten, waiting] = [fixture.transfer(), fixture.transfer(), fixture.transfer()];
    let winner = fixture.rival(&beaten);
    for transfer in [&mined, &beaten, &waiting] {
        fixture.add(transfer);
    }
    // The block is written, and the node stops before the pool hears of it.
    fixture.chain.lock().mine(&[mined.checked(), winner.checked()]);
    let (again, reloaded) = restart(&fixture);
    assert_eq!(reloaded, Reloaded { kept: 1, dropped: 2 });
    assert_eq!(again.ids(), [waiting.id()]);
    assert_eq!(again.storage.ids(), [waiting.id()]);
}

#[test]
fn one_damaged_entry_costs_only_itself() {
    let fixture = Fixture::new();
    let transfers = TransferBuilder::new().build_many(4, &mut fixture.chain.lock());
    for transfer in &transfers {
        fixture.add(transfer);
    }
    let flip = |position: usize, place: fn(usize) -> usize| {
        fixture.storage.change(&transfers[position].id(), |entry| {
            let place = place(entry.blob.len());
            entry.blob[place] ^= 1;
        });
    };
    // One byte of the unlock times: another id. One bit in front: no transaction at all.
    flip(0, |_| 2);
    flip(1, |_| 0);
    let (again, reloaded) = restart(&fixture);
    assert_eq!(reloaded, Reloaded { kept: 2, dropped: 2 });
    assert_eq!(again.pool.len(), 2);
    assert_eq!(again.storage.ids().len(), 2);
}

#[test]
fn an_entry_whose_proofs_are_wrong_is_dropped_and_the_others_stay() {
    let fixture = Fixture::new();
    let transfers = TransferBuilder::new().build_many(3, &mut fixture.chain.lock());
    for transfer in &transfers {
        fixture.add(transfer);
    }
    // A disk that somebody prepared: a transaction with a bad proof under its right id.
    let bad = fixture.transfer().with_fault(oxen_testkit::Fault::RingSignature(0));
    let entry = {
        use crate::PoolStorage;
        let mut entry = fixture.storage.load().unwrap()[0].1.clone();
        entry.blob = bad.blob();
        entry
    };
    crate::PoolStorage::update(&*fixture.storage, &[(bad.id(), entry)], &[]).unwrap();
    let (again, reloaded) = restart(&fixture);
    assert_eq!(reloaded, Reloaded { kept: 3, dropped: 1 });
    assert!(again.pool.get(&bad.id()).is_none());
}
