//! Claims that go well.

use crate::arbitrum::{Arbitrum, Disk, SESH, impatient, sesh};
use oxen_wallet_ethereum::{
    claim::{ClaimBalance, ClaimKind, Wanted},
    journal::Journal,
    worker::{Progress, WorkError},
};

/// An amount with every decimal.
const EARNED: u64 = 123_456_789_012_345;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn everything_is_credited_and_paid_to_the_atomic_unit_and_only_once() {
    let Some(mut chain) = Arbitrum::start(7).await else {
        return;
    };
    let (key, mut nodes) = chain.account_owed(EARNED).await;
    let me = key.address();
    nodes.silent = vec![2, 5];
    let mut journal = Journal::open(Disk::default()).unwrap();
    let mut told = Vec::new();
    let mut watcher = |progress| told.push(progress);
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let receipt = worker.claim(chain.claim(&key, Wanted::Everything)).await.unwrap();
    assert_eq!((receipt.paid, receipt.account), (Some(sesh(EARNED)), me));
    assert_eq!(chain.balance(&me).await, EARNED);
    let mined = told.iter().filter(|one| matches!(one, Progress::Mined(_))).count();
    assert_eq!(mined, 2, "{told:?}");
    assert!(told.contains(&Progress::Signed {
        total: sesh(EARNED),
        non_signers: 2
    }));

    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let again = worker.claim(chain.claim(&key, Wanted::Everything)).await;
    assert_eq!(again, Err(WorkError::NothingToClaim(sesh(EARNED))));
    assert_eq!(chain.balance(&me).await, EARNED);
    assert_eq!(journal.receipts(), [receipt]);

    nodes.owed.insert(me, EARNED + 7);
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let more = worker.claim(chain.claim(&key, Wanted::Everything)).await.unwrap();
    assert_eq!(more.paid, Some(sesh(7)));
    assert_eq!(chain.balance(&me).await, EARNED + 7);
    chain.nodes = nodes;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_part_is_paid_from_what_is_credited_without_asking_anybody() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (key, mut nodes) = chain.account_owed(10 * SESH).await;
    let me = key.address();
    let mut journal = Journal::open(Disk::default()).unwrap();
    for (part, asked, balance) in [(4 * SESH, 1, 4 * SESH), (5 * SESH, 1, 9 * SESH), (SESH, 1, 10 * SESH)] {
        let mut watcher = |_| ();
        let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
        let receipt = worker
            .claim(chain.claim(&key, Wanted::Exactly(sesh(part))))
            .await
            .unwrap();
        assert_eq!(receipt.paid, Some(sesh(part)));
        assert_eq!((nodes.asked, chain.balance(&me).await), (asked, balance));
    }
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let refused = worker.claim(chain.claim(&key, Wanted::Exactly(sesh(1)))).await;
    assert_eq!(
        refused,
        Err(WorkError::MoreThanThereIs {
            wanted: sesh(1),
            available: sesh(0)
        })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_somebody_else_had_credited_is_claimed_with_one_transaction() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (key, stranger) = (chain.account().await, chain.account().await);
    let me = key.address();
    let mut nodes = chain.nodes.clone();
    nodes.owed.insert(me, 10 * SESH);
    // The stranger sends the update for us.
    let claim = chain.claim(&key, Wanted::Everything);
    let aggregate = {
        use oxen_wallet_ethereum::worker::SignatureSource;
        nodes.aggregate(ClaimKind::Rewards, &me).await.unwrap()
    };
    let sender = chain.sender(&stranger);
    let update = sender.prepare(claim.update_call(&aggregate)).await.unwrap();
    chain.hand_over(sender, &update).await;
    let balance = ClaimBalance::read(&chain.provider, ClaimKind::Rewards, &chain.rewards, &me)
        .await
        .unwrap();
    assert_eq!(balance.credited, sesh(10 * SESH));

    let mut journal = Journal::open(Disk::default()).unwrap();
    let mut told = Vec::new();
    let mut watcher = |progress| told.push(progress);
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    worker.claim(claim).await.unwrap();
    assert_eq!(
        told.iter().filter(|one| matches!(one, Progress::Mined(_))).count(),
        1,
        "{told:?}"
    );
    assert_eq!(chain.balance(&me).await, 10 * SESH);
}
