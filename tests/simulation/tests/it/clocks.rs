//! Clocks that are wrong.

use oxen_simulation::Network;

#[test]
fn a_third_of_clocks_wrong_by_thirty_seconds_slow_blocks_and_stop_none() {
    let mut network = Network::start(1, 30);
    for node in 0..10 {
        network.nodes[node * 3].skew = if node % 2 == 0 { 30_000 } else { -30_000 };
    }
    assert!(
        network.run_until(3 * 3_600, |network| network.best_height() >= 40),
        "{}",
        network.describe()
    );
    assert!(network.promises.highest_final().unwrap() >= network.height_at(20));
}

#[test]
fn clocks_within_two_seconds_cost_nothing() {
    let mut network = Network::start(2, 30);
    for node in 0..30 {
        network.nodes[node].skew = i64::try_from(network.draw(4_000)).unwrap() - 2_000;
    }
    assert!(network.run_until(40 * 125, |network| network.best_height() >= 36));
    assert_eq!(network.promises.rounds.keys().collect::<Vec<_>>(), [&0]);
}
