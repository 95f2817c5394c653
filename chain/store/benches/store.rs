//! What the store costs: commits, reads, snapshots, and opening a chain of 100,000 blocks.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use oxen_state::{Change, Delta, TableId, Undo, View};
use oxen_store::{ChainStore, Commit, Durability, Identity, StoreSettings, Tip};
use oxen_types::{Height, NetworkId, keccak256};
use std::{
    fs,
    hint::black_box,
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// Blocks of the chain that is read and opened.
const BLOCKS: u64 = 100_000;
/// Addresses that rewards accrue to, and how many of them one block pays.
const ADDRESSES: u64 = 2_000;
const PAID_A_BLOCK: u64 = 10;

fn identity() -> Identity {
    Identity {
        network: NetworkId::new([1; 16]),
        genesis: keccak256(b"genesis"),
    }
}

fn hash(kind: &str, number: u64) -> Vec<u8> {
    keccak256(&[kind.as_bytes(), &number.to_le_bytes()].concat())
        .to_bytes()
        .to_vec()
}

/// Bytes that do not compress, as keys and proofs do not.
fn noise(number: u64, length: usize) -> Vec<u8> {
    (0..)
        .flat_map(|part: u64| hash("noise", number.wrapping_mul(1 << 20).wrapping_add(part)))
        .take(length)
        .collect()
}

fn tip(height: u64) -> Tip {
    Tip {
        height: Height::new(height),
        id: keccak256(&height.to_le_bytes()),
    }
}

/// A block with so many transactions of two inputs and two outputs each.
fn commit(height: u64, transactions: u64) -> Commit {
    let key = height.to_be_bytes().to_vec();
    let mut rows = vec![
        (TableId::Blocks, key.clone(), noise(height, 170)),
        (
            TableId::BlockHeights,
            hash("block", height),
            height.to_le_bytes().to_vec(),
        ),
        (
            TableId::BlockBlobs,
            key,
            noise(height, 500 + 32 * transactions as usize),
        ),
        (TableId::Transactions, hash("coinbase", height), noise(height, 70)),
    ];
    for number in height * transactions..(height + 1) * transactions {
        rows.push((TableId::Transactions, hash("transaction", number), noise(number, 70)));
        rows.push((
            TableId::PrunedTransactions,
            hash("transaction", number),
            noise(number, 450),
        ));
        rows.push((
            TableId::TransactionProofs,
            hash("transaction", number),
            noise(number, 1_900),
        ));
        for part in [2 * number, 2 * number + 1] {
            rows.push((TableId::Outputs, part.to_be_bytes().to_vec(), noise(part, 113)));
            rows.push((
                TableId::SpentKeyImages,
                hash("image", part),
                height.to_le_bytes().to_vec(),
            ));
        }
    }
    let added = rows.iter().map(|(table, key, _)| (*table, key.clone(), Change::Delete));
    let rewards = (0..PAID_A_BLOCK).map(|index| {
        let address = (height * PAID_A_BLOCK + index) % ADDRESSES;
        (
            TableId::AccruedRewards,
            noise(address, 72),
            Change::Put(height.to_le_bytes().to_vec()),
        )
    });
    let overwritten: Vec<_> = rewards
        .chain([(TableId::Totals, Vec::new(), Change::Put(noise(height, 56)))])
        .collect();
    let undo: Delta = added.chain(overwritten.clone()).collect();
    let puts = rows.into_iter().map(|(table, key, row)| (table, key, Change::Put(row)));
    let delta = puts.chain(overwritten).collect();
    Commit::block(
        height.checked_sub(1).map(tip),
        tip(height),
        delta,
        Undo::from_delta(undo),
    )
}

fn open(directory: &Path, durability: Durability) -> ChainStore {
    let settings = StoreSettings {
        durability,
        ..StoreSettings::default()
    };
    ChainStore::open(directory, &identity(), &settings, &mut |_| ()).unwrap()
}

fn commits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store_commit");
    let default = StoreSettings::default().durability;
    for (name, transactions, durability) in [
        ("empty block", 0, default),
        ("empty block, synced", 0, Durability::EveryCommit),
        ("block of 20 transactions", 20, default),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path(), durability);
        let mut height = 0;
        group
            .throughput(Throughput::Elements(1))
            .bench_function(name, |bencher| {
                bencher.iter_custom(|count| {
                    let mut spent = Duration::ZERO;
                    for _ in 0..count {
                        let commit = commit(height, transactions);
                        let start = Instant::now();
                        store.commit(&commit).unwrap();
                        spent += start.elapsed();
                        height += 1;
                    }
                    spent
                });
            });
    }
    group.finish();
}

