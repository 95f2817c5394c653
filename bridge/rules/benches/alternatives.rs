//! The curve by the crate that is used, ark, and by another that is kept, halo2curves; and what batching saves.
//!
//! The same work each time: the sum of 2,200 keys, a signature's multiplication, the check of a signature.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench ends where it fails")]

use criterion::{Criterion, criterion_group, criterion_main};
use halo2curves::{
    bn256,
    group::{Curve, Group as _},
    pairing::MillerLoopResult,
};
use oxen_bridge_rules::{
    bls::{AggregateKey, MessagePoint, PublicKey, SecretKey, SignedMessage, faulty, verify},
    message::BridgeDomain,
};
use oxen_types::{Amount, bytes::EthereumAddress, keccak256};
use std::hint::black_box;

const NODES: u64 = 2_200;
/// Any number as long as those that keys are multiplied by.
const SCALAR: [u64; 4] = [
    0x0123_4567_89ab_cdef,
    0xfedc_ba98_7654_3210,
    0x0f1e_2d3c_4b5a_6978,
    0x1020_3040_5060_7080,
];

fn secret(number: u64) -> SecretKey {
    SecretKey::from_random(&keccak256(&number.to_le_bytes()).to_bytes()).unwrap()
}

fn sum_of_keys(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sum of 2,200 keys");
    let ours: Vec<PublicKey> = (0..NODES).map(|number| secret(number).public_key()).collect();
    group.bench_function("ark", |bencher| {
        bencher.iter(|| black_box(&ours).iter().collect::<AggregateKey>().key());
    });
    let multiples = |one: bn256::G1| {
        std::iter::successors(Some(one), move |point| Some(point + one)).map(|point| point.to_affine())
    };
    let halo2: Vec<bn256::G1Affine> = multiples(bn256::G1::generator()).take(2_200).collect();
    group.bench_function("halo2curves", |bencher| {
        bencher.iter(|| {
            let points = black_box(&halo2).iter();
            points.fold(bn256::G1::identity(), |sum, point| sum + point).to_affine()
        });
    });
    group.finish();
}

fn signature(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a signature of a point");
    let (secret, point) = (secret(1), message(1));
    group.bench_function("ark", |bencher| bencher.iter(|| secret.sign(black_box(&point))));
    let scalar = bn256::Fr::from_raw(SCALAR);
    group.bench_function("halo2curves", |bencher| {
        bencher.iter(|| (black_box(bn256::G2::generator()) * scalar).to_affine());
    });
    group.finish();
}

fn check(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check of a signature");
    let (secret, point) = (secret(1), message(1));
    let (key, signature) = (secret.public_key(), secret.sign(&point));
    group.bench_function("ark", |bencher| {
        bencher.iter(|| verify(black_box(&point), &key, &signature))
    });
    let (one, two) = (bn256::G1::generator().to_affine(), bn256::G2::generator().to_affine());
    let minus = -one;
    group.bench_function("halo2curves", |bencher| {
        bencher.iter(|| bn256::multi_miller_loop(black_box(&[(&one, &two), (&minus, &two)])).final_exponentiation());
    });
    group.finish();
}

fn batch(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check of 2,200 signatures");
    group.sample_size(10);
    let point = message(1);
    let entries: Vec<SignedMessage> = (0..NODES)
        .map(|number| {
            let secret = secret(number);
            SignedMessage {
                key: secret.public_key(),
                signature: secret.sign(&point),
            }
        })
        .collect();
    group.bench_function("together", |bencher| {
        bencher.iter(|| faulty(&point, black_box(&entries), &[7; 32]));
    });
    group.bench_function("one by one", |bencher| {
        let is_good = |entry: &SignedMessage| verify(&point, &entry.key, &entry.signature);
        bencher.iter(|| black_box(&entries).iter().filter(|entry| is_good(entry)).count());
    });
    group.finish();
}

fn message(total: u64) -> MessagePoint {
    let domain = BridgeDomain {
        chain_id: 42161,
        contract: EthereumAddress::new([1; 20]),
    };
    domain
        .reward(&EthereumAddress::new([2; 20]), Amount::from_atomic(total))
        .to_point()
}

criterion_group!(benches, sum_of_keys, signature, check, batch);
criterion_main!(benches);
