//! What a block costs the registry and the rewards: everything but transactions, signatures and the write. State in memory.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench ends where it fails")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use oxen_staking_rules::Registry;
use oxen_state::{
    Delta, Overlay, ServiceNodeRules, StakingRules, View,
    rewards::{RewardLedger, due_payouts},
    service_nodes::registry,
    transaction::CheckedTransaction,
};
use oxen_testkit::{Begins, Population, StakingChain};
use oxen_types::{Amount, Block, block::PulseHeader};
use std::{fs, hint::black_box, sync::Arc, time::Duration};

/// Contributors of each node.
const CONTRIBUTORS: usize = 10;
/// Today's mainnet, and ten times as many.
const NODES: [usize; 2] = [2_200, 20_000];
/// Blocks between two payouts of a recipient on mainnet.
const INTERVAL: u64 = 2_520;

/// A chain with nodes and its next block.
struct Next {
    chain: StakingChain,
    block: Block,
    transactions: Vec<Arc<CheckedTransaction>>,
}

fn population(nodes: usize, interval: u64, begins: Begins) -> StakingChain {
    let network = StakingChain::network().batching_interval(interval);
    let mut chain = StakingChain::on(&network);
    chain.mine(20);
    let population = Population {
        nodes,
        contributors: CONTRIBUTORS,
    };
    population.settle(&mut chain, begins);
    chain
}

impl Next {
    fn new(chain: StakingChain, transactions: Vec<Arc<CheckedTransaction>>) -> Self {
        let mut block = chain.chain().assemble(&transactions);
        // Signatures are not looked at here.
        block.header.pulse = Some(PulseHeader {
            random_value: [1; 16],
            round: 0,
            validator_bitset: 0x7f,
        });
        Self {
            chain,
            block,
            transactions,
        }
    }

    /// All that a block does to registry and rewards; the quorum is that of another round before, so that it is drawn anew.
    fn apply(&self, view: &dyn View, rules: &StakingRules) -> Delta {
        let network = self.chain.chain().network();
        let height = self.chain.height().next();
        let payouts = due_payouts(view, network, height).unwrap();
        black_box(rules.block_duties(view, height, 0).unwrap());
        let listed: Vec<&CheckedTransaction> = self.transactions.iter().map(Arc::as_ref).collect();
        let mut state = Overlay::new(view);
        let duties = rules
            .apply_block(&mut state, &self.block, &self.block.id(), &listed, height)
            .unwrap();
        let mut ledger = RewardLedger::new(&mut state, network, height);
        ledger.pay(&payouts).unwrap();
        ledger.accrue(Amount::from_atomic(1_000), &duties).unwrap();
        state.finish().unwrap().0
    }
}

fn resident_bytes() -> u64 {
    let pages: u64 = fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split(' ').nth(1)?.parse().ok())
        .unwrap_or(0);
    pages * 4096
}

/// What a loaded registry adds to the process: the growth from the second half of many copies, after the first half has used
/// up what was freed before.
fn measure_memory(chain: &StakingChain, nodes: usize) {
    let half = (60_000 / nodes).max(3);
    let load = || registry::load(chain.chain().state()).unwrap();
    let mut copies: Vec<Registry> = (0..half).map(|_| load()).collect();
    let before = resident_bytes();
    copies.extend((0..half).map(|_| load()));
    let grown = resident_bytes().saturating_sub(before) / half as u64;
    println!(
        "registry of {nodes} nodes with {CONTRIBUTORS} contributors each: {:.1} MiB resident",
        grown as f64 / f64::from(1 << 20)
    );
    drop(copies);
}

fn blocks(criterion: &mut Criterion) {
    for nodes in NODES {
        let mut group = criterion.benchmark_group(format!("registry and rewards of {nodes} nodes"));
        group.sample_size(20).measurement_time(Duration::from_secs(5));

        let quiet = population(nodes, INTERVAL, Begins::Nobody);
        measure_memory(&quiet, nodes);
        group.bench_function("load", |bencher| {
            bencher.iter(|| registry::load(quiet.chain().state()).unwrap())
        });

        let mut registering = quiet.clone();
        let registration = registering.register("new").by("alice").stake(100).build().checked();
        let cases = [
            ("quiet block", Next::new(quiet, Vec::new())),
            ("block with a registration", Next::new(registering, vec![registration])),
            (
                "block in which a node begins to earn",
                Next::new(population(nodes, INTERVAL, Begins::OneMoreNext), Vec::new()),
            ),
            (
                "block that pays a twentieth of all",
                Next::new(paying(population(nodes, 20, Begins::Nobody)), Vec::new()),
            ),
        ];
        for (name, next) in cases {
            let rules = next.chain.rules();
            let state = next.chain.chain().state();
            let height = next.chain.height().next();
            group.bench_function(name, |bencher| {
                bencher.iter_batched(
                    || drop(rules.next_pulse_quorum(state, height, 1).unwrap()),
                    |()| next.apply(state, rules),
                    BatchSize::PerIteration,
                );
            });
        }
        group.finish();
    }
}

/// Everybody is owed more than an OXEN, so that whose turn comes is paid.
fn paying(mut chain: StakingChain) -> StakingChain {
    use oxen_staking_rules::MilliAmount;
    use oxen_state::{
        delta::scan_rows,
        rewards::{AccruedRewards, AccruedRewardsRow, RewardStreams, accrued_rewards_key},
    };
    let delta = {
        let mut state = Overlay::new(chain.chain().state() as &dyn View);
        for (_, row) in scan_rows::<RewardStreams>(chain.chain().state(), &[], &[], usize::MAX).unwrap() {
            let key = accrued_rewards_key(&row.recipient, chain.chain().network()).unwrap();
            let owed = AccruedRewardsRow {
                recipient: row.recipient,
                balance: MilliAmount::new(5_000_000_000_123),
            };
            state.put::<AccruedRewards>(&key, &owed);
        }
        state.into_delta()
    };
    chain.chain_mut().write(&delta);
    chain
}

criterion_group!(benches, blocks);
criterion_main!(benches);
