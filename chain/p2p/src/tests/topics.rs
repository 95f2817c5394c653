//! Topics that other services judge.

use super::fixture::TestNode;
use oxen_node_api::{Gossip, GossipHandler, GossipTopic, GossipVerdict};
use oxen_testkit::TestChain;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Tells of every message and judges it by its first byte.
struct Listener(mpsc::UnboundedSender<Vec<u8>>);

impl GossipHandler for Listener {
    fn on_message(&self, message: &[u8]) -> GossipVerdict {
        self.0.send(message.to_vec()).unwrap();
        match message.first() {
            Some(0) => GossipVerdict::Ignore,
            _ => GossipVerdict::Accept,
        }
    }
}

async fn listen(node: &TestNode) -> mpsc::UnboundedReceiver<Vec<u8>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    node.network()
        .handle(GossipTopic::Votes, Arc::new(Listener(sender)))
        .await;
    receiver
}

async fn next(receiver: &mut mpsc::UnboundedReceiver<Vec<u8>>) -> Vec<u8> {
    let waited = tokio::time::timeout(Duration::from_secs(30), receiver.recv());
    waited.await.expect("a message comes").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_a_node_accepts_goes_further() {
    let source = TestChain::start();
    let first = TestNode::start(&source, &[]).await;
    let second = TestNode::start(&source, &[&first]).await;
    let third = TestNode::start_with(&source, |config| {
        // It must hear of the first through the second alone.
        config.choice = crate::PeerChoice::Exclusive;
        config.peers = vec![second.tcp_address().parse().unwrap()];
    })
    .await;
    let _first = listen(&first).await;
    let mut at_second = listen(&second).await;
    let mut at_third = listen(&third).await;
    // Once the second hears the third, the two are connected; votes are not kept for those who come later.
    third.network().publish(GossipTopic::Votes, vec![0, 3]);
    assert_eq!(next(&mut at_second).await, [0, 3]);
    for message in [[0, 1], [1, 1]] {
        first.network().publish(GossipTopic::Votes, message.to_vec());
        assert_eq!(next(&mut at_second).await, message);
    }
    assert_eq!(next(&mut at_third).await, [1, 1]);
}
