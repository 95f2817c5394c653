//! The service node of this process: its keys, how its peers see it, what is told it.

use crate::fixture::{
    Fixture,
    planted::{active_node, node_key, proof},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use oxen_node_api::{
    Companion,
    service_nodes::{CompanionState, OwnProofs, PingError, ProofHindrance, VoteOnUs},
};
use oxen_rpc::{
    Access, ListenerConfig, Login,
    types::{ErrorCode, service_nodes::own::ServiceNodeStatusAnswer},
};
use oxen_staking_rules::{
    obligations::{History, NodeObservations, PulseParticipation, Reachability, TestOutcome},
    registry::Activity,
    uptime_proof::SoftwareVersion,
};
use oxen_types::{
    Height, PublicKey, Timestamp,
    extra::{NewState, Reasons},
};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Our node, registered and active since height 1.
fn register(fixture: &Fixture, activity: Option<Activity>) -> PublicKey {
    let key = fixture.own.start();
    let mut node = active_node(1, 2);
    node.record.activity = activity.unwrap_or(node.record.activity);
    fixture.planted.nodes.lock().unwrap().insert(key, node);
    fixture.mine(&[]);
    key
}

fn pulse(outcomes: &[TestOutcome]) -> History<PulseParticipation> {
    let part = |(outcome, height): (&TestOutcome, u64)| PulseParticipation {
        height: Height::new(height),
        round: 0,
        outcome: *outcome,
    };
    outcomes.iter().zip(1..).map(part).collect()
}

fn seen(fixture: &Fixture, pulse: History<PulseParticipation>) -> NodeObservations {
    NodeObservations {
        proof: Some(proof(fixture.now())),
        proof_counts_from: Some(Timestamp::from_seconds(fixture.now())),
        pulse,
        ..NodeObservations::default()
    }
}

#[test]
fn without_a_service_node_the_status_says_so() {
    let fixture = Fixture::start();
    let answer = fixture.result("get_service_node_status", &json!({}));
    assert!(
        answer["status"].as_str().unwrap().contains("--service-node"),
        "{answer}"
    );
    assert_eq!(answer.get("service_node_state"), None);
    let keys = fixture.result("get_service_keys", &json!({}));
    assert_eq!(keys["is_service_node"], false);
    assert_eq!(keys["service_node_pubkey"], "");
    let (code, _) = fixture.failure("get_service_privkeys", &json!({}));
    assert_eq!(code, ErrorCode::WrongParameter);
    assert_eq!(fixture.result("get_info", &json!({}))["service_node"], false);
}

#[test]
fn a_node_that_is_not_registered_tells_keys_address_and_versions() {
    let fixture = Fixture::start();
    let key = fixture.own.start();
    fixture.own.proofs.lock().unwrap().hindrance = Some(ProofHindrance::NotRegistered { key });
    let answer = fixture.result("get_service_node_status", &json!({}));
    assert_eq!(answer["status"], "OK");
    assert_eq!(answer["registered"], false);
    let state = &answer["service_node_state"];
    assert_eq!(state["service_node_pubkey"], key.to_string());
    assert_eq!(state["public_ip"], "203.0.113.9");
    assert_eq!(state["service_node_version"], json!([11, 2, 3]));
    assert_eq!(state.get("active"), None);
    let hindrance = answer["uptime_proofs"]["hindrance"].as_str().unwrap();
    assert!(hindrance.contains("prepare_registration"), "{hindrance}");
    assert_eq!(answer.get("outlook"), None);
}

#[test]
fn a_registered_node_learns_how_its_peers_see_it() {
    use TestOutcome::{Failed, Passed};
    let fixture = Fixture::start();
    let key = register(&fixture, None);
    let misses = [Passed, Failed, Passed, Failed, Failed];
    fixture.observers.see(key, seen(&fixture, pulse(&misses)));
    *fixture.own.proofs.lock().unwrap() = OwnProofs {
        last_sent: Some(Timestamp::from_seconds(500)),
        last_echoed: Some(Timestamp::from_seconds(501)),
        next_due: Some(Timestamp::from_seconds(4_100)),
        hindrance: None,
    };
    fixture.own.votes.lock().unwrap().push(VoteOnUs {
        quorum_height: Height::new(9),
        voter: node_key(5),
        state: NewState::Decommission,
        reasons: Reasons::UPTIME_PROOF.union(Reasons::PULSE),
        received: Timestamp::from_seconds(777),
    });
    let answer = fixture.result("get_service_node_status", &json!({}));
    let read: ServiceNodeStatusAnswer = serde_json::from_value(answer.clone()).unwrap();
    assert!(read.registered && read.status.is_ok());
    assert_eq!(read.service_node_state.service_node_pubkey, key);
    assert_eq!(read.height, fixture.height() - 1);
    assert_eq!(read.uptime_proofs.last_seen_by_peers, Some(501));
    let validity = fixture.chain_network().uptime.validity_seconds;
    assert_eq!(read.uptime_proofs.valid_until, Some(fixture.now() + validity));
    assert_eq!(
        answer["votes"],
        json!([{ "quorum_height": 9, "voter": node_key(5), "vote": "decom", "reasons": ["uptime", "pulse"],
            "received": 777 }])
    );
    let test = read.tests.iter().find(|test| test.test == "pulse").unwrap();
    assert_eq!(
        (
            test.passed,
            test.failed,
            test.failed_in_a_row,
            test.most_failures,
            test.failing
        ),
        (2, 3, 2, 4, false)
    );
    let listed = fixture.result("get_service_nodes", &json!({}));
    assert_eq!(answer["service_node_state"], listed["service_node_states"][0]);
}

#[test]
fn the_outlook_counts_down_to_suspension_and_removal() {
    use TestOutcome::{Failed, Passed};
    let fixture = Fixture::start();
    let key = register(&fixture, None);
    let outlook = || {
        let answer = fixture.result("get_service_node_status", &json!({}));
        let number = |name: &str| answer["outlook"].get(name).and_then(Value::as_u64);
        (
            number("blocks_until_decommission"),
            number("blocks_until_deregistration"),
        )
    };
    let network = fixture.chain_network();
    let until_expiry = network.uptime.validity_seconds.div_ceil(network.target_block_seconds);
    // The fork began at height 1, and validators count from the newest block, one below the number of blocks.
    let grace = network.staking.fork_grace_blocks + 1 - (fixture.height() - 1);
    fixture.observers.see(key, seen(&fixture, History::default()));
    let (decommission, deregistration) = outlook();
    assert_eq!(decommission, Some(until_expiry));
    assert_eq!(
        deregistration,
        Some(grace),
        "votes to throw out are not cast soon after a fork"
    );

    fixture.observers.see(
        key,
        seen(&fixture, pulse(&[Failed, Failed, Failed, Failed, Failed, Passed])),
    );
    assert_eq!(outlook().0, Some(0), "more than four misses fail the test now");

    fixture.observers.see(key, NodeObservations::default());
    assert_eq!(outlook().0, Some(0), "without a proof the test fails now");
}

#[test]
fn an_unreachable_storage_server_is_foreseen_and_fails() {
    let fixture = Fixture::start();
    let key = register(&fixture, None);
    let network = fixture.chain_network();
    let limit = network.uptime.validity_seconds - network.uptime.frequency_seconds;
    let see = |unreachable_seconds| {
        let now = Timestamp::from_seconds(fixture.now());
        fixture.observers.see(
            key,
            NodeObservations {
                storage_server: Reachability {
                    last_reachable: None,
                    first_unreachable: Some(Timestamp::from_seconds(now.seconds() - unreachable_seconds)),
                    last_unreachable: Some(now),
                },
                ..seen(&fixture, History::default())
            },
        );
        fixture.result("get_service_node_status", &json!({}))
    };
    let soon = see(limit - 60);
    assert_eq!(
        soon["outlook"]["next_failure"],
        json!({"test": "storage", "seconds": 60})
    );
    assert_eq!(soon["outlook"]["blocks_until_decommission"], 1);
    let failed = see(limit);
    assert_eq!(failed["outlook"]["blocks_until_decommission"], 0);
    let tests = failed["tests"].as_array().unwrap();
    assert!(
        tests
            .iter()
            .any(|test| test["test"] == "storage" && test["failing"] == true),
        "{failed}"
    );
}

#[test]
fn a_suspended_node_sees_its_credit_run_out() {
    let fixture = Fixture::start();
    register(
        &fixture,
        Some(Activity::Decommissioned {
            active_since: Height::new(1),
            since: Height::new(5),
        }),
    );
    let answer = fixture.result("get_service_node_status", &json!({}));
    // Suspended at 5; validators take the credit at the height of the next block, 12.
    assert_eq!(answer["outlook"]["credit_blocks"], 60 - 7);
    assert_eq!(answer["outlook"].get("blocks_until_decommission"), None);
    let pulse = answer["tests"]
        .as_array()
        .unwrap()
        .iter()
        .find(|test| test["test"] == "pulse")
        .unwrap();
    assert_eq!(pulse["failing"], false, "a suspended node has no duties");
}

#[test]
fn keys_are_given_and_secret_ones_only_where_nobody_else_listens() {
    let fixture = Fixture::start();
    let key = fixture.own.start();
    let keys = fixture.result("get_service_node_key", &json!({}));
    assert_eq!(keys["service_node_pubkey"], key.to_string());
    assert_eq!(keys["service_node_ed25519_pubkey"], "ed".repeat(32));
    assert_eq!(keys["service_node_x25519_pubkey"], "25".repeat(32));
    assert_eq!(keys["is_service_node"], true);
    let secrets = fixture.result("get_service_privkeys", &json!({}));
    assert_eq!(secrets["service_node_ed25519_privkey"], "e0".repeat(64));
    assert_eq!(secrets["service_node_x25519_privkey"], "20".repeat(32));
    assert_eq!(
        secrets.get("service_node_privkey"),
        None,
        "it follows from the auxiliary key"
    );
    let denied = fixture
        .call(Access::Public, "get_service_privkeys", &json!({}))
        .unwrap_err();
    assert_eq!(denied.code, ErrorCode::NotPublic.number());
}

#[test]
fn a_listener_of_other_machines_gives_secret_keys_to_nobody_without_a_login() {
    let everywhere: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let fixture = Fixture::with(|config| config.listeners = vec![ListenerConfig::admin(everywhere)]);
    fixture.own.start();
    let (code, message) = fixture.failure("get_service_node_privkey", &json!({}));
    assert_eq!(code, ErrorCode::NotPublic);
    assert!(message.contains("--rpc-login"), "{message}");
    assert_eq!(fixture.result("get_service_keys", &json!({}))["is_service_node"], true);

    let fixture = Fixture::with(|config| {
        config.listeners = vec![ListenerConfig::admin(everywhere)];
        config.login = Login::from_pair("alice:wonderland");
    });
    fixture.own.start();
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "get_service_privkeys" }).to_string();
    let basic = format!("Basic {}", STANDARD.encode("alice:wonderland"));
    let client = fixture.client(Access::Admin).header("Authorization", &basic);
    let answer = client.post("/json_rpc", body.as_bytes()).json();
    assert_eq!(answer["result"]["service_node_x25519_privkey"], "20".repeat(32));
}

