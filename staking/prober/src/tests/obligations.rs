//! Nodes that stop, come back, or were never there, and what validators vote about them.

use super::{
    chain::Contents,
    stage::{Actor, NODES, START_HEIGHT, Stage, key, network},
};
use crate::OwnVote;
use oxen_staking_rules::obligations::FailedTest;
use oxen_staking_rules::registry::{Activity, Decommission};
use oxen_types::{
    Height,
    extra::{NewState, Reasons, StateChangeForm},
    network::{HardFork, HardForkTable},
};

/// Blocks come while all tested nodes but `silent` prove every six minutes.
fn blocks(stage: &Stage, actors: &[Actor], count: u64, silent: Option<u8>) {
    for number in 0..count {
        if number % 3 == 0 {
            stage.prove((10..NODES).filter(|node| Some(*node) != silent), actors);
        }
        stage.block(actors);
    }
}

#[test]
fn a_node_that_stops_proving_is_voted_out_by_every_validator_with_the_reason() {
    let stage = Stage::new();
    let validators = stage.validators();
    blocks(&stage, &validators, 12, None);
    assert!(
        validators
            .iter()
            .all(|validator| validator.prober.own_votes().is_empty())
    );
    // It proved for the last time at the tenth block: its 1,000 seconds end before the ninth block from now.
    blocks(&stage, &validators, 5, Some(10));
    assert!(
        validators
            .iter()
            .all(|validator| validator.prober.own_votes().is_empty())
    );
    blocks(&stage, &validators, 1, Some(10));
    for validator in &validators {
        let votes = validator.prober.own_votes();
        assert_eq!(votes.len(), 1);
        assert_eq!((votes[0].node, votes[0].state), (key(10), NewState::Decommission));
        assert!(matches!(
            votes[0].failed[..],
            [FailedTest::UptimeProof {
                silent_seconds: Some(1_080),
                limit_seconds: 1_000
            }]
        ));
        assert_eq!(votes[0].quorum_height, Height::new(START_HEIGHT + 18 - 12));
    }
    // Ten votes went around; seven were enough.
    for validator in &validators {
        let changes = validator.changes();
        assert_eq!(changes.len(), 1);
        assert_eq!(
            (changes[0].state, changes[0].service_node_index),
            (NewState::Decommission, 0)
        );
        assert_eq!(changes[0].votes.len(), 7);
        let reasons = Reasons::UPTIME_PROOF;
        assert_eq!(
            changes[0].form,
            StateChangeForm::WithReasons {
                all: reasons,
                any: reasons
            }
        );
        let listed = validator.prober.votes_on(&key(10));
        assert_eq!(listed.len(), 10);
        assert!(
            listed
                .iter()
                .all(|vote| vote.reasons == reasons && vote.state == NewState::Decommission)
        );
    }
}

#[test]
fn the_node_itself_can_ask_who_voted_what_and_why() {
    use oxen_node_api::OwnServiceNode;
    let stage = Stage::new();
    let mut actors = stage.validators();
    actors.push(stage.actor(10));
    blocks(&stage, &actors, 24, Some(10));
    let silent = &actors[10];
    let votes = silent.prober.votes();
    assert!(votes.len() >= 10);
    assert!(votes.iter().all(|vote| vote.reasons == Reasons::UPTIME_PROOF));
    assert!(silent.prober.own_votes().is_empty(), "it is no validator");
}

/// What a validator voted on one node, newest first.
fn votes_on(validator: &Actor, number: u8) -> Vec<OwnVote> {
    let votes = validator.prober.own_votes().into_iter();
    votes.filter(|vote| vote.node == key(number)).collect()
}

/// Suspended in the newest block.
fn suspend(stage: &Stage, number: u8) {
    let height = stage.chain.tip().next();
    stage.chain.set_node(&key(number), |node| {
        node.record.activity = Activity::Decommissioned {
            active_since: Height::new(1),
            since: height,
        };
        node.record.decommission_count += 1;
        node.record.last_decommission = Some(Decommission {
            height,
            reasons_of_all: Reasons::UPTIME_PROOF,
            reasons_of_any: Reasons::UPTIME_PROOF,
        });
    });
}

