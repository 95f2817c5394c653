//! Transactions that the network forgets, replaces, or is slow with.

use crate::arbitrum::{Arbitrum, Disk, Mining, SESH, impatient, sesh};
use alloy::primitives::B256;
use oxen_wallet_ethereum::{
    EthereumKey,
    claim::{ClaimStage, Wanted},
    journal::{Journal, Operation, Work},
    service_node::approve_call,
    transaction::Call,
    worker::{Progress, Step, WorkError},
};
use serde_json::json;
use std::time::Duration;
use tokio::{runtime::Handle, task::block_in_place};

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_dropped_transaction_is_handed_over_again() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (key, mut nodes) = chain.account_owed(10 * SESH).await;
    let mut journal = begun(&chain, &key, Wanted::Everything);
    chain.automine(Mining::ByHand).await;
    let mut told = Vec::new();
    let mut watcher = |progress| told.push(progress);
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let hash = wait_for_waiting(&mut worker).await;
    chain.ask("anvil_dropTransaction", json!([hash])).await;
    assert!(!chain.provider.knows(hash).await.unwrap());
    assert_eq!(worker.step().await.unwrap(), Step::Waiting(hash));
    assert!(chain.provider.knows(hash).await.unwrap());
    chain.automine(Mining::AtOnce).await;
    chain.mine().await;
    worker.finish().await.unwrap();
    assert!(told.contains(&Progress::SentAgain(hash)), "{told:?}");
    assert_eq!(chain.balance(&key.address()).await, 10 * SESH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_transaction_that_waits_too_long_is_replaced_and_pays_once() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (key, mut nodes) = chain.account_owed(10 * SESH).await;
    let mut journal = begun(&chain, &key, Wanted::Exactly(sesh(4 * SESH)));
    chain.automine(Mining::ByHand).await;
    let mut told = Vec::new();
    let mut watcher = |progress| told.push(progress);
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let hash = wait_for_waiting(&mut worker).await;
    worker.pace.raise_after = Duration::ZERO;
    worker.step().await.unwrap();
    worker.pace.raise_after = Duration::from_secs(60);
    let Step::Waiting(raised) = worker.step().await.unwrap() else {
        panic!("nothing mines")
    };
    assert_ne!(raised, hash);
    chain.automine(Mining::AtOnce).await;
    chain.mine().await;
    worker.finish().await.unwrap();
    assert!(
        told.contains(&Progress::Raised(raised)) && told.contains(&Progress::Mined(raised)),
        "{told:?}"
    );
    assert_eq!(chain.balance(&key.address()).await, 4 * SESH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_payment_whose_number_another_wallet_used_is_repeated_only_when_nothing_was_paid() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    for paid_elsewhere in [false, true] {
        let (key, mut nodes) = chain.account_owed(10 * SESH).await;
        let me = key.address();
        let claim = chain.claim(&key, Wanted::Exactly(sesh(4 * SESH)));
        let mut journal = begun(&chain, &key, Wanted::Exactly(sesh(4 * SESH)));
        let mut watcher = |_| ();
        let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
        // The update is mined at once, the payment waits.
        while !is_credited(worker.journal.operation()) {
            worker.step().await.unwrap();
        }
        chain.automine(Mining::ByHand).await;
        let hash = wait_for_waiting(&mut worker).await;
        chain.ask("anvil_dropTransaction", json!([hash])).await;
        // The same key in another wallet.
        let call = if paid_elsewhere {
            claim.claim_call(&me, sesh(3 * SESH))
        } else {
            harmless(&chain)
        };
        chain.automine(Mining::AtOnce).await;
        from_another_wallet(&chain, &key, call).await;
        let result = worker.finish().await;
        if paid_elsewhere {
            assert_eq!(result, Err(WorkError::ClaimedElsewhere { paid: sesh(3 * SESH) }));
            assert_eq!(chain.balance(&me).await, 3 * SESH);
        } else {
            assert_eq!(result.unwrap().paid, Some(sesh(4 * SESH)));
            assert_eq!(chain.balance(&me).await, 4 * SESH);
        }
        assert_eq!(journal.operation(), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn that_a_number_is_used_up_is_believed_after_some_time_and_not_after_some_looks() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (key, mut nodes) = chain.account_owed(10 * SESH).await;
    let mut journal = begun(&chain, &key, Wanted::Everything);
    chain.automine(Mining::ByHand).await;
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let hash = wait_for_waiting(&mut worker).await;
    chain.ask("anvil_dropTransaction", json!([hash])).await;
    chain.automine(Mining::AtOnce).await;
    from_another_wallet(&chain, &key, harmless(&chain)).await;
    worker.pace.certain_after = Duration::from_secs(30);
    for _ in 0..10 {
        assert_eq!(worker.step().await, Ok(Step::Waiting(hash)));
    }
    worker.pace.certain_after = Duration::ZERO;
    assert_eq!(worker.step().await, Ok(Step::Further));
    worker.finish().await.unwrap();
    assert_eq!(chain.balance(&key.address()).await, 10 * SESH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_payment_that_fails_because_its_credit_vanished_is_made_after_another_update() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (key, mut nodes) = chain.account_owed(10 * SESH).await;
    let mut journal = begun(&chain, &key, Wanted::Everything);
    let before = chain.ask("evm_snapshot", json!([])).await;
    let mut told = Vec::new();
    let mut watcher = |progress| told.push(progress);
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    while !is_credited(worker.journal.operation()) {
        worker.step().await.unwrap();
    }
    chain.automine(Mining::ByHand).await;
    let payment = wait_for_waiting(&mut worker).await;
    chain.ask("anvil_dropTransaction", json!([payment])).await;
    chain.ask("evm_revert", json!([before])).await;
    chain.automine(Mining::AtOnce).await;
    // The number of the update goes to something else, so that the payment can be mined without it.
    from_another_wallet(&chain, &key, harmless(&chain)).await;
    worker.finish().await.unwrap();
    assert!(
        told.contains(&Progress::Mined(payment)) && told.contains(&Progress::CreditVanished),
        "{told:?}"
    );
    assert_eq!(chain.balance(&key.address()).await, 10 * SESH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_l2_that_goes_back_again_and_again_does_not_keep_the_worker_for_ever() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (key, mut nodes) = chain.account_owed(10 * SESH).await;
    let mut journal = begun(&chain, &key, Wanted::Everything);
    let mut before = chain.ask("evm_snapshot", json!([])).await;
    // Whenever the update is in a block, that block is replaced by one without it.
    let mut watcher = |progress| {
        if matches!(progress, Progress::Credited(_)) {
            block_in_place(|| {
                Handle::current().block_on(async {
                    chain.ask("evm_revert", json!([before])).await;
                    before = chain.ask("evm_snapshot", json!([])).await;
                });
            });
        }
    };
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let mut result = worker.finish().await;
    for _ in 0..20 {
        // Anvil contradicts itself for a moment when it has gone back: the command is given again.
        if matches!(result, Err(WorkError::L2(_))) {
            result = worker.finish().await;
        }
    }
    assert_eq!(result, Err(WorkError::NoEnd));
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    worker.finish().await.unwrap();
    assert_eq!(chain.balance(&key.address()).await, 10 * SESH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nothing_new_is_begun_while_a_transaction_is_on_its_way() {
    let Some(chain) = Arbitrum::start(3).await else { return };
    let (key, mut nodes) = chain.account_owed(10 * SESH).await;
    let mut journal = begun(&chain, &key, Wanted::Everything);
    chain.automine(Mining::ByHand).await;
    let mut watcher = |_| ();
    let mut worker = impatient(chain.sender(&key), &mut journal, &mut nodes, &mut watcher);
    let hash = wait_for_waiting(&mut worker).await;
    let refused = worker.claim(chain.claim(&key, Wanted::Everything)).await.unwrap_err();
    assert!(matches!(refused, WorkError::Journal(_)), "{refused:?}");
    worker.pace.patience = Duration::ZERO;
    assert_eq!(worker.finish().await, Err(WorkError::StillWaiting(hash)));
}

fn begun(chain: &Arbitrum, key: &oxen_wallet_ethereum::EthereumKey, wanted: Wanted) -> Journal<Disk> {
    let mut journal = Journal::open(Disk::default()).unwrap();
    journal
        .begin(Operation {
            account: key.address(),
            chain_id: chain.provider.chain_id(),
            work: Work::Claim(chain.claim(key, wanted)),
        })
        .unwrap();
    journal
}

fn is_credited(operation: Option<&Operation>) -> bool {
    let Some(Work::Claim(claim)) = operation.map(|operation| &operation.work) else {
        return false;
    };
    matches!(claim.stage, ClaimStage::Credited { .. })
}

/// What the same key does in another wallet: it uses up a number.
async fn from_another_wallet(chain: &Arbitrum, key: &EthereumKey, call: Call) {
    let sender = chain.sender(key);
    let submission = sender.prepare(call).await.unwrap();
    chain.hand_over(sender, &submission).await;
}

fn harmless(chain: &Arbitrum) -> Call {
    approve_call(chain.token, &chain.rewards, sesh(1))
}

/// Steps until a transaction waits.
async fn wait_for_waiting(
    worker: &mut oxen_wallet_ethereum::worker::Worker<'_, Disk, crate::nodes::ServiceNodes>,
) -> B256 {
    loop {
        match worker.step().await.unwrap() {
            Step::Waiting(hash) => return hash,
            Step::Further => {}
            Step::Done(receipt) => panic!("nothing waits: {receipt:?}"),
        }
    }
}
