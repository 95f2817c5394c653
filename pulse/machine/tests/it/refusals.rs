//! Every reason for which a message is dropped, and that nothing but the drop follows.

use crate::{
    actor::Fault,
    chain::{self, GENESIS_TIME},
    world::World,
};
use oxen_pulse_machine::{
    Bitset, Position, RandomValue, Refusal, Stage, Statement, Status,
    message::{Content, Word},
};
use oxen_types::{Block, ConsensusEncode, Hash, Height, Timestamp, block::QuorumSignature};

const START: u64 = 120;

/// What a node says about round 0 of the first block.
fn statement(world: &World, content: Content) -> Statement {
    Statement {
        parent: world.actors[0].chain.tip().0,
        round: 0,
        content,
    }
}

fn word(position: u16, word: Word) -> Content {
    Content::Validator(Position::new(position).unwrap(), word)
}

#[test]
fn only_the_member_itself_can_speak_for_it() {
    let mut world = World::new(12, 1);
    world.stop(2);
    world.start();
    world.run_until(START + 5);
    let forged = statement(&world, word(2, Word::Handshake));
    world.inject(3, 4, &forged);
    world.run_until(START + 6);
    assert_eq!(world.refusals(4), [Refusal::Signature]);
    let Status::InRound { missing, .. } = world.actors[4].machine.status() else {
        panic!("in a round")
    };
    assert_eq!(missing.to_string(), "2");

    // Its own word counts, passed on to everybody; now its next one is missing.
    let own = statement(&world, word(2, Word::Handshake));
    world.inject(2, 4, &own);
    world.run_until(START + 7);
    let Status::InRound { stage, missing, .. } = world.actors[9].machine.status() else {
        panic!("in a round");
    };
    assert_eq!((stage, missing.to_string().as_str()), (Stage::ValueHashes, "2"));
}

#[test]
fn whoever_was_not_found_present_has_no_say() {
    let mut world = World::new(12, 2);
    world.stop(3);
    world.actors[6].fault = Fault::SilentFrom(Stage::ValueHashes);
    world.start();
    world.run_until(START + 20);
    let late = statement(&world, word(3, Word::ValueHash(RandomValue::new([1; 16]).commitment())));
    world.inject(3, 4, &late);
    world.run_until(START + 21);
    assert_eq!(world.refusals(4), [Refusal::NotPresent]);
}

/// A template of round 0 that breaks nothing.
fn good_template(world: &World) -> Block {
    let at = Timestamp::from_seconds(GENESIS_TIME + START + 1);
    let mut block = chain::build(world.actors[0].chain.tip().0, Height::new(1), at);
    block.header.pulse.as_mut().unwrap().validator_bitset = Bitset::FULL.bits();
    block
}

#[test]
fn templates_that_do_not_fit_the_round_are_dropped_and_the_next_one_counts() {
    type Change = fn(&mut Block);
    let changes: [(Change, Refusal); 9] = [
        (
            |block| block.header.pulse.as_mut().unwrap().round = 1,
            Refusal::TemplateRound,
        ),
        (
            |block| block.header.pulse.as_mut().unwrap().validator_bitset = 0x03ff,
            Refusal::TemplateParticipants,
        ),
        (|block| block.header.previous = Hash::ZERO, Refusal::TemplateParent),
        (
            |block| {
                block.miner_transaction =
                    chain::build(Hash::ZERO, Height::new(2), Timestamp::default()).miner_transaction
            },
            Refusal::TemplateParent,
        ),
        (
            |block| block.header.timestamp = Timestamp::from_seconds(GENESIS_TIME + START - 1),
            Refusal::TemplateTime,
        ),
        (
            |block| block.header.timestamp = Timestamp::from_seconds(GENESIS_TIME + START + 61),
            Refusal::TemplateTime,
        ),
        (|block| block.header.nonce = 1, Refusal::TemplateForm),
        (
            |block| {
                block.signatures.push(QuorumSignature {
                    voter_index: 0,
                    signature: oxen_types::Signature::ZERO,
                });
            },
            Refusal::TemplateForm,
        ),
        (
            |block| (block.header.major_version, block.header.pulse) = (15, None),
            Refusal::TemplateUndecodable,
        ),
    ];
    for (change, reason) in changes {
        let mut world = World::new(12, 3);
        world.stop(11);
        world.start();
        world.run_until(START + 2);
        let mut block = good_template(&world);
        change(&mut block);
        let bad = statement(&world, Content::Template(block.encode().into()));
        world.inject(11, 4, &bad);
        world.run_until(START + 3);
        assert_eq!(world.refusals(4), [reason]);

        let good = statement(&world, Content::Template(good_template(&world).encode().into()));
        world.inject(11, 4, &good);
        assert!(world.run_until_block(1, START + 4), "after {reason:?}");
        assert_eq!(world.made(1).1, Bitset::FULL);
    }
}