#[test]
fn a_suspended_node_is_voted_back_once_it_proves_again() {
    let stage = Stage::new();
    let validators = stage.validators();
    blocks(&stage, &validators, 18, None);
    suspend(&stage, 10);
    // It is silent; that it proved before its suspension does not count any more.
    blocks(&stage, &validators, 14, Some(10));
    assert!(validators.iter().all(|validator| votes_on(validator, 10).is_empty()));
    stage.prove([10], &validators);
    blocks(&stage, &validators, 1, Some(10));
    for validator in &validators {
        let votes = votes_on(validator, 10);
        assert_eq!(votes.len(), 1);
        assert_eq!(votes[0].state, NewState::Recommission);
        assert!(votes[0].failed.is_empty());
        let changes = validator.changes();
        assert!(changes.iter().any(|change| change.state == NewState::Recommission));
    }
    // Back in the chain it counts as having proved at that block, whatever it says.
    let height = stage.chain.tip().next();
    stage.chain.set_node(&key(10), |node| {
        node.record.activity = Activity::Active { since: height }
    });
    blocks(&stage, &validators, 1, Some(10));
    let seen = validators[0].prober.lock().nodes[&key(10)].clone();
    assert_eq!(seen.proof_counts_from, Some(stage.now()));
}

#[test]
fn nobody_votes_before_it_has_been_up_for_as_long_as_proofs_count() {
    let stage = Stage::new();
    let validators = stage.validators();
    // Nobody proves at all. Eight blocks are 960 seconds.
    for _ in 0..8 {
        stage.block(&validators);
    }
    assert!(
        validators
            .iter()
            .all(|validator| validator.prober.own_votes().is_empty())
    );
    stage.block(&validators);
    let votes = validators[0].prober.own_votes();
    assert_eq!(votes.len(), usize::from(NODES - 10));
    // What passed by in the meantime is not made up for.
    let due = Height::new(START_HEIGHT + 9 - 12);
    assert!(votes.iter().all(|vote| vote.quorum_height == due));
}

/// A node that has been silent and has no credit, under validators of a network with this grace.
fn poor_node(grace: u64) -> (Stage, Vec<Actor>) {
    let mut network = network();
    network.forks = HardForkTable::new(&[HardFork::new(7, 0, 0), HardFork::new(19, 3, 1)]).unwrap();
    network.staking.fork_grace_blocks = grace;
    let stage = Stage::on(network);
    stage
        .chain
        .set_node(&key(10), |node| node.record.recommission_credit = 0);
    let validators = stage.validators();
    blocks(&stage, &validators, 9, Some(10));
    (stage, validators)
}

#[test]
fn a_node_without_credit_is_voted_to_be_deregistered_but_not_while_a_fork_is_young() {
    let (_, validators) = poor_node(START_HEIGHT);
    let votes = validators[0].prober.own_votes();
    assert_eq!((votes[0].node, votes[0].state), (key(10), NewState::Deregister));
    assert_eq!(validators[0].changes()[0].state, NewState::Deregister);
    let (stage, validators) = poor_node(START_HEIGHT + 12);
    assert!(validators[0].prober.own_votes().is_empty());
    // The fork began at height 1: the grace ends at height 113.
    blocks(&stage, &validators, 3, Some(10));
    assert!(validators[0].prober.own_votes().is_empty());
    blocks(&stage, &validators, 1, Some(10));
    assert_eq!(validators[0].prober.own_votes().len(), 1);
}

