//! Dead, lagging and lying providers.

use crate::{
    fake_provider::{FakeProvider, Ledger, Mood},
    scene::{
        SystemClock, events, exit_request, follow, followed, install_tls, is_interrupted, picture_where, settings,
        status_where,
    },
};
use oxen_bridge_follower::{Follower, FollowerSettings, StartError};
use oxen_node_api::{L2Reader, L2State};
use std::sync::Arc;

fn ledger() -> Ledger {
    Ledger::up_to(20_000).with_request(15_000, 1).with_request(19_990, 2)
}

#[tokio::test]
async fn one_honest_provider_shows_events_rate_and_list() {
    let provider = FakeProvider::start(ledger()).await;
    let follower = follow(settings(&[&provider])).await;
    let picture = picture_where(&follower, |picture| picture.newest() == 20_000).await;
    assert_eq!(events(&picture), [exit_request(15_000, 1), exit_request(19_990, 2)]);
    assert_eq!(picture.safe_events().count(), 1);
    assert_eq!(picture.safe(), 19_720);
    assert_eq!(picture.reward_rate(19_720).unwrap().atomic(), 1_000_000);
    assert_eq!(picture.contract_nodes().unwrap().len(), 2);
    assert_eq!(picture.list().unwrap().as_of, 20_000);
    assert!(provider.widest_window() <= 1_000);
    assert_eq!(follower.status().state, L2State::Following { newest: 20_000 });
}

#[tokio::test]
async fn what_is_older_than_seventy_minutes_is_not_asked_for() {
    let ledger = Ledger::up_to(40_000).with_request(23_200, 1).with_request(23_201, 2);
    let provider = FakeProvider::start(ledger).await;
    let follower = follow(settings(&[&provider])).await;
    let picture = picture_where(&follower, |picture| picture.newest() == 40_000).await;
    assert_eq!(events(&picture), [exit_request(23_201, 2)]);
}

#[tokio::test]
async fn an_event_that_one_of_three_invents_is_not_believed() {
    let honest = [FakeProvider::start(ledger()).await, FakeProvider::start(ledger()).await];
    let liar = FakeProvider::start(ledger().with_request(16_000, 9)).await;
    let follower = follow(settings(&[&liar, &honest[0], &honest[1]])).await;
    let picture = picture_where(&follower, |picture| picture.newest() == 20_000).await;
    assert_eq!(events(&picture), [exit_request(15_000, 1), exit_request(19_990, 2)]);
    let status = follower.status();
    assert!(status.providers[0].contradictions > 0);
    assert_eq!(
        [status.providers[1].contradictions, status.providers[2].contradictions],
        [0, 0]
    );
}

#[tokio::test]
async fn an_event_that_one_of_three_hides_is_seen() {
    let honest = [FakeProvider::start(ledger()).await, FakeProvider::start(ledger()).await];
    let liar = FakeProvider::start(Ledger::up_to(20_000)).await;
    let follower = follow(settings(&[&liar, &honest[0], &honest[1]])).await;
    let picture = picture_where(&follower, |picture| picture.newest() == 20_000).await;
    assert_eq!(events(&picture).len(), 2);
}

#[tokio::test]
async fn of_two_both_must_tell_of_an_event() {
    let honest = FakeProvider::start(ledger()).await;
    let liar = FakeProvider::start(ledger().with_request(16_000, 9)).await;
    let follower = follow(settings(&[&liar, &honest])).await;
    let picture = picture_where(&follower, |picture| picture.newest() == 20_000).await;
    assert_eq!(events(&picture), [exit_request(15_000, 1), exit_request(19_990, 2)]);
}

#[tokio::test]
async fn a_height_that_nobody_else_has_is_not_believed() {
    let honest = FakeProvider::start(ledger()).await;
    let mut ahead = ledger();
    ahead.grow(50_000);
    let liar = FakeProvider::start(ahead).await;
    let follower = follow(settings(&[&liar, &honest])).await;
    let picture = picture_where(&follower, |picture| picture.newest() >= 20_000).await;
    assert_eq!(picture.newest(), 20_000);
}

#[tokio::test]
async fn who_lags_by_minutes_is_named_and_left_out() {
    let honest = FakeProvider::start(ledger()).await;
    let mut behind = ledger();
    behind.shrink(18_000);
    let laggard = FakeProvider::start(behind).await;
    let follower = follow(settings(&[&laggard, &honest])).await;
    let picture = picture_where(&follower, |picture| picture.newest() == 20_000).await;
    assert_eq!(events(&picture).len(), 2, "the laggard has no say");
    let trouble = follower.status().providers[0].trouble.clone().unwrap();
    assert!(trouble.contains("stands still at block 18000"), "{trouble}");
}

#[tokio::test]
async fn a_lie_about_the_reward_rate_is_outvoted() {
    let honest = [FakeProvider::start(ledger()).await, FakeProvider::start(ledger()).await];
    let mut generous = ledger();
    generous.rate = 999_999_999;
    let liar = FakeProvider::start(generous).await;
    let follower = follow(settings(&[&liar, &honest[0], &honest[1]])).await;
    let picture = picture_where(&follower, |picture| picture.reward_rate(19_720).is_some()).await;
    assert_eq!(picture.reward_rate(19_720).unwrap().atomic(), 1_000_000);
}

