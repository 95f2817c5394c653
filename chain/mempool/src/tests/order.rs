//! In which order blocks take what waits.

use super::fixture::{AnythingGoes, Fixture, Plan, state_change};
use oxen_node_api::{Pool, Relay};
use oxen_testkit::{Transfer, TransferBuilder};
use oxen_types::{Amount, Hash, transaction::Weight};
use std::{cmp::Ordering, sync::Arc};

/// By fee for weight without division: the order that chain §4.11 asks for.
fn better(one: &Transfer, other: &Transfer) -> Ordering {
    let fee = |transfer: &Transfer| u128::from(transfer.transaction.fee().atomic());
    let weight = |transfer: &Transfer| u128::from(transfer.transaction.weight().bytes());
    (fee(other) * weight(one)).cmp(&(fee(one) * weight(other)))
}

#[test]
fn transfers_stand_by_fee_for_weight() {
    let fixture = Fixture::new();
    let shapes = [
        (2, 0, 50),
        (2, 5_000, 60),
        (16, 0, 100),
        (4, 900, 70),
        (2, 0, 51),
        (2, 1, 50),
        (8, 0, 61),
    ];
    let mut transfers: Vec<Transfer> = shapes
        .iter()
        .map(|(outputs, filler, fee)| {
            TransferBuilder::new()
                .outputs(*outputs)
                .filler(*filler)
                .fee(Amount::from_atomic(fee * 1_000_000))
                .build(&mut fixture.chain.lock())
        })
        .collect();
    for transfer in &transfers {
        fixture.add(transfer);
    }
    transfers.sort_by(better);
    let expected: Vec<Hash> = transfers.iter().map(Transfer::id).collect();
    assert_eq!(fixture.ids(), expected);
    assert_eq!(fixture.candidates(), expected);
}

#[test]
fn of_equals_the_first_to_come_is_the_first_to_go_and_then_the_smaller_id() {
    let fixture = Fixture::new();
    let alike: Vec<Transfer> = (0..4)
        .map(|_| TransferBuilder::new().build_weighing(Weight::new(2_500), &mut fixture.chain.lock()))
        .collect();
    for transfer in &alike[2..] {
        fixture.add(transfer);
    }
    fixture.clock.advance(1);
    for transfer in &alike[..2] {
        fixture.add(transfer);
    }
    let sorted = |transfers: &[Transfer]| {
        let mut ids: Vec<Hash> = transfers.iter().map(Transfer::id).collect();
        ids.sort();
        ids
    };
    assert_eq!(fixture.ids(), [sorted(&alike[2..]), sorted(&alike[..2])].concat());
}

#[test]
fn what_moves_no_money_goes_before_every_transfer() {
    let fixture = Plan {
        service_nodes: Arc::new(AnythingGoes),
        ..Plan::default()
    }
    .start();
    let rich = TransferBuilder::new()
        .fee(Amount::OXEN)
        .build(&mut fixture.chain.lock());
    fixture.add(&rich);
    fixture.clock.advance(1);
    fixture.pool.submit(&state_change(1), Relay::Relay).unwrap();
    let ids = fixture.ids();
    assert_eq!((ids.len(), ids[1]), (2, rich.id()));
    assert_eq!(fixture.candidates(), ids);
}

#[test]
fn what_is_burned_does_not_buy_a_better_place() {
    let fixture = Fixture::new();
    let paying = |fee: u64, burn: u64| {
        TransferBuilder::new()
            .fee(Amount::from_atomic(fee * 1_000_000))
            .burn(Amount::from_atomic(burn * 1_000_000))
            .build(&mut fixture.chain.lock())
    };
    let (burning, plain) = (paying(90, 60), paying(50, 0));
    fixture.add(&burning);
    fixture.add(&plain);
    assert_eq!(fixture.ids(), [plain.id(), burning.id()]);
}

#[test]
fn a_template_is_offered_what_a_block_can_hold_and_not_the_whole_pool() {
    let fixture = Fixture::new();
    let heavy = Weight::new(140_000);
    for fee in (1..=6).rev() {
        let transfer = TransferBuilder::new()
            .fee(Amount::from_atomic(fee * 1_000_000_000))
            .build_weighing(heavy, &mut fixture.chain.lock());
        fixture.add(&transfer);
    }
    // Five of them exceed 600,000.
    assert_eq!(fixture.candidates(), fixture.ids()[..5]);
}
