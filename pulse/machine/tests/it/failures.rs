//! Every row of the table in pulse §12 that is about one round, as a play. Nodes 0 to 10 validate round 0 and node 11
//! produces; in round 1 node 0 produces (see [`Casting::InTurn`]).

use crate::{
    actor::{Fault, Signatures},
    chain::Casting,
    world::World,
};
use oxen_pulse_machine::{
    Bitset, Failure, Objection, Refusal, Report, Stage,
    message::{Content, Word},
};

/// Round 0 of the first block starts here, seconds after its parent.
const START: u64 = 120;

fn bitset(bits: u16) -> Bitset {
    Bitset::new(bits).unwrap()
}

fn is_handshake_of(content: &Content, author: u16) -> bool {
    matches!(content, Content::Validator(position, Word::Handshake) if position.number() == author)
}

#[test]
fn with_everybody_there_blocks_come_at_once_one_after_the_other() {
    let mut world = World::with(12, 1, Signatures::Schnorr, Casting::InTurn);
    world.start();
    for height in 1..=3 {
        assert!(world.run_until_block(height, height * 150));
        assert!(world.now % 1000 < 900, "it took {} ms", world.now % 1000);
        assert_eq!(world.made(height), (0, Bitset::FULL, vec![0, 1, 2, 3, 4, 5, 6]));
    }
    world.assert_safe(1);
    assert!((0..12).all(|node| world.failures(node).is_empty()));
}

#[test]
fn a_silent_producer_costs_one_round() {
    let mut world = World::new(13, 2);
    world.stop(11);
    world.start();
    assert!(world.run_until_block(1, START + 120));
    assert_eq!(world.made(1).0, 1);
    assert_eq!(world.failures(5), [(0, Failure::NoTemplate)]);
}

#[test]
fn up_to_four_absent_validators_are_left_out() {
    for absent in [&[3][..], &[0, 10], &[1, 2, 3, 4]] {
        let mut world = World::new(12, 3);
        absent.iter().for_each(|node| world.stop(*node));
        world.start();
        assert!(world.run_until_block(1, START + 59));
        let (round, participants, signers) = world.made(1);
        let present: Vec<u16> = (0..11).filter(|node| !absent.contains(&usize::from(*node))).collect();
        assert_eq!((round, participants.len()), (0, present.len()));
        assert_eq!(signers, present[..7]);
        // The handshakes wait for them, nothing else does.
        assert!(world.elapsed() - START <= 10);
    }
}

#[test]
fn a_template_counts_without_validator_zero() {
    let mut world = World::new(12, 4);
    world.stop(0);
    world.start();
    assert!(world.run_until_block(1, START + 59));
    assert_eq!(world.made(1), (0, bitset(0x07fe), vec![1, 2, 3, 4, 5, 6, 7]));
}

#[test]
fn five_absent_validators_end_the_round_and_a_block_comes_when_one_is_back() {
    let mut world = World::new(12, 5);
    (0..5).for_each(|node| world.stop(node));
    world.start();
    world.run_until(START + 100);
    assert!(!world.has_block(1));
    assert_eq!(world.failures(7)[0], (0, Failure::TooFewBitsets { received: 6 }));
    (0..5).for_each(|node| world.restart(node));
    assert!(world.run_until_block(1, START + 240));
    assert_eq!(world.made(1).0, 2);
}

#[test]
fn seven_who_hear_only_six_end_the_round() {
    // Nobody hears the handshakes of validators 6 to 10, but everything else.
    let mut world = World::new(12, 6);
    world.cut = Box::new(|statement, _, _| {
        statement.round == 0 && (6..11).any(|author| is_handshake_of(&statement.content, author))
    });
    world.start();
    assert!(world.run_until_block(1, START + 120));
    // Six said "0 to 5", the others "0 to 5 and I".
    assert_eq!(
        world.failures(1),
        [(
            0,
            Failure::SplitBitsets {
                received: 11,
                agreed: 6
            }
        )]
    );
    assert_eq!(world.made(1).0, 1);
}

#[test]
fn bitsets_split_six_to_five_end_the_round_for_all() {
    let mut world = World::new(12, 7);
    world.cut = Box::new(|statement, _, to| {
        statement.round == 0 && is_handshake_of(&statement.content, 0) && (6..11).contains(&to)
    });
    world.start();
    assert!(world.run_until_block(1, START + 120));
    for node in 0..12 {
        assert_eq!(
            world.failures(node),
            [(
                0,
                Failure::SplitBitsets {
                    received: 11,
                    agreed: 6
                }
            )]
        );
    }
    assert_eq!(world.made(1).0, 1);
}

