//! Tips that change, rounds that come to an end, messages that come before their time.

use crate::world::World;
use oxen_pulse_machine::{Bitset, Duty, Effect, Failure, Input, Moment, Report, Stage, Status};
use oxen_types::Hash;

const START: u64 = 120;
const FALLBACK: u64 = START + 255 * 60;

fn is_exhausted(report: &Report) -> bool {
    matches!(report, Report::RoundsExhausted { .. })
}

#[test]
fn the_last_round_can_make_a_block() {
    let mut world = World::new(12, 1);
    world.run_until(FALLBACK - 60);
    world.start();
    assert!(world.run_until_block(1, FALLBACK));
    assert_eq!(world.made(1).0, 254);
}

#[test]
fn after_the_last_round_nobody_tries_until_the_tip_changes() {
    let mut world = World::new(12, 2);
    // Round 254 is produced by (254 + 11) mod 12 = node 1.
    world.stop(1);
    world.run_until(FALLBACK - 60);
    world.start();
    world.run_until(FALLBACK + 600);
    assert!(!world.has_block(1));
    assert_eq!(world.failures(5).last(), Some(&(254, Failure::NoTemplate)));
    assert!(world.actors[5].reports.last().is_some_and(is_exhausted));
    assert_eq!(world.actors[5].machine.status(), Status::WaitingForTip);

    let mut duty = world.actors[5].duty();
    let now = world.actors[5].clock(world.now);
    assert_eq!(
        world.actors[5].machine.step(now, Input::NewTip(duty)),
        [],
        "this tip was tried"
    );
    // A mined block.
    duty = Duty {
        parent: Hash::new([7; 32]),
        height: duty.height.next(),
        ..later(duty, FALLBACK + 600)
    };
    let effects = world.actors[5].machine.step(now, Input::NewTip(duty));
    assert!(matches!(effects[..], [Effect::AskQuorum(round)] if round.number == 0 && round.parent == duty.parent));
}

/// The times of a duty after a parent of that second.
fn later(duty: Duty, second: u64) -> Duty {
    let network = crate::chain::network();
    let genesis = crate::chain::GENESIS_TIME;
    let at = oxen_types::Timestamp::from_seconds;
    let timing =
        oxen_pulse_machine::RoundTiming::of_height(&network, duty.height, at(genesis + second), at(genesis)).unwrap();
    Duty { timing, ..duty }
}

#[test]
fn in_the_fall_back_second_all_rounds_have_passed() {
    for (second, is_over) in [(FALLBACK - 1, false), (FALLBACK, true)] {
        let mut world = World::new(12, 3);
        let duty = world.actors[0].duty();
        let now = Moment::from_milliseconds((crate::chain::GENESIS_TIME + second) * 1000);
        let effects = world.actors[0].machine.step(now, Input::NewTip(duty));
        assert_eq!(
            matches!(effects[..], [Effect::Report(Report::RoundsExhausted { .. })]),
            is_over
        );
    }
}

#[test]
fn a_tip_that_is_replaced_ends_the_round_at_once() {
    let mut world = World::new(12, 4);
    let genesis = world.actors[0].chain.tip().0;
    world.stop(11);
    world.start();
    // Round 1 makes block 1; the round after it waits for a template, since node 11 is still away.
    assert!(world.run_until_block(1, START + 119));
    let second_start = START + 60 + 90;
    world.run_until(second_start + 15);
    let Status::InRound { round, stage, .. } = world.actors[5].machine.status() else {
        panic!("in a round")
    };
    assert_eq!((round.height.index(), stage), (2, Stage::Template));

    // A block of round 0, which weighs more.
    let better = world.forge(genesis, 1, 0, START);
    world.publish(&better);
    world.run_until(second_start + 16);
    assert_eq!(world.failures(5)[1..], [(0, Failure::TipChanged)]);
    world.restart(11);
    assert!(world.run_until_block(2, second_start + 300));
    let block = world.actors[5].block(2).unwrap();
    assert_eq!(block.header.previous, better.id());
    world.assert_safe(4);
}

#[test]
fn a_block_that_comes_while_a_node_is_behind_is_no_failure() {
    let mut world = World::new(12, 5);
    // Node 3 gets no signature; the others have all.
    world.cut = Box::new(|statement, _, to| statement.stage() == Stage::Signatures && to == 3);
    world.start();
    assert!(world.run_until_block(1, START + 2));
    let block = world.actors[3].block(1).unwrap().id();
    let made = |report: &Report| matches!(report, Report::BlockMade { id, .. } if *id == block);
    assert!(world.actors[3].reports.iter().any(made));

    assert_eq!(world.failures(3), []);
}

#[test]
fn a_block_made_without_a_node_is_no_failure_of_the_node() {
    let mut world = World::new(12, 9);
    world.cut = Box::new(|_, from, to| from == 3 || to == 3);
    world.start();
    assert!(world.run_until_block(1, START + 12));
    let overtaken = |report: &Report| {
        matches!(
            report,
            Report::Overtaken {
                stage: Stage::Bitsets,
                ..
            }
        )
    };
    assert!(world.actors[3].reports.iter().any(overtaken));
    assert_eq!(world.failures(3), []);
}

#[test]
fn messages_wait_for_a_node_that_learns_of_the_tip_late() {
    let mut world = World::new(12, 6);
    (0..12)
        .filter(|node| *node != 3)
        .for_each(|node| world.look_at_tip(node));
    world.run_until(START + 5);
    world.look_at_tip(3);
    assert!(world.run_until_block(1, START + 6));
    assert_eq!(world.made(1).1, Bitset::FULL);
}

#[test]
fn messages_wait_for_a_node_that_is_still_in_the_round_before() {
    let mut world = World::new(12, 7);
    world.cut = Box::new(|statement, _, _| statement.round == 0 && statement.stage() == Stage::Signatures);
    world.actors[7].skew = 3_000;
    world.start();
    world.run_until(START + 58);
    let status = |node: usize| match world.actors[node].machine.status() {
        Status::InRound { round, stage, .. } => (round.number, stage),
        other => panic!("{other:?}"),
    };
    assert_eq!((status(7), status(8)), ((1, Stage::Handshakes), (0, Stage::Signatures)));
    assert!(world.run_until_block(1, START + 62));
    assert_eq!((world.made(1).0, world.made(1).1), (1, Bitset::FULL));
}

#[test]
fn a_node_that_is_told_to_stop_stops() {
    let mut world = World::new(12, 8);
    world.stop(11);
    world.start();
    world.run_until(START + 5);
    let actor = &mut world.actors[4];
    let now = actor.clock(world.now);
    let effects = actor.machine.step(now, Input::StandDown);
    assert!(matches!(
        effects[..],
        [Effect::Report(Report::RoundFailed {
            reason: Failure::StoodDown,
            ..
        })]
    ));
    assert_eq!(actor.machine.status(), Status::WaitingForTip);
    assert_eq!(actor.machine.step(now.plus_milliseconds(100_000), Input::Tick), []);
}
