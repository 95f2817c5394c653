//! What holds for every seed.

use crate::{
    actor::{Fault, Signatures},
    chain::Casting,
    world::{Links, World},
};
use oxen_pulse_machine::{RoundId, Stage};
use oxen_types::Height;

const START: u64 = 120;

/// Fourteen nodes whose quorums are drawn.
fn world(seed: u64) -> World {
    World::with(14, seed, Signatures::Cheap, Casting::Drawn)
}

fn draw_fault(world: &mut World) -> Fault {
    let stages = [
        Stage::Handshakes,
        Stage::Bitsets,
        Stage::Template,
        Stage::ValueHashes,
        Stage::Values,
        Stage::Signatures,
    ];
    match world.draw(6) {
        0 => Fault::WrongReveal,
        1 => Fault::RefusesTemplates,
        2 => Fault::TwoTemplates {
            second_to: world.draw(1 << 14) as u32,
        },
        _ => Fault::SilentFrom(stages[world.draw(6) as usize]),
    }
}

/// Faulty nodes, wrong clocks, bad links, everything at once.
fn torment(world: &mut World) {
    world.links = Links {
        latency: (5, 5 + world.draw(400)),
        loss: world.draw(150),
        duplicates: world.draw(200),
        delayed: world.draw(100),
    };
    for node in 0..14 {
        let kind = world.draw(30);
        match kind {
            0 | 1 => world.actors[node].fault = draw_fault(world),
            2 => world.actors[node].skew = world.draw(60_000) as i64 - 30_000,
            3 => world.stop(node),
            _ => {}
        }
    }
    // At most two validators sign everything: three could make two blocks.
    for _ in 0..2 {
        let node = world.draw(14) as usize;
        world.actors[node].fault = Fault::SignsBoth;
    }
}

/// Nodes crash and come back until a second.
fn crash_until(world: &mut World, second: u64) {
    while world.elapsed() < second {
        let pause = world.elapsed() + 1 + world.draw(120);
        world.run_until(pause.min(second));
        let node = world.draw(14) as usize;
        world.stop(node);
        let absence = world.elapsed() + world.draw(20);
        world.run_until(absence);
        world.restart(node);
    }
}

fn heal(world: &mut World) {
    world.links = crate::world::GOOD_LINKS;
    for node in 0..14 {
        world.actors[node].fault = Fault::None;
        world.actors[node].skew = 0;
    }
    (0..14).for_each(|node| world.stop(node));
    (0..14).for_each(|node| world.restart(node));
}

#[test]
fn no_round_has_two_blocks_and_blocks_come_again_when_faults_end() {
    let mut blocks = 0;
    for seed in 0..24 {
        let mut world = world(seed);
        torment(&mut world);
        world.start();
        crash_until(&mut world, 900);
        world.assert_safe(seed);
        heal(&mut world);
        let height = world.actors[0].chain.tip().1.index();
        blocks += height;
        // At worst the block before has just come, and the round under way is lost.
        let bound = world.elapsed() + 150 + 60 + 60;
        assert!(
            world.run_until_block(height + 1, bound),
            "seed {seed}: no block in time"
        );
        world.made(height + 1);
        world.assert_safe(seed);
    }
    assert!(blocks > 24, "there were blocks under torment: {blocks}");
}

#[test]
fn seven_connected_validators_and_a_producer_make_a_block_within_the_round() {
    for seed in 0..60 {
        let mut world = world(1_000 + seed);
        world.links.latency = (5, 5 + world.draw(800));
        world.links.duplicates = 300;
        let round = RoundId {
            parent: world.actors[0].chain.tip().0,
            height: Height::new(1),
            number: 0,
        };
        let quorum = Casting::Drawn.quorum(&world.actors[0].members, &round).unwrap();
        let mut absent = 0;
        for key in quorum.validators {
            let node = world.actors.iter().position(|actor| actor.public() == key).unwrap();
            let kind = world.draw(5);
            match kind {
                _ if absent == 4 => break,
                0 => world.stop(node),
                1 => world.actors[node].fault = Fault::SilentFrom(Stage::Handshakes),
                2 => world.actors[node].skew = 22_000 + world.draw(8_000) as i64,
                3 => world.actors[node].skew = -12_000 - world.draw(18_000) as i64,
                _ => continue,
            }
            absent += 1;
        }
        world.start();
        assert!(world.run_until_block(1, START + 60), "seed {seed}");
        let (round, participants, _) = world.made(1);
        assert_eq!(round, 0, "seed {seed}");
        assert!(participants.len() >= 11 - absent, "seed {seed}");
        world.assert_safe(seed);
    }
}

#[test]
fn a_seed_is_played_alike_twice() {
    let play = || {
        let mut world = world(7);
        torment(&mut world);
        world.start();
        crash_until(&mut world, 600);
        let reports: Vec<_> = world.actors.iter().map(|actor| actor.reports.clone()).collect();
        (reports, world.messages)
    };
    assert_eq!(play(), play());
}
