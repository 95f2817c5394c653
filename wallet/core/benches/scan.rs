//! How fast a wallet scans: two-output transactions of strangers, from the bytes of the wire to "not ours".
//!
//! The goal is 15,000 of them a second on two cores, that is at most 130 µs each on one.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oxen_crypto::{AccountKeys, KeyDerivation, KeyPair, SecretKey, amount, commitment, mnemonic::Language};
use oxen_types::{
    Amount, GlobalOutputIndex, Hash, Height, KeyImage, Network, PaymentId, PublicKey, Timestamp,
    scan::{ScanAmount, ScanBlock, ScanKind, ScanOutput, ScanTransaction},
    transaction::TransactionType,
};
use oxen_wallet_core::{
    Lookahead, Wallet, WalletKeys, find_owned,
    keys::{Birthday, KeysSection},
    state::WalletState,
    wallet::WalletNetwork,
};
use parity_scale_codec::Encode;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use std::hint::black_box;

const TRANSACTIONS: u64 = 200;

fn wallet() -> Wallet {
    let keys = WalletKeys::from_spend_key(SecretKey::random(&mut ChaCha20Rng::seed_from_u64(1)));
    let state = WalletState::new(keys.view_keys().spend, Height::GENESIS, Lookahead::default());
    let section = KeysSection {
        keys,
        birthday: Birthday::default(),
        language: Language::English,
        network: "mainnet".to_owned(),
    };
    Wallet::new(WalletNetwork::from(&Network::mainnet()), &section, state)
}

/// A transaction that pays two outputs to this account.
fn transaction(number: u64, to: &AccountKeys, rng: &mut ChaCha20Rng) -> ScanTransaction {
    let pair = KeyPair::random(rng);
    let derivation = KeyDerivation::new(&pair.secret, &to.view.public_key()).unwrap();
    let output = |index| {
        let scalar = derivation.scalar(index);
        let opening = amount::Opening {
            amount: Amount::OXEN,
            mask: amount::commitment_mask(&scalar),
        };
        ScanOutput {
            key: derivation.derive_public_key(index, &to.spend.public_key()).unwrap(),
            amount: ScanAmount::Hidden {
                encrypted: amount::encrypt(opening.amount, &scalar),
                commitment: commitment::commit(opening.amount, &opening.mask),
            },
            unlock_time: 0,
        }
    };
    ScanTransaction {
        id: Hash::new(*PublicKey::new(*SecretKey::random(rng).to_bytes()).as_bytes()),
        kind: ScanKind::Ordinary(TransactionType::Standard),
        fee: 10_171_660,
        burned: 0,
        public_keys: vec![pair.public],
        additional_public_keys: Vec::new(),
        encrypted_payment_id: Some(PaymentId::new([1; 8])),
        service_node: None,
        unlocked_stake: None,
        first_output: Some(GlobalOutputIndex::new(2 * number)),
        outputs: vec![output(0), output(1)],
        key_images: vec![KeyImage::new(*SecretKey::random(rng).to_bytes()); 2],
    }
}

fn block(to: &AccountKeys) -> ScanBlock {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    ScanBlock {
        height: Height::GENESIS,
        id: Hash::new([1; 32]),
        previous: Hash::ZERO,
        timestamp: Timestamp::from_seconds(1_700_000_000),
        transactions: (0..TRANSACTIONS)
            .map(|number| transaction(number, to, &mut rng))
            .collect(),
    }
}

fn scanning(criterion: &mut Criterion) {
    let mut wallet = wallet();
    let context = wallet.view_context().unwrap();
    let stranger = AccountKeys::from_seed(&[9; 32]);
    let WalletKeys::Full(own) = wallet.keys().clone() else {
        return;
    };
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Elements(TRANSACTIONS)).sample_size(20);
    for (name, owner) in [("transactions of strangers", &stranger), ("transactions to us", &own)] {
        let bytes = block(owner).encode();
        group.bench_function(name, |bencher| {
            bencher.iter(|| find_owned(&context, &ScanBlock::decode_bounded(black_box(&bytes)).unwrap()));
        });
    }
    let bytes = block(&stranger).encode();
    group.bench_function("decoding alone", |bencher| {
        bencher.iter(|| ScanBlock::decode_bounded(black_box(&bytes)).unwrap());
    });
    let scanned = block(&own);
    let hits = find_owned(&context, &scanned);
    group.bench_function("applying transactions to us", |bencher| {
        bencher.iter_batched(
            || (wallet.clone(), hits.clone()),
            |(mut wallet, hits)| wallet.apply_block(&scanned, hits).unwrap(),
            criterion::BatchSize::LargeInput,
        );
    });
    group.finish();
    criterion.bench_function("table of 50 x 200 addresses", |bencher| {
        bencher.iter(wallet_table);
    });
}

fn wallet_table() -> usize {
    let mut fresh = wallet();
    fresh.view_context().unwrap();
    fresh.accounts().all().len()
}

criterion_group!(benches, scanning);
criterion_main!(benches);
