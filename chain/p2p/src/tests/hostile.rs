//! Peers that break the rules are sent away, and the others do not notice.

use super::{
    fixture::TestNode,
    stranger::{Manners, Stranger},
};
use oxen_node_api::PeerControl;
use oxen_testkit::{TestChain, TestNetwork};

/// The node goes on with its honest peer.
async fn still_works(source: &mut TestChain, node: &TestNode, friend: &TestNode) {
    source.mine_empty(1);
    friend.catch_up(source);
    node.reaches(source.tip().1.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_breaks_a_rule_is_sent_away_and_the_others_go_on() {
    let mut source = TestChain::start();
    let node = TestNode::start(&source, &[]).await;
    let friend = TestNode::start(&source, &[&node]).await;
    for manners in [
        Manners::Foreign,
        Manners::SendsGarbage,
        Manners::AnnouncesTooMuch,
        Manners::GossipsTooMuch,
        Manners::GossipsGarbage,
        Manners::AsksWithoutEnd,
        Manners::ForgesStatement,
        Manners::RepeatsStatement,
        Manners::TellsAsNobody,
        Manners::TellsTooMuch,
    ] {
        let stranger = Stranger::connect(&node.tcp_address(), &source, manners).await;
        stranger.is_sent_away().await;
        still_works(&mut source, &node, &friend).await;
    }
    assert_eq!(node.network().connections().len(), 1);
    // All of them came from the loopback address, which is nobody's alone.
    assert!(node.network().bans().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_network_is_refused() {
    let source = TestChain::start();
    let foreign = TestChain::on(&TestNetwork::new().premine(1, oxen_types::Amount::OXEN));
    let node = TestNode::start(&source, &[]).await;
    let stranger = TestNode::start(&foreign, &[&node]).await;
    let mut friend_source = source.clone();
    let friend = TestNode::start(&source, &[&node]).await;
    still_works(&mut friend_source, &node, &friend).await;
    assert_eq!(stranger.height().index(), 0);
    let heights: Vec<_> = node
        .network()
        .connections()
        .iter()
        .filter_map(|peer| peer.tip)
        .collect();
    assert_eq!(heights.len(), 1, "only the friend greeted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banned_host_is_sent_away_and_stays_out_until_the_ban_is_lifted() {
    let mut source = TestChain::start();
    let node = TestNode::start(&source, &[]).await;
    let stranger = Stranger::connect(&node.tcp_address(), &source, Manners::NamesBlocksItLacks).await;
    stranger.was_asked().await;
    let host = [127, 0, 0, 1].into();
    node.network().ban(host, 3_600);
    stranger.is_sent_away().await;
    let again = Stranger::connect(&node.tcp_address(), &source, Manners::NamesBlocksItLacks).await;
    again.is_sent_away().await;
    assert_eq!(node.network().bans().len(), 1);
    assert!(node.network().lift_ban(host));
    let friend = TestNode::start(&source, &[&node]).await;
    still_works(&mut source, &node, &friend).await;
}
