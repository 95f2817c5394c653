//! How much the pool holds and for how long.

use super::fixture::{AnythingGoes, Fixture, Plan, state_change};
use crate::PoolSettings;
use oxen_node_api::{AdmissionError, ChainEvent, Pool, PoolKeeper, Relay};
use oxen_testkit::{Transfer, TransferBuilder};
use oxen_types::{Amount, transaction::Weight};
use std::sync::Arc;

const DAY: u64 = 86_400;

fn paying(fixture: &Fixture, fee: u64) -> Transfer {
    TransferBuilder::new()
        .fee(Amount::from_atomic(fee))
        .build(&mut fixture.chain.lock())
}

/// Transfers of 3,000 bytes each, and a pool that holds so many.
fn pool_for(count: u64) -> Fixture {
    let settings = PoolSettings {
        max_weight: Weight::new(3_000 * count),
        ..PoolSettings::default()
    };
    Plan {
        settings,
        ..Plan::default()
    }
    .start()
}

fn weighing(fixture: &Fixture, weight: u64, fee: u64) -> Transfer {
    TransferBuilder::new()
        .fee(Amount::from_atomic(fee))
        .build_weighing(Weight::new(weight), &mut fixture.chain.lock())
}

#[test]
fn what_pays_least_for_its_weight_makes_room() {
    let fixture = pool_for(3);
    let transfers = [30, 20, 40, 50].map(|fee| weighing(&fixture, 3_000, fee * 1_000_000));
    for transfer in &transfers[..3] {
        fixture.add(transfer);
    }
    fixture.events.take();
    fixture.add(&transfers[3]);
    let [first, second, third, fourth] = transfers.map(|transfer| transfer.id());
    assert_eq!(fixture.ids(), [fourth, third, first]);
    assert_eq!(
        fixture.events.take(),
        [
            ChainEvent::PoolRemoved { id: second },
            ChainEvent::PoolAdded { id: fourth }
        ]
    );
    let mut stored = fixture.storage.ids();
    stored.sort();
    let mut expected = vec![first, third, fourth];
    expected.sort();
    assert_eq!(stored, expected);
}

#[test]
fn a_newcomer_that_pays_least_is_refused_and_nothing_changes() {
    let fixture = pool_for(2);
    let [rich, richer, poor] = [30, 40, 20].map(|fee| weighing(&fixture, 3_000, fee * 1_000_000));
    fixture.add(&rich);
    fixture.add(&richer);
    fixture.events.take();
    let before = (fixture.ids(), fixture.storage.ids());
    assert!(matches!(fixture.submit(&poor), Err(AdmissionError::PoolFull)));
    assert_eq!((fixture.ids(), fixture.storage.ids()), before);
    assert!(fixture.events.take().is_empty());
    assert!(fixture.pool.spenders(&poor.key_images()[0]).is_empty());
}

#[test]
fn a_heavy_newcomer_pushes_nobody_out_when_it_cannot_stay_itself() {
    let fixture = pool_for(3);
    // Dropping the cheap one is not enough for the heavy one, which is the next to be dropped.
    let cheap = weighing(&fixture, 3_000, 20_000_000);
    let dear = [60, 61].map(|fee| weighing(&fixture, 3_000, fee * 1_000_000));
    let heavy = weighing(&fixture, 5_000, 50_000_000);
    for transfer in [&cheap, &dear[0], &dear[1]] {
        fixture.add(transfer);
    }
    let before = fixture.ids();
    assert!(matches!(fixture.submit(&heavy), Err(AdmissionError::PoolFull)));
    assert_eq!(fixture.ids(), before);
    assert_eq!(fixture.pool.weight(), Weight::new(9_000));
}

#[test]
fn a_transfer_of_a_reverted_block_is_never_dropped_for_room() {
    let fixture = pool_for(2);
    let [reverted, rich, richer] = [20, 30, 40].map(|fee| weighing(&fixture, 3_000, fee * 1_000_000));
    fixture.mine(&[reverted.checked()]);
    fixture.revert(1);
    fixture.add(&rich);
    fixture.add(&richer);
    assert_eq!(fixture.ids(), [richer.id(), reverted.id()]);
}

