//! Contributions to a node (staking §7).

use super::{atomic, oxen};
use oxen_staking_rules::registry::{Activity, QueuePosition};
use oxen_testkit::{Account, StakingChain};
use oxen_types::Amount;

fn contributed(chain: &StakingChain, node: &str) -> Amount {
    chain.node(node).unwrap().stake.total_contributed
}

#[test]
fn a_stake_that_is_too_small_is_mined_and_not_credited() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(50).mine();
    // Fifty are open for nine: five and five ninths each.
    let ninth = 50_000_000_000 / 9;
    chain.contribute("n1").by("bob").stake_amount(atomic(ninth - 1)).mine();
    assert_eq!(contributed(&chain, "n1"), oxen(50));
    chain.contribute("n1").by("bob").stake_amount(atomic(ninth)).mine();
    assert_eq!(contributed(&chain, "n1"), atomic(50_000_000_000 + ninth));
    let node = chain.node("n1").unwrap();
    assert_eq!(
        node.record.queue,
        QueuePosition {
            height: chain.height(),
            transaction: 0
        }
    );
    assert_eq!(node.record.activity, Activity::AwaitingContributions);
}

#[test]
fn nine_more_may_share_three_quarters() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(25).mine();
    for number in 0..8 {
        chain
            .contribute("n1")
            .by(&format!("c{number}"))
            .stake_amount(atomic(8_333_333_334))
            .mine();
    }
    assert_eq!(chain.node("n1").unwrap().stake.contributors.len(), 9);
    assert!(!chain.node("n1").unwrap().is_active());
    chain
        .contribute("n1")
        .by("c8")
        .stake_amount(atomic(8_333_333_328))
        .mine();
    let node = chain.node("n1").unwrap();
    assert_eq!(node.record.activity, Activity::Active { since: chain.height() });
    assert_eq!(node.stake.total_contributed, oxen(100));
}

#[test]
fn an_eleventh_stake_finds_no_slot() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(25).mine();
    // Ten stakes in all, which leave an atomic unit open: the last takes one unit too few for the rest.
    for number in 0..8 {
        chain
            .contribute("n1")
            .by(&format!("c{number}"))
            .stake_amount(atomic(8_333_333_334))
            .mine();
    }
    let open = oxen(100).atomic() - contributed(&chain, "n1").atomic();
    // One slot is left: the minimum is all that is open.
    chain.contribute("n1").by("c8").stake_amount(atomic(open - 1)).mine();
    assert_eq!(chain.node("n1").unwrap().stake.locked_count(), 9);
    chain.contribute("n1").by("c8").stake_amount(atomic(open)).mine();
    assert!(chain.node("n1").unwrap().is_active());
    chain.contribute("n1").by("c9").stake(1).mine();
    assert_eq!(chain.node("n1").unwrap().stake.locked_count(), 10);
}

#[test]
fn a_reserved_part_is_staked_in_one_and_by_nobody_else() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(25).reserving("bob", 40).mine();
    chain
        .contribute("n1")
        .by("bob")
        .stake_amount(atomic(oxen(40).atomic() - 1))
        .mine();
    assert_eq!(contributed(&chain, "n1"), oxen(25));
    chain.contribute("n1").by("carol").stake(36).mine();
    assert_eq!(contributed(&chain, "n1"), oxen(25), "35 are open, and one percent more");
    // Bob may take what is open as well.
    chain.contribute("n1").by("bob").stake(75).mine();
    let node = chain.node("n1").unwrap();
    assert!(node.is_active());
    let bob = node.stake.contributor(&Account::named("bob").recipient()).unwrap();
    assert_eq!((bob.amount, bob.reserved), (oxen(75), oxen(75)));
}

#[test]
fn up_to_a_hundredth_too_much_is_locked_and_not_credited() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(50).mine();
    let most = atomic(50_500_000_000);
    chain
        .contribute("n1")
        .by("bob")
        .stake_amount(atomic(most.atomic() + 1))
        .mine();
    assert_eq!(contributed(&chain, "n1"), oxen(50));
    chain.contribute("n1").by("bob").stake_amount(most).mine();
    let node = chain.node("n1").unwrap();
    assert!(node.is_active());
    let bob = node.stake.contributor(&Account::named("bob").recipient()).unwrap();
    assert_eq!(
        (bob.amount, bob.reserved, bob.locked[0].amount),
        (oxen(50), oxen(50), most)
    );
}

#[test]
fn a_contributor_may_stake_again_while_there_is_room() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(40).mine();
    for _ in 0..2 {
        chain.contribute("n1").by("bob").stake(30).mine();
    }
    let node = chain.node("n1").unwrap();
    assert!(node.is_active());
    assert_eq!(node.stake.contributors.len(), 2);
    assert_eq!(node.stake.locked_count(), 3);
}

#[test]
fn of_two_stakes_of_a_block_the_first_is_credited() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(50).mine();
    chain.contribute("n1").by("bob").stake(50).submit();
    chain.contribute("n1").by("carol").stake(50).submit();
    chain.mine(1);
    let node = chain.node("n1").unwrap();
    assert!(node.stake.contributor(&Account::named("bob").recipient()).is_some());
    assert!(node.stake.contributor(&Account::named("carol").recipient()).is_none());
}

#[test]
fn a_registration_and_what_fills_it_may_share_a_block() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(50).submit();
    chain.contribute("n1").by("bob").stake(50).submit();
    chain.mine(1);
    let node = chain.node("n1").unwrap();
    assert!(node.is_active());
    assert_eq!(node.record.queue.transaction, 1);
}

#[test]
fn a_stake_on_a_node_that_is_not_there_is_an_ordinary_output() {
    let mut chain = StakingChain::start();
    chain.contribute("n1").by("bob").stake(50).mine();
    assert!(chain.registry().is_empty());
    chain.mine(9);
    let spend = oxen_testkit::TransferBuilder::new()
        .from(&Account::named("bob"))
        .build(chain.chain_mut());
    chain.submit(spend.checked()).mine();
}
