//! Transactions reach everybody, and not from their origin.

use super::fixture::TestNode;
use oxen_node_api::{Pool, Relay};
use oxen_testkit::{Account, TestChain, Transfer, TransferBuilder};
use oxen_types::Amount;

fn transfer(source: &mut TestChain) -> Transfer {
    TransferBuilder::new()
        .pay(&Account::named("bob"), Amount::OXEN)
        .build(source)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_reaches_all_over_its_stem() {
    let mut source = TestChain::mature();
    let first = TestNode::start(&source, &[]).await;
    let second = TestNode::start(&source, &[&first]).await;
    let third = TestNode::start(&source, &[&second]).await;
    first.catch_up(&source);
    third.reaches(source.tip().1.id).await;
    let transfer = transfer(&mut source);
    // The third chose the second, which chose the first, which chose nobody: there the stem ends.
    third.pool.submit(&transfer.blob(), Relay::Relay).unwrap();
    for node in [&first, &second, &third] {
        node.until("everybody's transaction", |node| {
            node.pool
                .get(&transfer.id())
                .is_some_and(|waiting| waiting.relay == Relay::Relay)
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_learns_what_waits_and_not_what_is_kept_back() {
    let mut source = TestChain::mature();
    let mut transfers = [(); 3].map(|()| transfer(&mut source));
    // What waits is told and taken in the order of ids: the one that is kept back would come before the last.
    transfers.sort_by_key(Transfer::id);
    let [first_public, kept, last_public] = transfers;
    let mut first = TestNode::new(&source);
    first.catch_up(&source);
    for (waiting, relay) in [
        (&first_public, Relay::Relay),
        (&kept, Relay::Keep),
        (&last_public, Relay::Relay),
    ] {
        first.pool.submit(&waiting.blob(), relay).unwrap();
    }
    first.open(|_| {}).await;
    let newcomer = TestNode::start(&source, &[&first]).await;
    newcomer.learns(first_public.id()).await;
    newcomer.learns(last_public.id()).await;
    assert!(newcomer.pool.get(&kept.id()).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_nobody_heard_is_told_to_the_first_that_comes() {
    let mut source = TestChain::mature();
    let lonely = TestNode::start(&source, &[]).await;
    lonely.catch_up(&source);
    let transfer = transfer(&mut source);
    lonely.pool.submit(&transfer.blob(), Relay::Relay).unwrap();
    let visitor = TestNode::start(&source, &[&lonely]).await;
    visitor.learns(transfer.id()).await;
}
