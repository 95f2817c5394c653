use super::*;
use crate::quorum::tests::{node, numbers};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Active nodes and their swarms, as the registry keeps them.
type Registry = BTreeMap<PublicKey, SwarmId>;

fn register(registry: &mut Registry, nodes: impl IntoIterator<Item = usize>) {
    registry.extend(nodes.into_iter().map(|number| (node(number), SwarmId::UNASSIGNED)));
}

fn remove(registry: &mut Registry, nodes: impl IntoIterator<Item = usize>) {
    for number in nodes {
        registry.remove(&node(number)).unwrap();
    }
}

fn update(registry: &mut Registry, seed: u64) {
    let changed = update_swarms(&*registry, seed);
    registry.extend(changed);
}

/// A registry with these swarms, nodes numbered through.
fn with_swarms(sizes: &[usize]) -> Registry {
    let ids = (0..sizes.len() as u64).flat_map(|swarm| vec![SwarmId::new(swarm * 1_000); sizes[swarm as usize]]);
    ids.enumerate().map(|(number, id)| (node(number), id)).collect()
}

fn sizes(registry: &Registry) -> Vec<usize> {
    members(registry).values().map(Vec::len).collect()
}

fn members(registry: &Registry) -> BTreeMap<u64, Vec<usize>> {
    let mut members: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (key, swarm) in registry {
        members.entry(swarm.number()).or_default().extend(numbers(&[*key]));
    }
    members
}

fn new_assignment(registry: &Registry, seed: u64) -> (Assignment, Vec<Node>) {
    Assignment::new(registry.values().copied(), seed)
}

/// Runs an update as [`update_swarms`] does, but shows the swarms with their members in the order they came.
fn updated_in_order(registry: &mut Registry, seed: u64) -> Vec<(u64, Vec<usize>)> {
    let keys: Vec<PublicKey> = registry.keys().copied().collect();
    let (mut assignment, unassigned) = new_assignment(registry, seed);
    for node in unassigned {
        assignment.assign(node, SWARM_FILL_PERCENTILE);
    }
    assignment.fill_small_swarms();
    assignment.make_swarms();
    assignment.dissolve_small_swarms();
    update(registry, seed);
    let in_order = |swarm: &Swarm| {
        let keys: Vec<PublicKey> = swarm.members.iter().map(|member| keys[*member]).collect();
        (swarm.id.number(), numbers(&keys))
    };
    let swarms: Vec<(u64, Vec<usize>)> = assignment.swarms.iter().map(in_order).collect();
    let sorted = swarms.iter().cloned().map(|(id, mut members)| {
        members.sort_unstable();
        (id, members)
    });
    assert_eq!(sorted.collect::<BTreeMap<_, _>>(), members(registry));
    swarms
}

fn digest_of(swarms: &[(u64, Vec<usize>)]) -> String {
    let mut text = String::new();
    for (id, members) in swarms {
        let members: Vec<String> = members.iter().map(ToString::to_string).collect();
        writeln!(text, "{id}:{}", members.join(",")).unwrap();
    }
    hex::encode(Sha256::digest(text))
}

#[test]
fn a_small_network_grows_and_shrinks_as_known() {
    let (half, three_quarters) = (9_223_372_036_854_775_807, 13_835_058_055_282_163_711);
    let mut registry = Registry::new();
    register(&mut registry, 0..20);
    assert_eq!(
        updated_in_order(&mut registry, 0),
        [
            (0, vec![0, 4, 5, 8, 10, 12, 13, 15, 16, 18]),
            (half, vec![3, 6, 11, 9, 7, 2, 1, 14, 17, 19]),
        ]
    );
    register(&mut registry, [20, 21]);
    assert_eq!(
        updated_in_order(&mut registry, 7),
        [
            (0, vec![4, 10, 12, 13, 15, 16, 18, 21]),
            (half, vec![1, 2, 3, 6, 7, 9, 20]),
            (three_quarters, vec![19, 5, 14, 8, 0, 11, 17]),
        ]
    );
    remove(&mut registry, [0, 4, 8, 12, 16, 20]);
    assert_eq!(
        updated_in_order(&mut registry, 9),
        [
            (0, vec![10, 13, 15, 18, 21]),
            (half, vec![1, 2, 3, 6, 7, 9]),
            (three_quarters, vec![5, 11, 14, 17, 19]),
        ]
    );
}

#[test]
fn a_large_network_grows_and_shrinks_as_known() {
    let mut registry = Registry::new();
    register(&mut registry, 0..400);
    let swarms = updated_in_order(&mut registry, 12_345);
    assert_eq!(swarms.len(), 57);
    assert_eq!(
        digest_of(&swarms),
        "5287125a7c3d79b075b6d65078d6085dd2ba43d48852a0b281d7e2d4e2f751ba"
    );
    register(&mut registry, 400..437);
    let swarms = updated_in_order(&mut registry, 777);
    assert_eq!(swarms.len(), 62);
    assert_eq!(
        digest_of(&swarms),
        "5bfb27b0636cc89935504dae8ef6cb1f5221917947c2fc2222e3676b68a16848"
    );
    remove(&mut registry, (0..437).step_by(5));
    let swarms = updated_in_order(&mut registry, 999);
    assert_eq!(swarms.len(), 62);
    assert_eq!(
        digest_of(&swarms),
        "6239f37c8bf13f9dd9f855ec3587ce271dacb16a2b54ed8307f39df7fc92dba0"
    );
}

