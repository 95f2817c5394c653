//! What the contract refuses: named, free of charge, and to be repeated.

use crate::arbitrum::{Arbitrum, Disk, Owner, SESH, impatient, sesh};
use alloy::primitives::U256;
use oxen_wallet_ethereum::{L2Error, claim::Wanted, journal::Journal, worker::WorkError};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_false_signature_is_asked_for_three_times_and_costs_nothing() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (key, mut nodes) = chain.account_owed(10 * SESH).await;
    let me = key.address();
    nodes.liar = Some(1);
    let mut journal = Journal::open(Disk::default()).unwrap();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let refused = worker.claim(chain.claim(&key, Wanted::Everything)).await.unwrap_err();
    assert!(matches!(refused, WorkError::SignaturesRefused(_)), "{refused}");
    assert!(refused.to_string().contains("list of nodes"), "{refused}");
    assert_eq!(nodes.asked, 3);
    assert_eq!(chain.provider.mined_nonce(&me).await.unwrap(), 0);

    nodes.liar = None;
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    worker.claim(chain.claim(&key, Wanted::Everything)).await.unwrap();
    assert_eq!(chain.balance(&me).await, 10 * SESH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn too_few_signers_are_counted() {
    let Some(chain) = Arbitrum::start(6).await else { return };
    let (key, mut nodes) = chain.account_owed(10 * SESH).await;
    nodes.silent = vec![0, 1, 2];
    let mut journal = Journal::open(Disk::default()).unwrap();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let refused = worker.claim(chain.claim(&key, Wanted::Everything)).await.unwrap_err();
    assert!(refused.to_string().contains("only 3 of the 4 nodes"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_paused_contract_is_waited_for() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (key, mut nodes) = chain.account_owed(10 * SESH).await;
    let me = key.address();
    chain.own(Owner::pauseCall {}).await;
    let mut journal = Journal::open(Disk::default()).unwrap();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let refused = worker.claim(chain.claim(&key, Wanted::Everything)).await.unwrap_err();
    assert!(matches!(refused, WorkError::L2(L2Error::Refused(_))), "{refused:?}");
    assert!(refused.to_string().contains("paused. Nothing is lost"), "{refused}");
    chain.own(Owner::unpauseCall {}).await;
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    worker.claim(chain.claim(&key, Wanted::Everything)).await.unwrap();
    assert_eq!(chain.balance(&me).await, 10 * SESH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_used_up_window_says_what_is_left_and_when_the_next_begins() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (key, mut nodes) = chain.account_owed(10 * SESH).await;
    let me = key.address();
    chain
        .own(Owner::setClaimThresholdCall {
            threshold: U256::from(6 * SESH),
        })
        .await;
    // So that the window does not end while the test runs.
    let head = chain.provider.head().await.unwrap();
    let begin = (head.timestamp / 43_200 + 1) * 43_200;
    chain.ask("evm_setNextBlockTimestamp", json!([begin])).await;
    chain.mine().await;
    let mut journal = Journal::open(Disk::default()).unwrap();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    worker
        .claim(chain.claim(&key, Wanted::Exactly(sesh(4 * SESH))))
        .await
        .unwrap();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let refused = worker.claim(chain.claim(&key, Wanted::Everything)).await.unwrap_err();
    let WorkError::WindowUsedUp(window) = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!((window.left, window.limit), (sesh(2 * SESH), sesh(6 * SESH)));
    assert_eq!(window.ends, begin + 43_200);
    assert!(refused.to_string().contains("2 SESH of it are left"), "{refused}");

    chain.ask("evm_setNextBlockTimestamp", json!([window.ends])).await;
    chain.mine().await;
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    worker.claim(chain.claim(&key, Wanted::Everything)).await.unwrap();
    assert_eq!(chain.balance(&me).await, 10 * SESH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_total_that_is_older_than_the_contracts_changes_nothing() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let key = chain.account().await;
    let me = key.address();
    let mut nodes = chain.nodes.clone();
    let mut journal = Journal::open(Disk::default()).unwrap();
    for (owed, paid) in [(10 * SESH, Ok(10 * SESH)), (8 * SESH, Err(10 * SESH))] {
        nodes.owed.insert(me, owed);
        let mut watcher = |_| ();
        let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
        let result = worker.claim(chain.claim(&key, Wanted::Everything)).await;
        match paid {
            Ok(paid) => assert_eq!(result.unwrap().paid, Some(sesh(paid))),
            Err(credited) => assert_eq!(result, Err(WorkError::NothingToClaim(sesh(credited)))),
        }
        assert_eq!(chain.balance(&me).await, 10 * SESH);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn without_ether_the_address_that_needs_it_is_named() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let key = oxen_wallet_ethereum::EthereumKey::random(&mut rand_core::OsRng);
    let mut nodes = chain.nodes.clone();
    nodes.owed.insert(key.address(), 10 * SESH);
    let mut journal = Journal::open(Disk::default()).unwrap();
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let refused = worker.claim(chain.claim(&key, Wanted::Everything)).await.unwrap_err();
    assert!(
        matches!(refused, WorkError::L2(L2Error::NotEnoughEther { account, .. }) if account == key.address()),
        "{refused:?}"
    );
    assert_eq!(journal.in_flight(), None);
}