#[test]
fn a_validator_whom_nobody_hears_in_time_skips_the_round() {
    let mut world = World::new(12, 8);
    world.cut = Box::new(|statement, _, _| is_handshake_of(&statement.content, 4));
    world.start();
    assert!(world.run_until_block(1, START + 59));
    assert_eq!(world.made(1), (0, bitset(0x07ef), vec![0, 1, 2, 3, 5, 6, 7]));
    assert_eq!(world.failures(4), [(0, Failure::LeftOut)]);
    assert_eq!(world.failures(3), []);
}

#[test]
fn a_participant_that_falls_silent_before_the_end_ends_the_round() {
    for (stage, reason) in [
        (
            Stage::ValueHashes,
            Failure::MissingValueHashes {
                missing: bitset(1 << 6),
            },
        ),
        (
            Stage::Values,
            Failure::MissingValues {
                missing: bitset(1 << 6),
            },
        ),
    ] {
        let mut world = World::new(13, 9);
        world.actors[6].fault = Fault::SilentFrom(stage);
        world.start();
        world.run_until(START + 59);
        assert!(!world.has_block(1));
        assert_eq!(world.failures(2), [(0, reason)]);
        world.actors[6].fault = Fault::None;
        assert!(world.run_until_block(1, START + 120));
    }
}

#[test]
fn withholding_a_signature_takes_nothing_back() {
    let mut world = World::new(12, 10);
    (0..4).for_each(|node| world.actors[node].fault = Fault::SilentFrom(Stage::Signatures));
    world.start();
    assert!(world.run_until_block(1, START + 61));
    assert_eq!(world.made(1), (0, Bitset::FULL, vec![4, 5, 6, 7, 8, 9, 10]));
    let waited = world.elapsed() - START;
    assert!(
        (10..12).contains(&waited),
        "the others had one stage more, and not {waited} s"
    );
}

#[test]
fn five_withheld_signatures_end_the_round() {
    let mut world = World::new(12, 11);
    (0..5).for_each(|node| world.actors[node].fault = Fault::SilentFrom(Stage::Signatures));
    world.start();
    world.run_until(START + 61);
    let (missing, elsewhere) = (bitset(0x1f), Bitset::EMPTY);
    assert_eq!(
        world.failures(10)[0],
        (0, Failure::MissingSignatures { missing, elsewhere })
    );
    assert!(!world.has_block(1));
}

#[test]
fn a_value_that_does_not_match_its_hash_is_dropped_and_ends_the_round() {
    let mut world = World::new(12, 12);
    world.actors[6].fault = Fault::WrongReveal;
    world.start();
    world.run_until(START + 59);
    assert_eq!(world.refusals(2), [Refusal::NotCommitted]);
    assert_eq!(
        world.failures(2),
        [(
            0,
            Failure::MissingValues {
                missing: bitset(1 << 6)
            }
        )]
    );
    world.actors[6].fault = Fault::None;
    assert!(world.run_until_block(1, START + 120));
}

#[test]
fn up_to_four_validators_that_find_the_block_bad_take_part_and_do_not_sign() {
    for objectors in [&[6][..], &[0, 2, 4, 6]] {
        let mut world = World::new(12, 13);
        for node in objectors {
            world.actors[*node].fault = Fault::RefusesTemplates;
        }
        world.start();
        assert!(world.run_until_block(1, START + 12));
        let (round, participants, signers) = world.made(1);
        assert_eq!((round, participants.len()), (0, 11));
        assert!(signers.iter().all(|signer| !objectors.contains(&usize::from(*signer))));
        for node in 0..11 {
            assert_eq!(world.failures(node), [], "the round went well for {node}");
        }
        for node in objectors {
            assert!(world.actors[*node].signed.is_empty() && world.actors[*node].guard.is_empty());
            assert_eq!(objections(&world, *node), [Objection::Unacceptable]);
        }
        assert_eq!(objections(&world, 1), []);
        let unsigned = objectors.iter().fold(0, |bits, node| bits | 1 << node);
        let mut reports = world.actors.iter().flat_map(|actor| &actor.reports);
        let tells =
            |report: &Report| matches!(report, Report::BlockMade { unsigned: found, .. } if found.bits() == unsigned);
        assert!(reports.any(tells), "somebody tells who did not sign");
    }
}

