//! Clocks of other nodes.

use super::stage::{Actor, NODES, Stage, key, lock};
use crate::TimeHandler;
use oxen_node_api::{AskError, QuorumHandler, ServiceNodePeers};
use oxen_staking_rules::obligations::{
    TestOutcome::{self, Failed, Passed},
    clock::answer,
};
use rand_core::OsRng;
use std::sync::Arc;

/// What was noted of node 1: its answers, and whether they were right.
fn noted(actor: &Actor) -> (Vec<TestOutcome>, Vec<TestOutcome>) {
    let seen = actor.prober.observations(&key(1)).unwrap_or_default();
    let all = |history: &oxen_staking_rules::obligations::History<TestOutcome>| history.iter().copied().collect();
    (all(&seen.time_answers), all(&seen.time_synchronisation))
}

/// Node 1 answers so when it is asked.
async fn test(actor: &Actor, answer: Result<Vec<u8>, AskError>) {
    lock(&actor.clocks.answers).push_back(answer);
    actor.prober.test_clock_of(key(1)).await;
}

fn ahead(stage: &Stage, seconds: u64) -> Result<Vec<u8>, AskError> {
    Ok(answer(stage.now().saturating_add(seconds)))
}

#[tokio::test]
async fn a_right_clock_passes_and_a_wrong_one_fails_although_it_answers() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    for (seconds, outcome) in [(0, Passed), (30, Passed), (31, Failed), (1_000_000, Failed)] {
        test(&actor, ahead(&stage, seconds)).await;
        let (answers, right) = noted(&actor);
        assert_eq!(answers.last(), Some(&Passed));
        assert_eq!(right.last(), Some(&outcome), "{seconds} seconds ahead");
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_fails_and_nothing_is_known_of_its_clock() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    test(&actor, Err(AskError::Unreachable)).await;
    test(&actor, Err(AskError::TimedOut)).await;
    test(&actor, Err(AskError::Declined)).await;
    test(&actor, Ok(b"noon".to_vec())).await;
    // No answer at all.
    actor.prober.test_clock_of(key(1)).await;
    assert_eq!(noted(&actor), (vec![Failed; 5], Vec::new()));
}

#[tokio::test]
async fn what_this_node_could_not_ask_says_nothing() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    test(&actor, Err(AskError::Overloaded)).await;
    test(&actor, Err(AskError::NoAddress)).await;
    assert_eq!(noted(&actor), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn when_our_own_clock_is_wrong_others_are_spared() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    for _ in 0..8 {
        test(&actor, ahead(&stage, 0)).await;
    }
    for _ in 0..6 {
        test(&actor, ahead(&stage, 600)).await;
    }
    assert_eq!(noted(&actor).1[2..], [Failed; 6]);
    // Seven of eight disagree with us.
    test(&actor, ahead(&stage, 600)).await;
    assert_eq!(noted(&actor).1.last(), Some(&Passed));
}

#[test]
fn an_active_node_asks_those_that_proved_and_not_itself() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    let choose = |actor: &Actor| actor.prober.choose_clock(&mut OsRng).unwrap();
    assert_eq!(choose(&actor), None, "nobody has proved");
    stage.prove([0, 1, 2], std::slice::from_ref(&actor));
    for _ in 0..20 {
        let chosen = choose(&actor).unwrap();
        assert!([key(1), key(2)].contains(&chosen));
    }
    let not_registered = stage.actor(NODES + 1);
    stage.prove([1, 2], std::slice::from_ref(&not_registered));
    assert_eq!(choose(&not_registered), None);
}

#[tokio::test]
async fn service_nodes_learn_our_time_and_others_do_not() {
    let stage = Stage::new();
    let handler = TimeHandler(Arc::clone(&stage.actor(0).prober));
    stage.clock.advance(123);
    let told = handler.on_asked(Some(key(1)), Vec::new()).await;
    assert_eq!(told, Some(b"1700000123".to_vec()));
    assert_eq!(handler.on_asked(None, Vec::new()).await, None);
}
