//! Proofs of others, and our own.

use super::stage::{Actor, Disk, NODES, START, Stage, key, keys, lock, network, settings};
use crate::ProberSettings;
use oxen_bridge_rules::picture::Picture;
use oxen_node_api::{
    Companion, GossipTopic, GossipVerdict, L2Reader, L2State, L2Status, OwnServiceNode, ServiceNodePeers,
    service_nodes::{CompanionPing, PingError, ProofHindrance},
};
use oxen_staking_rules::uptime_proof::{SignedProof, SoftwareVersion};
use oxen_types::{
    Network,
    network::{CompanionServices, HardFork, HardForkTable},
};
use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

fn sent(actor: &Actor) -> Vec<SignedProof> {
    let messages = actor.take_sent(GossipTopic::UptimeProofs).into_iter();
    messages
        .map(|message| SignedProof::from_message(&message).unwrap())
        .collect()
}

/// `seconds` later, a tick.
fn after(stage: &Stage, actor: &Actor, seconds: u64) -> usize {
    stage.clock.advance(seconds);
    actor.prober.tick();
    sent(actor).len()
}

#[test]
fn a_good_proof_is_passed_on_once() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    let message = stage.proof(10).to_message();
    assert_eq!(actor.hear_proof(&message), GossipVerdict::Accept);
    assert_eq!(actor.hear_proof(&message), GossipVerdict::Ignore);
    let seen = actor.prober.observations(&key(10)).unwrap();
    let proof = seen.proof.unwrap();
    assert_eq!(proof.address(), Ipv4Addr::new(1, 2, 3, 10));
    assert_eq!(
        (proof.received, seen.proof_counts_from),
        (stage.now(), Some(stage.now()))
    );
    assert_eq!(proof.x25519.as_bytes(), keys(10).x25519_public().as_bytes());
    // Another one counts after half the time between proofs.
    stage.clock.advance(200);
    assert_eq!(actor.hear_proof(&stage.proof(10).to_message()), GossipVerdict::Ignore);
    stage.clock.advance(1);
    assert_eq!(actor.hear_proof(&stage.proof(10).to_message()), GossipVerdict::Accept);
}

#[test]
fn each_fault_of_a_proof_has_its_verdict() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    let message = stage.proof(10).to_message();
    let mut forged = message.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(actor.hear_proof(&forged), GossipVerdict::Reject);
    assert_eq!(actor.hear_proof(b"no proof"), GossipVerdict::Reject);
    let unknown = stage.proof(NODES + 1).to_message();
    assert_eq!(
        actor.hear_proof(&unknown),
        GossipVerdict::Ignore,
        "perhaps we are behind"
    );
    let local = stage.proof_from(10, Ipv4Addr::LOCALHOST).to_message();
    assert_eq!(actor.hear_proof(&local), GossipVerdict::Ignore);
    stage.clock.advance(301);
    assert_eq!(
        actor.hear_proof(&message),
        GossipVerdict::Ignore,
        "our clock may be wrong"
    );
    assert!(actor.prober.observations(&key(10)).is_none());
}

#[test]
fn proofs_go_out_in_time() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    assert_eq!(after(&stage, &actor, 29), 0, "it has just started");
    assert_eq!(after(&stage, &actor, 1), 1);
    assert_eq!(actor.prober.proofs().last_sent, Some(stage.now()));
    // Due again after 400 s less half of a check interval; until then only the same one goes out, while others would take it.
    assert_eq!(after(&stage, &actor, 119), 0);
    assert_eq!(after(&stage, &actor, 1), 1);
    assert_eq!(after(&stage, &actor, 120), 1);
    assert_eq!(after(&stage, &actor, 120), 0, "its time is too far off by now");
    assert_eq!(after(&stage, &actor, 24), 0);
    stage.clock.advance(1);
    actor.prober.tick();
    let proofs = sent(&actor);
    assert_eq!(proofs.len(), 1);
    assert_eq!(proofs[0].proof().timestamp, stage.now());
    assert_eq!(proofs[0].proof().primary, key(0));
}

#[test]
fn a_proof_that_came_back_is_not_repeated() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    stage.clock.advance(30);
    actor.prober.tick();
    let message = actor.take_sent(GossipTopic::UptimeProofs).remove(0);
    stage.clock.advance(2);
    assert_eq!(actor.hear_proof(&message), GossipVerdict::Ignore);
    assert_eq!(actor.prober.proofs().last_echoed, Some(stage.now()));
    assert_eq!(after(&stage, &actor, 120), 0);
}

