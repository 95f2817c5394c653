//! Proofs on every core: one transfer as it arrives, and many as they come with a block.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oxen_testkit::{TestChain, TestNetwork, TransferBuilder};
use oxen_types::Amount;
use oxen_verifier::{ProofVerifier, Resolved};
use std::{hint::black_box, time::Duration};

fn transfers(inputs: usize, outputs: usize, count: usize) -> Vec<Resolved> {
    let network = TestNetwork::new().premine(inputs * count + 20, Amount::from_atomic(1_000 * Amount::OXEN.atomic()));
    let mut chain = TestChain::on(&network);
    chain.mine_empty(10);
    TransferBuilder::new()
        .inputs(inputs)
        .outputs(outputs)
        .build_many(count, &mut chain)
        .iter()
        .map(|transfer| {
            let checked = transfer.checked();
            let rings = chain.resolve(&checked).unwrap();
            (checked, rings)
        })
        .collect()
}

fn verification(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verify");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    for (inputs, outputs, count) in [(2, 2, 1), (2, 2, 10), (2, 2, 100), (1, 2, 1), (16, 2, 1), (1, 16, 1)] {
        let resolved = transfers(inputs, outputs, count);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("{count} × {inputs} inputs, {outputs} outputs"), |bencher| {
            bencher.iter(|| ProofVerifier::new(1_000).verify(black_box(&resolved)).unwrap());
        });
    }
    let resolved = transfers(2, 2, 100);
    let verifier = ProofVerifier::new(1_000);
    verifier.verify(&resolved).unwrap();
    group.bench_function("100 × 2 inputs, 2 outputs, verified before", |bencher| {
        bencher.iter(|| verifier.verify(black_box(&resolved)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, verification);
criterion_main!(benches);
