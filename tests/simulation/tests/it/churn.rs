//! Nodes that come, go and crash.

use oxen_simulation::{Network, play::LIVENESS_SECONDS};

#[test]
fn thirty_per_cent_away_for_hours_are_suspended_and_come_back() {
    let mut network = Network::start(1, 30);
    assert!(network.run_until(600, |network| network.agree_above(3)));
    for node in 0..9 {
        network.crash(node * 3 + 1);
    }
    network.run_for(4 * 3_600);
    let tip = network.nodes[0].chain.tip();
    let registry = network.ledger.registry(oxen_simulation::Rulebook::FIRST, &tip);
    let suspended = registry.decommissioned().count();
    assert!(suspended >= 6, "{suspended} of nine are suspended");
    let height = network.best_height();
    assert!(height >= 60, "{height}");
    network.calm();
    assert!(
        network.run_until(LIVENESS_SECONDS, |network| network.agree_above(height)),
        "{}",
        network.describe()
    );
    network.run_for(2 * 3_600);
    let tip = network.nodes[0].chain.tip();
    let registry = network.ledger.registry(oxen_simulation::Rulebook::FIRST, &tip);
    assert!(registry.decommissioned().count() < suspended, "they are let back");
}

#[test]
fn every_node_crashes_again_and_again_and_signs_nothing_twice() {
    let mut network = Network::start(2, 30);
    for step in 0..600 {
        network.run_for(6);
        let node = network.draw(30) as usize;
        if step % 3 == 0 {
            network.lose_power(node, 1);
        } else {
            network.crash(node);
        }
        let back = network.draw(30) as usize;
        network.boot(node);
        network.boot(back);
    }
    network.calm();
    let height = network.best_height();
    assert!(height >= 15, "{height}: {:?}", network.promises.failures);
    assert!(
        network.run_until(LIVENESS_SECONDS, |network| network.agree_above(height)),
        "{}",
        network.describe()
    );
}

#[test]
fn who_signed_before_all_lost_power_signs_nothing_else_in_the_round() {
    for seed in 0..6 {
        let mut network = Network::start(seed, 30);
        assert!(network.run_until(600, |network| network.agree_above(2)));
        let height = network.best_height();
        // Six signatures are there, and no block.
        assert!(network.run_until_signed(200, 6));
        assert_eq!(network.best_height(), height, "seed {seed}");
        network.black_out(200);
        assert!(network.run_until(LIVENESS_SECONDS, |network| network.agree_above(height)));
        assert!(
            network.promises.failures.contains_key("AlreadySigned"),
            "{:?}",
            network.promises.failures
        );
        let at = network.height_at(height + 1);
        let id = network.nodes[0].chain.at(at).unwrap();
        let sealed = network.ledger.applied(&id).sealed.clone().unwrap();
        assert_eq!(
            sealed.block().round(),
            1,
            "seed {seed}: six of eleven may not sign in round 0 again"
        );
    }
}
