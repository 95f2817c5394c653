//! The kit keeps its word: what it makes is valid, repeats exactly, and can be taken back.
#![allow(clippy::unwrap_used)]

use oxen_staking_rules::{Contribution, NodeShares};
use oxen_testkit::{Account, ScriptedServiceNodes, StakingChain, TestChain, TestNetwork, TransferBuilder};
use oxen_types::Amount;

#[test]
fn transfers_of_every_shape_are_mined() {
    let bob = Account::named("bob");
    let mut chain = TestChain::mature();
    chain.watch(&bob);
    for (inputs, outputs) in [(1, 2), (2, 2), (3, 5), (1, 16)] {
        let transfer = TransferBuilder::new()
            .inputs(inputs)
            .outputs(outputs)
            .pay(&bob, Amount::OXEN)
            .build(&mut chain);
        assert_eq!(transfer.transaction.prefix.outputs.len(), outputs);
        chain.mine(&[transfer.checked()]);
    }
    assert_eq!(chain.balance(&bob).atomic(), 4 * Amount::OXEN.atomic());
}

#[test]
fn what_was_received_can_be_spent() {
    let (bob, carol) = (Account::named("bob"), Account::named("carol"));
    let mut chain = TestChain::mature();
    chain.watch(&bob);
    let two = Amount::from_atomic(2 * Amount::OXEN.atomic());
    let to_bob = TransferBuilder::new().pay(&bob, two).build(&mut chain);
    chain.mine(&[to_bob.checked()]);
    chain.mine_empty(9);
    let to_carol = TransferBuilder::new()
        .from(&bob)
        .pay(&carol, Amount::OXEN)
        .build(&mut chain);
    chain.mine(&[to_carol.checked()]);
    chain.watch(&carol);
    assert_eq!(chain.balance(&carol), Amount::OXEN);
    assert!(chain.balance(&bob) < Amount::OXEN, "bob paid the fee");
}

#[test]
fn two_runs_make_the_same_bytes() {
    let run = || {
        let mut chain = TestChain::mature();
        let transfer = TransferBuilder::new().inputs(2).build(&mut chain);
        chain.mine(&[transfer.checked()]);
        (transfer.blob(), chain.digest())
    };
    assert_eq!(run(), run());
}

#[test]
fn a_block_taken_back_leaves_no_trace_and_fits_again() {
    let mut chain = TestChain::mature();
    let before = chain.digest();
    let transfer = TransferBuilder::new().build(&mut chain);
    chain.mine(&[transfer.checked()]);
    let after = chain.digest();
    let reverted = chain.revert(1);
    assert_eq!(chain.digest(), before);
    chain.push(reverted.into_iter().next().unwrap().block).unwrap();
    assert_eq!(chain.digest(), after);
}

#[test]
fn clones_that_diverge_make_different_blocks() {
    let mut one = TestChain::mature();
    let mut other = one.clone();
    other.diverge();
    one.mine_empty(1);
    other.mine_empty(1);
    assert_ne!(one.tip().1.id, other.tip().1.id);
}

#[test]
fn a_scripted_quorum_makes_blocks_and_its_nodes_are_paid() {
    let operator = Account::named("operator");
    let shares = NodeShares {
        operator_portions: 0,
        operator: operator.recipient(),
        contributions: vec![Contribution {
            recipient: operator.recipient(),
            amount: Amount::OXEN,
        }],
    };
    let mut chain = TestChain::on(&TestNetwork::new());
    chain.watch(&operator);
    chain.set_service_nodes(
        ScriptedServiceNodes::none()
            .with_quorum()
            .paying(vec![shares.clone()])
            .crediting_fees_to(shares),
    );
    chain.mine_empty(10);
    let transfer = TransferBuilder::new().build(&mut chain);
    chain.mine(&[transfer.checked()]);
    assert!(chain.blocks().iter().all(|mined| mined.block.block().has_pulse()));
    chain.mine_empty(40);
    assert!(chain.balance(&operator).atomic() >= 20 * 16_500_000_000);
}

#[test]
fn nodes_are_registered_funded_voted_on_and_make_blocks() {
    let mut chain = StakingChain::start().with_nodes(13);
    assert_eq!(chain.registry().active().count(), 13);
    chain
        .register("shared")
        .by("alice")
        .stake(25)
        .reserving("bob", 40)
        .fee(1_000)
        .mine();
    chain.contribute("shared").by("bob").stake(40).mine();
    assert!(!chain.node("shared").unwrap().is_active());
    chain.contribute("shared").by("carol").stake(35).mine();
    assert!(chain.node("shared").unwrap().is_active());

    chain.decommission("n1");
    assert!(chain.node("n1").unwrap().is_decommissioned());
    chain.recommission("n1");
    assert!(chain.node("n1").unwrap().is_active());
    chain.penalise("n2");
    chain.deregister("n3");
    assert!(chain.node("n3").is_none());
    assert_eq!(chain.registry().blacklist().count(), 1);
    chain.unlock("n4", "o4").mine();
    assert!(chain.node("n4").unwrap().record.requested_unlock_height.is_some());
    chain.mine(16);
    assert!(chain.node("n4").is_none());

    let pulse = chain
        .chain()
        .blocks()
        .iter()
        .filter(|mined| mined.block.block().has_pulse());
    assert!(
        pulse.count() > 16,
        "a quorum makes the blocks as soon as the chain is old enough"
    );
}
