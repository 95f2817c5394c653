//! In which order blocks take what waits.

use super::fixture::{AnythingGoes, Fixture, Plan, state_change};
use oxen_node_api::{Pool, Relay};
use oxen_testkit::{Transfer, TransferBuilder};
use oxen_types::{Amount, Hash};
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
        .map(|_| {
            TransferBuilder::new()
                .build_weighing(oxen_types::transaction::Weight::new(2_500), &mut fixture.chain.lock())
        })
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