/// A chain of [`BLOCKS`] blocks, one in ten of them with five transactions.
fn make_chain(directory: &Path) {
    let store = open(directory, StoreSettings::default().durability);
    for height in 0..BLOCKS {
        store
            .commit(&commit(height, if height % 10 == 0 { 5 } else { 0 }))
            .unwrap();
    }
}

fn reads(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    make_chain(directory.path());
    let store = open(directory.path(), StoreSettings::default().durability);
    let snapshot = store.snapshot();
    let mut group = criterion.benchmark_group("store_read");
    let mut number = 0_u64;
    let mut next = |of: u64| {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (number >> 32) % of
    };
    group.bench_function("output by index", |bencher| {
        // Block 10·n holds outputs 100·n to 100·n + 9.
        bencher.iter(|| {
            let index = next(BLOCKS / 10) * 100 + next(10);
            black_box(snapshot.read(TableId::Outputs, &index.to_be_bytes()).unwrap().unwrap())
        });
    });
    group.bench_function("key image that is not spent", |bencher| {
        let images: Vec<Vec<u8>> = (0..1_000).map(|image| hash("unspent", image)).collect();
        bencher.iter(|| {
            let image = &images[next(1_000) as usize];
            black_box(snapshot.read(TableId::SpentKeyImages, image).unwrap())
        });
    });
    group.bench_function("block row by height", |bencher| {
        bencher.iter(|| {
            black_box(
                snapshot
                    .read(TableId::Blocks, &next(BLOCKS).to_be_bytes())
                    .unwrap()
                    .unwrap(),
            )
        });
    });
    group.bench_function("1,000 block rows in order", |bencher| {
        bencher.iter(|| {
            let from = next(BLOCKS - 1_000).to_be_bytes();
            black_box(snapshot.scan(TableId::Blocks, &[], &from, 1_000).unwrap())
        });
    });
    group.bench_function("undo row by height", |bencher| {
        bencher.iter(|| black_box(snapshot.undo(Height::new(BLOCKS - 1 - next(5_000))).unwrap().unwrap()));
    });
    group.finish();
    criterion.bench_function("store_snapshot/take and drop", |bencher| {
        bencher.iter(|| black_box(store.snapshot()))
    });
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn opening(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    make_chain(directory.path());
    let mut group = criterion.benchmark_group("store_open");
    group.sample_size(10);
    // After a kill the whole log is replayed: as large as it may become.
    let killed = tempfile::tempdir().unwrap();
    {
        let store = open(directory.path(), StoreSettings::default().durability);
        for height in BLOCKS..BLOCKS + 12_000 {
            store.commit(&commit(height, 0)).unwrap();
        }
        // Files are copied while nothing is written or merged in the background.
        thread::sleep(Duration::from_secs(5));
        copy(&directory.path().join("chain"), &killed.path().join("chain"));
    }
    for (state, image) in [("closed", directory.path()), ("killed", killed.path())] {
        group.bench_function(BenchmarkId::new("100,000 blocks", state), |bencher| {
            bencher.iter_custom(|count| {
                let mut spent = Duration::ZERO;
                for _ in 0..count {
                    let scratch = tempfile::tempdir().unwrap();
                    copy(&image.join("chain"), &scratch.path().join("chain"));
                    let start = Instant::now();
                    let store = open(scratch.path(), StoreSettings::default().durability);
                    spent += start.elapsed();
                    drop(store);
                }
                spent
            });
        });
    }
    group.finish();
}

criterion_group!(benches, commits, reads, opening);
criterion_main!(benches);
