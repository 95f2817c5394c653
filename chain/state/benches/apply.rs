//! What a block costs: cold, when its transactions were never seen, from bytes to changes on every core; and warm, when the
//! pool has checked them before. State in memory, so that no disk is measured.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oxen_state::{
    CheckedBlock, UntrustedBlock, apply,
    transaction::{CheckedTransaction, ProofsAssumedValid},
};
use oxen_testkit::{TestChain, TestNetwork, TransferBuilder};
use oxen_types::{Amount, ConsensusEncode, network::HardForkVersion};
use oxen_verifier::{ProofVerifier, Resolved};
use rayon::prelude::*;
use std::{hint::black_box, sync::Arc, time::Duration};

/// Transfers of the block.
const TRANSFERS: usize = 100;

/// A chain and the bytes of its next block.
struct Next {
    chain: TestChain,
    block: Vec<u8>,
    transactions: Vec<Vec<u8>>,
}

/// A block of transfers of two inputs and two outputs. Proving them takes a few seconds.
fn next_block() -> Next {
    let network = TestNetwork::new().premine(3 * TRANSFERS, Amount::from_atomic(1_000 * Amount::OXEN.atomic()));
    let mut chain = TestChain::on(&network);
    chain.mine_empty(10);
    let transfers = TransferBuilder::new().inputs(2).build_many(TRANSFERS, &mut chain);
    let checked: Vec<_> = transfers.iter().map(|transfer| transfer.checked()).collect();
    chain.advance(120);
    Next {
        block: chain.assemble(&checked).encode(),
        transactions: transfers.iter().map(|transfer| transfer.blob()).collect(),
        chain,
    }
}

impl Next {
    fn decode(&self) -> CheckedBlock {
        let transactions: Vec<_> = self
            .transactions
            .par_iter()
            .map(|blob| Arc::new(CheckedTransaction::from_blob(blob, HardForkVersion::REWARD_BATCHING).unwrap()))
            .collect();
        UntrustedBlock::from_blob(&self.block)
            .unwrap()
            .with_transactions(transactions)
            .unwrap()
    }

    fn verify(&self, verifier: &ProofVerifier, block: &CheckedBlock) {
        let resolved: Vec<Resolved> = block
            .transactions()
            .iter()
            .map(|transaction| (Arc::clone(transaction), self.chain.resolve(transaction).unwrap()))
            .collect();
        verifier.verify(&resolved).unwrap();
    }
}

fn blocks(criterion: &mut Criterion) {
    let next = next_block();
    let checked = next.decode();
    let mut group = criterion.benchmark_group(format!("block of {TRANSFERS} transfers of 2 inputs and 2 outputs"));
    group.throughput(Throughput::Elements(TRANSFERS as u64));
    group.sample_size(10).measurement_time(Duration::from_secs(8));
    group.bench_function("cold: decode, check, verify, apply", |bencher| {
        bencher.iter(|| {
            let verifier = ProofVerifier::new(10_000);
            let block = next.decode();
            next.verify(&verifier, &block);
            next.chain.apply_with(black_box(&block), &verifier).unwrap()
        });
    });
    group.bench_function("cold, of which decode and check", |bencher| {
        bencher.iter(|| next.decode())
    });
    group.bench_function("cold, of which resolve and verify", |bencher| {
        bencher.iter(|| next.verify(&ProofVerifier::new(10_000), &checked));
    });
    let verifier = ProofVerifier::new(10_000);
    next.verify(&verifier, &checked);
    group.bench_function("warm: decode the block, apply", |bencher| {
        bencher.iter(|| {
            let block = UntrustedBlock::from_blob(black_box(&next.block)).unwrap();
            let block = block.with_transactions(checked.transactions().to_vec()).unwrap();
            next.chain.apply_with(&block, &verifier).unwrap()
        });
    });
    group.finish();
}

fn empty_block(criterion: &mut Criterion) {
    let mut chain = TestChain::start();
    chain.mine_empty(150);
    chain.advance(120);
    let block = chain.assemble(&[]);
    let sealed = TestChain::seal(&block, &[]).unwrap();
    criterion.bench_function("empty block: apply", |bencher| {
        bencher.iter(|| apply(chain.state(), &chain.rules(&ProofsAssumedValid), black_box(&sealed)).unwrap());
    });
}

criterion_group!(benches, blocks, empty_block);
criterion_main!(benches);
