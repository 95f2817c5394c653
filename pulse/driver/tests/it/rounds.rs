//! What a network of whole nodes does.

use crate::world::World;
use oxen_node_api::Pool;
use oxen_types::ConsensusEncode;
use std::sync::atomic::Ordering;

const NODES: usize = 13;

#[test]
fn service_nodes_make_blocks_and_all_have_the_same() {
    let mut world = World::start(NODES);
    let start = world.height();
    world.run_until(start.saturating_add(8));
    let tips: Vec<_> = world.nodes.values().map(|node| node.tip()).collect();
    assert!(tips.iter().all(|tip| *tip == tips[0]), "{tips:?}");
    let first = world.nodes.values().next().unwrap();
    for height in start.index() + 1..=start.index() + 8 {
        let block = first.block(oxen_types::Height::new(height));
        let pulse = block.header.pulse.unwrap();
        assert_eq!((pulse.round, pulse.validator_bitset), (0, 0x07ff));
        assert_ne!(pulse.random_value, [0; 16]);
        assert_eq!(block.signatures.len(), 7);
    }
}

#[test]
fn a_silent_producer_costs_a_round() {
    let mut world = World::start(NODES);
    let next = world.height().next();
    let (producer, _) = world.quorum(0);
    world.silent.insert(producer);
    world.run_until(next);
    let pulse = world.nodes.values().next().unwrap().block(next).header.pulse.unwrap();
    assert!(pulse.round > 0, "round {}", pulse.round);
}

#[test]
fn a_transaction_that_only_its_producer_knows_is_mined() {
    let mut world = World::start(NODES);
    let next = world.height().next();
    let (producer, _) = world.quorum(0);
    let request = world.source.unlock_request("n1", "o1");
    world.submit_to(&producer, &request.transaction().encode());
    world.run_until(next);
    for node in world.nodes.values() {
        assert_eq!(node.block(next).transaction_ids, [request.id()]);
        assert!(node.pool.is_empty());
    }
}

#[test]
fn a_node_whose_disk_does_not_remember_signs_nothing() {
    let mut world = World::start(NODES);
    let next = world.height().next();
    let (_, validators) = world.quorum(0);
    let forgetful = world.nodes[&validators[2]].guard.clone();
    forgetful.broken.store(true, Ordering::SeqCst);
    world.run_until(next);
    let block = world.nodes.values().next().unwrap().block(next);
    assert_eq!(block.header.pulse.as_ref().unwrap().round, 0, "seven others are enough");
    assert!(block.signatures.iter().all(|signature| signature.voter_index != 2));
}

#[test]
fn nodes_that_are_behind_wait() {
    let mut world = World::start(NODES);
    let next = world.height().next();
    let (_, validators) = world.quorum(0);
    let behind: Vec<_> = validators[..4]
        .iter()
        .map(|key| world.nodes[key].step.clone())
        .collect();
    for step in &behind {
        step.0.store(false, Ordering::SeqCst);
    }
    world.run_until(next);
    let block = world.nodes.values().next().unwrap().block(next);
    let pulse = block.header.pulse.unwrap();
    assert_eq!(
        (pulse.round, pulse.validator_bitset),
        (0, 0x07f0),
        "seven of eleven were there"
    );
    for step in &behind {
        step.0.store(true, Ordering::SeqCst);
    }
    world.look_again();
    world.run_until(next.next());
    let pulse = world
        .nodes
        .values()
        .next()
        .unwrap()
        .block(next.next())
        .header
        .pulse
        .unwrap();
    assert_eq!(pulse.validator_bitset, 0x07ff, "they take part again");
}

#[test]
fn restarted_nodes_go_on() {
    let mut world = World::start(NODES);
    let start = world.height();
    let keys: Vec<_> = world.nodes.keys().copied().collect();
    for (count, key) in keys.iter().enumerate().take(4) {
        world.run_until(start.saturating_add(count as u64 + 1));
        world.nodes.get_mut(key).unwrap().restart();
    }
    world.run_until(start.saturating_add(6));
    let tips: Vec<_> = world.nodes.values().map(|node| node.tip()).collect();
    assert!(tips.iter().all(|tip| *tip == tips[0]), "{tips:?}");
}