#[test]
fn a_disk_that_fails_changes_nothing() {
    let fixture = pool_for(2);
    let [poor, rich, richer] = [20, 30, 40].map(|fee| weighing(&fixture, 3_000, fee * 1_000_000));
    fixture.add(&poor);
    fixture.add(&rich);
    fixture.events.take();
    fixture.storage.break_down();
    assert!(matches!(fixture.submit(&richer), Err(AdmissionError::Storage(_))));
    assert_eq!(
        fixture.ids(),
        [rich.id(), poor.id()],
        "what was to make room is still there"
    );
    assert_eq!(fixture.pool.weight(), Weight::new(6_000));
    assert!(fixture.events.take().is_empty());
}

#[test]
fn a_transfer_waits_three_days_and_is_not_taken_again() {
    let fixture = Fixture::new();
    let transfer = paying(&fixture, 200_000_000);
    let id = transfer.id();
    fixture.add(&transfer);
    fixture.events.take();
    fixture.clock.advance(3 * DAY);
    assert_eq!(fixture.expire(), 0);
    fixture.clock.advance(1);
    assert_eq!(fixture.expire(), 1);
    assert!(fixture.pool.is_empty() && fixture.storage.ids().is_empty());
    assert_eq!(fixture.events.take(), [ChainEvent::PoolRemoved { id }]);
    assert!(matches!(fixture.submit(&transfer), Err(AdmissionError::Expired)));
    // Its outputs are free for another.
    fixture.add(&fixture.rival(&transfer));
}

#[test]
fn a_transfer_of_a_reverted_block_waits_seven_days() {
    let fixture = Fixture::new();
    let transfer = paying(&fixture, 200_000_000);
    fixture.mine(&[transfer.checked()]);
    fixture.revert(1);
    fixture.clock.advance(7 * DAY);
    assert_eq!(fixture.expire(), 0);
    fixture.clock.advance(1);
    assert_eq!(fixture.expire(), 1);
}

#[test]
fn a_transfer_that_expired_comes_back_with_a_block_that_is_taken_back() {
    let fixture = Fixture::new();
    let transfer = paying(&fixture, 200_000_000);
    fixture.add(&transfer);
    fixture.clock.advance(3 * DAY + 1);
    assert_eq!(fixture.expire(), 1);
    fixture.mine(&[transfer.checked()]);
    fixture.revert(1);
    assert_eq!(fixture.ids(), [transfer.id()]);
}

#[test]
fn what_moves_no_money_waits_two_hours() {
    let fixture = Plan {
        service_nodes: Arc::new(AnythingGoes),
        ..Plan::default()
    }
    .start();
    fixture.pool.submit(&state_change(1), Relay::Relay).unwrap();
    fixture.add(&fixture.transfer());
    fixture.clock.advance(7_200);
    assert_eq!(fixture.expire(), 0);
    fixture.clock.advance(1);
    assert_eq!(fixture.expire(), 1);
    assert_eq!(fixture.pool.len(), 1);
    assert!(matches!(
        fixture.pool.submit(&state_change(1), Relay::Relay),
        Err(AdmissionError::Expired)
    ));
}

#[test]
fn only_so_many_expired_ones_are_remembered() {
    let settings = PoolSettings {
        remembered_expired: 2,
        ..PoolSettings::default()
    };
    let fixture = Plan {
        settings,
        service_nodes: Arc::new(AnythingGoes),
        ..Plan::default()
    }
    .start();
    for number in 1..=3 {
        fixture.pool.submit(&state_change(number), Relay::Relay).unwrap();
        fixture.clock.advance(7_201);
        assert_eq!(fixture.expire(), 1);
    }
    assert!(fixture.pool.submit(&state_change(1), Relay::Relay).is_ok(), "forgotten");
    for number in 2..=3 {
        assert!(matches!(
            fixture.pool.submit(&state_change(number), Relay::Relay),
            Err(AdmissionError::Expired)
        ));
    }
}

#[test]
fn a_refused_newcomer_may_come_again_when_there_is_room() {
    let fixture = pool_for(1);
    let [rich, poor] = [40, 20].map(|fee| weighing(&fixture, 3_000, fee * 1_000_000));
    fixture.add(&rich);
    assert!(matches!(fixture.submit(&poor), Err(AdmissionError::PoolFull)));
    fixture.mine(&[rich.checked()]);
    fixture.add(&poor);
    assert_eq!(fixture.pool.candidates().len(), 1);
}
