//! What a block costs in quorums, and in swarms where a node has registered. Wanted at 2,200 nodes: at most 2 ms together.
#![allow(missing_docs, reason = "a bench")]

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use oxen_staking_rules::{
    QuorumRandom, SwarmId,
    quorum::{PulseCandidate, PulseSorter, blink_quorum, checkpointing_quorum, obligations_quorum, pulse_quorum},
    swarm::update_swarms,
};
use oxen_types::{Hash, Height, PublicKey, keccak256};
use std::collections::BTreeMap;

const NODE_COUNTS: [u64; 2] = [2_200, 20_000];
/// One in so many is decommissioned.
const DECOMMISSIONED: usize = 100;

/// Keys as scattered as real ones, in order.
fn keys(count: u64) -> Vec<PublicKey> {
    let mut keys: Vec<PublicKey> = (0..count)
        .map(|number| PublicKey::new(keccak256(&number.to_le_bytes()).to_bytes()))
        .collect();
    keys.sort_unstable();
    keys
}

/// Candidates that served in any order, eleven in a block, as after a long time of Pulse.
fn candidates(keys: &[PublicKey]) -> Vec<PulseCandidate> {
    let mut served: Vec<u64> = (0..keys.len() as u64).collect();
    QuorumRandom::from_integer(3).shuffle(&mut served);
    let candidate = |(key, turn): (&PublicKey, u64)| PulseCandidate {
        key: *key,
        sorter: PulseSorter {
            height: Height::new(1_000_000 + turn / 11),
            index: (turn % 11) as u8,
        },
    };
    keys.iter().zip(served).map(candidate).collect()
}

fn quorums_of_a_block(criterion: &mut Criterion) {
    let seed = keccak256(b"a block");
    let entropy: [Hash; 12] = std::array::from_fn(|index| keccak256(&[index as u8]));
    let mut group = criterion.benchmark_group("quorums of a block");
    for count in NODE_COUNTS {
        let active = keys(count);
        let decommissioned: Vec<PublicKey> = keys(count * 2)
            .into_iter()
            .filter(|key| active.binary_search(key).is_err())
            .step_by(DECOMMISSIONED)
            .collect();
        let candidates = candidates(&active);
        let leader = active.first().copied().unwrap_or_default();
        group.bench_with_input(BenchmarkId::new("obligations", count), &active, |bencher, active| {
            bencher.iter(|| obligations_quorum(active, &decommissioned, &seed));
        });
        group.bench_with_input(BenchmarkId::new("checkpointing", count), &active, |bencher, active| {
            bencher.iter(|| checkpointing_quorum(active, &seed));
        });
        group.bench_with_input(BenchmarkId::new("blink", count), &active, |bencher, active| {
            bencher.iter(|| blink_quorum(active, &seed));
        });
        for round in [0, 1] {
            group.bench_with_input(
                BenchmarkId::new(format!("Pulse, round {round}"), count),
                &count,
                |bencher, _| {
                    let run = |candidates| pulse_quorum(&leader, candidates, &entropy, round, 50);
                    bencher.iter_batched(|| candidates.clone(), run, BatchSize::LargeInput);
                },
            );
        }
        group.bench_with_input(BenchmarkId::new("all four", count), &active, |bencher, active| {
            let run = |candidates| {
                (
                    obligations_quorum(active, &decommissioned, &seed),
                    checkpointing_quorum(active, &seed),
                    blink_quorum(active, &seed),
                    pulse_quorum(&leader, candidates, &entropy, 0, 50),
                )
            };
            bencher.iter_batched(|| candidates.clone(), run, BatchSize::LargeInput);
        });
    }
    group.finish();
}

fn swarms_after_a_registration(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("swarms");
    for count in NODE_COUNTS {
        let keys = keys(count);
        let mut nodes: BTreeMap<PublicKey, SwarmId> = keys.iter().map(|key| (*key, SwarmId::UNASSIGNED)).collect();
        let new = keys
            .get(keys.len() / 2)
            .and_then(|key| nodes.remove(key).map(|swarm| (*key, swarm)));
        let assigned = update_swarms(&nodes, 1);
        nodes.extend(assigned);
        nodes.extend(new);
        group.bench_with_input(BenchmarkId::new("one registration", count), &nodes, |bencher, nodes| {
            bencher.iter(|| update_swarms(nodes, 2));
        });
    }
    group.finish();
}

criterion_group!(benches, quorums_of_a_block, swarms_after_a_registration);
criterion_main!(benches);
