//! Coins for burned OXEN.

use crate::arbitrum::{Arbitrum, Disk, SESH, impatient, sesh};
use oxen_wallet_ethereum::{
    claim::{Claim, ClaimKind, SwapState, Wanted},
    journal::Journal,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn swapped_coins_are_claimed_by_their_owner_or_paid_out_to_them_by_another() {
    let Some(chain) = Arbitrum::start(4).await else { return };
    let (key, stranger) = (chain.account().await, chain.account().await);
    let me = key.address();
    let mut nodes = chain.nodes.clone();
    nodes.owed.insert(me, 54 * SESH + 1);
    nodes.silent = vec![3];
    let state = SwapState::read(&chain.provider, &chain.swap).await.unwrap();
    assert_eq!((state.paused, state.left), (false, sesh(30_000_000 * SESH)));
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
    assert_eq!(state.left, sesh(30_000_000 * SESH - 54 * SESH - 1));
}
