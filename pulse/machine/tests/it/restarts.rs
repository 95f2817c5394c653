//! Crashes: what is on disk keeps a node from signing twice.

use crate::world::World;
use oxen_pulse_machine::{Bitset, Failure, GuardRecord, GuardedAct, Stage, Status};
use oxen_types::{Hash, Height};

const START: u64 = 120;

const RECORD: GuardRecord = GuardRecord {
    height: Height::new(1),
    round: 0,
    act: GuardedAct::Block,
    id: Hash::new([9; 32]),
};

#[test]
fn a_node_whose_disk_knows_another_block_of_the_round_signs_none() {
    for is_read_at_start in [false, true] {
        let mut world = World::new(12, 1);
        world.actors[5].guard.insert(RECORD.key(), RECORD.id);
        if is_read_at_start {
            world.actors[5].restart();
        }
        world.start();
        assert!(world.run_until_block(1, START + 61));
        assert_eq!(world.failures(5), [(0, Failure::AlreadySigned)]);
        assert_eq!(world.made(1), (0, Bitset::FULL, vec![0, 1, 2, 3, 4, 6, 7]));
        assert!(world.actors[5].signed.is_empty());
    }
}

#[test]
fn a_producer_whose_disk_knows_another_template_of_the_round_sends_none() {
    let record = GuardRecord {
        act: GuardedAct::Template,
        ..RECORD
    };
    let mut world = World::new(12, 2);
    world.actors[11].guard.insert(record.key(), record.id);
    world.start();
    assert!(world.run_until_block(1, START + 119));
    assert_eq!(world.failures(11), [(0, Failure::AlreadySigned)]);
    assert_eq!(world.made(1).0, 1);
}

#[test]
fn a_node_that_crashes_in_any_stage_is_back_in_the_next_round() {
    for seed in 0..30 {
        let mut world = World::new(12, seed);
        world.start();
        // Somewhere in the half second in which everything happens.
        let moment = world.draw(500);
        world.run_until(START);
        let crash_at = world.now + moment;
        world.run_until_moment(crash_at);
        let node = world.draw(12) as usize;
        world.stop(node);
        world.restart(node);
        assert!(world.run_until_block(1, START + 130), "seed {seed}");
        assert!(world.run_until_block(2, 2 * (START + 130)), "seed {seed}");
        world.assert_safe(seed);
    }
}

#[test]
fn a_node_that_starts_late_joins_the_round_of_the_clock() {
    let mut world = World::new(12, 3);
    world.run_until(START + 130);
    world.start();
    assert!(world.run_until_block(1, START + 190));
    assert_eq!(world.made(1).0, 3, "round 2 was half over");
}

#[test]
fn a_status_names_who_is_missing() {
    let mut world = World::new(12, 4);
    world.stop(3);
    world.start();
    world.run_until(START + 5);
    let Status::InRound { stage, missing, .. } = world.actors[0].machine.status() else {
        panic!("in a round");
    };
    assert_eq!((stage, missing.to_string().as_str()), (Stage::Handshakes, "3"));
}