#[test]
fn others_accept_what_we_send() {
    let stage = Stage::new();
    let (actor, peer) = (stage.actor(0), stage.actor(1));
    assert_eq!(actor.prober.send_proof(), Ok(()), "asked for, it goes out at once");
    let message = actor.take_sent(GossipTopic::UptimeProofs).remove(0);
    assert_eq!(peer.hear_proof(&message), GossipVerdict::Accept);
    let own = actor.prober.observations(&key(0)).unwrap();
    assert_eq!(
        peer.prober.observations(&key(0)),
        Some(own),
        "we see ourselves as others do"
    );
}

#[test]
fn what_keeps_proofs_from_being_sent_is_named() {
    let stage = Stage::new();
    let hindrance = |actor: &Actor| actor.prober.send_proof().unwrap_err();
    let watcher = stage.actor_with(ProberSettings::watching(), Arc::default());
    assert_eq!(hindrance(&watcher), ProofHindrance::NotAServiceNode);
    let stranger = stage.actor(NODES);
    let unregistered = ProofHindrance::NotRegistered { key: key(NODES) };
    assert_eq!(hindrance(&stranger), unregistered);
    assert_eq!(after(&stage, &stranger, 60), 0);
    assert_eq!(stranger.prober.proofs().hindrance, Some(unregistered));
    let nowhere = stage.actor_with(
        ProberSettings {
            public_ip: None,
            ..settings(0)
        },
        Arc::default(),
    );
    assert_eq!(hindrance(&nowhere), ProofHindrance::NoPublicAddress);
    let young = stage.actor(5);
    let tip = stage.chain.tip();
    stage
        .chain
        .set_node(&key(5), |node| node.record.registration_height = tip);
    assert_eq!(after(&stage, &young, 60), 0, "no block stands on its registration");
    assert_eq!(young.prober.proofs().hindrance, Some(ProofHindrance::Starting));
}

/// A follower that has read up to L2 block 500, and says of itself what it is told to.
struct ScriptedL2(Mutex<L2State>);

impl L2Reader for ScriptedL2 {
    fn picture(&self) -> Option<Arc<Picture>> {
        None
    }

    fn newest_height(&self) -> Option<u64> {
        Some(500)
    }

    fn status(&self) -> L2Status {
        L2Status {
            state: *lock(&self.0),
            providers: Vec::new(),
        }
    }
}

#[test]
fn a_node_that_saw_nothing_of_l2_for_an_hour_does_not_say_that_it_is_well() {
    let mut network = network();
    let forks = [(7, 0), (19, 1), (20, 2), (21, 3)].map(|(version, height)| HardFork::new(version, 0, height));
    network.forks = HardForkTable::new(&forks).unwrap();
    let stage = Stage::on(network);
    let l2 = Arc::new(ScriptedL2(Mutex::new(L2State::Following { newest: 500 })));
    let actor = stage.actor_following(0, Arc::clone(&l2) as Arc<dyn L2Reader>);
    let hindrance_when = |state| {
        *lock(&l2.0) = state;
        actor.prober.proofs().hindrance
    };
    stage.clock.advance(60);
    assert_eq!(hindrance_when(L2State::Following { newest: 500 }), None);
    assert_eq!(hindrance_when(L2State::Interrupted { for_seconds: 3_600 }), None);
    let blind = hindrance_when(L2State::Interrupted { for_seconds: 3_601 });
    assert_eq!(blind, Some(ProofHindrance::NoL2));
    let without = stage.actor(1);
    assert_eq!(without.prober.send_proof(), Err(ProofHindrance::NoL2));
}

#[test]
fn two_nodes_with_the_same_key_are_told() {
    use oxen_crypto::SecretKey;
    use oxen_staking_rules::{ServiceNodeKeys, uptime_proof::UptimeProof};
    let stage = Stage::new();
    let actor = stage.actor(0);
    let twin = ServiceNodeKeys::with_primary(&[1; 32], SecretKey::reduce([77; 32]));
    assert_eq!(twin.ed25519_public(), keys(0).ed25519_public());
    let other = twin.primary().public;
    stage.chain.set_node(&other, |_| ());
    let proof = UptimeProof {
        primary: other,
        ..stage.proof(0).proof().clone()
    };
    let message = SignedProof::sign(proof, &twin, &mut rand_core::OsRng).to_message();
    assert_eq!(actor.hear_proof(&message), GossipVerdict::Accept);
    assert_eq!(actor.prober.send_proof(), Err(ProofHindrance::SharedKey { other }));
}

