//! How long a user waits for a transaction: planned, hidden, priced and signed, all proofs verified.
//!
//! The goals are 0.2 s for one payment and 0.6 s for fifteen (wallet §14.6).
#![allow(missing_docs, dead_code, clippy::unwrap_used, clippy::panic)]

#[path = "../tests/in_memory/toy_chain.rs"]
mod toy_chain;

use criterion::{Criterion, criterion_group, criterion_main};
use oxen_types::Amount;
use oxen_wallet_core::build::{Destination, TransferRequest};
use toy_chain::ToyChain;

fn building(criterion: &mut Criterion) {
    let mut chain = ToyChain::with_strangers(1);
    let wallet = chain.rich_wallet(&[100 * Amount::OXEN.atomic(), 90 * Amount::OXEN.atomic()]);
    let address = chain.stranger();
    let mut group = criterion.benchmark_group("build and prove");
    group.sample_size(10);
    for payments in [1, 15] {
        let destination = Destination {
            address,
            amount: Amount::OXEN,
        };
        let request = TransferRequest::new(vec![destination; payments]);
        group.bench_function(format!("{payments} payments"), |bencher| {
            bencher.iter(|| {
                let plans = chain.plan_transfer(&wallet, &request).unwrap();
                let prepared = chain.prepare(&wallet, &plans[0]);
                prepared.prove(wallet.keys(), &mut chain.rng).unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, building);
criterion_main!(benches);
