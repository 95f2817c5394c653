//! Where service nodes are, for those who want to reach them.

use super::stage::{Disk, NODES, Stage, key, keys, settings};
use crate::ProberSettings;
use oxen_node_api::QuorumAddresses;
use std::{net::IpAddr, sync::Arc};

#[test]
fn the_newest_proof_says_where_a_node_is_and_which_key_it_has() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    assert_eq!(actor.prober.endpoint(&key(1)), None);
    stage.prove([1], std::slice::from_ref(&actor));
    let endpoint = actor.prober.endpoint(&key(1)).unwrap();
    assert_eq!((endpoint.host, endpoint.port), (IpAddr::from([1, 2, 3, 1]), 22025));
    assert_eq!(endpoint.ed25519, keys(1).ed25519_public());
    stage.clock.advance(400);
    let moved = stage.proof_from(1, [5, 6, 7, 8].into());
    actor.hear_proof(&moved.to_message());
    assert_eq!(actor.prober.endpoint(&key(1)).unwrap().host, IpAddr::from([5, 6, 7, 8]));
}

#[test]
fn endpoints_survive_a_restart_and_end_with_the_registration() {
    let stage = Stage::new();
    let disk = Arc::<Disk>::default();
    let watching = || ProberSettings {
        keys: None,
        ..settings(0)
    };
    let before = stage.actor_with(watching(), Arc::clone(&disk));
    stage.prove([1, 2], std::slice::from_ref(&before));
    let after = stage.actor_with(watching(), disk);
    assert_eq!(after.prober.endpoint(&key(1)), before.prober.endpoint(&key(1)));
    assert!(after.prober.endpoint(&key(1)).is_some());
    stage.chain.leave(&key(1));
    stage.block(std::slice::from_ref(&after));
    assert_eq!(after.prober.endpoint(&key(1)), None);
    assert!(after.prober.endpoint(&key(2)).is_some());
    assert_eq!(after.prober.endpoint(&key(NODES + 1)), None);
}
