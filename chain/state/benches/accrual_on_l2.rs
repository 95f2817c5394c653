//! What a block of HF21 adds to the rewards of 2,200 nodes with ten contributors each, everybody another account on L2, at the worst:
//! the reward was another in each block of a whole interval, and nobody was settled in it. State in memory.
//!
//! Beside it stands what there would be to do without streams: every balance touched by every block.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench ends where it fails")]

use criterion::{Criterion, criterion_group, criterion_main};
use oxen_staking_rules::{MilliAmount, Recipient, RewardPart};
use oxen_state::{
    Overlay, View,
    rewards::{
        AccruedRewards, AccruedRewardsRow, NewestFirst, RewardLedger, RewardRate, RewardRates, RewardStream,
        RewardStreams, RewardStreamsRow, accrued_rewards_key,
    },
    service_nodes::RewardDuties,
};
use oxen_testkit::StakingChain;
use oxen_types::{Amount, Height, Network, PublicKey, bytes::EthereumAddress, hashing::keccak256};
use std::hint::black_box;

const NODES: u64 = 2_200;
const CONTRIBUTORS: u64 = 10;
/// Blocks between two turns of an account on mainnet.
const INTERVAL: u64 = 2_520;
/// The block that is measured.
const HEIGHT: Height = Height::new(100_000);
/// Atomic SESH a block.
const REWARD: u64 = 22_983_257_229;

fn recipient(number: u64) -> Recipient {
    let digest = keccak256(&number.to_le_bytes()).to_bytes();
    let bytes = digest.first_chunk().unwrap();
    Recipient::Ethereum(EthereumAddress::new(*bytes))
}

/// The `part`th share of a node, which its first contributor operates for ten of a hundred.
fn streams(node: u64, part: u64) -> Vec<RewardStream> {
    let stream = |part| RewardStream {
        node: PublicKey::new(keccak256(&node.to_be_bytes()).to_bytes()),
        part,
    };
    let portions = u64::MAX / 10;
    let stake = RewardPart::Contribution {
        portions,
        amount: Amount::from_atomic(2_500_000_000_000),
        total: Amount::from_atomic(25_000_000_000_000),
    };
    match part {
        0 => vec![stream(RewardPart::OperatorFee { portions }), stream(stake)],
        _ => vec![stream(stake)],
    }
}

/// Everybody was settled an interval ago.
fn population() -> StakingChain {
    let mut chain = StakingChain::on(&StakingChain::network().batching_interval(INTERVAL));
    let network = chain.chain().network().clone();
    let settled = HEIGHT.saturating_sub(INTERVAL + 1);
    let delta = {
        let mut state = Overlay::new(chain.chain().state() as &dyn View);
        for number in 0..NODES * CONTRIBUTORS {
            let recipient = recipient(number);
            let key = accrued_rewards_key(&recipient, &network).unwrap();
            let balance = MilliAmount::new(5_000_000_000_123);
            state.put::<AccruedRewards>(&key, &AccruedRewardsRow { recipient, balance });
            let streams = streams(number / CONTRIBUTORS, number % CONTRIBUTORS);
            let row = RewardStreamsRow {
                recipient,
                settled,
                streams,
            };
            state.put::<RewardStreams>(&key, &row);
        }
        for back in 1..=INTERVAL {
            let from = HEIGHT.saturating_sub(back);
            let rate = RewardRate {
                from,
                node: MilliAmount::from_amount(Amount::from_atomic(REWARD - back)).share(NODES),
                created: MilliAmount::ZERO,
            };
            state.put::<RewardRates>(&NewestFirst(from), &rate);
        }
        state.into_delta()
    };
    chain.chain_mut().write(&delta);
    chain
}

fn block(view: &dyn View, network: &Network) -> usize {
    let duties = RewardDuties {
        payable: NODES,
        ..RewardDuties::default()
    };
    let mut state = Overlay::new(view);
    RewardLedger::new(&mut state, network, HEIGHT)
        .accrue_on_l2(Amount::from_atomic(REWARD), &duties)
        .unwrap();
    state.into_delta().len()
}

/// What a ledger without streams does: every share of every node into its balance.
fn everybody(view: &dyn View, network: &Network) -> usize {
    let node = MilliAmount::from_amount(Amount::from_atomic(REWARD)).share(NODES);
    let mut state = Overlay::new(view);
    for number in 0..NODES * CONTRIBUTORS {
        let recipient = recipient(number);
        let key = accrued_rewards_key(&recipient, network).unwrap();
        let mut row = oxen_state::TypedView::get::<AccruedRewards>(&state, &key)
            .unwrap()
            .unwrap();
        for stream in streams(number / CONTRIBUTORS, number % CONTRIBUTORS) {
            row.balance = row.balance.checked_add(stream.part.of(node)).unwrap();
        }
        state.put::<AccruedRewards>(&key, &row);
    }
    state.into_delta().len()
}

fn accrual(criterion: &mut Criterion) {
    let chain = population();
    let (state, network) = (chain.chain().state() as &dyn View, chain.chain().network());
    println!(
        "rows that a block writes: {}, and {} if it touched everybody",
        block(state, network),
        everybody(state, network)
    );
    let mut group = criterion.benchmark_group("accrual on L2, 2,200 nodes with 10 contributors");
    group.sample_size(20);
    group.bench_function("a block", |bencher| bencher.iter(|| black_box(block(state, network))));
    group.bench_function("a block that touches everybody", |bencher| {
        bencher.iter(|| black_box(everybody(state, network)))
    });
    group.finish();
}

criterion_group!(benches, accrual);
criterion_main!(benches);
