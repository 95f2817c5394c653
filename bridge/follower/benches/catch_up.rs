//! Catching up 100,000 L2 blocks of logs from anvil within the default budget of requests. Run with `OXEN_ANVIL` set; anvil
//! takes a quarter of an hour to make the blocks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench ends where it fails")]

#[path = "../tests/it/local_chain.rs"]
mod local_chain;

use local_chain::LocalChain;
use oxen_bridge_follower::{Followed, Follower, FollowerSettings};
use oxen_node_api::Clock;
use oxen_types::{Network, Timestamp, bytes::EthereumAddress};
use std::{sync::Arc, time::Instant};

const BLOCKS: u64 = 100_000;
const EVENTS: u64 = 200;
const REWARDS: [u8; 20] = [0x11; 20];
const POOL: [u8; 20] = [0x22; 20];

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp::from_seconds(since.unwrap().as_secs())
    }
}

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let Some(chain) = LocalChain::start(&["--prune-history"]) else {
        return;
    };
    chain.install(REWARDS, POOL, &[(1, 1)], 777).await;
    let mut height = 0;
    for event in 0..EVENTS {
        chain.mine(BLOCKS / EVENTS - 1).await;
        height = chain.exit_request(REWARDS, (event % 250) as u8).await;
    }
    let mut parameters = Network::mainnet().l2;
    parameters.chain_id = 31_337;
    parameters.rewards_contract = Some(EthereumAddress::new(REWARDS));
    parameters.pool_contract = Some(EthereumAddress::new(POOL));
    let settings = FollowerSettings {
        providers: vec![chain.url()],
        history_blocks: BLOCKS,
        ..FollowerSettings::default()
    };
    let per_minute = settings.requests_per_minute;
    let start = Instant::now();
    let follower = Follower::start(settings, Followed::of(&parameters).unwrap(), Arc::new(SystemClock))
        .await
        .unwrap();
    let mut pictures = follower.pictures();
    let caught_up = pictures
        .wait_for(|picture| picture.as_ref().is_some_and(|picture| picture.newest() >= height))
        .await
        .unwrap();
    let elapsed = start.elapsed();
    let events = caught_up.as_ref().unwrap().events().count();
    let requests = follower.requests()[0];
    println!(
        "{height} L2 blocks with {events} events: {elapsed:.2?}, {requests} requests (budget {per_minute} a minute)"
    );
    assert_eq!(events as u64, EVENTS);
    // What may go at once, and what the time allows.
    let allowed = u128::from(per_minute / 4) + elapsed.as_millis() * u128::from(per_minute) / 60_000 + 2;
    assert!(
        u128::from(requests) <= allowed,
        "{requests} requests are more than {allowed}"
    );
}
