//! Registering nodes (staking §6).

use super::{atomic, oxen, pulse_chain};
use oxen_staking_rules::{
    Recipient, SwarmId,
    registry::{Activity, QueuePosition, registration::fee_portions},
};
use oxen_state::rewards::balance_of;
use oxen_testkit::{Account, StakingChain};
use oxen_types::{Amount, Height, PublicKey, extra::NewState};

#[test]
fn a_node_is_registered_earns_and_expires() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(100).mine();
    let registered = chain.height();
    let staked = chain.staked_output("n1", "alice");
    assert_eq!(staked.amount(), oxen(100));
    assert_eq!(chain.chain().balance(&Account::named("alice")), oxen(100));
    let node = chain.node("n1").unwrap();
    assert_eq!(node.record.activity, Activity::Active { since: registered });
    assert_eq!(node.record.registration_height, registered);
    assert_eq!(node.record.registration_version, 19);
    assert_eq!(node.record.recommission_credit, 60);
    assert_eq!(node.record.last_ip_change_height, registered);
    assert_ne!(node.record.swarm, SwarmId::UNASSIGNED);
    assert_eq!(node.stake.total_reserved, oxen(100));

    chain.mine(10);
    let alice = Account::named("alice").recipient();
    let owed = |chain: &StakingChain| balance_of(chain.chain().state(), chain.chain().network(), &alice).unwrap();
    assert_ne!(owed(&chain).milli(), 0);

    chain.unlock("n1", "alice").mine();
    let last = chain.height().saturating_add(15);
    assert_eq!(chain.node("n1").unwrap().record.requested_unlock_height, Some(last));
    chain.mine(15);
    assert!(chain.node("n1").is_some(), "it is there up to the height itself");
    let before = owed(&chain);
    chain.mine(1);
    assert!(chain.node("n1").is_none());
    assert!(owed(&chain) <= before, "the block that expires it pays it nothing");
    assert_eq!(chain.registry().blacklist().count(), 0);
}

#[test]
fn a_registration_stands_in_the_queue_by_height_and_place_in_the_block() {
    let mut chain = StakingChain::start();
    for name in ["n1", "n2"] {
        chain.register(name).by("alice").stake(100).submit();
    }
    chain.mine(1);
    let height = chain.height();
    for (name, transaction) in [("n1", 0), ("n2", 1)] {
        assert_eq!(
            chain.node(name).unwrap().record.queue,
            QueuePosition { height, transaction }
        );
    }
    // They lead in that order, and a lead sends to the end.
    assert_eq!(chain.registry().next_leader(), Some(StakingChain::key("n1")));
    chain.mine(1);
    assert_eq!(
        chain.node("n1").unwrap().record.queue,
        QueuePosition::after_block(height.next())
    );
    assert_eq!(chain.registry().next_leader(), Some(StakingChain::key("n2")));
}

#[test]
fn an_operator_reserves_a_quarter_or_registers_nothing() {
    let mut chain = StakingChain::start();
    let quarter = oxen(25);
    chain
        .register("short")
        .by("alice")
        .stake_amount(atomic(quarter.atomic() - 1))
        .submit();
    chain.register("enough").by("bob").stake_amount(quarter).submit();
    chain.mine(1);
    assert!(chain.node("short").is_none());
    assert!(chain.node("enough").is_some_and(|node| !node.is_active()));
    // The output of the failed registration is an ordinary one.
    chain.mine(10);
    let spend = oxen_testkit::TransferBuilder::new()
        .from(&Account::named("alice"))
        .build(chain.chain_mut());
    chain.submit(spend.checked()).mine();
}

#[test]
fn what_does_not_register_is_mined_all_the_same() {
    let mut chain = StakingChain::start();
    // Another node's signature; made for another fork, as portions; too high a fee; an address named twice; less than reserved.
    chain.register("a").by("alice").stake(100).signed_by("b").submit();
    chain.register("b").by("alice").stake(100).for_fork(18).submit();
    chain
        .register("c")
        .by("alice")
        .stake(100)
        .for_fork(1_700_000_000)
        .submit();
    chain.register("d").by("alice").stake(100).fee(10_001).submit();
    chain
        .register("e")
        .by("alice")
        .stake(50)
        .reserving("alice", 50)
        .submit();
    chain
        .register("f")
        .by("alice")
        .stake(50)
        .reserving_own(oxen(51))
        .submit();
    chain.register("g").by("alice").stake(50).reserving("bob", 51).submit();
    chain
        .register("h")
        .by("alice")
        .stake(98)
        .reserving("bob", 1)
        .reserving("carol", 1)
        .reserving("dan", 1)
        .submit();
    chain.mine(1);
    assert_eq!(chain.chain().blocks().last().unwrap().block.transactions().len(), 8);
    assert!(chain.registry().is_empty());
}

