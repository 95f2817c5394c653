//! Asking for stakes back, and stakes that stay locked (staking §8).

use super::{atomic, oxen, pulse_chain};
use crate::transaction_rules::{refused_in, spending_the_stake_of};
use oxen_crypto::SecretKey;
use oxen_staking_rules::registry::UnlockError;
use oxen_state::{
    TransactionError,
    service_nodes::{blacklisted_until, locking_node},
};
use oxen_testkit::{Account, StakingChain, TransferBuilder};
use oxen_types::extra::NewState;

#[test]
fn any_contributor_unlocks_the_whole_node() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(25).reserving("bob", 75).mine();
    chain.contribute("n1").by("bob").stake(75).mine();
    chain.unlock("n1", "bob").mine();
    chain.mine(16);
    assert!(chain.node("n1").is_none());
    for name in ["alice", "bob"] {
        let spend = TransferBuilder::new()
            .from(&Account::named(name))
            .build(chain.chain_mut());
        chain.submit(spend.checked()).mine();
    }
}

#[test]
fn a_node_that_nobody_filled_can_be_unlocked() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(25).mine();
    chain.unlock("n1", "alice").mine();
    chain.mine(16);
    assert!(chain.node("n1").is_none());
}

#[test]
fn a_second_request_is_refused() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(100).mine();
    let request = chain.unlock_request("n1", "alice");
    chain.try_mine(&[request]).unwrap();
    let height = chain.node("n1").unwrap().record.requested_unlock_height.unwrap();
    chain.mine(1);
    let staked = chain.staked_output("n1", "alice");
    // Not the same transaction, but the same request.
    let again = StakingChain::unlock_by(StakingChain::key("n2"), &staked, &staked.pair);
    assert!(matches!(
        refused_in(&chain, again),
        TransactionError::Unlock(UnlockError::AlreadyRequested { height: found }) if found == height
    ));
}

#[test]
fn a_request_that_names_another_node_is_mined_and_unlocks_nothing() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(100).submit();
    chain.register("n2").by("bob").stake(100).submit();
    chain.mine(1);
    let staked = chain.staked_output("n1", "alice");
    let request = StakingChain::unlock_by(StakingChain::key("n2"), &staked, &staked.pair);
    chain.submit(request).mine();
    for name in ["n1", "n2"] {
        assert_eq!(chain.node(name).unwrap().record.requested_unlock_height, None);
    }
}

#[test]
fn what_is_not_staked_cannot_be_unlocked() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(100).mine();
    let treasury = chain.chain().treasury().clone();
    let output = chain.chain().spendable(&treasury).next().unwrap().clone();
    let request = StakingChain::unlock_by(StakingChain::key("n1"), &output, &output.pair);
    assert!(matches!(
        refused_in(&chain, request),
        TransactionError::Unlock(UnlockError::NotLocked { .. })
    ));
}

#[test]
fn fewer_than_3749_atomic_units_of_a_young_node_unlock_nothing() {
    for (units, unlocks) in [(3748, false), (3749, true)] {
        let mut chain = StakingChain::start();
        let operator = atomic(oxen(100).atomic() - units);
        chain.register("n1").by("alice").stake_amount(operator).mine();
        chain.contribute("n1").by("bob").stake_amount(atomic(units)).mine();
        assert!(chain.node("n1").unwrap().is_active());
        chain.unlock("n1", "bob").mine();
        let requested = chain.node("n1").unwrap().record.requested_unlock_height;
        assert_eq!(requested.is_some(), unlocks, "{units}");
    }
}

#[test]
fn two_fifths_unlock_at_once_though_overpaid() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(60).mine();
    chain
        .contribute("n1")
        .by("bob")
        .stake_amount(atomic(oxen(40).atomic() + 1))
        .mine();
    chain.unlock("n1", "bob").mine();
    assert!(chain.node("n1").unwrap().record.requested_unlock_height.is_some());
}

