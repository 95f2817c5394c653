//! What a block costs the registry and the rewards when they lie in the database on disk, the write included; and how long a
//! restarted node takes to have the registry again.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use oxen_state::{
    Change, Delta, Overlay, ServiceNodeRules, StakingRules, TableId, Undo, View,
    rewards::{RewardLedger, due_payouts},
    service_nodes::registry,
};
use oxen_store::{ChainStore, Commit, Identity, StoreSettings, Tip};
use oxen_testkit::{Begins, Population, StakingChain};
use oxen_types::{Amount, Block, Hash, NetworkId, block::PulseHeader, keccak256};
use std::{cell::Cell, path::Path, sync::Arc, time::Duration};

/// Today's mainnet: nodes, contributors of each, blocks between two payouts of a recipient.
const NODES: usize = 2_200;
const CONTRIBUTORS: usize = 10;
const INTERVAL: u64 = 2_520;

fn open(directory: &Path) -> ChainStore {
    let identity = Identity {
        network: NetworkId::new([1; 16]),
        genesis: keccak256(b"genesis"),
    };
    ChainStore::open(directory, &identity, &StoreSettings::default(), &mut |_| ()).unwrap()
}

/// Every row of a chain in memory.
fn everything(chain: &StakingChain) -> Delta {
    TableId::ALL
        .into_iter()
        .flat_map(|table| {
            let rows = chain.chain().state().scan(table, &[], &[], usize::MAX).unwrap();
            rows.into_iter().map(move |(key, row)| (table, key, Change::Put(row)))
        })
        .collect()
}

fn registry_on_disk(criterion: &mut Criterion) {
    let mut chain = StakingChain::on(&StakingChain::network().batching_interval(INTERVAL));
    chain.mine(20);
    let population = Population {
        nodes: NODES,
        contributors: CONTRIBUTORS,
    };
    population.settle(&mut chain, Begins::Nobody);
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let base = Tip {
        height: chain.height(),
        id: chain.chain().tip().1.id,
    };
    store
        .commit(&Commit::block(None, base, everything(&chain), Undo::default()))
        .unwrap();
    store.flush().unwrap();

    let mut group = criterion.benchmark_group(format!("registry of {NODES} nodes on disk"));
    group.sample_size(20).measurement_time(Duration::from_secs(5));
    group.bench_function("load", |bencher| {
        let snapshot = store.snapshot();
        bencher.iter(|| registry::load(&*snapshot).unwrap());
    });
    let tip = Cell::new(base);
    let rules = Arc::clone(chain.rules());
    let template = chain.chain().assemble(&[]);
    group.bench_function("quiet block, written", |bencher| {
        bencher.iter_batched(
            || number(&template, tip.get().height.index()),
            |block| tip.set(apply(&store, &chain, &rules, tip.get(), &block)),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// Different blocks have different ids.
fn number(template: &Block, number: u64) -> Block {
    let mut block = template.clone();
    let mut random_value = [1; 16];
    random_value[..8].copy_from_slice(&number.to_le_bytes());
    block.header.pulse = Some(PulseHeader {
        random_value,
        round: 0,
        validator_bitset: 0x7f,
    });
    block
}

/// Everything that a block does to registry and rewards, always on the same state: the next tip has another name only.
fn apply(store: &ChainStore, chain: &StakingChain, rules: &StakingRules, tip: Tip, block: &Block) -> Tip {
    let network = chain.chain().network();
    let snapshot = store.snapshot();
    let view: &dyn View = &*snapshot;
    let height = chain.height().next();
    let payouts = due_payouts(view, network, height).unwrap();
    rules.block_duties(view, height, 0).unwrap();
    let id: Hash = block.id();
    let mut state = Overlay::new(view);
    let duties = rules.apply_block(&mut state, block, &id, &[], height).unwrap();
    let mut ledger = RewardLedger::new(&mut state, network, height);
    ledger.pay(&payouts).unwrap();
    ledger.accrue(Amount::from_atomic(1_000), &duties).unwrap();
    let (delta, undo) = state.finish().unwrap();
    let next = Tip {
        height: tip.height.next(),
        id,
    };
    store.commit(&Commit::block(Some(tip), next, delta, undo)).unwrap();
    next
}

criterion_group!(benches, registry_on_disk);
criterion_main!(benches);
