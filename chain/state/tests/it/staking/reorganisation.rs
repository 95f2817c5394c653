//! Blocks with service node transactions, taken back and replaced (staking §10).

use super::{oxen, pulse_chain};
use oxen_state::{
    StakingRules,
    rewards::{balance_of, balances},
    service_nodes::state_quorums,
};
use oxen_testkit::{Account, StakingChain};
use oxen_types::{Hash, extra::NewState};

/// The registry that another process reads from the tables is the one in memory.
fn check_restart(chain: &StakingChain) {
    let restarted = StakingRules::new(chain.chain().network().clone());
    let read = restarted.registry(chain.chain().state()).unwrap();
    assert!(read.nodes().eq(chain.registry().nodes()));
    assert!(read.blacklist().eq(chain.registry().blacklist()));
}

#[test]
fn a_reorganisation_brings_back_one_node_and_takes_another() {
    let mut chain = pulse_chain();
    let mut other = chain.clone();
    other.chain_mut().diverge();
    let fork = chain.height();
    chain.register("new").by("alice").stake(100).mine();
    chain.deregister("n1");
    assert!(chain.node("n1").is_none() && chain.node("new").is_some());
    let length = chain.height().since(fork);
    other.mine(length + 1);

    chain.revert(usize::try_from(length).unwrap());
    for mined in other.chain().blocks()[usize::try_from(fork.index()).unwrap()..]
        .iter()
        .cloned()
    {
        chain.chain_mut().push(mined.block).unwrap();
    }
    assert!(chain.node("n1").is_some() && chain.node("new").is_none());
    assert_eq!(chain.registry().blacklist().count(), 0);
    assert_eq!(chain.chain().digest(), other.chain().digest());
    check_restart(&chain);
    chain.mine(5);
}

#[test]
fn two_branches_carry_different_votes_for_the_same_decision() {
    let mut chain = pulse_chain();
    let one = chain
        .vote("n1", NewState::Deregister)
        .voters(&[0, 1, 2, 3, 4, 5, 6])
        .build();
    let two = chain
        .vote("n1", NewState::Deregister)
        .voters(&[1, 2, 3, 4, 5, 6, 7])
        .build();
    let mut other = chain.clone();
    other.chain_mut().diverge();
    chain.try_mine(&[one]).unwrap();
    other.try_mine(std::slice::from_ref(&two)).unwrap();
    chain.revert(1);
    let mined = other.chain().blocks().last().unwrap().clone();
    chain.chain_mut().push(mined.block).unwrap();
    assert_eq!(
        chain.chain().blocks().last().unwrap().block.transactions()[0].id(),
        two.id()
    );
    assert!(chain.node("n1").is_none());
    check_restart(&chain);
}

#[test]
fn every_branch_has_its_own_quorums() {
    let mut chain = pulse_chain();
    let mut other = chain.clone();
    other.chain_mut().diverge();
    let fork = chain.height();
    chain.mine(6);
    other.mine(6);
    let quorums = |chain: &StakingChain, above: u64| {
        state_quorums(chain.chain().state(), fork.saturating_add(above))
            .unwrap()
            .unwrap()
    };
    assert!((1..=6).all(|above| quorums(&chain, above).obligations != quorums(&other, above).obligations));
    // Pulse looks eleven blocks back, so the first blocks above the fork have the same quorum.
    assert_eq!(quorums(&chain, 1).pulse, quorums(&other, 1).pulse);
    let before: Vec<_> = (1..=6).map(|above| quorums(&other, above)).collect();
    // Whoever takes the branch over computes the same.
    chain.revert(6);
    for mined in other.chain().blocks()[usize::try_from(fork.index()).unwrap()..]
        .iter()
        .cloned()
    {
        chain.chain_mut().push(mined.block).unwrap();
    }
    let after: Vec<_> = (1..=6).map(|above| quorums(&chain, above)).collect();
    assert_eq!(before, after);
}

#[test]
fn a_block_taken_back_takes_its_rewards_back() {
    let mut chain = StakingChain::start();
    chain.register("n1").by("alice").stake(25).fee(300).submit();
    chain.contribute("n1").by("bob").stake(75).submit();
    chain.mine(1);
    let owed = |chain: &StakingChain, name: &str| {
        balance_of(
            chain.chain().state(),
            chain.chain().network(),
            &Account::named(name).recipient(),
        )
        .unwrap()
    };
    let mut known = vec![(chain.chain().digest(), owed(&chain, "alice"), owed(&chain, "bob"))];
    // Three intervals and one block more.
    for _ in 0..61 {
        chain.mine(1);
        known.push((chain.chain().digest(), owed(&chain, "alice"), owed(&chain, "bob")));
    }
    assert!(chain.chain().balance(&Account::named("alice")) > oxen(25));
    let tip = known.pop().unwrap();
    assert_eq!(tip.0, chain.chain().digest());
    let mut reverted = Vec::new();
    while let Some((digest, alice, bob)) = known.pop() {
        reverted.extend(chain.revert(1));
        assert_eq!(chain.chain().digest(), digest);
        assert_eq!((owed(&chain, "alice"), owed(&chain, "bob")), (alice, bob));
    }
    assert!(balances(chain.chain().state()).unwrap().is_empty());
    for mined in reverted.into_iter().rev() {
        chain.chain_mut().push(mined.block).unwrap();
    }
    assert_eq!(chain.chain().digest(), tip.0);
}

#[test]
fn every_kind_of_change_can_be_taken_back() {
    let mut chain = pulse_chain();
    let mut digests: Vec<Hash> = Vec::new();
    let steps: [fn(&mut StakingChain); 8] = [
        |chain| chain.register("a").by("alice").stake(25).reserving("bob", 30).mine(),
        |chain| chain.contribute("a").by("bob").stake(30).mine(),
        |chain| chain.contribute("a").by("carol").stake(45).mine(),
        |chain| chain.decommission("n1"),
        |chain| chain.recommission("n1"),
        |chain| chain.penalise("n2"),
        |chain| chain.deregister("n3"),
        |chain| chain.unlock("a", "bob").mine(),
    ];
    for step in steps {
        step(&mut chain);
    }
    let length = chain.height().index();
    chain.mine(46);
    assert!(chain.node("a").is_none());
    assert_eq!(chain.registry().blacklist().count(), 0);
    let end = chain.chain().digest();
    let mut blocks = Vec::new();
    while chain.height().index() >= 1 {
        digests.push(chain.chain().digest());
        blocks.extend(chain.revert(1));
        check_restart(&chain);
    }
    assert!(chain.registry().is_empty());
    assert!(blocks.len() as u64 > length);
    for mined in blocks.into_iter().rev() {
        chain.chain_mut().push(mined.block).unwrap();
        assert_eq!(digests.pop(), Some(chain.chain().digest()));
    }
    assert_eq!(chain.chain().digest(), end);
    check_restart(&chain);
}
