//! Networks without faults, and what a play is.

use oxen_pulse_machine::{Moment, RoundAt};
use oxen_simulation::{Network, play::play};

#[test]
fn thirty_honest_nodes_make_every_block_in_round_0() {
    let mut network = Network::start(1, 30);
    assert!(network.run_until(40 * 121, |network| network.best_height() >= 40));
    assert_eq!(network.promises.rounds.keys().collect::<Vec<_>>(), [&0]);
    assert!(network.promises.failures.is_empty(), "{:?}", network.promises.failures);
    assert_eq!(network.ledger.forks(), 0);
    assert!(network.promises.highest_final().unwrap() >= network.height_at(32));
}

#[test]
fn a_seed_is_played_alike_twice_and_another_one_otherwise() {
    let first = play(3, 30, 12);
    assert_eq!(first, play(3, 30, 12));
    assert_ne!(first.trace, play(4, 30, 12).trace);
}

#[test]
fn when_all_rounds_have_passed_a_block_is_mined_and_then_pulse_goes_on() {
    let mut network = Network::start(2, 30);
    assert!(network.run_until(600, |network| network.agree_above(2)));
    assert!(!network.mine(0), "Pulse is in charge");
    for node in 0..30 {
        network.crash(node);
    }
    network.run_for(255 * 60 + 150);
    let duty = RoundAt::Exhausted;
    assert_eq!(
        network.next_round(0),
        None,
        "{duty:?} at {:?}",
        Moment::from_milliseconds(network.now)
    );
    for node in 0..30 {
        network.boot(node);
    }
    network.run_for(60);
    let height = network.best_height();
    assert!(network.mine(4));
    assert!(network.run_until(10, |network| network.agree_above(height)));
    assert!(network.run_until(180, |network| network.agree_above(height + 1)));
}
