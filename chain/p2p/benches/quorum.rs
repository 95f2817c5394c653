//! How long messages between service nodes take over loopback: to another node and back, and through a whole quorum.
//!
//! `cargo bench -p oxen-p2p --bench quorum`. A stage of Pulse is one message of every validator to all others; the time of a stage
//! is from the first message sent to the last one heard.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench ends where it fails")]

mod node;

use node::Node;
use oxen_node_api::{Answer, QuorumAddresses, QuorumEndpoint, QuorumHandler, QuorumNetwork, QuorumSubject, Reach};
use oxen_p2p::PeerNetwork;
use oxen_staking_rules::ServiceNodeKeys;
use oxen_testkit::TestChain;
use oxen_types::PublicKey;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// Validators and the producer.
const NODES: u8 = 12;
/// Stages that are timed.
const STAGES: usize = 200;
/// A signature and what belongs to it.
const MESSAGE_BYTES: usize = 150;
/// A block template with many transactions.
const TEMPLATE_BYTES: usize = 200_000;

#[derive(Default)]
struct Proofs(Mutex<BTreeMap<PublicKey, QuorumEndpoint>>);

impl QuorumAddresses for Proofs {
    fn endpoint(&self, node: &PublicKey) -> Option<QuorumEndpoint> {
        self.0.lock().unwrap().get(node).copied()
    }
}

struct Listener(mpsc::UnboundedSender<usize>);

impl QuorumHandler for Listener {
    fn on_told(&self, _: PublicKey, message: Vec<u8>) {
        self.0.send(message.len()).unwrap();
    }

    fn on_asked(&self, _: Option<PublicKey>, question: Vec<u8>) -> Answer<Option<Vec<u8>>> {
        Box::pin(async { Some(question) })
    }
}

struct Validator {
    key: PublicKey,
    network: PeerNetwork,
    heard: mpsc::UnboundedReceiver<usize>,
    _node: Node,
}

impl Validator {
    async fn start(source: &TestChain, number: u8, proofs: &Arc<Proofs>) -> Self {
        let keys = ServiceNodeKeys::from_seed(&[number; 32]);
        let node = Node::new(source);
        let network = node.start(None, Some(&keys)).await;
        network.set_quorum_addresses(Arc::clone(proofs) as _);
        let (sender, heard) = mpsc::unbounded_channel();
        QuorumNetwork::handle(&network, QuorumSubject::Pulse, Arc::new(Listener(sender)));
        let endpoint = QuorumEndpoint {
            host: IpAddr::from([127, 0, 0, 1]),
            port: network.tcp_port().unwrap(),
            ed25519: keys.ed25519_public(),
        };
        let key = keys.primary().public;
        proofs.0.lock().unwrap().insert(key, endpoint);
        Self {
            key,
            network,
            heard,
            _node: node,
        }
    }

    fn tell(&self, to: &PublicKey, message: &Arc<[u8]>) {
        self.network
            .tell(to, QuorumSubject::Pulse, Arc::clone(message), Reach::Connect);
    }

    async fn hears(&mut self, count: usize) {
        for _ in 0..count {
            self.heard.recv().await.unwrap();
        }
    }
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let source = TestChain::start();
        let proofs = Arc::<Proofs>::default();
        let mut validators = Vec::new();
        for number in 1..=NODES {
            validators.push(Validator::start(&source, number, &proofs).await);
        }
        report(
            "first stage, nobody connected",
            vec![stage(&mut validators, MESSAGE_BYTES).await],
        );
        let mut times = Vec::new();
        for _ in 0..STAGES {
            times.push(stage(&mut validators, MESSAGE_BYTES).await);
        }
        report("stage: 12 nodes, each to all others", times);
        let mut times = Vec::new();
        for _ in 0..STAGES {
            times.push(template(&mut validators).await);
        }
        report("200 KB from one to all others", times);
        let mut times = Vec::new();
        for _ in 0..STAGES {
            times.push(there_and_back(&mut validators).await);
        }
        report("one message there and one back", times);
    });
}

/// Every node tells every other.
async fn stage(validators: &mut [Validator], bytes: usize) -> Duration {
    let message: Arc<[u8]> = vec![7; bytes].into();
    let keys: Vec<PublicKey> = validators.iter().map(|validator| validator.key).collect();
    let started = Instant::now();
    for validator in validators.iter() {
        for key in keys.iter().filter(|key| **key != validator.key) {
            validator.tell(key, &message);
        }
    }
    for validator in validators.iter_mut() {
        validator.hears(keys.len() - 1).await;
    }
    started.elapsed()
}

/// One node tells all others something large.
async fn template(validators: &mut [Validator]) -> Duration {
    let message: Arc<[u8]> = vec![7; TEMPLATE_BYTES].into();
    let (producer, others) = validators.split_first_mut().unwrap();
    let started = Instant::now();
    for other in others.iter() {
        producer.tell(&other.key, &message);
    }
    for other in others {
        other.hears(1).await;
    }
    started.elapsed()
}

async fn there_and_back(validators: &mut [Validator]) -> Duration {
    let message: Arc<[u8]> = vec![7; MESSAGE_BYTES].into();
    let [first, second, ..] = validators else {
        panic!("two are needed")
    };
    let started = Instant::now();
    first.tell(&second.key, &message);
    second.hears(1).await;
    second.tell(&first.key, &message);
    first.hears(1).await;
    started.elapsed()
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 100].as_micros();
    println!("{what}: p50 {} us, p90 {} us, worst {} us", at(50), at(90), at(100));
}