#[test]
fn pings_reach_the_node_and_refusals_their_sender() {
    let fixture = Fixture::start();
    let ping = json!({ "version": [2, 8, 0], "https_port": 22021, "omq_port": 22020,
        "pubkey_ed25519": "ed".repeat(32), "error": "" });
    assert_eq!(fixture.result("storage_server_ping", &ping)["status"], "OK");
    let ping = json!({ "version": [0, 9, 11], "pubkey_ed25519": "ed".repeat(32), "error": "no exit" });
    let refused = fixture.result("lokinet_ping", &ping)["status"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(refused.contains("no exit"), "{refused}");
    let pings = fixture.own.pings.lock().unwrap().clone();
    assert_eq!(pings[0].companion, Companion::StorageServer);
    assert_eq!((pings[0].https_port, pings[0].omq_port), (22_021, 22_020));
    assert_eq!(pings[0].version, SoftwareVersion([2, 8, 0]));
    assert_eq!(
        (pings[1].companion, pings[1].error.as_str()),
        (Companion::Lokinet, "no exit")
    );
    let (code, _) = fixture.failure("storage_server_ping", &json!({ "version": [2, 8] }));
    assert_eq!(code, ErrorCode::InvalidParameters);
    let wrong = json!({ "version": [2, 8, 0], "pubkey_ed25519": "12" });
    assert_eq!(
        fixture.failure("storage_server_ping", &wrong).0,
        ErrorCode::WrongParameter
    );
}

#[test]
fn the_last_pings_are_told() {
    let fixture = Fixture::start();
    let info = fixture.result("get_info", &json!({}));
    assert_eq!(info["last_storage_server_ping"], 0);
    let pinged = CompanionState {
        last_ping: Some(Timestamp::from_seconds(4_321)),
        version: SoftwareVersion([2, 9, 0]),
        ..CompanionState::default()
    };
    let refused = CompanionState {
        refused: Some(PingError::NotAServiceNode),
        ..CompanionState::default()
    };
    fixture.own.start();
    let companions = [(Companion::StorageServer, pinged), (Companion::Lokinet, refused)];
    fixture.own.companions.lock().unwrap().extend(companions);
    let info = fixture.result("get_info", &json!({}));
    assert_eq!(info["service_node"], true);
    assert_eq!(info["last_storage_server_ping"], 4_321);
    assert_eq!(info["last_lokinet_ping"], 0);
    let public = fixture.call(Access::Public, "get_info", &json!({})).unwrap();
    assert_eq!(public.get("last_storage_server_ping"), None);
    let status = fixture.result("get_service_node_status", &json!({}));
    assert_eq!(
        status["companions"][0],
        json!({ "name": "storage server", "last_ping": 4_321, "version": [2, 9, 0] })
    );
    assert!(status["companions"][1]["refused"].is_string());
}

#[test]
fn reports_on_peers_are_noted() {
    let fixture = Fixture::start();
    let report = |kind: &str, passed: bool| {
        fixture.result(
            "report_peer_status",
            &json!({ "type": kind, "pubkey": node_key(3), "passed": passed }),
        )
    };
    assert_eq!(report("storage", true)["status"], "OK");
    report("reachability", false);
    report("lokinet", true);
    fixture.result(
        "report_peer_storage_server_status",
        &json!({ "pubkey": node_key(3), "passed": false }),
    );
    let noted = fixture.own.reports.lock().unwrap().clone();
    let storage = Companion::StorageServer;
    assert_eq!(
        noted,
        [
            (storage, node_key(3), TestOutcome::Passed),
            (storage, node_key(3), TestOutcome::Failed),
            (Companion::Lokinet, node_key(3), TestOutcome::Passed),
            (storage, node_key(3), TestOutcome::Failed),
        ]
    );
    for wrong in [
        json!({ "type": "pulse", "pubkey": node_key(3), "passed": true }),
        json!({ "type": "storage", "pubkey": "12", "passed": true }),
        json!({ "type": "storage", "pubkey": PublicKey::ZERO, "passed": true }),
    ] {
        assert_eq!(
            fixture.failure("report_peer_status", &wrong).0,
            ErrorCode::WrongParameter,
            "{wrong}"
        );
    }
}

#[test]
fn a_proof_is_sent_on_request_unless_something_keeps_it() {
    let fixture = Fixture::start();
    assert_eq!(fixture.result("test_trigger_uptime_proof", &json!({}))["status"], "OK");
    fixture.own.proofs.lock().unwrap().hindrance = Some(ProofHindrance::NoPing {
        companion: Companion::Lokinet,
    });
    let status = fixture.result("test_trigger_uptime_proof", &json!({}))["status"].clone();
    assert!(status.as_str().unwrap().contains("lokinet"), "{status}");
}