#[test]
fn a_stake_of_two_outputs_registers_nothing() {
    let mut chain = StakingChain::start();
    let alice = chain.account("alice");
    let play = chain.register("n1").by("alice").stake(50);
    let transfer = play.builder().pay(&alice, oxen(50)).build(chain.chain_mut());
    chain.submit(transfer.checked()).mine();
    assert!(chain.registry().is_empty());
}

#[test]
fn the_operator_may_take_everything_and_no_more() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(100).fee(10_000).mine();
    assert_eq!(chain.node("n1").unwrap().stake.operator_portions, fee_portions(10_000));
}

#[test]
fn a_registration_that_overpays_by_too_much_leaves_a_node_without_a_stake() {
    let mut chain = StakingChain::start();
    chain
        .register("n1")
        .by("alice")
        .stake(102)
        .reserving_own(oxen(25))
        .mine();
    let node = chain.node("n1").unwrap();
    assert_eq!(
        (node.stake.total_contributed, node.stake.total_reserved),
        (Amount::ZERO, oxen(25))
    );
    assert_eq!(node.stake.locked_count(), 0);
    // The operator's part is still kept, and more than it is taken.
    chain.contribute("n1").by("alice").stake(60).mine();
    let node = chain.node("n1").unwrap();
    assert_eq!(
        (node.stake.total_contributed, node.stake.total_reserved),
        (oxen(60), oxen(60))
    );
}

#[test]
fn a_node_registers_once() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(100).mine();
    let before = chain.node("n1").unwrap();
    chain.register("n1").by("bob").stake(100).mine();
    let after = chain.node("n1").unwrap();
    assert_eq!(before.stake, after.stake);
    assert_eq!(after.record.registration_height, before.record.registration_height);
}

#[test]
fn an_open_node_is_funded_further_by_a_second_registration_of_its_operator() {
    // A registration of a known node is still a contribution.
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(25).mine();
    chain.register("n1").by("alice").stake(75).mine();
    let node = chain.node("n1").unwrap();
    assert!(node.is_active());
    assert_eq!(node.stake.contributors.len(), 1);
    assert_eq!(node.stake.locked_count(), 2);
    assert_eq!(node.record.registration_height, Height::new(11));
}

#[test]
fn a_node_can_be_registered_again_in_the_block_that_throws_it_out() {
    let mut chain = pulse_chain();
    let votes = chain.vote("n1", NewState::Deregister).build();
    let before = chain.node("n1").unwrap().stake.clone();
    let again = chain.register("n1").by("alice").stake(100).build().checked();
    chain.try_mine(&[votes, again]).unwrap();
    let node = chain.node("n1").unwrap();
    assert_eq!(node.record.registration_height, chain.height());
    assert_eq!(node.record.queue.transaction, 1);
    assert_ne!(node.stake, before);
    let blacklisted: Vec<_> = chain.registry().blacklist().map(|stake| stake.key_image).collect();
    assert_eq!(blacklisted, [before.contributors[0].locked[0].key_image]);
}

#[test]
fn an_entry_without_a_part_may_have_keys_that_are_no_points() {
    let mut chain = StakingChain::start();
    let no_point = PublicKey::new([0xff; 32]);
    let nobody = Recipient::Oxen {
        spend: no_point,
        view: no_point,
    };
    chain
        .register("n1")
        .by("alice")
        .stake(100)
        .reserving_keys(nobody, Amount::ZERO)
        .mine();
    let node = chain.node("n1").unwrap();
    assert!(node.is_active());
    assert_eq!(node.stake.contributors.len(), 2);
    // It never stops the chain: rewards accrue, are paid, end.
    chain.mine(45);
    assert!(chain.chain().balance(&Account::named("alice")) > oxen(100));
    chain.unlock("n1", "alice").mine();
    chain.mine(16);
    assert!(chain.registry().is_empty());
}
