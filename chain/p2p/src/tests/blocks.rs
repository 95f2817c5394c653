//! New blocks reach everybody.

use super::fixture::TestNode;
use oxen_node_api::Pool;
use oxen_node_api::{ChainWriter, Relay};
use oxen_testkit::{Account, TestChain, TransferBuilder};
use oxen_types::Amount;

#[tokio::test(flavor = "multi_thread")]
async fn a_block_made_by_one_reaches_all() {
    let mut source = TestChain::start();
    let first = TestNode::start(&source, &[]).await;
    let second = TestNode::start(&source, &[&first]).await;
    let by_quic = first.quic_address();
    let third = TestNode::start_with(&source, |config| config.peers = vec![by_quic.parse().unwrap()]).await;
    let fourth = TestNode::start(&source, &[&third]).await;
    // Connections come in any order: each block finds its way by gossip or by sync.
    for maker in [&first, &fourth, &second] {
        source.mine_empty(1);
        maker.catch_up(&source);
        for node in [&first, &second, &third, &fourth] {
            node.reaches(source.tip().1.id).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_blocks_at_once_the_newest_brings_all() {
    let mut source = TestChain::start();
    let maker = TestNode::start(&source, &[]).await;
    let other = TestNode::start(&source, &[&maker]).await;
    source.mine_empty(1);
    maker.catch_up(&source);
    other.reaches(source.tip().1.id).await;
    source.mine_empty(40);
    maker.catch_up(&source);
    other.reaches(source.tip().1.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_brings_the_transactions_that_its_receiver_lacks() {
    let mut source = TestChain::mature();
    let transfer = TransferBuilder::new()
        .pay(&Account::named("bob"), Amount::OXEN)
        .build(&mut source);
    let maker = TestNode::start(&source, &[]).await;
    let other = TestNode::start(&source, &[&maker]).await;
    maker.catch_up(&source);
    other.reaches(source.tip().1.id).await;
    // Kept back: it reaches the other only inside the block.
    maker.pool.submit(&transfer.blob(), Relay::Keep).unwrap();
    let mined = source.mine(&[transfer.checked()]).submission();
    maker.chain.submit_block(mined).unwrap();
    other.reaches(source.tip().1.id).await;
    assert!(other.pool.is_empty());
}
