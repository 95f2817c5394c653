//! `get_service_nodes` for all nodes of a network, over a socket: with nothing kept, after something new was seen of a node, and
//! while nothing changed. For 2,200 nodes and for 20,000, each with ten contributors and full histories.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a bench ends where it fails"
)]

#[path = "../tests/daemon/fixture.rs"]
#[allow(dead_code, reason = "shared with the daemon's tests")]
mod fixture;
#[path = "../tests/daemon/http.rs"]
#[allow(dead_code, reason = "shared with the daemon's tests")]
mod http;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use fixture::{
    NodeParts,
    planted::{active_node, node_key, proof},
};
use http::Client;
use oxen_node_api::{ChainReader, ChainWriter, Clock};
use oxen_rpc::{ListenerConfig, RpcConfig, RpcServer};
use oxen_staking_rules::obligations::{CheckpointParticipation, NodeObservations, PulseParticipation, TestOutcome};
use oxen_testkit::{TestChain, TestNetwork};
use oxen_types::{Height, Timestamp};
use std::net::SocketAddr;
use tokio::runtime::Runtime;

const CONTRIBUTORS: u32 = 10;

fn observations(now: u64) -> NodeObservations {
    let heights = (0..8).map(Height::new);
    NodeObservations {
        proof: Some(proof(now)),
        proof_counts_from: Some(Timestamp::from_seconds(now)),
        checkpoints: heights
            .clone()
            .map(|checkpoint| CheckpointParticipation {
                checkpoint,
                outcome: TestOutcome::Passed,
            })
            .collect(),
        pulse: heights
            .map(|height| PulseParticipation {
                height,
                round: 0,
                outcome: TestOutcome::Passed,
            })
            .collect(),
        time_answers: std::iter::repeat_n(TestOutcome::Passed, 8).collect(),
        time_synchronisation: std::iter::repeat_n(TestOutcome::Passed, 8).collect(),
        ..NodeObservations::default()
    }
}

/// A chain whose newest block has so many nodes.
struct Node {
    parts: NodeParts,
    runtime: Runtime,
}

impl Node {
    fn with(nodes: u32) -> Self {
        let mut source = TestChain::on(&TestNetwork::new());
        source.mine_empty(1);
        let parts = NodeParts::new(&source);
        {
            let mut planted = parts.planted.nodes.lock().unwrap();
            planted.extend((0..nodes).map(|number| (node_key(number), active_node(number, CONTRIBUTORS))));
        }
        let now = parts.clock.now().seconds();
        for number in 0..nodes {
            parts.observers.see(node_key(number), observations(now));
        }
        for mined in source.blocks() {
            parts.clock.advance(source.network().target_block_seconds);
            parts.chain.submit_block(mined.submission()).unwrap();
        }
        // The running node has the registry of the newest block in memory.
        let registry = parts.staking.registry(&*parts.chain.snapshot()).unwrap();
        assert_eq!(registry.len(), nodes as usize);
        Self {
            parts,
            runtime: Runtime::new().unwrap(),
        }
    }

    /// A server that keeps nothing yet.
    fn serve(&self) -> SocketAddr {
        let config = RpcConfig {
            listeners: vec![ListenerConfig::admin("127.0.0.1:0".parse().unwrap())],
            ..RpcConfig::default()
        };
        let server = RpcServer::bind(config, self.parts.handles());
        let server = self.runtime.block_on(server).unwrap();
        let address = server.local_addresses()[0].1;
        self.runtime.spawn(server.run(std::future::pending()));
        address
    }

    /// Something new is seen, long enough after the last answer.
    fn see_something(&self) {
        self.parts.clock.advance(5);
        self.parts
            .observers
            .see(node_key(0), observations(self.parts.clock.now().seconds()));
    }
}

fn ask(address: SocketAddr) -> usize {
    let answer = Client::new(address).post("/get_service_nodes", b"{}");
    assert_eq!(answer.status, 200);
    answer.body.len()
}

fn service_nodes(criterion: &mut Criterion) {
    for nodes in [2_200, 20_000] {
        let node = Node::with(nodes);
        let address = node.serve();
        let bytes = ask(address);
        assert!(bytes > nodes as usize * CONTRIBUTORS as usize * 300, "{bytes}");
        let mut group = criterion.benchmark_group(format!("get_service_nodes, {nodes} nodes"));
        group.sample_size(10);
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function("nothing kept", |bencher| {
            bencher.iter_batched(|| node.serve(), ask, BatchSize::PerIteration);
        });
        group.bench_function("something new was seen", |bencher| {
            bencher.iter_batched(|| node.see_something(), |()| ask(address), BatchSize::PerIteration);
        });
        group.bench_function("nothing changed", |bencher| bencher.iter(|| ask(address)));
        group.finish();
    }
}

criterion_group!(benches, service_nodes);
criterion_main!(benches);
