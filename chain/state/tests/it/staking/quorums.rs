//! Which nodes stand in quorums and swarms (staking §12, §13).

use super::pulse_chain;
use oxen_staking_rules::SwarmId;
use oxen_state::service_nodes::state_quorums;
use oxen_testkit::StakingChain;
use oxen_types::PublicKey;
use std::collections::{BTreeMap, BTreeSet};

fn swarms(chain: &StakingChain) -> BTreeMap<SwarmId, usize> {
    let mut sizes = BTreeMap::new();
    for (_, node) in chain.registry().active() {
        *sizes.entry(node.record.swarm).or_default() += 1;
    }
    sizes
}

#[test]
fn swarms_grow_with_every_seventh_node() {
    let mut chain = StakingChain::start();
    for number in 1..=24 {
        chain.register(&format!("n{number}")).by("alice").stake(100).mine();
        let expected = 1 + (number.max(7) - 7) / 7;
        assert_eq!(swarms(&chain).len(), expected, "{number} nodes");
    }
    // Thrown out one after the other, they keep three swarms while there are five nodes for each.
    let mut left = 24;
    for number in 1..=10 {
        chain.deregister(&format!("n{number}"));
        left -= 1;
        let expected = if left >= 15 { 3 } else { 2 };
        assert_eq!(swarms(&chain).len(), expected, "{left} nodes");
    }
    assert!(swarms(&chain).values().all(|size| *size >= 5));
}

#[test]
fn a_checkpointing_quorum_takes_twenty_nodes() {
    for (nodes, validators) in [(19, 0), (20, 20)] {
        let mut chain = StakingChain::start().with_nodes(nodes);
        while !(chain.height().index() + 11).is_multiple_of(4) {
            chain.mine(1);
        }
        let quorums = state_quorums(chain.chain().state(), chain.height()).unwrap().unwrap();
        assert_eq!(quorums.checkpointing.unwrap().validators.len(), validators);
        chain.mine(1);
        let quorums = state_quorums(chain.chain().state(), chain.height()).unwrap().unwrap();
        assert_eq!(quorums.checkpointing, None);
    }
}

#[test]
fn suspended_nodes_are_tested_and_do_not_test() {
    let mut chain = pulse_chain();
    chain.decommission("n1");
    chain.decommission("n2");
    let suspended: BTreeSet<PublicKey> = ["n1", "n2"].map(StakingChain::key).into();
    for _ in 0..10 {
        chain.mine(1);
        let quorums = state_quorums(chain.chain().state(), chain.height()).unwrap().unwrap();
        let all = [
            Some(&quorums.obligations),
            quorums.blink.as_ref(),
            quorums.pulse.as_ref(),
        ];
        for quorum in all.into_iter().flatten() {
            assert!(quorum.validators.iter().all(|key| !suspended.contains(key)));
        }
        let pulse = quorums.pulse.unwrap();
        assert!(!suspended.contains(&pulse.workers[0]));
        assert_eq!(quorums.obligations.validators.len(), 10);
        assert_eq!(quorums.obligations.workers.len(), 4);
    }
}

#[test]
fn a_node_that_is_about_to_expire_approves_no_blinks() {
    let mut chain = pulse_chain();
    chain.unlock("n1", "o1").mine();
    let leaving = StakingChain::key("n1");
    while chain.node("n1").is_some() {
        let height = chain.height();
        if height.index().is_multiple_of(5) {
            let quorums = state_quorums(chain.chain().state(), height).unwrap().unwrap();
            let blink = quorums.blink.unwrap();
            assert_eq!(blink.validators.len(), 10);
            assert!(!blink.validators.contains(&leaving));
            assert!(
                quorums.obligations.validators.contains(&leaving) || quorums.obligations.workers.contains(&leaving)
            );
        }
        chain.mine(1);
    }
}

#[test]
fn validators_of_a_round_go_to_the_back_whoever_made_the_block() {
    let mut chain = pulse_chain();
    let quorum = chain.pulse_quorum(0).unwrap();
    let parent = chain.height();
    chain.mine(1);
    for (index, validator) in quorum.validators.iter().enumerate() {
        let sorter = chain.registry().node(validator).unwrap().record.pulse_sorter;
        assert_eq!(
            (sorter.height, usize::from(sorter.index)),
            (parent, index),
            "the height before, which is a quirk"
        );
    }
}
