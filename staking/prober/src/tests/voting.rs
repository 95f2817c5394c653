//! Votes as they arrive.

use super::{
    chain::Contents,
    stage::{Actor, START_HEIGHT, Stage, keys},
};
use oxen_node_api::GossipVerdict;
use oxen_staking_rules::vote::Vote;
use oxen_types::{
    Height,
    extra::{NewState, Reasons, StateChangeVote},
};
use rand_core::OsRng;

/// A vote of a validator on the first tested node.
fn vote(validator: u8, height: u64, state: NewState) -> Vec<u8> {
    let pair = keys(validator).primary().clone();
    let reasons = Reasons::UPTIME_PROOF;
    Vote::on_node(
        Height::new(height),
        validator.into(),
        0,
        state,
        reasons,
        &pair,
        &mut OsRng,
    )
    .to_message()
}

fn stage() -> (Stage, Actor) {
    let stage = Stage::new();
    let actor = stage.actor(23);
    (stage, actor)
}

const HEIGHT: u64 = START_HEIGHT - 10;

#[test]
fn the_seventh_vote_makes_the_transaction_and_conflicting_votes_do_not_count_for_it() {
    let (_stage, actor) = stage();
    for validator in 0..6 {
        let message = vote(validator, HEIGHT, NewState::Decommission);
        assert_eq!(actor.hear_vote(&message), GossipVerdict::Accept);
        assert_eq!(actor.hear_vote(&message), GossipVerdict::Ignore);
    }
    for validator in [0, 6, 7] {
        let message = vote(validator, HEIGHT, NewState::Deregister);
        assert_eq!(actor.hear_vote(&message), GossipVerdict::Accept);
    }
    assert!(actor.changes().is_empty());
    actor.hear_vote(&vote(9, HEIGHT, NewState::Decommission));
    let changes = actor.changes();
    assert_eq!(changes.len(), 1);
    let voters: Vec<u32> = changes[0]
        .votes
        .iter()
        .map(|StateChangeVote { validator_index, .. }| *validator_index)
        .collect();
    assert_eq!(
        (changes[0].state, voters),
        (NewState::Decommission, vec![0, 1, 2, 3, 4, 5, 9])
    );
}

#[test]
fn votes_for_what_cannot_be_make_no_transaction() {
    let (_stage, actor) = stage();
    for validator in 0..10 {
        let message = vote(validator, HEIGHT, NewState::Recommission);
        assert_eq!(
            actor.hear_vote(&message),
            GossipVerdict::Accept,
            "a vote is only a vote"
        );
    }
    assert!(actor.changes().is_empty(), "the node is active");
}

#[test]
fn each_fault_of_a_vote_has_its_verdict() {
    let (_stage, actor) = stage();
    let at = |height| actor.hear_vote(&vote(0, height, NewState::Deregister));
    // The chain's height is one more than that of the newest block.
    let chain = START_HEIGHT + 1;
    assert_eq!(at(chain - 60), GossipVerdict::Accept);
    assert_eq!(at(chain - 61), GossipVerdict::Ignore);
    assert_eq!(at(chain - 66), GossipVerdict::Reject);
    assert_eq!(at(chain), GossipVerdict::Ignore, "its quorum is not there yet");
    assert_eq!(at(chain + 5), GossipVerdict::Ignore);
    assert_eq!(at(chain + 6), GossipVerdict::Reject);
    let mut foreign = vote(0, HEIGHT, NewState::Deregister);
    foreign[8] = 1;
    assert_eq!(actor.hear_vote(&foreign), GossipVerdict::Reject, "another validator");
    assert_eq!(actor.hear_vote(b"no vote"), GossipVerdict::Reject);
    assert_eq!(actor.hear_vote(&[]), GossipVerdict::Reject);
}

#[test]
fn votes_are_forgotten_when_they_are_too_old_or_their_change_is_mined() {
    let (stage, actor) = stage();
    for validator in 0..7 {
        actor.hear_vote(&vote(validator, HEIGHT, NewState::Decommission));
    }
    actor.hear_vote(&vote(0, HEIGHT, NewState::Deregister));
    let change = actor.changes().remove(0);
    let actors = [actor];
    stage.block(&actors);
    assert_eq!(actors[0].prober.lock().votes.len(), 8);
    let contents = Contents {
        change: Some(change),
        ..Contents::default()
    };
    stage.block_with(&actors, contents);
    assert_eq!(actors[0].prober.lock().votes.len(), 1);
    while stage.chain.tip() < Height::new(HEIGHT + 59) {
        stage.block(&actors);
    }
    assert_eq!(actors[0].prober.lock().votes.len(), 1);
    stage.block(&actors);
    assert!(actors[0].prober.lock().votes.is_empty());
}
