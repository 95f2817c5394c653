//! L2 that changes under the reader.

use crate::{
    fake_provider::{FakeProvider, Ledger},
    scene::{events, exit_request, follow, is_interrupted, picture_where, settings, status_where},
};
use oxen_node_api::L2Reader;

#[tokio::test]
async fn an_event_of_a_vanished_block_vanishes_and_its_successor_comes() {
    let provider = FakeProvider::start(Ledger::up_to(20_000).with_request(19_000, 1)).await;
    let follower = follow(settings(&[&provider])).await;
    picture_where(&follower, |picture| events(picture) == [exit_request(19_000, 1)]).await;
    provider.change(|ledger| {
        ledger.reorganise(18_990);
        ledger.grow(10);
        ledger.add_request(19_005, 1);
    });
    picture_where(&follower, |picture| events(picture) == [exit_request(19_005, 1)]).await;
}

#[tokio::test]
async fn a_change_below_the_overlap_is_noticed_by_its_hash() {
    let provider = FakeProvider::start(Ledger::up_to(20_000).with_request(9_000, 1)).await;
    let follower = follow(settings(&[&provider])).await;
    picture_where(&follower, |picture| events(picture) == [exit_request(9_000, 1)]).await;
    provider.change(|ledger| {
        ledger.reorganise(8_000);
        ledger.grow(1);
    });
    let picture = picture_where(&follower, |picture| picture.newest() == 20_001).await;
    assert_eq!(events(&picture), []);
}

#[tokio::test]
async fn a_chain_that_became_shorter_takes_its_events_along() {
    let provider = FakeProvider::start(Ledger::up_to(20_000).with_request(19_900, 1)).await;
    let follower = follow(settings(&[&provider])).await;
    picture_where(&follower, |picture| picture.newest() == 20_000).await;
    provider.change(|ledger| ledger.shrink(19_800));
    let picture = picture_where(&follower, |picture| picture.newest() == 19_800).await;
    assert_eq!(events(&picture), []);
}

#[tokio::test]
async fn a_provider_that_begins_from_an_old_copy_of_the_chain_does_not_take_the_picture_back() {
    let provider = FakeProvider::start(Ledger::up_to(20_000).with_request(19_000, 1)).await;
    let follower = follow(settings(&[&provider])).await;
    picture_where(&follower, |picture| picture.newest() == 20_000).await;
    // A copy that is an hour old, told by a node whose clock is right.
    provider.change(|ledger| {
        ledger.shrink(15_000);
        ledger.first_timestamp += 1_250;
    });
    status_where(&follower, is_interrupted).await;
    let picture = follower.picture().unwrap();
    assert_eq!((picture.newest(), events(&picture).len()), (20_000, 1));
}
