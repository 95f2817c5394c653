//! A service node of the tests, and the uptime proofs that all of them know.

use super::fixture::TestNode;
use oxen_node_api::{Answer, QuorumAddresses, QuorumEndpoint, QuorumHandler, QuorumNetwork, QuorumSubject, Reach};
use oxen_staking_rules::ServiceNodeKeys;
use oxen_testkit::TestChain;
use oxen_types::PublicKey;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::mpsc;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who is where, as everybody learned from uptime proofs.
#[derive(Default)]
pub(super) struct Proofs(Mutex<BTreeMap<PublicKey, QuorumEndpoint>>);

impl Proofs {
    pub(super) fn set(&self, node: PublicKey, endpoint: QuorumEndpoint) {
        self.0.lock().unwrap().insert(node, endpoint);
    }

    pub(super) fn remove(&self, node: &PublicKey) {
        self.0.lock().unwrap().remove(node);
    }
}

impl QuorumAddresses for Proofs {
    fn endpoint(&self, node: &PublicKey) -> Option<QuorumEndpoint> {
        self.0.lock().unwrap().get(node).copied()
    }
}

/// What a handler answers.
pub(super) type Reply = fn(Option<PublicKey>, Vec<u8>) -> Answer<Option<Vec<u8>>>;

/// Passes on what it is told.
struct Listener {
    told: mpsc::UnboundedSender<(PublicKey, Vec<u8>)>,
    reply: Reply,
}

impl QuorumHandler for Listener {
    fn on_told(&self, from: PublicKey, message: Vec<u8>) {
        // The test may have ended.
        let _ = self.told.send((from, message));
    }

    fn on_asked(&self, from: Option<PublicKey>, question: Vec<u8>) -> Answer<Option<Vec<u8>>> {
        (self.reply)(from, question)
    }
}

/// Answers nothing.
pub(super) fn declines(_: Option<PublicKey>, _: Vec<u8>) -> Answer<Option<Vec<u8>>> {
    Box::pin(async { None })
}

/// A node with the keys of a service node.
pub(super) struct TestServiceNode {
    pub(super) node: TestNode,
    pub(super) keys: ServiceNodeKeys,
    told: mpsc::UnboundedReceiver<(PublicKey, Vec<u8>)>,
}

pub(super) fn keys(number: u8) -> ServiceNodeKeys {
    ServiceNodeKeys::from_seed(&[number; 32])
}

impl TestServiceNode {
    /// Starts one that knows nobody but by uptime proofs, and proves where it is.
    pub(super) async fn start(source: &TestChain, number: u8, proofs: &Arc<Proofs>) -> Self {
        Self::start_unproven(source, number, proofs).await.proves(proofs)
    }

    /// Starts one whose uptime proof nobody has.
    pub(super) async fn start_unproven(source: &TestChain, number: u8, proofs: &Arc<Proofs>) -> Self {
        Self::start_with(source, number, proofs, declines).await
    }

    /// As [`Self::start_unproven`] with answers to questions.
    pub(super) async fn start_with(source: &TestChain, number: u8, proofs: &Arc<Proofs>, reply: Reply) -> Self {
        let keys = keys(number);
        let mut node = TestNode::new(source);
        node.open_as(Some(&keys), |_| {}).await;
        node.network().set_quorum_addresses(Arc::clone(proofs) as _);
        let (sender, told) = mpsc::unbounded_channel();
        for subject in [QuorumSubject::Pulse, QuorumSubject::Blink] {
            let listener = Listener {
                told: sender.clone(),
                reply,
            };
            QuorumNetwork::handle(node.network(), subject, Arc::new(listener));
        }
        Self { node, keys, told }
    }

    /// Everybody learns where it is.
    pub(super) fn proves(self, proofs: &Proofs) -> Self {
        proofs.set(self.primary(), self.endpoint());
        self
    }

    pub(super) fn endpoint(&self) -> QuorumEndpoint {
        QuorumEndpoint {
            host: IpAddr::from([127, 0, 0, 1]),
            port: self.node.network().tcp_port().unwrap(),
            ed25519: self.keys.ed25519_public(),
        }
    }

    pub(super) fn primary(&self) -> PublicKey {
        self.keys.primary().public
    }

    pub(super) fn tell(&self, to: &Self, message: &[u8]) {
        self.tell_within(to, message, Reach::Connect);
    }

    pub(super) fn tell_within(&self, to: &Self, message: &[u8], reach: Reach) {
        let network = self.node.network();
        network.tell(&to.primary(), QuorumSubject::Pulse, message.into(), reach);
    }

    /// The next message and who told it.
    pub(super) async fn hears(&mut self) -> (PublicKey, Vec<u8>) {
        let waited = tokio::time::timeout(PATIENCE, self.told.recv());
        waited.await.expect("a message comes").unwrap()
    }

    /// What was heard and not looked at.
    pub(super) fn heard_meanwhile(&mut self) -> Vec<(PublicKey, Vec<u8>)> {
        std::iter::from_fn(|| self.told.try_recv().ok()).collect()
    }
}
