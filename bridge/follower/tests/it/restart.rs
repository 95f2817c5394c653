//! What is on disk when the node comes back.

use crate::{
    fake_provider::{FakeProvider, Ledger, Mood},
    scene::{events, exit_request, follow, picture_where, settings},
};
use oxen_bridge_follower::FollowerSettings;
use oxen_node_api::L2Reader;
use std::path::Path;

fn kept_at(path: &Path, provider: &FakeProvider) -> FollowerSettings {
    FollowerSettings {
        file: Some(path.to_owned()),
        ..settings(&[provider])
    }
}

/// Follows until the file holds what was read.
async fn read_once(settings: FollowerSettings) {
    let follower = follow(settings.clone()).await;
    picture_where(&follower, |picture| picture.newest() == 20_000).await;
    let path = settings.file.unwrap();
    let written = async {
        while !path.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), written)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_restart_without_providers_up_knows_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l2");
    let provider = FakeProvider::start(Ledger::up_to(20_000).with_request(19_000, 1)).await;
    read_once(kept_at(&path, &provider)).await;
    provider.mood(Mood::Silent);
    let follower = follow(kept_at(&path, &provider)).await;
    let picture = follower.picture().unwrap();
    assert_eq!(events(&picture), [exit_request(19_000, 1)]);
    assert_eq!(picture.contract_nodes().unwrap().len(), 2);
}

#[tokio::test]
async fn a_restart_reads_what_is_new_and_not_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l2");
    let provider = FakeProvider::start(Ledger::up_to(20_000).with_request(19_000, 1)).await;
    read_once(kept_at(&path, &provider)).await;
    provider.change(|ledger| {
        ledger.grow(500);
        ledger.add_request(20_300, 2);
    });
    let before = provider.requests();
    let mut settings = kept_at(&path, &provider);
    settings.refresh = std::time::Duration::from_secs(600);
    let follower = follow(settings).await;
    let picture = picture_where(&follower, |picture| picture.newest() == 20_500).await;
    assert_eq!(events(&picture), [exit_request(19_000, 1), exit_request(20_300, 2)]);
    let asked = provider.requests() - before;
    assert!(asked <= 14, "{asked} requests");
}

#[tokio::test]
async fn a_reorganisation_while_the_node_was_down_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l2");
    let provider = FakeProvider::start(Ledger::up_to(20_000).with_request(12_000, 1)).await;
    read_once(kept_at(&path, &provider)).await;
    provider.change(|ledger| {
        ledger.reorganise(11_000);
        ledger.grow(100);
    });
    let follower = follow(kept_at(&path, &provider)).await;
    let picture = picture_where(&follower, |picture| picture.newest() == 20_100).await;
    assert_eq!(events(&picture), []);
}

#[tokio::test]
async fn a_damaged_file_means_reading_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l2");
    let provider = FakeProvider::start(Ledger::up_to(20_000).with_request(19_000, 1)).await;
    read_once(kept_at(&path, &provider)).await;
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let follower = follow(kept_at(&path, &provider)).await;
    let picture = picture_where(&follower, |picture| picture.newest() == 20_000).await;
    assert_eq!(events(&picture), [exit_request(19_000, 1)]);
}

#[tokio::test]
async fn after_an_absence_longer_than_the_history_everything_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l2");
    let provider = FakeProvider::start(Ledger::up_to(20_000).with_request(19_000, 1)).await;
    read_once(kept_at(&path, &provider)).await;
    provider.change(|ledger| {
        ledger.grow(30_000);
        ledger.nodes.push((3, 3));
    });
    let follower = follow(kept_at(&path, &provider)).await;
    let picture = picture_where(&follower, |picture| picture.newest() == 50_000).await;
    assert_eq!(events(&picture), []);
    assert_eq!(picture.contract_nodes().unwrap().len(), 3);
}