fn objections(world: &World, node: usize) -> Vec<Objection> {
    let objection = |report: &Report| match report {
        Report::Objected { objection, .. } => Some(*objection),
        _ => None,
    };
    world.actors[node].reports.iter().filter_map(objection).collect()
}

#[test]
fn a_validator_that_is_too_slow_to_check_the_block_takes_part_and_does_not_sign() {
    let mut world = World::new(12, 18);
    world.actors[6].fault = Fault::NeverChecks;
    world.start();
    // The others wait for its part of the random value until its time for checking is over.
    assert!(world.run_until_block(1, START + 41));
    let (round, participants, signers) = world.made(1);
    assert_eq!((round, participants), (0, Bitset::FULL));
    assert!(!signers.contains(&6));
    assert!(world.actors[6].signed.is_empty());
    assert_eq!(objections(&world, 6), [Objection::Unchecked]);
}

#[test]
fn absent_validators_and_those_that_object_are_four_together_at_most() {
    for (objecting, is_made) in [(&[2, 3][..], true), (&[2, 3, 4], false)] {
        let mut world = World::new(12, 19);
        (0..2).for_each(|node| world.stop(node));
        for node in objecting {
            world.actors[*node].fault = Fault::RefusesTemplates;
        }
        world.start();
        assert_eq!(world.run_until_block(1, START + 59), is_made);
    }
}

#[test]
fn who_objected_and_was_killed_does_not_sign_two_blocks() {
    // It dies when it has objected; back at once, it finds the same template good.
    let mut world = World::new(12, 20);
    world.actors[6].fault = Fault::RefusesTemplates;
    world.start();
    world.run_until(START);
    for _ in 0..2_000 {
        if objections(&world, 6).is_empty() {
            world.run_until_moment(world.now + 1);
        }
    }
    assert_eq!(objections(&world, 6), [Objection::Unacceptable]);
    world.stop(6);
    world.actors[6].fault = Fault::None;
    world.restart(6);
    // At worst the others wait for a value that died with it, and the next round makes the block.
    assert!(world.run_until_block(1, START + 130));
    world.assert_safe(0);
}

#[test]
fn a_block_that_five_validators_find_bad_is_none() {
    let mut world = World::new(12, 13);
    for node in 3..8 {
        world.actors[node].fault = Fault::RefusesTemplates;
    }
    world.start();
    world.run_until(START + 61);
    assert_eq!(world.failures(6), [(0, Failure::Objected(Objection::Unacceptable))]);
    let (missing, elsewhere) = (bitset(0b1111_1000), bitset(0));
    let expected = Failure::MissingSignatures { missing, elsewhere };
    assert_eq!(world.failures(2), [(0, expected)]);
}

#[test]
fn messages_of_a_round_that_has_passed_are_stragglers_and_do_no_harm() {
    let mut world = World::new(12, 14);
    world.stop(11);
    world.slow.insert(3, 70_000);
    world.start();
    assert!(world.run_until_block(1, START + 119));
    world.run_until(START + 150);
    assert_eq!(world.made(1).0, 1);
    let late = |report: &Report| matches!(report, Report::Straggler { .. });
    assert!(world.actors[5].reports.iter().any(late));
    assert_eq!(world.refusals(5), []);
}

#[test]
fn too_few_nodes_wait_for_the_next_block() {
    let mut world = World::with(12, 15, Signatures::Cheap, Casting::Nobody);
    world.start();
    world.run_until(START + 300);
    assert!((0..12).all(|node| matches!(world.actors[node].reports[..], [Report::NoQuorum { .. }])));
}

#[test]
fn lost_links_are_bridged_by_the_others() {
    // Validators 2 and 9, and 4 and the producer, do not reach each other directly.
    let mut world = World::new(12, 16);
    let cut = [(2, 9), (9, 2), (4, 11), (11, 4), (0, 5), (5, 0)];
    world.cut = Box::new(move |_, from, to| cut.contains(&(from, to)));
    world.start();
    assert!(world.run_until_block(1, START + 2));
    assert_eq!(world.made(1).1, Bitset::FULL);
}

#[test]
fn where_all_links_are_sound_nothing_but_templates_is_passed_on() {
    let mut world = World::new(12, 17);
    world.start();
    assert!(world.run_until_block(1, START + 2));
    // Each of the five words of eleven validators goes to ten others, bitsets to the producer too, the template to eleven.
    let of_authors = 5 * 11 * 10 + 11 + 11;
    assert!(world.messages >= of_authors, "{}", world.messages);
    let passed_on = world.messages - of_authors;
    assert!(passed_on <= 11 * 6, "{passed_on} messages were passed on");
}