#[tokio::test]
async fn two_that_disagree_on_the_rate_leave_it_unknown() {
    let honest = FakeProvider::start(ledger()).await;
    let mut generous = ledger();
    generous.rate = 999_999_999;
    let liar = FakeProvider::start(generous).await;
    let follower = follow(settings(&[&liar, &honest])).await;
    let picture = picture_where(&follower, |picture| picture.newest() == 20_000).await;
    assert_eq!(picture.reward_rate(19_720), None);
}

#[tokio::test]
async fn a_list_that_lacks_a_node_is_outvoted() {
    let honest = [FakeProvider::start(ledger()).await, FakeProvider::start(ledger()).await];
    let mut short = ledger();
    short.nodes.pop();
    let liar = FakeProvider::start(short).await;
    let follower = follow(settings(&[&liar, &honest[0], &honest[1]])).await;
    let picture = picture_where(&follower, |picture| picture.list().is_some()).await;
    assert_eq!(picture.contract_nodes().unwrap().len(), 2);
}

#[tokio::test]
async fn a_dead_provider_costs_nothing_but_a_word_to_the_operator() {
    let honest = FakeProvider::start(ledger()).await;
    let silent = FakeProvider::start(ledger()).await;
    silent.mood(Mood::Silent);
    let refusing = "http://127.0.0.1:9/".parse().unwrap();
    let mut settings = settings(&[&silent, &honest]);
    settings.providers.push(refusing);
    let follower = follow(settings).await;
    let picture = picture_where(&follower, |picture| picture.newest() == 20_000).await;
    assert_eq!(events(&picture).len(), 2);
    let status = follower.status();
    assert!(status.providers[0].trouble.is_some() && status.providers[2].trouble.is_some());
    assert_eq!(status.providers[1].trouble, None);
    let shown = format!("{status:?}");
    assert!(!shown.contains("secret-path"), "the path may be a key: {shown}");
}

#[tokio::test]
async fn an_outage_leaves_the_picture_and_its_end_is_noticed() {
    let provider = FakeProvider::start(ledger()).await;
    let follower = follow(settings(&[&provider])).await;
    picture_where(&follower, |picture| picture.newest() == 20_000).await;
    provider.mood(Mood::Silent);
    let status = status_where(&follower, is_interrupted).await;
    assert!(status.state.to_string().contains("--l2-provider"));
    assert_eq!(follower.newest_height(), Some(20_000));
    provider.change(|ledger| {
        ledger.grow(240);
        ledger.add_request(20_100, 3);
    });
    provider.mood(Mood::Answers);
    let picture = picture_where(&follower, |picture| picture.newest() == 20_240).await;
    assert_eq!(events(&picture).len(), 3);
    status_where(&follower, |status| {
        status.state == L2State::Following { newest: 20_240 }
    })
    .await;
}

#[tokio::test]
async fn windows_become_smaller_when_they_are_refused() {
    let provider = FakeProvider::start(ledger()).await;
    provider.mood(Mood::RefusesLogs);
    let follower = follow(settings(&[&provider])).await;
    let refused = |trouble: &String| trouble.contains("block range too large");
    status_where(&follower, |status| {
        is_interrupted(status) && status.providers[0].trouble.as_ref().is_some_and(refused)
    })
    .await;
    provider.mood(Mood::Answers);
    picture_where(&follower, |picture| picture.newest() == 20_000).await;
}

#[tokio::test]
async fn a_provider_of_another_chain_stops_the_start() {
    install_tls();
    let mut other = ledger();
    other.chain_id = 1;
    let provider = FakeProvider::start(other).await;
    let started = Follower::start(settings(&[&provider]), followed(), Arc::new(SystemClock)).await;
    let Err(error) = started else {
        panic!("a provider of another chain was taken")
    };
    assert!(matches!(
        error,
        StartError::WrongChain {
            found: 1,
            expected: 31_337,
            ..
        }
    ));
    assert!(error.to_string().contains("--l2-provider"));
}

#[tokio::test]
async fn a_provider_that_turns_out_to_be_of_another_chain_has_no_say() {
    let honest = FakeProvider::start(ledger()).await;
    let mut other = ledger().with_request(16_000, 9);
    other.chain_id = 1;
    let late = FakeProvider::start(other).await;
    late.mood(Mood::Silent);
    let follower = follow(settings(&[&late, &honest])).await;
    picture_where(&follower, |picture| picture.newest() == 20_000).await;
    late.mood(Mood::Answers);
    let trouble = |follower: &Follower| follower.status().providers[0].trouble.clone().unwrap_or_default();
    status_where(&follower, |_| trouble(&follower).contains("it serves chain 1")).await;
    honest.change(|ledger| ledger.grow(1));
    let picture = picture_where(&follower, |picture| picture.newest() == 20_001).await;
    assert_eq!(events(&picture).len(), 2);
}

#[tokio::test]
async fn a_follower_without_providers_has_no_picture() {
    let follower = follow(FollowerSettings::default()).await;
    status_where(&follower, is_interrupted).await;
    assert!(follower.picture().is_none());
}
