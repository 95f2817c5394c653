//! What the server gives over a socket: blocks for wallets in two-output transactions a second, cold and from the cache, and
//! `get_info` in requests a second.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "../tests/daemon/fixture.rs"]
#[allow(dead_code)]
mod fixture;
#[path = "../tests/daemon/http.rs"]
#[allow(dead_code)]
mod http;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use fixture::NodeParts;
use http::Client;
use oxen_node_api::ChainWriter;
use oxen_rpc::{ListenerConfig, RpcConfig, RpcServer, types::wallet::WALLET_BLOCKS_PATH};
use oxen_store::{ChainStore, Identity, StoreSettings};
use oxen_testkit::{TestChain, TestNetwork, TransferBuilder};
use oxen_types::{Amount, scan::ScanRequest};
use parity_scale_codec::Encode;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};
use tokio::runtime::Runtime;

const BLOCKS: usize = 10;
const TRANSACTIONS: usize = 50;

/// A chain of two-output transfers in a database on disk.
struct Node {
    parts: NodeParts,
    runtime: Runtime,
    _folder: tempfile::TempDir,
}

impl Node {
    fn new() -> Self {
        let premine = TestNetwork::new().premine(
            BLOCKS * TRANSACTIONS + 64,
            Amount::from_atomic(10 * Amount::OXEN.atomic()),
        );
        let mut source = TestChain::on(&premine);
        source.mine_empty(10);
        for _ in 0..BLOCKS {
            let transfers = TransferBuilder::new().build_many(TRANSACTIONS, &mut source);
            let checked: Vec<_> = transfers.iter().map(|transfer| transfer.checked()).collect();
            source.mine(&checked);
        }
        let folder = tempfile::tempdir().unwrap();
        let network = source.network();
        let identity = Identity {
            network: network.network_id,
            genesis: network.genesis.block_id,
        };
        let store = ChainStore::open(folder.path(), &identity, &StoreSettings::default(), &mut |_| {}).unwrap();
        let parts = NodeParts::on(&source, store);
        for mined in source.blocks() {
            parts.clock.advance(network.target_block_seconds);
            parts.chain.submit_block(mined.submission()).unwrap();
        }
        Self {
            parts,
            runtime: Runtime::new().unwrap(),
            _folder: folder,
        }
    }

    /// A server with empty caches.
    fn serve(&self) -> SocketAddr {
        let mut listener = ListenerConfig::public("127.0.0.1:0".parse().unwrap());
        listener.limits.rate = None;
        let config = RpcConfig {
            listeners: vec![listener],
            ..RpcConfig::default()
        };
        let server = self
            .runtime
            .block_on(RpcServer::bind(config, self.parts.handles()))
            .unwrap();
        let address = server.local_addresses()[0].1;
        self.runtime.spawn(server.run(std::future::pending()));
        address
    }
}

fn wallet_blocks(criterion: &mut Criterion) {
    let node = Node::new();
    let request = ScanRequest {
        limit: 1_000,
        ..ScanRequest::default()
    }
    .encode();
    let mut group = criterion.benchmark_group("wallet_blocks, two-output transactions");
    group.throughput(Throughput::Elements((BLOCKS * TRANSACTIONS) as u64));
    let ask = |address: SocketAddr| {
        let answer = Client::new(address).post(WALLET_BLOCKS_PATH, &request);
        assert!(answer.status == 200 && answer.body.len() > BLOCKS * TRANSACTIONS * 200);
        answer.body.len()
    };
    group.bench_function("made anew from the database", |bencher| {
        bencher.iter_batched(|| node.serve(), ask, BatchSize::PerIteration);
    });
    let address = node.serve();
    group.bench_function("from the cache", |bencher| bencher.iter(|| ask(address)));
    group.finish();

    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 65_536];
    criterion.bench_function("get_info over one connection", |bencher| {
        bencher.iter(|| {
            stream.write_all(b"GET /get_info HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            stream.read(&mut buffer).unwrap()
        });
    });
}

criterion_group!(benches, wallet_blocks);
criterion_main!(benches);
