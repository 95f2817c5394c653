//! Getting what others have.

use super::{
    fixture::TestNode,
    stranger::{Manners, Stranger},
};
use oxen_node_api::{PeerControl, SyncState};
use oxen_testkit::TestChain;

#[tokio::test(flavor = "multi_thread")]
async fn a_late_joiner_gets_500_blocks_from_two_peers() {
    let mut source = TestChain::start();
    source.mine_empty(500);
    let first = TestNode::new(&source);
    let second = TestNode::new(&source);
    let mut nodes = [first, second];
    for node in &mut nodes {
        node.catch_up(&source);
        node.open(|_| {}).await;
    }
    let joiner = TestNode::start(&source, &[&nodes[0], &nodes[1]]).await;
    joiner.reaches(source.tip().1.id).await;
    assert_eq!(joiner.network().sync_state(), SyncState::Synchronised);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_goes_on_after_a_restart() {
    let mut source = TestChain::start();
    source.mine_empty(300);
    let mut server = TestNode::new(&source);
    server.catch_up(&source);
    server.open(|_| {}).await;
    let address = server.tcp_address();
    let mut joiner = TestNode::new(&source);
    joiner
        .open(|config| config.peers = vec![address.parse().unwrap()])
        .await;
    joiner.until("the first blocks", |node| node.height().index() > 0).await;
    joiner.close().await;
    joiner
        .open(|config| config.peers = vec![address.parse().unwrap()])
        .await;
    joiner.reaches(source.tip().1.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_heals_to_the_heavier_side() {
    let mut heavy = TestChain::start();
    heavy.mine_empty(20);
    let mut light = heavy.clone();
    light.diverge();
    light.mine_empty(5);
    heavy.mine_empty(12);
    let heavy_side = TestNode::start(&heavy, &[]).await;
    let heavy_friend = TestNode::start(&heavy, &[&heavy_side]).await;
    let light_side = TestNode::start(&light, &[]).await;
    heavy_side.catch_up(&heavy);
    light_side.catch_up(&light);
    heavy_friend.reaches(heavy.tip().1.id).await;
    let bridge = TestNode::start(&heavy, &[&heavy_friend, &light_side]).await;
    for node in [&bridge, &light_side, &heavy_friend] {
        node.reaches(heavy.tip().1.id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stands_still_serves_and_does_not_follow() {
    let mut source = TestChain::start();
    source.mine_empty(5);
    let mut standing = TestNode::new(&source);
    standing.catch_up(&source);
    let height = standing.height();
    standing.open(|config| config.sync = crate::SyncMode::Stand).await;
    let joiner = TestNode::start(&source, &[&standing]).await;
    joiner.reaches(source.tip().1.id).await;
    // Somebody is ahead from the beginning; a node that follows learns of that later and gets there.
    source.mine_empty(5);
    let mut ahead = TestNode::new(&source);
    ahead.catch_up(&source);
    let address = standing.tcp_address();
    ahead.open(|config| config.peers = vec![address.parse().unwrap()]).await;
    let follower = TestNode::start(&source, &[&ahead]).await;
    follower.reaches(source.tip().1.id).await;
    let tips: Vec<_> = standing.network().connections().iter().map(|peer| peer.tip).collect();
    assert!(
        tips.contains(&Some((source.tip().0, source.tip().1.id))),
        "it knows: {tips:?}"
    );
    assert_eq!(standing.height(), height);
}

#[tokio::test(flavor = "multi_thread")]
async fn liars_are_replaced_and_the_sync_goes_on() {
    let mut source = TestChain::start();
    source.mine_empty(60);
    let mut honest = TestNode::new(&source);
    honest.catch_up(&source);
    honest.open(|_| {}).await;
    for manners in [
        Manners::NamesBlocksItLacks,
        Manners::NeverHasTime,
        Manners::SendsOtherBlocks,
        Manners::AnswersSomethingElse,
    ] {
        let joiner = TestNode::start(&source, &[]).await;
        let liar = Stranger::connect(&joiner.tcp_address(), &source, manners).await;
        // The liar claims to be far ahead and is followed first.
        liar.was_asked().await;
        let address = joiner.tcp_address();
        let helper = TestNode::start_with(&source, |config| config.peers = vec![address.parse().unwrap()]).await;
        helper.catch_up(&source);
        joiner.reaches(source.tip().1.id).await;
    }
}
