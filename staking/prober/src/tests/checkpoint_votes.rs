//! Votes that make checkpoints.

use super::{
    chain::Contents,
    stage::{Actor, START_HEIGHT, Stage, key, keys},
};
use oxen_node_api::{GossipTopic, GossipVerdict};
use oxen_staking_rules::vote::{Vote, VoteBody};
use oxen_types::{ConsensusEncode, Hash, Height};
use rand_core::OsRng;

const HEIGHT: u64 = 96;

fn vote(validator: u8, block_id: Hash) -> Vec<u8> {
    let pair = keys(validator).primary().clone();
    Vote::on_checkpoint(Height::new(HEIGHT), validator.into(), block_id, &pair, &mut OsRng).to_message()
}

/// Height and block of every vote on a checkpoint that was sent.
fn sent(actor: &Actor) -> Vec<(u64, Hash)> {
    let votes = actor.take_sent(GossipTopic::Votes).into_iter();
    votes
        .filter_map(|message| {
            let vote = Vote::from_message(&message).unwrap();
            match vote.body {
                VoteBody::Checkpoint { block_id } => Some((vote.height.index(), block_id)),
                VoteBody::Obligations { .. } => None,
            }
        })
        .collect()
}

#[test]
fn the_thirteenth_vote_makes_the_checkpoint_and_later_ones_extend_it() {
    let stage = Stage::new();
    let actor = stage.actor(23);
    let id = stage.chain.block_id(HEIGHT);
    for validator in 0..12 {
        assert_eq!(actor.hear_vote(&vote(validator, id)), GossipVerdict::Accept);
    }
    assert_eq!(actor.hear_vote(&vote(12, Hash::new([1; 32]))), GossipVerdict::Accept);
    assert!(actor.checkpoints().is_empty(), "the thirteenth is for another block");
    actor.hear_vote(&vote(19, id));
    let checkpoints = actor.checkpoints();
    assert_eq!(checkpoints.len(), 1);
    assert_eq!(
        (checkpoints[0].height, checkpoints[0].block_id),
        (Height::new(HEIGHT), id)
    );
    assert_eq!(checkpoints[0].signatures.len(), 13);
    let told = || actor.take_sent(GossipTopic::Checkpoints);
    assert_eq!(told(), [checkpoints[0].encode()], "everybody is told once");
    actor.hear_vote(&vote(18, id));
    assert_eq!(actor.checkpoints()[1].signatures.len(), 14);
    assert!(told().is_empty());
    assert_eq!(
        actor.hear_vote(&vote(20, id)),
        GossipVerdict::Reject,
        "not in the quorum"
    );
}

#[test]
fn a_member_of_the_quorum_votes_once_for_each_block_below_the_tip() {
    let stage = Stage::new();
    let member = stage.actor(19);
    let outsider = stage.actor(20);
    stage.chain.mine(stage.now(), Contents::default());
    member.prober.follow();
    outsider.prober.follow();
    let votes = sent(&member);
    // From 60 blocks below the chain's height on: 42 is no multiple of four.
    let heights: Vec<u64> = votes.iter().map(|(height, _)| *height).collect();
    assert_eq!(heights, (44..=100).step_by(4).collect::<Vec<_>>());
    assert!(votes.iter().all(|(height, id)| *id == stage.chain.block_id(*height)));
    assert!(sent(&outsider).is_empty());
    for expected in [vec![], vec![], vec![], vec![104]] {
        stage.chain.mine(stage.now(), Contents::default());
        member.prober.follow();
        let heights: Vec<u64> = sent(&member).iter().map(|(height, _)| *height).collect();
        assert_eq!(heights, expected);
    }
}

#[test]
fn votes_are_sent_again_after_two_minutes() {
    let stage = Stage::new();
    let member = stage.actor(19);
    stage.chain.mine(stage.now(), Contents::default());
    member.prober.follow();
    let first = sent(&member);
    stage.clock.advance(119);
    member.prober.tick();
    assert!(sent(&member).is_empty());
    stage.clock.advance(1);
    member.prober.tick();
    assert_eq!(sent(&member), first);
}

#[test]
fn after_a_reorganisation_the_new_block_gets_the_vote() {
    let stage = Stage::new();
    let member = stage.actor(19);
    stage.chain.mine(stage.now(), Contents::default());
    member.prober.follow();
    let before = sent(&member);
    let old = before.last().copied().unwrap();
    assert_eq!(old.0, START_HEIGHT);
    // Two blocks go, that of height 100 among them.
    stage.chain.revert(2);
    for _ in 0..2 {
        stage.chain.mine(stage.now(), Contents::default());
    }
    member.prober.follow();
    let after = sent(&member);
    assert_eq!(after, [(START_HEIGHT, stage.chain.block_id(START_HEIGHT))]);
    assert_ne!(after[0], old);
}

#[test]
fn who_voted_and_who_did_not_is_remembered() {
    let stage = Stage::new();
    let actors = [stage.actor(0), stage.actor(1)];
    for _ in 0..36 {
        stage.block(&actors);
    }
    let lock = actors[0].prober.lock();
    let taking_part = |number: u8| {
        let history = &lock.nodes[&key(number)].checkpoints;
        (history.len(), history.failures())
    };
    // Checkpoints whose blocks came after the start, and that lie deep enough: 104 to 120.
    assert_eq!(taking_part(0), (6, 0));
    assert_eq!(taking_part(1), (6, 0));
    assert_eq!(taking_part(2), (6, 6));
    assert!(lock.nodes.get(&key(20)).is_none_or(|seen| seen.checkpoints.is_empty()));
}
