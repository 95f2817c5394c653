//! Clocks that are wrong by up to 30 seconds, either way.

use crate::world::World;
use oxen_pulse_machine::{Bitset, Failure};

const START: u64 = 120;

/// A world whose clocks differ from the true time by so many milliseconds.
fn world(seed: u64, skews: &[(usize, i64)]) -> World {
    let mut world = World::new(12, seed);
    for (node, skew) in skews {
        world.actors[*node].skew = *skew;
    }
    world.start();
    world
}

#[test]
fn a_few_seconds_do_not_matter() {
    for skew in [-4_000, -1_000, 1_000, 4_000, 9_500] {
        let mut world = world(1, &[(2, skew), (7, skew / 2)]);
        assert!(world.run_until_block(1, START + 20));
        assert_eq!(world.made(1).1, Bitset::FULL, "skew {skew}");
    }
}

#[test]
fn everybody_a_little_wrong_makes_blocks_with_everybody() {
    let mut world = World::new(12, 2);
    for node in 0..12 {
        world.actors[node].skew = world.draw(5_000) as i64 - 2_500;
    }
    world.start();
    for height in 1..=3 {
        assert!(world.run_until_block(height, height * 150));
        assert_eq!((world.made(height).0, world.made(height).1), (0, Bitset::FULL));
    }
}

#[test]
fn a_validator_half_a_minute_fast_is_left_out_and_costs_no_round() {
    let mut world = world(3, &[(4, 30_000)]);
    assert!(world.run_until_block(1, START + 2));
    assert_eq!((world.made(1).0, world.made(1).1.bits()), (0, 0x07ef));
    assert_eq!(world.failures(4), [(0, Failure::TooFewBitsets { received: 1 })]);
}

#[test]
fn a_validator_half_a_minute_slow_is_left_out_and_costs_no_round() {
    let mut world = world(4, &[(4, -30_000)]);
    assert!(world.run_until_block(1, START + 12));
    assert_eq!((world.made(1).0, world.made(1).1.bits()), (0, 0x07ef));
}

#[test]
fn two_fast_and_two_slow_validators_leave_seven() {
    let mut world = world(5, &[(0, 30_000), (1, -30_000), (5, 29_000), (9, -20_000)]);
    assert!(world.run_until_block(1, START + 12));
    assert_eq!((world.made(1).0, world.made(1).1.len()), (0, 7));
}

#[test]
fn a_producer_half_a_minute_wrong_costs_one_round() {
    for skew in [-30_000, 30_000] {
        let mut world = world(6, &[(11, skew)]);
        assert!(world.run_until_block(1, START + 119), "skew {skew}");
        assert_eq!(world.made(1).0, 1);
        assert_eq!(world.failures(5), [(0, Failure::NoTemplate)]);
    }
}

#[test]
fn a_producer_five_seconds_wrong_costs_none() {
    for skew in [-5_000, 5_000] {
        let mut world = world(7, &[(11, skew)]);
        assert!(world.run_until_block(1, START + 7), "skew {skew}");
        assert_eq!(world.made(1).0, 0);
    }
}
