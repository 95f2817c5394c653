//! A follower, and waiting for what it publishes.

use crate::fake_provider::{CHAIN_ID, FakeProvider, POOL, REWARDS};
use oxen_bridge_follower::{Followed, Follower, FollowerSettings};
use oxen_bridge_rules::picture::Picture;
use oxen_node_api::{Clock, L2Reader, L2State, L2Status};
use oxen_types::{
    Network, Timestamp,
    bytes::{BlsPublicKey, EthereumAddress},
    extra::{L2Event, L2EventKind, L2Source},
};
use std::{
    sync::{Arc, Once},
    time::Duration,
};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp::from_seconds(since.unwrap().as_secs())
    }
}

pub fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

pub fn followed() -> Followed {
    let mut parameters = Network::mainnet().l2;
    parameters.chain_id = CHAIN_ID;
    parameters.rewards_contract = Some(EthereumAddress::new(REWARDS));
    parameters.pool_contract = Some(EthereumAddress::new(POOL));
    parameters.purge_blocks = 1_000;
    parameters.reward_update_blocks = 400;
    Followed::of(&parameters).unwrap()
}

pub fn settings(providers: &[&FakeProvider]) -> FollowerSettings {
    FollowerSettings {
        providers: providers.iter().map(|provider| provider.url.clone()).collect(),
        refresh: Duration::from_millis(20),
        timeout: Duration::from_millis(300),
        requests_per_minute: 60_000,
        ..FollowerSettings::default()
    }
}

pub async fn follow(settings: FollowerSettings) -> Follower {
    install_tls();
    Follower::start(settings, followed(), Arc::new(SystemClock))
        .await
        .unwrap()
}

/// The first picture of which `matches` is true.
pub async fn picture_where(follower: &Follower, matches: impl Fn(&Picture) -> bool) -> Arc<Picture> {
    let mut pictures = follower.pictures();
    let seen = pictures.wait_for(|picture| picture.as_ref().is_some_and(|picture| matches(picture)));
    let seen = tokio::time::timeout(PATIENCE, seen).await;
    let seen = seen.unwrap_or_else(|_| panic!("no such picture; {:?}", follower.status()));
    seen.unwrap().clone().unwrap()
}

/// The status when `matches` is true of it. What is waited for shows in a status alone, which nobody is told of.
pub async fn status_where(follower: &Follower, matches: impl Fn(&L2Status) -> bool) -> L2Status {
    let waiting = async {
        loop {
            let status = follower.status();
            if matches(&status) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let status = tokio::time::timeout(PATIENCE, waiting).await;
    status.unwrap_or_else(|_| panic!("no such status: {:?}", follower.status()))
}

pub fn is_interrupted(status: &L2Status) -> bool {
    matches!(status.state, L2State::Interrupted { .. })
}

pub fn exit_request(l2_height: u64, node: u8) -> L2Event {
    L2Event {
        source: L2Source {
            chain_id: CHAIN_ID,
            l2_height,
        },
        kind: L2EventKind::ExitRequest {
            bls_key: BlsPublicKey::new([node; 64]),
        },
    }
}

pub fn events(picture: &Picture) -> Vec<L2Event> {
    picture.events().cloned().collect()
}
