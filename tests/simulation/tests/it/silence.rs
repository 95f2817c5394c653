//! Nodes that say nothing (pulse §12).

use oxen_pulse_machine::{RoundQuorum, Stage};
use oxen_simulation::{Fault, Network};

/// A network with a few blocks, before the start of the next round 0, and the quorum of that round.
fn before_a_round(seed: u64) -> (Network, RoundQuorum) {
    let mut network = Network::start(seed, 30);
    assert!(network.run_until(900, |network| network.agree_above(4)));
    let tip = network.nodes[0].chain.tip();
    let quorum = network.quorum_on(0, tip, 0).unwrap();
    (network, quorum)
}

/// The round in which the next block of the play was made.
fn round_of_next_block(network: &mut Network) -> u8 {
    let height = network.best_height();
    assert!(network.run_until(60 * 60, |network| network.agree_above(height)));
    let at = network.height_at(height + 1);
    let id = network.nodes[0].chain.at(at).unwrap();
    network.ledger.applied(&id).sealed.as_ref().unwrap().block().round()
}

fn silence(network: &mut Network, quorum: &RoundQuorum, count: usize, stage: Stage) {
    for key in quorum.validators.iter().take(count) {
        let node = network.node_of(key).unwrap();
        network.fault(node, Fault::SilentFrom(stage));
    }
}

#[test]
fn a_silent_leader_costs_one_round() {
    for seed in 0..4 {
        let (mut network, quorum) = before_a_round(seed);
        let leader = network.node_of(&quorum.producer).unwrap();
        network.fault(leader, Fault::SilentLeader);
        assert_eq!(round_of_next_block(&mut network), 1, "seed {seed}");
    }
}

#[test]
fn a_leader_that_does_not_run_costs_one_round_unless_it_is_needed_again() {
    let (mut network, quorum) = before_a_round(1);
    let leader = network.node_of(&quorum.producer).unwrap();
    network.crash(leader);
    assert_eq!(round_of_next_block(&mut network), 1);
}

#[test]
fn up_to_four_silent_validators_are_left_out_and_cost_nothing() {
    for count in 1..=4 {
        let (mut network, quorum) = before_a_round(10 + count as u64);
        silence(&mut network, &quorum, count, Stage::Handshakes);
        assert_eq!(round_of_next_block(&mut network), 0, "{count} silent");
        let tip = network.nodes[0].chain.tip();
        let sealed = network.ledger.applied(&tip).sealed.as_ref().unwrap();
        let bits = sealed.block().header.pulse.as_ref().unwrap().validator_bitset;
        assert_eq!(bits, 0x7ff & !((1 << count) - 1));
    }
}

#[test]
fn five_silent_validators_cost_the_round() {
    let (mut network, quorum) = before_a_round(20);
    silence(&mut network, &quorum, 5, Stage::Handshakes);
    assert!(round_of_next_block(&mut network) >= 1);
}

#[test]
fn one_validator_that_falls_silent_after_the_bitsets_costs_the_round() {
    for stage in [Stage::ValueHashes, Stage::Values] {
        let (mut network, quorum) = before_a_round(30);
        silence(&mut network, &quorum, 1, stage);
        assert!(round_of_next_block(&mut network) >= 1, "{stage:?}");
    }
}

#[test]
fn up_to_four_validators_that_do_not_sign_cost_nothing_but_time() {
    let (mut network, quorum) = before_a_round(31);
    silence(&mut network, &quorum, 4, Stage::Signatures);
    assert_eq!(round_of_next_block(&mut network), 0);
}

#[test]
fn four_silent_nodes_of_thirty_stop_nothing_for_hours() {
    let mut network = Network::start(40, 30);
    for node in 0..4 {
        network.fault(node, Fault::SilentFrom(Stage::Handshakes));
    }
    assert!(network.run_until(2 * 3_600, |network| network.best_height() >= 45));
    let late: u64 = network.promises.rounds.range(3..).map(|(_, count)| count).sum();
    assert_eq!(late, 0, "{:?}", network.promises.rounds);
    assert!(network.promises.highest_final().unwrap() >= network.height_at(30));
}
