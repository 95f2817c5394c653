//! Coins for burned OXEN.

use crate::arbitrum::{Arbitrum, Disk, Owner, SESH, impatient, sesh};
use alloy::primitives::U256;
use oxen_wallet_ethereum::{
    claim::{Claim, ClaimKind, SwapState, Wanted},
    journal::Journal,
    worker::WorkError,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn swapped_coins_are_claimed_by_their_owner_or_paid_out_to_them_by_another() {
    let Some(chain) = Arbitrum::start(4).await else { return };
    let (key, stranger) = (chain.account().await, chain.account().await);
    let me = key.address();
    let mut nodes = chain.nodes.clone();
    nodes.owed.insert(me, 54 * SESH + 1);
    nodes.silent = vec![3];
    let state = SwapState::read(&chain.provider, &chain.swap).await.unwrap();
    let all = sesh(30_000_000 * SESH);
    assert_eq!((state.paused, state.left, state.funded), (false, all, all));
    let claim = |wanted| Claim::new(ClaimKind::Swap, chain.swap, me, wanted);
    let mut journal = Journal::open(Disk::default()).unwrap();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let receipt = worker.claim(claim(Wanted::Exactly(sesh(50 * SESH)))).await.unwrap();
    assert_eq!(receipt.paid, Some(sesh(50 * SESH)));

    let mut journal = Journal::open(Disk::default()).unwrap();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&stranger), &mut journal, &mut nodes, &mut watcher);
    let receipt = worker.claim(claim(Wanted::Everything)).await.unwrap();
    assert_eq!(receipt.paid, Some(sesh(4 * SESH + 1)));
    assert_eq!(chain.balance(&me).await, 54 * SESH + 1);
    assert_eq!(chain.balance(&stranger.address()).await, 0);
    let state = SwapState::read(&chain.provider, &chain.swap).await.unwrap();
    let rest = sesh(30_000_000 * SESH - 54 * SESH - 1);
    assert_eq!((state.left, state.funded), (rest, rest));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_the_window_does_not_leave_is_not_said_to_be_paid() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (me, stranger) = (chain.account().await.address(), chain.account().await);
    let mut nodes = chain.nodes.clone();
    nodes.owed.insert(me, 10 * SESH);
    chain
        .own_swap(Owner::setCycleLimitCall {
            limit: U256::from(6 * SESH),
        })
        .await;
    // So that the window does not end while the test runs.
    let head = chain.provider.head().await.unwrap();
    let begin = (head.timestamp / 43_200 + 1) * 43_200;
    chain.ask("evm_setNextBlockTimestamp", json!([begin])).await;
    chain.mine().await;
    let claim = Claim::new(ClaimKind::Swap, chain.swap, me, Wanted::Everything);
    let mut journal = Journal::open(Disk::default()).unwrap();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&stranger), &mut journal, &mut nodes, &mut watcher);
    let receipt = worker.claim(claim.clone()).await.unwrap();
    assert_eq!((receipt.paid, receipt.left), (Some(sesh(6 * SESH)), sesh(4 * SESH)));
    assert_eq!(chain.balance(&me).await, 6 * SESH);
    let refused = worker.claim(claim.clone()).await.unwrap_err();
    assert!(matches!(refused, WorkError::WindowUsedUp(_)), "{refused:?}");

    chain.ask("evm_setNextBlockTimestamp", json!([begin + 43_200])).await;
    chain.mine().await;
    let receipt = worker.claim(claim).await.unwrap();
    assert_eq!((receipt.paid, receipt.left), (Some(sesh(4 * SESH)), sesh(0)));
    assert_eq!(chain.balance(&me).await, 10 * SESH);
}
