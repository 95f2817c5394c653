//! What is seen of others beside proofs.

use super::{
    chain::Contents,
    stage::{NODES, START_HEIGHT, Stage, key},
};
use oxen_node_api::{Companion, OwnServiceNode, ServiceNodePeers};
use oxen_staking_rules::{obligations::TestOutcome, registry::Activity};
use oxen_types::{Height, block::PulseHeader};

fn pulse(bitset: u16) -> Contents {
    Contents {
        pulse: Some(PulseHeader {
            random_value: [1; 16],
            round: 2,
            validator_bitset: bitset,
        }),
        ..Contents::default()
    }
}

#[test]
fn who_signed_the_newest_block_took_part() {
    let stage = Stage::new();
    let actors = [stage.actor(0)];
    stage.block(&actors);
    stage.block_with(&actors, pulse(0b000_0111_1111));
    let seen = |number: u8| actors[0].prober.observations(&key(number));
    for (number, outcome) in [
        (0, TestOutcome::Passed),
        (6, TestOutcome::Passed),
        (7, TestOutcome::Failed),
        (10, TestOutcome::Failed),
    ] {
        let pulse = seen(number).unwrap().pulse;
        assert_eq!(pulse.len(), 1);
        let newest = pulse.iter().next().unwrap();
        assert_eq!((newest.height, newest.round), (stage.chain.tip(), 2));
        assert_eq!(newest.outcome, outcome, "{number}");
    }
    assert!(seen(11).is_none(), "the producer has no entry");
}

#[test]
fn blocks_of_the_past_tell_nothing_of_who_takes_part() {
    let stage = Stage::new();
    let actors = [stage.actor(0)];
    stage.block(&actors);
    stage.chain.mine(stage.now(), pulse(0));
    stage.clock.advance(121);
    actors[0].prober.follow();
    assert!(actors[0].prober.observations(&key(0)).is_none());
}

#[test]
fn a_suspension_in_the_first_block_after_the_start_is_noticed() {
    let stage = Stage::new();
    let actors = [stage.actor(0)];
    actors[0].prober.follow();
    stage.prove([10], &actors);
    stage.chain.set_node(&key(10), |node| {
        node.record.activity = Activity::Decommissioned {
            active_since: Height::new(1),
            since: Height::new(START_HEIGHT + 1),
        };
        node.record.decommission_count = 1;
    });
    stage.block(&actors);
    let seen = actors[0].prober.observations(&key(10)).unwrap();
    assert_eq!(seen.proof_counts_from, None);
    // It need not wait for half the time between proofs.
    stage.prove([10], &actors);
    let seen = actors[0].prober.observations(&key(10)).unwrap();
    assert_eq!(seen.proof_counts_from, Some(stage.now()));
}

#[test]
fn every_change_changes_the_revision() {
    let stage = Stage::new();
    let actors = [stage.actor(0)];
    let revision = || actors[0].prober.revision();
    let start = revision();
    stage.prove([10], &actors);
    let proved = revision();
    assert!(proved > start);
    let report = actors[0]
        .prober
        .report_peer(Companion::Lokinet, &key(11), TestOutcome::Passed);
    assert_eq!(report, Ok(()));
    assert!(revision() > proved);
    assert_eq!(
        actors[0]
            .prober
            .observations(&key(11))
            .unwrap()
            .onion_router
            .last_reachable,
        Some(stage.now())
    );
    assert!(actors[0].prober.observations(&key(NODES - 1)).is_none());
}
