//! The follower on a real Ethereum node.

use crate::{
    fake_provider::{POOL, REWARDS},
    local_chain::LocalChain,
    scene::{events, exit_request, follow, install_tls, is_interrupted, picture_where, settings, status_where},
};
use oxen_bridge_follower::FollowerSettings;
use oxen_node_api::L2Reader;
use serde_json::json;
use std::time::Duration;

/// anvil with contracts, if there is one.
async fn chain(arguments: &[&str]) -> Option<LocalChain> {
    install_tls();
    let chain = LocalChain::start(arguments)?;
    chain.install(REWARDS, POOL, &[(1, 1), (2, 2)], 777).await;
    Some(chain)
}

fn settings_of(chains: &[&LocalChain]) -> FollowerSettings {
    FollowerSettings {
        providers: chains.iter().map(|chain| chain.url()).collect(),
        timeout: Duration::from_secs(5),
        ..settings(&[])
    }
}

#[tokio::test]
async fn events_rate_and_list_are_read() {
    let Some(chain) = chain(&[]).await else { return };
    let first = chain.exit_request(REWARDS, 1).await;
    chain.mine(400).await;
    let second = chain.exit_request(REWARDS, 2).await;
    let follower = follow(settings_of(&[&chain])).await;
    let picture = picture_where(&follower, |picture| picture.newest() == second).await;
    assert_eq!(events(&picture), [exit_request(first, 1), exit_request(second, 2)]);
    assert_eq!(
        picture.safe_events().cloned().collect::<Vec<_>>(),
        [exit_request(first, 1)]
    );
    assert_eq!(picture.contract_nodes().unwrap().len(), 2);
    // The rate is read in the state of block 400.
    assert_eq!(picture.reward_rate(second).unwrap().atomic(), 777);
}

#[tokio::test]
async fn a_reorganisation_takes_an_event_away() {
    let Some(chain) = chain(&[]).await else { return };
    chain.mine(100).await;
    let block = chain.exit_request(REWARDS, 1).await;
    chain.mine(5).await;
    let follower = follow(settings_of(&[&chain])).await;
    picture_where(&follower, |picture| events(picture) == [exit_request(block, 1)]).await;
    chain.request("anvil_reorg", json!([10, []])).await;
    picture_where(&follower, |picture| events(picture).is_empty()).await;
    let again = chain.exit_request(REWARDS, 1).await;
    picture_where(&follower, |picture| events(picture) == [exit_request(again, 1)]).await;
}

#[tokio::test]
async fn a_chain_that_is_reset_to_an_earlier_state_takes_its_events_along() {
    let Some(chain) = chain(&[]).await else { return };
    chain.mine(100).await;
    let kept = chain.exit_request(REWARDS, 1).await;
    let snapshot = chain.request("evm_snapshot", json!([])).await;
    chain.mine(50).await;
    let gone = chain.exit_request(REWARDS, 2).await;
    let follower = follow(settings_of(&[&chain])).await;
    picture_where(&follower, |picture| picture.newest() == gone).await;
    chain.request("evm_revert", json!([snapshot])).await;
    let picture = picture_where(&follower, |picture| picture.newest() == kept).await;
    assert_eq!(events(&picture), [exit_request(kept, 1)]);
}

#[tokio::test]
async fn a_node_that_goes_away_leaves_the_picture() {
    let Some(chain) = chain(&[]).await else { return };
    let block = chain.exit_request(REWARDS, 1).await;
    let follower = follow(settings_of(&[&chain])).await;
    picture_where(&follower, |picture| picture.newest() == block).await;
    drop(chain);
    status_where(&follower, is_interrupted).await;
    assert_eq!(events(&follower.picture().unwrap()), [exit_request(block, 1)]);
}
