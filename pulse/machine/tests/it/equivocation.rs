//! A producer that signs two blocks, alone and with validators who sign both.

use crate::{actor::Fault, world::World};
use oxen_pulse_machine::{Bitset, Failure, Refusal};

const START: u64 = 120;

/// Node 11 sends its second template to the nodes of the mask; all links take 20 ms, so that each node holds what it was sent.
fn two_templates(second_to: u32) -> World {
    let mut world = World::new(12, u64::from(second_to));
    world.links.latency = (20, 20);
    world.actors[11].fault = Fault::TwoTemplates { second_to };
    world.start();
    world
}

#[test]
fn two_templates_make_no_block_and_both_are_noticed() {
    let mut world = two_templates(0b111_1110_0000);
    world.run_until(START + 61);
    let (missing, elsewhere) = (Bitset::new(0x07e0).unwrap(), Bitset::new(0x07e0).unwrap());
    assert_eq!(
        world.failures(1),
        [(0, Failure::MissingSignatures { missing, elsewhere })]
    );
    assert_eq!(world.refusals(1), [Refusal::SecondTemplate, Refusal::OtherBlock]);
    assert!(world.run_until_block(1, START + 119));
    assert_eq!(world.made(1).0, 1);
    world.assert_safe(0);
}

#[test]
fn a_second_template_for_a_few_does_not_stop_the_first() {
    let mut world = two_templates(0b11);
    assert!(world.run_until_block(1, START + 61));
    assert_eq!(world.made(1), (0, Bitset::FULL, vec![2, 3, 4, 5, 6, 7, 8]));
    world.assert_safe(0);
}

#[test]
fn two_validators_who_sign_both_cannot_make_two_blocks() {
    // Six hold the first block, five the second; nodes 0 and 1 sign both.
    let mut world = two_templates(0b111_1100_0000);
    world.actors[0].fault = Fault::SignsBoth;
    world.actors[1].fault = Fault::SignsBoth;
    assert!(world.run_until_block(1, START + 61));
    assert_eq!(world.made(1), (0, Bitset::FULL, vec![0, 1, 6, 7, 8, 9, 10]));
    world.assert_safe(0);
}
