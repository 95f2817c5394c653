//! What it costs to take a transfer into the pool, to be told of it again, and to choose what goes into the next block.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use oxen_mempool::{Mempool, MempoolParts, NoStorage, PoolSettings};
use oxen_node_api::{EventHub, Pool, PoolKeeper, Relay};
use oxen_state::NoServiceNodes;
use oxen_testkit::{ManualClock, SharedChain, TestChain, TestNetwork, TransferBuilder};
use oxen_types::Amount;
use oxen_verifier::ProofVerifier;
use std::{sync::Arc, time::Duration};

const TRANSFERS: usize = 100;

fn empty_pool(chain: &SharedChain, verifier: &Arc<ProofVerifier>) -> Mempool {
    Mempool::new(MempoolParts {
        chain: Arc::new(chain.clone()),
        service_nodes: Arc::new(NoServiceNodes),
        verifier: Arc::clone(verifier),
        clock: Arc::new(ManualClock::at(chain.lock().now())),
        events: Arc::new(EventHub::new()),
        storage: Arc::new(NoStorage),
        settings: PoolSettings::default(),
    })
}

fn admission(criterion: &mut Criterion) {
    let network = TestNetwork::new().premine(3 * TRANSFERS, Amount::from_atomic(1_000 * Amount::OXEN.atomic()));
    let mut chain = TestChain::on(&network);
    chain.mine_empty(10);
    let blobs: Vec<Vec<u8>> = TransferBuilder::new()
        .inputs(2)
        .build_many(TRANSFERS, &mut chain)
        .iter()
        .map(|transfer| transfer.blob())
        .collect();
    let chain = SharedChain::new(chain);
    let fill = |pool: &Mempool| {
        for blob in &blobs {
            pool.submit(blob, Relay::Relay).unwrap();
        }
    };
    let mut group = criterion.benchmark_group("transfers of 2 inputs and 2 outputs, one by one");
    group.throughput(Throughput::Elements(TRANSFERS as u64));
    group.sample_size(10).measurement_time(Duration::from_secs(8));
    group.bench_function("admitted", |bencher| {
        let fresh = || empty_pool(&chain, &Arc::new(ProofVerifier::new(1_000)));
        bencher.iter_batched(fresh, |pool| fill(&pool), BatchSize::PerIteration);
    });
    let verifier = Arc::new(ProofVerifier::new(1_000));
    let full = empty_pool(&chain, &verifier);
    fill(&full);
    group.bench_function("admitted, proofs known", |bencher| {
        bencher.iter_batched(
            || empty_pool(&chain, &verifier),
            |pool| fill(&pool),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("submitted again", |bencher| bencher.iter(|| fill(&full)));
    group.bench_function("chosen for a template", |bencher| bencher.iter(|| full.candidates()));
    group.finish();
}

criterion_group!(benches, admission);
criterion_main!(benches);
