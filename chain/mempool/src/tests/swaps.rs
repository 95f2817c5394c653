//! Burns for the swap in the pool.

use super::fixture::{Fixture, Plan};
use oxen_bridge_rules::swap::SwapError;
use oxen_node_api::{AdmissionError, Pool, PoolKeeper};
use oxen_state::TransactionError;
use oxen_testkit::{SwapBuilder, TestChain, TestNetwork, Transfer};
use oxen_types::{
    Amount, Height,
    bytes::EthereumAddress,
    network::{SwapParameters, SwapRatio, SwapRatioPeriod, SwapRatioTable},
};

fn coins(whole: u64) -> Amount {
    Amount::from_atomic(whole * Amount::OXEN.atomic())
}

/// A pool on a chain whose next block has height 11, with room for 54 SESH in three blocks.
fn pool_with(change: impl FnOnce(&mut SwapParameters)) -> Fixture {
    let network = TestNetwork::new().with_swap(|swap| {
        swap.rate_cap = coins(54);
        swap.rate_window_blocks = 3;
        change(swap);
    });
    let mut chain = TestChain::on(&network);
    chain.mine_empty(10);
    Plan {
        chain,
        ..Plan::default()
    }
    .start()
}

fn burn(fixture: &Fixture, whole: u64, fee: u64) -> Transfer {
    SwapBuilder::new(EthereumAddress::new([7; 20]), coins(whole))
        .fee(Amount::from_atomic(fee))
        .build(&mut fixture.chain.lock())
}

fn refused(fixture: &Fixture, transfer: &Transfer) -> SwapError {
    match fixture.submit(transfer) {
        Err(AdmissionError::Invalid(TransactionError::Swap(error))) => error,
        other => panic!("not refused by a rule of the swap: {other:?}"),
    }
}

#[test]
fn a_burn_that_the_caps_have_no_room_for_waits_and_others_go_on() {
    let fixture = pool_with(|_| ());
    // The one that pays more comes first, and leaves room only for the smallest.
    let [first, large, small] = [
        burn(&fixture, 60, 400_000_000),
        burn(&fixture, 60, 300_000_000),
        burn(&fixture, 40, 200_000_000),
    ];
    for transfer in [&small, &large, &first] {
        fixture.add(transfer);
    }
    let ids = || fixture.candidates();
    assert_eq!(ids(), [first.id(), small.id()]);
    let taken = fixture.pool.candidates();
    fixture.mine(&taken);
    assert_eq!(fixture.pool.len(), 1, "it is not dropped");
    for _ in 0..2 {
        assert!(ids().is_empty(), "the window is full");
        fixture.mine(&[]);
    }
    assert_eq!(ids(), [large.id()], "the window has moved on");
}

#[test]
fn a_burn_that_waits_for_room_may_be_submitted_and_one_beyond_the_pool_cap_may_not() {
    let fixture = pool_with(|swap| swap.pool_cap = coins(80));
    let first = burn(&fixture, 100, 200_000_000);
    fixture.mine(&[first.checked()]);
    fixture.add(&burn(&fixture, 40, 200_000_000));
    let beyond = burn(&fixture, 60, 200_000_000);
    assert!(matches!(refused(&fixture, &beyond), SwapError::PoolCapReached { .. }));
}

#[test]
fn a_burn_that_no_window_has_room_for_is_refused() {
    let fixture = pool_with(|_| ());
    fixture.add(&burn(&fixture, 100, 200_000_000));
    let beyond = burn(&fixture, 101, 200_000_000);
    let expected = SwapError::AboveRateCap {
        credited: Amount::from_atomic(54_540_000_000),
        most: coins(54),
    };
    assert_eq!(refused(&fixture, &beyond), expected);
}

#[test]
fn a_burn_of_another_ratio_is_refused_and_leaves_when_the_ratio_changes() {
    let fixture = pool_with(|swap| {
        let period = |height, numerator| SwapRatioPeriod {
            from_height: Height::new(height),
            ratio: SwapRatio::new(numerator, 100).unwrap(),
        };
        swap.ratios = SwapRatioTable::new(&[period(0, 54), period(12, 37)]).unwrap();
    });
    let early = burn(&fixture, 2, 200_000_000);
    fixture.add(&early);
    fixture.mine(&[]);
    assert!(
        fixture.pool.is_empty(),
        "no block takes it any more, so it does not keep its inputs"
    );
    let expected = SwapError::WrongRatio { expected: 1, found: 0 };
    assert_eq!(refused(&fixture, &early), expected);
}

#[test]
fn a_burn_that_comes_back_with_its_block_waits_again() {
    let fixture = pool_with(|_| ());
    let transfer = burn(&fixture, 10, 200_000_000);
    fixture.add(&transfer);
    fixture.mine(&[transfer.checked()]);
    assert!(fixture.pool.is_empty());
    fixture.revert(1);
    assert_eq!(fixture.candidates(), [transfer.id()]);
}