#[test]
fn the_stake_of_a_deregistered_node_stays_locked_for_thirty_blocks() {
    let mut chain = pulse_chain();
    chain.deregister("n1");
    let until = chain.height().saturating_add(30);
    assert!(matches!(
        spending_the_stake_of(&mut chain, "o1"),
        TransactionError::StakeBlacklisted { until: found, .. } if found == until
    ));
    chain.chain_mut().forget_plans();
    // The block at the height itself lets it go at its beginning, but is checked against the state before it.
    while chain.height().next() <= until {
        assert!(matches!(
            spending_the_stake_of(&mut chain, "o1"),
            TransactionError::StakeBlacklisted { .. }
        ));
        chain.chain_mut().forget_plans();
        chain.mine(1);
    }
    assert_eq!(chain.height(), until);
    assert_eq!(chain.registry().blacklist().count(), 0);
    let spend = TransferBuilder::new()
        .from(&Account::named("o1"))
        .build(chain.chain_mut());
    chain.submit(spend.checked()).mine();
}

#[test]
fn stakes_are_blacklisted_in_the_order_of_their_contributors() {
    let mut chain = pulse_chain();
    chain.register("shared").by("alice").stake(25).mine();
    for (name, stake) in [("zoe", 30), ("bob", 20), ("zoe", 25)] {
        chain.contribute("shared").by(name).stake(stake).mine();
    }
    let expected: Vec<_> = chain
        .node("shared")
        .unwrap()
        .stake
        .locked()
        .map(|output| output.key_image)
        .collect();
    assert_eq!(expected.len(), 4);
    chain.deregister("shared");
    chain.deregister("n1");
    let found: Vec<_> = chain.registry().blacklist().map(|stake| stake.key_image).collect();
    assert_eq!(found[..4], expected);
    assert_eq!(found.len(), 5);
    // Another process reads the same from the tables.
    let restarted = oxen_state::StakingRules::new(chain.chain().network().clone());
    let read = restarted.registry(chain.chain().state()).unwrap();
    assert!(read.blacklist().eq(chain.registry().blacklist()));
}

/// Two stakes whose outputs have the same one-time key, because somebody used the same transaction key twice: nothing forbids it,
/// and only one of them can ever be spent.
fn same_stake_on(chain: &mut StakingChain, nodes: [&str; 2]) {
    for node in nodes {
        let play = chain.register(node).by("twice").stake(100);
        let builder = play.builder().transaction_key(SecretKey::reduce([42; 32]));
        let transfer = builder.build(chain.chain_mut());
        chain.submit(transfer.checked()).mine();
    }
}

#[test]
fn a_key_image_staked_on_two_nodes_is_locked_until_both_are_gone() {
    let mut chain = StakingChain::start();
    same_stake_on(&mut chain, ["n1", "n2"]);
    let image = chain.staked_output("n1", "twice").key_image;
    assert_eq!(chain.staked_output("n2", "twice").key_image, image);
    let first = locking_node(chain.chain().state(), &image).unwrap().unwrap();
    let (first, second) = if first == StakingChain::key("n1") {
        ("n1", "n2")
    } else {
        ("n2", "n1")
    };
    chain.unlock(first, "twice").mine();
    chain.mine(16);
    assert!(chain.node(first).is_none());
    assert_eq!(
        locking_node(chain.chain().state(), &image).unwrap(),
        Some(StakingChain::key(second))
    );
    chain.unlock(second, "twice").mine();
    chain.mine(16);
    assert_eq!(locking_node(chain.chain().state(), &image).unwrap(), None);
}

#[test]
fn a_key_image_blacklisted_twice_is_free_only_after_the_second_time() {
    let mut chain = pulse_chain();
    same_stake_on(&mut chain, ["a", "b"]);
    let image = chain.staked_output("a", "twice").key_image;
    chain.vote("a", NewState::Deregister).mine();
    chain.mine(3);
    chain.vote("b", NewState::Deregister).mine();
    let until = chain.height().saturating_add(30);
    assert_eq!(chain.registry().blacklist().count(), 2);
    while chain.registry().blacklist().count() == 2 {
        chain.mine(1);
    }
    let state = chain.chain().state();
    assert_eq!(blacklisted_until(state, &image).unwrap(), Some(until));
    let restarted = oxen_state::StakingRules::new(chain.chain().network().clone());
    assert!(
        restarted
            .registry(state)
            .unwrap()
            .blacklist()
            .eq(chain.registry().blacklist())
    );
    while chain.height() < until {
        chain.mine(1);
    }
    assert_eq!(blacklisted_until(chain.chain().state(), &image).unwrap(), None);
}
