//! Reading and writing transactions and blocks, their ids, and the root over a block's transactions.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use oxen_types::{
    Amount, Block, BlockHeader, Commitment, ConsensusDecode, ConsensusEncode, Hash, Height, KeyImage, PublicKey,
    Timestamp, Transaction, UnlockTime,
    block::{BatchingTail, PulseHeader, tree_hash::tree_hash},
    keccak256,
    transaction::{
        BulletproofBytes, ClsagBytes, ClsagProofs, Input, Output, OutputTarget, Proofs, PrunableProofs, RingCtBase,
        TransactionPrefix, TransactionType, TransactionVersion,
    },
};
use std::hint::black_box;

/// Bytes that look random and are the same in every run.
fn bytes(number: u64) -> [u8; 32] {
    keccak256(&number.to_le_bytes()).to_bytes()
}

/// A transfer of the usual shape: two inputs of ten members, two outputs. Nothing in it is valid; its layout is.
fn transfer(seed: u64) -> Transaction {
    let input = |n: u64| Input::Key {
        amount: Amount::ZERO,
        key_offsets: (0..10).map(|m| 1_000 + 137 * (n + m)).collect(),
        key_image: KeyImage::new(bytes(seed + n)),
    };
    let output = |n: u64| Output {
        amount: Amount::ZERO,
        target: OutputTarget::Key(PublicKey::new(bytes(seed + n))),
    };
    let signature = |n: u64| ClsagBytes {
        responses: (0..10).map(|m| bytes(n + m)).collect(),
        challenge: bytes(n),
        auxiliary_image: bytes(n + 1),
    };
    Transaction {
        prefix: TransactionPrefix {
            version: TransactionVersion::V4,
            output_unlock_times: vec![UnlockTime::NONE; 2],
            unlock_time: UnlockTime::NONE,
            inputs: vec![input(0), input(1)],
            outputs: vec![output(0), output(1)],
            extra: [&[1][..], &bytes(seed), &[2, 9, 1], &[7; 8]].concat(),
            kind: TransactionType::Standard,
        },
        proofs: Proofs::Clsag(Box::new(ClsagProofs {
            base: RingCtBase {
                fee: Amount::from_atomic(12_345_678),
                encrypted_amounts: vec![[1; 8], [2; 8]],
                commitments: vec![Commitment::new(bytes(1)), Commitment::new(bytes(2))],
            },
            prunable: PrunableProofs {
                range_proof: BulletproofBytes {
                    head: [[3; 32]; 6],
                    left: vec![[4; 32]; 7],
                    right: vec![[5; 32]; 7],
                    tail: [[6; 32]; 3],
                },
                signatures: vec![signature(1), signature(2)],
                pseudo_outputs: vec![Commitment::new(bytes(3)), Commitment::new(bytes(4))],
            },
        })),
    }
}

fn block(transactions: &[Transaction]) -> Block {
    let height = Height::new(1_234_567);
    let coinbase = Transaction {
        prefix: TransactionPrefix {
            version: TransactionVersion::V4,
            output_unlock_times: Vec::new(),
            unlock_time: UnlockTime::new(1_234_597),
            inputs: vec![Input::Generation { height }],
            outputs: Vec::new(),
            extra: [&[1][..], &bytes(9), &[0x72], &bytes(10)].concat(),
            kind: TransactionType::Standard,
        },
        proofs: Proofs::Null,
    };
    Block {
        header: BlockHeader {
            major_version: 19,
            minor_version: 3,
            timestamp: Timestamp::from_seconds(1_700_000_000),
            previous: Hash::new(bytes(11)),
            nonce: 0,
            pulse: Some(PulseHeader::default()),
            leader: None,
            l2: None,
        },
        miner_transaction: Some(coinbase),
        transaction_ids: transactions.iter().map(Transaction::id).collect(),
        l2_event_count: 0,
        signatures: Vec::new(),
        batching_tail: Some(BatchingTail::Full {
            height,
            producer: PublicKey::ZERO,
            reward: Amount::from_atomic(16_500_000_000),
        }),
    }
}

fn transactions(criterion: &mut Criterion) {
    let transaction = transfer(0);
    let blob = transaction.encode();
    let mut group = criterion.benchmark_group("transfer of 2 inputs and 2 outputs");
    group.throughput(Throughput::Bytes(blob.len() as u64));
    group.bench_function("decode", |bencher| {
        bencher.iter(|| Transaction::decode(black_box(&blob)).unwrap());
    });
    group.bench_function("encode", |bencher| bencher.iter(|| black_box(&transaction).encode()));
    group.bench_function("hashes", |bencher| bencher.iter(|| black_box(&transaction).hashes()));
    group.finish();
}

fn blocks(criterion: &mut Criterion) {
    let transactions: Vec<Transaction> = (0..200).map(|number| transfer(100 * number)).collect();
    let blobs: Vec<Vec<u8>> = transactions.iter().map(ConsensusEncode::encode).collect();
    let block = block(&transactions);
    let blob = block.encode();
    let total = blob.len() + blobs.iter().map(Vec::len).sum::<usize>();
    let mut group = criterion.benchmark_group("block of 200 transfers");
    group.throughput(Throughput::Bytes(total as u64));
    group.bench_function("decode with its transactions", |bencher| {
        bencher.iter_batched(
            || (),
            |()| {
                let block = Block::decode(black_box(&blob)).unwrap();
                let transactions: Vec<_> = blobs.iter().map(|blob| Transaction::decode(blob).unwrap()).collect();
                (block, transactions)
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("encode with its transactions", |bencher| {
        bencher.iter(|| {
            let mut out = black_box(&block).encode();
            for transaction in &transactions {
                transaction.encode_to(&mut out);
            }
            out
        });
    });
    group.finish();
    criterion.bench_function("block of 200 transfers/id", |bencher| {
        bencher.iter(|| black_box(&block).id())
    });
}

fn trees(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tree hash");
    for count in [2_usize, 10, 200, 1_000] {
        let leaves: Vec<Hash> = (0..count as u64).map(|number| Hash::new(bytes(number))).collect();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("{count} leaves"), |bencher| {
            bencher.iter(|| tree_hash(black_box(&leaves)));
        });
    }
    group.finish();
}

criterion_group!(benches, transactions, blocks, trees);
criterion_main!(benches);
