//! What signatures cost. Wanted: the collector of 2,200 signatures, decoding and all, under two seconds of one core, and a hash to
//! the curve that is no slower than a signature.
#![allow(missing_docs, reason = "a bench")]

use criterion::{Criterion, criterion_group, criterion_main};
use oxen_bridge_rules::{
    bls::{AggregateKey, AggregateSignature, PublicKey, SecretKey, Signature, SignedMessage, faulty, verify},
    message::{BridgeDomain, Message},
};
use oxen_types::{
    Amount,
    bytes::{BlsPublicKey, BlsSignature, EthereumAddress},
    keccak256,
};
use std::hint::black_box;

const NODES: u64 = 2_200;

fn message(total: u64) -> Message {
    let domain = BridgeDomain {
        chain_id: 42161,
        contract: EthereumAddress::new([1; 20]),
    };
    domain.reward(&EthereumAddress::new([2; 20]), Amount::from_atomic(total))
}

fn secret(number: u64) -> Option<SecretKey> {
    SecretKey::from_random(&keccak256(&number.to_le_bytes()).to_bytes()).ok()
}

fn secrets() -> Vec<SecretKey> {
    (0..NODES).filter_map(secret).collect()
}

fn one_node(criterion: &mut Criterion) {
    let Some(secret) = secret(1) else { return };
    let (point, key) = (message(1).to_point(), secret.public_key());
    let signature = secret.sign(&point);
    let (key_bytes, signature_bytes) = (key.to_bytes(), signature.to_bytes());
    let mut group = criterion.benchmark_group("one node");
    group.bench_function("hash to curve", |bencher| {
        // Messages differ in how many tries they need: two on average.
        let mut total = 0;
        bencher.iter(|| {
            total += 1;
            message(total).to_point()
        });
    });
    group.bench_function("sign", |bencher| bencher.iter(|| secret.sign(black_box(&point))));
    group.bench_function("verify", |bencher| {
        bencher.iter(|| verify(black_box(&point), &key, &signature))
    });
    group.bench_function("public key", |bencher| bencher.iter(|| black_box(&secret).public_key()));
    group.bench_function("decode a key", |bencher| {
        bencher.iter(|| PublicKey::decode(black_box(&key_bytes)))
    });
    group.bench_function("decode a signature", |bencher| {
        bencher.iter(|| Signature::decode(black_box(&signature_bytes)));
    });
    group.finish();
}

/// What a node has when all answers are there: keys decoded long ago, signatures as bytes.
fn collect(message: &Message, answers: &[(PublicKey, BlsSignature)]) -> Option<(Signature, usize)> {
    let point = message.to_point();
    let decode = |(key, bytes): &(PublicKey, BlsSignature)| {
        let signature = Signature::decode(bytes).ok()?;
        Some(SignedMessage { key: *key, signature })
    };
    let entries: Vec<SignedMessage> = answers.iter().filter_map(decode).collect();
    let bad = faulty(&point, &entries, &[7; 32]);
    let is_good = |position: &usize| bad.binary_search(position).is_err();
    let good: Vec<&SignedMessage> = (0..entries.len())
        .filter(is_good)
        .filter_map(|position| entries.get(position))
        .collect();
    let sum = good
        .iter()
        .map(|entry| &entry.signature)
        .collect::<AggregateSignature>()
        .signature()?;
    let key = good.iter().map(|entry| &entry.key).collect::<AggregateKey>().key()?;
    verify(&point, &key, &sum).then_some((sum, good.len()))
}

fn many_nodes(criterion: &mut Criterion) {
    let secrets = secrets();
    let keys: Vec<PublicKey> = secrets.iter().map(SecretKey::public_key).collect();
    let key_bytes: Vec<BlsPublicKey> = keys.iter().map(PublicKey::to_bytes).collect();
    let (right, wrong) = (message(1), message(2));
    let (right_point, wrong_point) = (right.to_point(), wrong.to_point());
    let answers = |every: usize| -> Vec<(PublicKey, BlsSignature)> {
        let sign = |(number, (secret, key)): (usize, (&SecretKey, &PublicKey))| {
            let lies = every > 0 && number % every == 0;
            (
                *key,
                secret.sign(if lies { &wrong_point } else { &right_point }).to_bytes(),
            )
        };
        secrets.iter().zip(&keys).enumerate().map(sign).collect()
    };
    let mut group = criterion.benchmark_group("2200 nodes");
    group.sample_size(10);
    group.bench_function("aggregate of keys", |bencher| {
        bencher.iter(|| black_box(&keys).iter().collect::<AggregateKey>().key());
    });
    group.bench_function("decode keys and aggregate", |bencher| {
        bencher.iter(|| {
            let keys: Vec<PublicKey> = key_bytes
                .iter()
                .filter_map(|bytes| PublicKey::decode(bytes).ok())
                .collect();
            keys.iter().collect::<AggregateKey>().key()
        });
    });
    for (name, every) in [("all honest", 0), ("ten lie", 220), ("a third lies", 3)] {
        let answers = answers(every);
        group.bench_function(format!("collector, {name}"), |bencher| {
            bencher.iter(|| collect(&right, black_box(&answers)))
        });
    }
    group.finish();
}

criterion_group!(benches, one_node, many_nodes);
criterion_main!(benches);