#[test]
fn heights_whose_blocks_were_taken_back_are_judged_again() {
    let stage = Stage::new();
    let validators = stage.validators();
    blocks(&stage, &validators, 24, Some(10));
    let voted = |actor: &Actor| -> Vec<u64> {
        let heights = actor.prober.own_votes().into_iter().rev();
        heights.map(|vote| vote.quorum_height.index()).collect()
    };
    let before = voted(&validators[0]);
    assert_eq!(before.last(), Some(&(START_HEIGHT + 12)));
    // Fifteen blocks go: heights 110 and on, of which 110 to 112 were judged.
    stage.chain.revert(15);
    for _ in 0..15 {
        stage.chain.mine(stage.now(), Contents::default());
    }
    stage.block(&validators);
    let after = voted(&validators[0]);
    assert_eq!(after[before.len()..], [110, 111, 112, 113]);
    let pool = &validators[0].prober.lock().votes;
    let of_reverted = pool
        .votes_on(&key(10))
        .filter(|vote| vote.cast.vote().height.index() == 111)
        .count();
    assert_eq!(of_reverted, 10, "the old votes went with their quorum");
}

#[test]
fn a_shallow_reorganisation_repeats_no_vote() {
    let stage = Stage::new();
    let validators = stage.validators();
    blocks(&stage, &validators, 20, Some(10));
    let before = validators[0].prober.own_votes().len();
    stage.chain.revert(3);
    for _ in 0..3 {
        stage.chain.mine(stage.now(), Contents::default());
    }
    stage.block(&validators);
    assert_eq!(validators[0].prober.own_votes().len(), before + 1);
}

#[test]
fn members_of_the_checkpointing_quorum_that_do_not_vote_are_voted_on() {
    let stage = Stage::new();
    let validators = stage.validators();
    // Checkpoints from height 104 on came after the start: the fifth is that of height 120, judged 12 blocks later.
    blocks(&stage, &validators, 31, None);
    assert!(votes_on(&validators[0], 10).is_empty());
    blocks(&stage, &validators, 1, None);
    let votes = votes_on(&validators[0], 10);
    assert_eq!(votes[0].failed, [FailedTest::Checkpoints { failed: 5, of: 5 }]);
    assert!(votes_on(&validators[0], 20).is_empty(), "it is in no such quorum");
}

#[test]
fn a_node_that_is_no_validator_or_not_active_does_not_vote() {
    let stage = Stage::new();
    let watcher = stage.actor_with(crate::ProberSettings::watching(), std::sync::Arc::default());
    let outsider = stage.actor(15);
    let suspended = stage.actor(0);
    stage.chain.set_node(&key(0), |node| {
        node.record.activity = Activity::Decommissioned {
            active_since: Height::new(1),
            since: Height::new(2),
        };
    });
    let actors = [watcher, outsider, suspended];
    for _ in 0..24 {
        stage.block(&actors);
    }
    assert!(actors.iter().all(|actor| actor.prober.own_votes().is_empty()));
}

#[test]
fn a_storage_server_that_cannot_be_reached_is_a_reason() {
    use oxen_node_api::{Companion, OwnServiceNode, service_nodes::ReportError};
    use oxen_staking_rules::obligations::TestOutcome;
    let stage = Stage::new();
    let validators = stage.validators();
    for _ in 0..18 {
        stage.prove(10..NODES, &validators);
        for validator in &validators {
            let report = |node| {
                validator
                    .prober
                    .report_peer(Companion::StorageServer, &key(node), TestOutcome::Failed)
            };
            assert_eq!(report(11), Ok(()));
            assert_eq!(report(99), Err(ReportError::UnknownNode { node: key(99) }));
        }
        stage.block(&validators);
    }
    let votes = validators[3].prober.own_votes();
    assert!(!votes.is_empty() && votes.iter().all(|vote| vote.node == key(11)));
    assert!(matches!(
        votes[0].failed[..],
        [FailedTest::StorageServer { limit_seconds: 600, .. }]
    ));
    let StateChangeForm::WithReasons { all, .. } = validators[3].changes()[0].form else {
        panic!("with reasons");
    };
    assert_eq!(all, Reasons::STORAGE_SERVER);
}
