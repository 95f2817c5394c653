//! What each primitive costs on one core: `cargo bench -p oxen-crypto`.

#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use oxen_crypto::{
    AccountKeys, Address, AddressPrefixes, KeyDerivation, KeyPair, SecretKey, SubaddressIndex,
    amount::Opening,
    bulletproof::{self, BatchVerifier},
    clsag::{self, ClsagInput, RING_SIZE, RingMember},
    commitment::{self, Mask},
    keys,
    scan::{ScanJob, Scanner},
    signature::schnorr,
    subaddress::SubaddressTable,
};
use oxen_types::{Amount, Commitment, Hash, PublicKey};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::hint::black_box;

const MAINNET: AddressPrefixes = AddressPrefixes {
    standard: 114,
    integrated: 115,
    subaddress: 116,
};

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(0)
}

fn opening(rng: &mut ChaCha20Rng) -> Opening {
    Opening {
        amount: Amount::OXEN,
        mask: Mask::random(rng),
    }
}

fn clsag(criterion: &mut Criterion) {
    let mut rng = rng();
    let (secret, opening) = (SecretKey::random(&mut rng), opening(&mut rng));
    let mut ring: Vec<RingMember> = (0..RING_SIZE)
        .map(|_| RingMember {
            key: KeyPair::random(&mut rng).public,
            commitment: commitment::commit(Amount::OXEN, &Mask::random(&mut rng)),
        })
        .collect();
    let spent = RingMember {
        key: secret.public_key(),
        commitment: commitment::commit(opening.amount, &opening.mask),
    };
    ring.splice(4..5, [spent]);
    let input = ClsagInput {
        ring: &ring,
        position: 4,
        secret: &secret,
        opening: &opening,
    };
    let message = Hash::new([1; 32]);
    let signed = clsag::sign(&[input], &Mask::ONE, &message, &mut rng).unwrap().remove(0);
    criterion.bench_function("clsag sign, ring 10", |bencher| {
        bencher.iter(|| clsag::sign(&[input], &Mask::ONE, &message, &mut rng).unwrap());
    });
    criterion.bench_function("clsag verify, ring 10", |bencher| {
        bencher.iter(|| {
            clsag::verify(
                &signed.signature,
                &ring,
                &signed.key_image,
                &signed.pseudo_output,
                &message,
            )
            .unwrap();
        });
    });
}

fn bulletproofs(criterion: &mut Criterion) {
    let mut rng = rng();
    for outputs in [2, 16] {
        let openings: Vec<Opening> = (0..outputs).map(|_| opening(&mut rng)).collect();
        let commitments: Vec<Commitment> = openings
            .iter()
            .map(|opening| commitment::commit(opening.amount, &opening.mask))
            .collect();
        let proof = bulletproof::prove(&openings, &mut rng).unwrap();
        let mut group = criterion.benchmark_group(format!("bulletproof, {outputs} outputs"));
        group.sample_size(20);
        group.bench_function("prove", |bencher| {
            bencher.iter(|| bulletproof::prove(&openings, &mut rng).unwrap());
        });
        for size in [1, 8, 64] {
            group.throughput(Throughput::Elements(size));
            group.bench_function(BenchmarkId::new("verify batch of", size), |bencher| {
                bencher.iter(|| {
                    let mut batch = BatchVerifier::new();
                    for _ in 0..size {
                        batch.queue(&proof, &commitments).unwrap();
                    }
                    batch.verify(&mut rng).unwrap();
                });
            });
        }
        group.finish();
    }
}

fn scan(criterion: &mut Criterion) {
    let mut rng = rng();
    let view = SecretKey::random(&mut rng);
    let transactions: Vec<(PublicKey, [(u64, PublicKey); 2])> = (0..256)
        .map(|_| {
            let mut key = || KeyPair::random(&mut rng).public;
            (key(), [(0, key()), (1, key())])
        })
        .collect();
    let jobs: Vec<ScanJob<'_>> = transactions
        .iter()
        .map(|(transaction_key, outputs)| ScanJob {
            transaction_key: *transaction_key,
            outputs,
        })
        .collect();
    let scanner = Scanner::new(&view);
    let mut group = criterion.benchmark_group("scan, transactions of 2 outputs");
    for size in [1, 16, 256] {
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            let jobs = jobs.get(..size).unwrap();
            bencher.iter(|| scanner.scan(black_box(jobs)));
        });
    }
    group.finish();
    let single = jobs.first().copied().unwrap();
    criterion.bench_function("step by step, a transaction of 2 outputs", |bencher| {
        bencher.iter(|| {
            let derivation = KeyDerivation::new(&view, &single.transaction_key).unwrap();
            for (index, key) in single.outputs {
                black_box(derivation.recover_spend_key(*index, key).unwrap());
            }
        });
    });
}

fn points(criterion: &mut Criterion) {
    let mut rng = rng();
    let (pair, message) = (KeyPair::random(&mut rng), Hash::new([1; 32]));
    let image = keys::key_image(&pair);
    let signature = schnorr::sign(&message, &pair, &mut rng);
    criterion.bench_function("hash to point", |bencher| {
        bencher.iter(|| keys::hash_to_point(&pair.public))
    });
    criterion.bench_function("key image", |bencher| bencher.iter(|| keys::key_image(&pair)));
    criterion.bench_function("key image check", |bencher| {
        bencher.iter(|| keys::is_valid_key_image(&image))
    });
    criterion.bench_function("commitment", |bencher| {
        let mask = Mask::random(&mut rng);
        bencher.iter(|| commitment::commit(Amount::OXEN, &mask));
    });
    criterion.bench_function("schnorr verify", |bencher| {
        bencher.iter(|| schnorr::verify(&message, &pair.public, &signature).unwrap());
    });
}

fn addresses(criterion: &mut Criterion) {
    let account = AccountKeys::from_seed(&[7; 32]).view_keys();
    let text = Address::of_account(&account, SubaddressIndex::PRIMARY)
        .unwrap()
        .encode(&MAINNET);
    criterion.bench_function("address parse", |bencher| {
        bencher.iter(|| Address::parse(black_box(&text), &MAINNET).unwrap());
    });
    criterion.bench_function("address of a subaddress", |bencher| {
        bencher.iter(|| {
            Address::of_account(&account, SubaddressIndex::new(3, 7))
                .unwrap()
                .encode(&MAINNET)
        });
    });
    criterion.bench_function("subaddress table of 1000", |bencher| {
        bencher.iter(|| {
            let mut table = SubaddressTable::new();
            table.add(&account, 0, 0..1000).unwrap();
            table
        });
    });
}

criterion_group!(benches, clsag, bulletproofs, scan, points, addresses);
criterion_main!(benches);