#[test]
fn registrations_make_a_swarm_per_seven_nodes_one_by_one_and_in_bulk() {
    let mut one_by_one = Registry::new();
    for count in 1..=60 {
        register(&mut one_by_one, [count]);
        update(&mut one_by_one, count as u64);
        let mut in_bulk = Registry::new();
        register(&mut in_bulk, 0..count);
        update(&mut in_bulk, 1_000 + count as u64);
        let swarms = 1 + count.saturating_sub(7) / 7;
        assert_eq!(
            (sizes(&one_by_one).len(), sizes(&in_bulk).len()),
            (swarms, swarms),
            "{count} nodes"
        );
    }
}

#[test]
fn three_swarms_of_five_stay_and_one_node_less_leaves_two() {
    let mut registry = Registry::new();
    for count in 0..24 {
        register(&mut registry, [count]);
        update(&mut registry, count as u64);
    }
    assert_eq!(sizes(&registry).len(), 3);
    for seed in 100..109 {
        registry.pop_last();
        update(&mut registry, seed);
        assert_eq!(sizes(&registry).len(), 3);
    }
    assert_eq!(sizes(&registry), [5, 5, 5]);
    registry.pop_first();
    update(&mut registry, 200);
    assert_eq!(sizes(&registry), [7, 7]);
}

#[test]
fn eleven_swarms_need_an_excess_of_29_for_a_twelfth() {
    let mut registry = with_swarms(&[5; 11]);
    for excess in 1..29 {
        register(&mut registry, [1_000 + excess]);
        update(&mut registry, excess as u64);
        assert_eq!(sizes(&registry).len(), 11, "excess {excess}");
    }
    register(&mut registry, [2_000]);
    update(&mut registry, 29);
    assert_eq!(sizes(&registry).len(), 12);
}

#[test]
fn a_new_node_goes_to_a_swarm_of_the_lowest_quarter() {
    for seed in 0..50 {
        let mut registry = with_swarms(&[5, 6, 6, 7, 8]);
        register(&mut registry, [1_000]);
        update(&mut registry, seed);
        let joined = registry.get(&node(1_000)).unwrap().number();
        assert!([0, 1_000, 2_000].contains(&joined), "{joined}");
    }
}

#[test]
fn a_small_swarm_is_filled_from_a_large_one() {
    let mut registry = with_swarms(&[5, 4, 5, 9]);
    update(&mut registry, 1);
    assert_eq!(sizes(&registry), [5, 5, 5, 8]);
    assert!(
        registry.get(&node(9)).is_some_and(|swarm| swarm.number() == 2_000),
        "other swarms are not disturbed"
    );
}

#[test]
fn a_registration_fills_a_small_swarm_before_members_are_moved() {
    let before = with_swarms(&[5, 4, 5, 6]);
    let mut after = before.clone();
    register(&mut after, [1_000]);
    update(&mut after, 1);
    assert_eq!(after.get(&node(1_000)), Some(&SwarmId::new(1_000)));
    assert!(before.iter().all(|(key, swarm)| after.get(key) == Some(swarm)));
}

#[test]
fn a_small_swarm_is_dissolved_when_nobody_can_give() {
    let mut registry = with_swarms(&[5, 4, 5]);
    update(&mut registry, 1);
    assert_eq!(members(&registry).keys().copied().collect::<Vec<_>>(), [0, 2_000]);
    assert_eq!(sizes(&registry), [7, 7]);
}

#[test]
fn the_only_swarm_stays_however_small() {
    let mut registry = with_swarms(&[2, 2]);
    update(&mut registry, 1);
    assert_eq!(sizes(&registry), [4]);
    assert!(update_swarms(&registry, 2).is_empty());
}

#[test]
fn no_nodes_make_no_swarms() {
    assert!(update_swarms(&Registry::new(), 1).is_empty());
}

#[test]
fn only_changed_nodes_are_returned() {
    let mut registry = with_swarms(&[7, 7]);
    assert!(update_swarms(&registry, 1).is_empty());
    register(&mut registry, [1_000]);
    assert_eq!(
        update_swarms(&registry, 1).into_keys().collect::<Vec<_>>(),
        [node(1_000)]
    );
}

proptest! {
    #[test]
    fn every_active_node_is_in_a_swarm_and_no_swarm_is_small(
        steps in proptest::collection::vec((0_usize..40, 0_usize..30, any::<u64>()), 1..8),
    ) {
        let mut registry = Registry::new();
        let mut next = 0;
        for (joining, leaving, seed) in steps {
            register(&mut registry, next..next + joining);
            next += joining;
            let gone: Vec<PublicKey> = registry.keys().step_by(3).take(leaving).copied().collect();
            registry.retain(|key, _| !gone.contains(key));
            update(&mut registry, seed);
            let sizes = sizes(&registry);
            prop_assert!(registry.values().all(|swarm| *swarm < SwarmId::UNASSIGNED));
            prop_assert!(sizes.len() <= 1 || sizes.iter().all(|size| *size >= MIN_SWARM_SIZE));
            // Settled: without a change nothing moves, whatever the seed.
            prop_assert!(update_swarms(&registry, seed ^ 1).is_empty());
        }
    }
}
