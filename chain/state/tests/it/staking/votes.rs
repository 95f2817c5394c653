//! Quorums change the state of nodes (staking §9.3, §15, §16).

use super::{oxen, pulse_chain};
use crate::transaction_rules::refused_in;
use oxen_staking_rules::{
    SwarmId,
    registry::{Activity, QueuePosition, StateChangeError},
};
use oxen_state::TransactionError;
use oxen_testkit::{Fault, StakingChain, TransferBuilder};
use oxen_types::{
    Height, Signature,
    extra::{NewState, Reasons, StateChange, StateChangeVote},
    transaction::TransactionType,
};

#[test]
fn a_suspended_node_leaves_quorums_swarms_and_pay_and_comes_back_with_less_credit() {
    let mut chain = pulse_chain();
    let registered = chain.node("n1").unwrap().record.registration_height;
    chain.decommission("n1");
    let suspended = chain.height();
    let node = chain.node("n1").unwrap();
    assert_eq!(
        node.record.activity,
        Activity::Decommissioned {
            active_since: registered,
            since: suspended
        }
    );
    assert_eq!(node.record.swarm, SwarmId::UNASSIGNED);
    assert_eq!(node.record.decommission_count, 1);
    let last = node.record.last_decommission.unwrap();
    assert_eq!((last.height, last.reasons_of_all), (suspended, Reasons::UPTIME_PROOF));
    assert_eq!(last.reasons_of_any, Reasons::UPTIME_PROOF.union(Reasons::PULSE));
    assert!(
        !chain
            .registry()
            .payable(chain.height(), chain.chain().network())
            .iter()
            .any(|(key, _)| *key == StakingChain::key("n1"))
    );
    let up = suspended.since(registered);
    assert_eq!(
        node.decommission_credit(suspended, chain.chain().network()),
        60 + up as i64 / 30
    );

    chain.mine(7);
    chain.recommission("n1");
    let back = chain.height();
    let node = chain.node("n1").unwrap();
    assert_eq!(node.record.activity, Activity::Active { since: back });
    assert_eq!(node.record.queue, QueuePosition::after_block(back));
    assert_ne!(node.record.swarm, SwarmId::UNASSIGNED);
    let down = back.since(suspended);
    assert_eq!(node.record.recommission_credit, 60 + up as i64 / 30 - 2 * down as i64);
    assert!(!node.is_payable(back.saturating_add(3), chain.chain().network()));
    assert!(node.is_payable(back.saturating_add(4), chain.chain().network()));
}

#[test]
fn a_penalty_for_another_address_costs_the_place_in_the_queue_and_no_pay() {
    let mut chain = pulse_chain();
    chain.penalise("n1");
    let node = chain.node("n1").unwrap();
    assert_eq!(node.record.queue, QueuePosition::after_block(chain.height()));
    assert_eq!(node.record.last_ip_change_height, chain.height());
    assert!(node.is_payable(chain.height(), chain.chain().network()));
}

#[test]
fn the_form_without_reasons_counts_as_well() {
    let mut chain = pulse_chain();
    chain.vote("n1", NewState::Decommission).without_reasons().mine();
    let last = chain.node("n1").unwrap().record.last_decommission.unwrap();
    assert_eq!(
        (last.reasons_of_all, last.reasons_of_any),
        (Reasons::NONE, Reasons::NONE)
    );
}

#[test]
fn a_decision_is_carried_out_once_whoever_voted() {
    let mut chain = pulse_chain();
    let first = chain
        .vote("n1", NewState::IpChangePenalty)
        .voters(&[0, 1, 2, 3, 4, 5, 6])
        .build();
    let other = chain
        .vote("n1", NewState::IpChangePenalty)
        .voters(&[1, 2, 3, 4, 5, 6, 7, 8])
        .build();
    assert_ne!(first.id(), other.id());
    // Both fit a block, as in the reference, which checks them against the state before it; one after the other they do not.
    let mut both = chain.clone();
    both.try_mine(&[first.clone(), other.clone()]).unwrap();
    chain.try_mine(&[first]).unwrap();
    assert!(matches!(
        refused_in(&chain, other),
        TransactionError::StateChange(StateChangeError::NoTransition { .. })
    ));
    assert_eq!(
        both.node("n1").unwrap().record.queue,
        chain.node("n1").unwrap().record.queue
    );
}

#[test]
fn of_contrary_decisions_in_a_block_the_first_counts() {
    let mut chain = pulse_chain();
    let out = chain.vote("n1", NewState::Deregister).build();
    let pause = chain.vote("n1", NewState::Decommission).build();
    let mut other = chain.clone();
    chain.try_mine(&[out.clone(), pause.clone()]).unwrap();
    assert!(chain.node("n1").is_none());
    other.try_mine(&[pause, out]).unwrap();
    assert!(other.node("n1").is_none());
    assert_eq!(other.registry().blacklist().count(), 1);
}

#[test]
fn votes_from_before_a_registration_do_not_reach_the_new_node() {
    let mut chain = pulse_chain();
    let mut early = chain.vote("n1", NewState::Deregister);
    let change = early.change();
    let (height, worker) = (change.block_height, change.service_node_index);
    chain.submit(StakingChain::state_change(change)).mine();
    chain.register("n1").by("alice").stake(100).mine();
    chain.mine(2);
    // The same quorum votes once more, with other voters.
    let testing = chain.testing_quorum_at("n1", height).unwrap();
    assert_eq!(testing.worker, worker);
    let again = chain
        .vote("n1", NewState::Deregister)
        .of_quorum(height)
        .voters(&[1, 2, 3, 4, 5, 6, 7])
        .build();
    assert!(matches!(
        refused_in(&chain, again),
        TransactionError::StateChange(StateChangeError::NoTransition { .. })
    ));
}

