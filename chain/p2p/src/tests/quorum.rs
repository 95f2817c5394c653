//! Service nodes tell and ask each other, and nobody else is taken for one.

use super::{
    fixture::TestNode,
    service_node::{Proofs, TestServiceNode, keys},
    stranger::{FLOODER, Manners, Stranger},
};
use crate::limits::HEARD_OF_NODE;
use oxen_node_api::{
    Answer, AskError, PeerControl, QuorumEndpoint, QuorumHandler, QuorumNetwork, QuorumSubject, Reach,
};
use oxen_testkit::TestChain;
use oxen_types::PublicKey;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

#[tokio::test(flavor = "multi_thread")]
async fn a_service_node_is_heard_under_its_primary_key() {
    let (source, proofs) = (TestChain::start(), Arc::<Proofs>::default());
    let mut first = TestServiceNode::start(&source, 1, &proofs).await;
    let mut second = TestServiceNode::start(&source, 2, &proofs).await;
    // Nobody is connected: the message waits for the connection and the proofs.
    first.tell(&second, b"over there");
    assert_eq!(second.hears().await, (first.primary(), b"over there".to_vec()));
    second.tell_within(&first, b"and back", Reach::IfConnected);
    assert_eq!(first.hears().await, (second.primary(), b"and back".to_vec()));
    assert_eq!(
        second.node.network().connections().len(),
        1,
        "one connection serves both"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_wait_for_a_connection_arrive_in_their_order_and_reach_only_so_far() {
    let (source, proofs) = (TestChain::start(), Arc::<Proofs>::default());
    let first = TestServiceNode::start(&source, 1, &proofs).await;
    let mut second = TestServiceNode::start(&source, 2, &proofs).await;
    first.tell_within(&second, b"lost", Reach::IfConnected);
    first.tell(&second, &[1]);
    assert_eq!(second.hears().await.1, [1], "what may not connect is dropped");
    let mut third = TestServiceNode::start(&source, 3, &proofs).await;
    for number in 0..20 {
        first.tell(&third, &[number]);
    }
    let mut heard = Vec::new();
    for _ in 0..20 {
        heard.push(third.hears().await.1[0]);
    }
    heard.sort_unstable();
    assert_eq!(heard, (0..20).collect::<Vec<u8>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_call_each_other_at_once_both_hear() {
    let source = TestChain::start();
    for _ in 0..10 {
        let proofs = Arc::<Proofs>::default();
        let mut first = TestServiceNode::start(&source, 1, &proofs).await;
        let mut second = TestServiceNode::start(&source, 2, &proofs).await;
        first.tell(&second, b"from the first");
        second.tell(&first, b"from the second");
        assert_eq!(second.hears().await.1, b"from the first");
        assert_eq!(first.hears().await.1, b"from the second");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_connection_in_either_direction_is_used() {
    let (source, proofs) = (TestChain::start(), Arc::<Proofs>::default());
    let mut first = TestServiceNode::start(&source, 1, &proofs).await;
    let mut second = TestServiceNode::start(&source, 2, &proofs).await;
    // By way of a connection that carries blocks too.
    first.tell(&second, b"1");
    second.hears().await;
    // Nobody listens at the proven address any more; the connection is still there.
    for node in [&first, &second] {
        let moved = QuorumEndpoint {
            port: 1,
            ..node.endpoint()
        };
        proofs.set(node.primary(), moved);
    }
    second.tell(&first, b"2");
    assert_eq!(first.hears().await.1, b"2");
}

/// Tells whoever asks whether it is known.
fn says_who_asks(from: Option<PublicKey>, _: Vec<u8>) -> Answer<Option<Vec<u8>>> {
    Box::pin(async move { Some(from.map(|key| key.as_bytes().to_vec()).unwrap_or_default()) })
}

/// As whom the other knows the first.
async fn is_known_to(node: &TestServiceNode, other: &TestServiceNode) -> Option<PublicKey> {
    let network = node.node.network();
    let answer = network.ask(&other.primary(), QuorumSubject::Blink, Vec::new()).await;
    answer.unwrap().try_into().ok().map(PublicKey::new)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_taken_for_a_service_node_without_its_uptime_proof() {
    let (source, proofs) = (TestChain::start(), Arc::<Proofs>::default());
    let node = TestServiceNode::start_with(&source, 1, &proofs, says_who_asks).await;
    let mut node = node.proves(&proofs);
    let unknown = TestServiceNode::start_unproven(&source, 3, &proofs).await;
    // It signs with its own key and not with the one that the proof announces.
    let impostor = TestServiceNode::start_unproven(&source, 4, &proofs).await;
    let announced = QuorumEndpoint {
        ed25519: keys(5).ed25519_public(),
        ..impostor.endpoint()
    };
    proofs.set(impostor.primary(), announced);
    for stranger in [&unknown, &impostor] {
        stranger.tell(&node, b"believe me");
        assert_eq!(is_known_to(stranger, &node).await, None);
    }
    let known = TestServiceNode::start(&source, 2, &proofs).await;
    known.tell(&node, b"a good word");
    assert_eq!(node.hears().await, (known.primary(), b"a good word".to_vec()));
    assert!(node.heard_meanwhile().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connected_node_is_known_as_soon_as_its_uptime_proof_comes() {
    let (source, proofs) = (TestChain::start(), Arc::<Proofs>::default());
    let node = TestServiceNode::start_with(&source, 1, &proofs, says_who_asks).await;
    let mut node = node.proves(&proofs);
    let late = TestServiceNode::start_unproven(&source, 2, &proofs).await;
    assert_eq!(is_known_to(&late, &node).await, None);
    proofs.set(late.primary(), late.endpoint());
    assert_eq!(is_known_to(&late, &node).await, Some(late.primary()));
    late.tell(&node, b"here I am");
    assert_eq!(node.hears().await, (late.primary(), b"here I am".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_uptime_proof_ends_the_trust() {
    let (source, proofs) = (TestChain::start(), Arc::<Proofs>::default());
    let node = TestServiceNode::start_with(&source, 1, &proofs, says_who_asks).await;
    let mut node = node.proves(&proofs);
    let other = TestServiceNode::start(&source, 2, &proofs).await;
    other.tell(&node, b"trusted");
    assert_eq!(node.hears().await.1, b"trusted");
    let changed = QuorumEndpoint {
        ed25519: keys(9).ed25519_public(),
        ..other.endpoint()
    };
    proofs.set(other.primary(), changed);
    other.tell(&node, b"with another key");
    assert_eq!(is_known_to(&other, &node).await, None);
    proofs.remove(&other.primary());
    other.tell(&node, b"without a proof");
    assert_eq!(is_known_to(&other, &node).await, None);
    let third = TestServiceNode::start(&source, 3, &proofs).await;
    third.tell(&node, b"trusted as well");
    assert_eq!(node.hears().await.1, b"trusted as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_may_ask_and_only_a_service_node_has_a_name() {
    let (source, proofs) = (TestChain::start(), Arc::<Proofs>::default());
    let asked = TestServiceNode::start_with(&source, 1, &proofs, |from, question| {
        Box::pin(async move {
            match from {
                Some(_) => Some([b"a node asks ".to_vec(), question].concat()),
                None if question == b"secret" => None,
                None => Some([b"somebody asks ".to_vec(), question].concat()),
            }
        })
    })
    .await
    .proves(&proofs);
    let service_node = TestServiceNode::start(&source, 2, &proofs).await;
    let mut anybody = TestNode::new(&source);
    anybody.open(|_| {}).await;
    anybody.network().set_quorum_addresses(Arc::clone(&proofs) as _);
    let ask = |node: &TestNode, question: &[u8]| {
        let network = node.network();
        network.ask(&asked.primary(), QuorumSubject::Blink, question.to_vec())
    };
    assert_eq!(ask(&anybody, b"x").await, Ok(b"somebody asks x".to_vec()));
    assert_eq!(ask(&service_node.node, b"y").await, Ok(b"a node asks y".to_vec()));
    assert_eq!(ask(&asked.node, b"z").await, Ok(b"a node asks z".to_vec()), "itself");
    assert_eq!(ask(&anybody, b"secret").await, Err(AskError::Declined));
    let unhandled = anybody.network().ask(&asked.primary(), QuorumSubject::Time, Vec::new());
    assert_eq!(unhandled.await, Err(AskError::Declined));
    let nobody = keys(7).primary().public;
    let lost = anybody.network().ask(&nobody, QuorumSubject::Blink, Vec::new());
    assert_eq!(lost.await, Err(AskError::NoAddress));
}

#[tokio::test]
async fn a_question_without_an_answer_ends_in_time() {
    let (source, proofs) = (TestChain::start(), Arc::<Proofs>::default());
    let silent = TestServiceNode::start_with(&source, 1, &proofs, |_, _| Box::pin(std::future::pending()))
        .await
        .proves(&proofs);
    let asker = TestServiceNode::start(&source, 2, &proofs).await;
    let question = asker
        .node
        .network()
        .ask(&silent.primary(), QuorumSubject::Blink, Vec::new());
    // From here on time passes when nothing else happens.
    tokio::time::pause();
    assert_eq!(question.await, Err(AskError::TimedOut));
}

/// Hears nothing before the gate opens.
struct Slow {
    gate: Mutex<std::sync::mpsc::Receiver<()>>,
    told: mpsc::UnboundedSender<PublicKey>,
}

impl QuorumHandler for Slow {
    fn on_told(&self, from: PublicKey, _: Vec<u8>) {
        // Ends when nobody holds the gate.
        let _ = self.gate.lock().unwrap().recv();
        self.told.send(from).unwrap();
    }

    fn on_asked(&self, _: Option<PublicKey>, _: Vec<u8>) -> Answer<Option<Vec<u8>>> {
        Box::pin(async { None })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_node_that_tells_without_end_is_bounded_and_the_others_are_heard() {
    let (source, proofs) = (TestChain::start(), Arc::<Proofs>::default());
    let node = TestServiceNode::start(&source, 1, &proofs).await;
    let flooder = keys(FLOODER);
    let announced = QuorumEndpoint {
        ed25519: flooder.ed25519_public(),
        ..node.endpoint()
    };
    proofs.set(flooder.primary().public, announced);
    let (gate, closed) = std::sync::mpsc::channel();
    let (told, mut heard) = mpsc::unbounded_channel();
    let slow = Arc::new(Slow {
        gate: Mutex::new(closed),
        told,
    });
    QuorumNetwork::handle(node.node.network(), QuorumSubject::Pulse, slow);
    let stranger = Stranger::connect(&node.node.tcp_address(), &source, Manners::TellsUntilRefused).await;
    stranger.is_refused().await;
    let friend = TestServiceNode::start(&source, 2, &proofs).await;
    friend.tell(&node, b"there is room for me");
    drop(gate);
    let mut of_flood = 0;
    while heard.recv().await.unwrap() != friend.primary() {
        of_flood += 1;
    }
    // One was in the handler's hands already.
    assert!(of_flood <= HEARD_OF_NODE + 1, "{of_flood} messages were kept");
}
