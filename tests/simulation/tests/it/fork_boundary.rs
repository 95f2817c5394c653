//! A hard fork for which a third of the nodes is not ready.

use oxen_simulation::{Ground, Network, Rulebook, play::LIVENESS_SECONDS};
use oxen_types::{
    Height,
    network::{HardFork, HardForkTable, PulseStartRule},
};
use std::{collections::BTreeMap, sync::Arc};

/// From this height on, above the ground, rounds start ninety seconds after the block before, and not 120.
const FORK: u64 = 8;

fn rules(ground: &Ground, fork: Option<Height>) -> Arc<oxen_types::Network> {
    let mut network = oxen_types::Network::clone(&ground.network);
    let mut forks = vec![HardFork::new(7, 0, 0), HardFork::new(19, 3, 1)];
    let mut starts = BTreeMap::from([(Height::GENESIS, 120)]);
    if let Some(height) = fork {
        forks.push(HardFork::new(19, 4, height.index()));
        starts.insert(height, 90);
    }
    network.forks = HardForkTable::new(&forks).unwrap();
    network.pulse.start = PulseStartRule::AfterPrevious(starts);
    Arc::new(network)
}

#[test]
fn two_thirds_go_on_by_the_new_rules_and_the_others_join_when_they_are_upgraded() {
    const OLD: Rulebook = Rulebook(0);
    const NEW: Rulebook = Rulebook(1);
    let ground = Ground::of(30);
    let fork = ground.height.saturating_add(FORK);
    let both = [rules(&ground, None), rules(&ground, Some(fork))];
    let mut network = Network::on(1, &ground, &both, |node| if node % 3 == 0 { OLD } else { NEW });
    assert!(
        network.run_until(20 * 60, |network| network.agree_above(FORK - 2)),
        "{}",
        network.describe()
    );
    network.run_for(2 * 3_600);
    let behind = (0..30)
        .filter(|node| node % 3 == 0)
        .map(|node| network.nodes[node].chain.height());
    let behind = behind.max().unwrap();
    assert!(network.height(1) >= 30, "the others go on: {}", network.height(1));
    assert!(
        behind < network.nodes[1].chain.height(),
        "old nodes stay behind, at {behind}"
    );
    assert!(
        network.promises.final_of(1).unwrap() > fork,
        "and reach finality without them"
    );
    assert!(
        (0..30)
            .step_by(3)
            .all(|node| network.promises.final_of(node) < Some(fork))
    );
    let id = network.nodes[1].chain.at(fork).unwrap();
    let sealed = network.ledger.applied(&id).sealed.clone().unwrap();
    assert_eq!(sealed.block().header.minor_version, 4);
    for node in (0..30).step_by(3) {
        network.upgrade(node, NEW, fork);
    }
    let height = network.best_height();
    assert!(
        network.run_until(LIVENESS_SECONDS, |network| network.agree_above(height)),
        "{}",
        network.describe()
    );
}