#[test]
fn votes_live_for_fewer_than_sixty_blocks() {
    let mut chain = pulse_chain();
    let mut play = chain.vote("n1", NewState::Deregister);
    let change = play.change();
    let voted = change.block_height;
    while chain.height().next() < voted.saturating_add(59) {
        chain.mine(1);
    }
    let transaction = StakingChain::state_change(change);
    let mut in_time = chain.clone();
    in_time.try_mine(std::slice::from_ref(&transaction)).unwrap();
    assert!(in_time.node("n1").is_none());
    chain.mine(1);
    let block = voted.saturating_add(60);
    assert!(matches!(
        refused_in(&chain, transaction),
        TransactionError::StateChange(StateChangeError::Expired { height, block: found }) if height == voted && found == block
    ));
}

#[test]
fn a_state_change_moves_no_money() {
    let mut chain = StakingChain::start();
    let transfer = TransferBuilder::new().build(chain.chain_mut());
    assert!(matches!(
        transfer.with_fault(Fault::Kind(TransactionType::StateChange)).check(),
        Err(TransactionError::MovesMoney { .. })
    ));
}

#[test]
fn votes_are_refused_by_the_rule_they_break() {
    let mut chain = pulse_chain();
    let good = chain.vote("n1", NewState::Decommission).change();
    let broken = |change: &dyn Fn(&mut StateChange)| {
        let mut broken = good.clone();
        change(&mut broken);
        match refused_in(&chain, StakingChain::state_change(broken)) {
            TransactionError::StateChange(error) => error,
            other => panic!("{other}"),
        }
    };
    let next = chain.height().next();
    assert_eq!(
        broken(&|change| {
            change.votes.pop();
        }),
        StateChangeError::VoteCount { found: 6 }
    );
    assert_eq!(
        broken(&|change| change.votes.clear()),
        StateChangeError::VoteCount { found: 0 }
    );
    assert_eq!(
        broken(&|change| {
            let votes = change.votes.clone();
            change.votes.extend(votes);
        }),
        StateChangeError::VoteCount { found: 14 }
    );
    assert_eq!(
        broken(&|change| change.votes[1] = change.votes[0]),
        StateChangeError::VotesNotAscending
    );
    assert_eq!(
        broken(&|change| change.votes.swap(0, 1)),
        StateChangeError::VotesNotAscending
    );
    assert_eq!(
        broken(&|change| change.votes[6].validator_index = 10),
        StateChangeError::ValidatorIndex { index: 10 }
    );
    assert_eq!(
        broken(&|change| change.votes[6].validator_index = 7),
        StateChangeError::InvalidSignature { index: 7 }
    );
    assert_eq!(
        broken(&|change| change.votes[2].signature = Signature::new([0; 64])),
        StateChangeError::InvalidSignature { index: 2 }
    );
    assert_eq!(
        broken(&|change| change.service_node_index = 4),
        StateChangeError::NodeIndex { index: 4 }
    );
    // The state is part of what is signed, except that of a deregistration, which has no bytes.
    assert_eq!(
        broken(&|change| change.state = NewState::Deregister),
        StateChangeError::InvalidSignature { index: 0 }
    );
    assert_eq!(
        broken(&|change| change.block_height = next.saturating_add(1_000)),
        StateChangeError::QuorumUnknown {
            height: next.saturating_add(1_000)
        }
    );
    assert!(matches!(
        broken(&|change| change.block_height = Height::GENESIS),
        StateChangeError::QuorumUnknown { .. } | StateChangeError::NodeIndex { .. }
    ));
    let empty = StateChange {
        votes: Vec::<StateChangeVote>::new(),
        ..good.clone()
    };
    assert!(matches!(
        refused_in(&chain, StakingChain::state_change(empty)),
        TransactionError::StateChange(StateChangeError::VoteCount { found: 0 })
    ));
    chain.submit(StakingChain::state_change(good)).mine();
    assert!(chain.node("n1").unwrap().is_decommissioned());
}

#[test]
fn a_node_is_voted_on_only_from_the_block_after_its_last_change() {
    let mut chain = pulse_chain();
    chain.decommission("n1");
    let changed = chain.height();
    let node = chain.node("n1").unwrap();
    assert!(!node.can_transition(changed, NewState::Recommission));
    assert!(node.can_transition(changed.next(), NewState::Recommission));
    assert!(node.can_transition(changed.next(), NewState::Deregister));
    assert!(!node.can_transition(changed.next(), NewState::Decommission));
    assert!(!node.can_transition(changed.next(), NewState::IpChangePenalty));
    chain.deregister("n1");
    assert!(chain.node("n1").is_none());
}

#[test]
fn a_node_that_nobody_filled_cannot_be_voted_on() {
    let mut chain = pulse_chain();
    chain.register("open").by("alice").stake(25).mine();
    chain.mine(5);
    let tip = chain.height();
    assert!(!chain.node("open").unwrap().can_transition(tip, NewState::Deregister));
    assert!((0..5).all(|back| chain.testing_quorum_at("open", tip.saturating_sub(back)).is_none()));
}

#[test]
fn ten_votes_are_the_most_and_all_count() {
    let mut chain = pulse_chain();
    chain
        .vote("n1", NewState::Deregister)
        .voters(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        .mine();
    assert!(chain.node("n1").is_none());
    assert_eq!(chain.registry().blacklist().next().unwrap().amount, oxen(100));
}