fn ping(companion: Companion, version: [u16; 3]) -> CompanionPing {
    CompanionPing {
        companion,
        version: SoftwareVersion(version),
        https_port: 22021,
        omq_port: 22020,
        ed25519: keys(0).ed25519_public(),
        error: String::new(),
    }
}

#[test]
fn where_companions_are_required_both_must_ping() {
    let network = Network {
        companion_services: CompanionServices::Required,
        ..network()
    };
    let stage = Stage::on(network);
    let actor = stage.actor(0);
    let send = || actor.prober.send_proof();
    let missing = |companion| Err(ProofHindrance::NoPing { companion });
    assert_eq!(send(), missing(Companion::StorageServer));
    assert_eq!(actor.prober.ping(ping(Companion::StorageServer, [2, 8, 0])), Ok(()));
    assert_eq!(send(), missing(Companion::Lokinet));
    assert_eq!(actor.prober.ping(ping(Companion::Lokinet, [0, 9, 11])), Ok(()));
    assert_eq!(send(), Ok(()));
    let proof = sent(&actor).remove(0).proof().clone();
    assert_eq!(
        (proof.ports.storage_https, proof.ports.storage_messages),
        (22021, 22020)
    );
    assert_eq!(proof.versions.storage_server.0, [2, 8, 0]);
    assert_eq!(proof.versions.onion_router.0, [0, 9, 11]);
    stage.clock.advance(401);
    assert_eq!(send(), missing(Companion::StorageServer), "the ping is too old");
}

#[test]
fn pings_that_do_not_count_are_remembered_with_their_reason() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    let companion = Companion::StorageServer;
    let good = ping(companion, [2, 8, 1]);
    assert_eq!(actor.prober.ping(good.clone()), Ok(()));
    let old = CompanionPing {
        version: SoftwareVersion([2, 7, 9]),
        ..good.clone()
    };
    let wrong = CompanionPing {
        ed25519: keys(1).ed25519_public(),
        ..good.clone()
    };
    assert!(matches!(actor.prober.ping(old), Err(PingError::TooOld { .. })));
    assert!(matches!(
        actor.prober.ping(wrong.clone()),
        Err(PingError::WrongKey { .. })
    ));
    let state = actor.prober.companion(companion);
    assert_eq!(state.last_ping, Some(stage.now()), "the last one that counted");
    assert!(matches!(state.refused, Some(PingError::WrongKey { .. })));
    let unwell = CompanionPing {
        error: "disk full".to_owned(),
        ..good
    };
    assert!(matches!(actor.prober.ping(unwell), Err(PingError::Unwell { .. })));
    assert_eq!(actor.prober.companion(companion).last_ping, None);
    let watcher = stage.actor_with(ProberSettings::watching(), Arc::default());
    assert_eq!(watcher.prober.ping(wrong), Err(PingError::NotAServiceNode));
}

#[test]
fn proofs_survive_a_restart_and_our_own_is_due_at_once() {
    let stage = Stage::new();
    let disk = Arc::<Disk>::default();
    let actor = stage.actor_with(settings(0), Arc::clone(&disk));
    actor.hear_proof(&stage.proof(10).to_message());
    assert_eq!(actor.prober.send_proof(), Ok(()));
    let seen = actor.prober.observations(&key(10)).unwrap();
    drop(actor);
    stage.clock.advance(100);
    let again = stage.actor_with(settings(0), disk);
    assert_eq!(again.prober.observations(&key(10)), Some(seen));
    assert_eq!(
        again.hear_proof(&stage.proof(10).to_message()),
        GossipVerdict::Ignore,
        "too soon all the same"
    );
    assert_eq!(after(&stage, &again, 30), 1);
}

#[test]
fn nodes_that_left_are_forgotten_after_six_hours() {
    let stage = Stage::new();
    let actor = stage.actor(0);
    actor.hear_proof(&stage.proof(10).to_message());
    actor.hear_proof(&stage.proof(11).to_message());
    stage.chain.remove_node(&key(10));
    let known = |number: u8| {
        let on_disk = lock(&actor.disk.0).contains_key(&key(number));
        assert_eq!(actor.prober.observations(&key(number)).is_some(), on_disk);
        on_disk
    };
    after(&stage, &actor, 6 * 3_600);
    assert!(known(10) && known(11));
    after(&stage, &actor, 3_600);
    assert!(!known(10) && known(11));
    assert!(stage.now().seconds() > START);
}
