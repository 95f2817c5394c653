//! All service nodes: fields, filters, forms, and that what is remembered is never old.

use crate::fixture::{
    Fixture,
    planted::{active_node, node_key, proof},
};
use oxen_rpc::{
    Access,
    types::{
        ErrorCode,
        service_nodes::{ServiceNodesAnswer, list::Participation},
    },
};
use oxen_staking_rules::{
    obligations::{CheckpointParticipation, NodeObservations, PulseParticipation, Reachability, TestOutcome},
    registry::{Activity, Decommission},
};
use oxen_types::{Amount, Height, Timestamp, extra::Reasons};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// What only the older generation of clients reads.
const OLD_NAMES: [&str; 4] = [
    "checkpoint_participation",
    "pulse_participation",
    "timestamp_participation",
    "timesync_status",
];

fn states(answer: &Value) -> &Vec<Value> {
    answer["service_node_states"].as_array().unwrap()
}

fn keys(answer: &Value) -> Vec<String> {
    let key = |state: &Value| state["service_node_pubkey"].as_str().unwrap().to_owned();
    states(answer).iter().map(key).collect()
}

/// Observations of every kind.
fn seen_all(now: u64) -> NodeObservations {
    let reports = Reachability {
        last_reachable: Some(Timestamp::from_seconds(now - 20)),
        first_unreachable: Some(Timestamp::from_seconds(now - 10)),
        last_unreachable: Some(Timestamp::from_seconds(now - 5)),
    };
    NodeObservations {
        proof: Some(proof(now)),
        proof_counts_from: Some(Timestamp::from_seconds(now)),
        checkpoints: [
            CheckpointParticipation {
                checkpoint: Height::new(140),
                outcome: TestOutcome::Passed,
            },
            CheckpointParticipation {
                checkpoint: Height::new(144),
                outcome: TestOutcome::Failed,
            },
        ]
        .into_iter()
        .collect(),
        pulse: std::iter::once(PulseParticipation {
            height: Height::new(150),
            round: 2,
            outcome: TestOutcome::Failed,
        })
        .collect(),
        time_answers: [TestOutcome::Passed, TestOutcome::Failed, TestOutcome::Passed]
            .into_iter()
            .collect(),
        time_synchronisation: std::iter::once(TestOutcome::Passed).collect(),
        storage_server: reports,
        onion_router: reports,
        ..NodeObservations::default()
    }
}

/// A node that is suspended, with open parts, of which everything was seen.
fn plant_remarkable(fixture: &Fixture) {
    let mut node = active_node(1, 2);
    node.record.activity = Activity::Decommissioned {
        active_since: Height::new(1),
        since: Height::new(5),
    };
    node.record.decommission_count = 1;
    node.record.last_decommission = Some(Decommission {
        height: Height::new(5),
        reasons_of_all: Reasons::UPTIME_PROOF,
        reasons_of_any: Reasons::UPTIME_PROOF.union(Reasons::PULSE),
    });
    let stake = Arc::make_mut(&mut node.stake);
    stake.contributors[1].reserved = Amount::from_atomic(stake.contributors[1].amount.atomic() + 5);
    stake.total_reserved = Amount::from_atomic(stake.total_reserved.atomic() + 5);
    fixture.planted.nodes.lock().unwrap().insert(node_key(1), node);
    fixture.mine(&[]);
    fixture.observers.see(node_key(1), seen_all(fixture.now()));
}

#[test]
fn a_chain_without_nodes_has_an_empty_list() {
    let fixture = Fixture::start();
    let answer = fixture.result("get_service_nodes", &json!({}));
    let top = fixture.result("get_last_block_header", &json!({}))["block_header"]["hash"].clone();
    assert_eq!(
        answer,
        json!({
            "height": 10, "target_height": 0, "block_hash": top, "hardfork": 19, "snode_revision": 3,
            "service_node_states": [], "untrusted": false, "status": "OK",
        })
    );
}

#[test]
fn nodes_come_in_the_order_of_keys_with_every_field() {
    let fixture = Fixture::start();
    fixture.plant(2..5);
    plant_remarkable(&fixture);
    let answer = fixture.result("get_service_nodes", &json!({}));
    assert_eq!(keys(&answer), [1, 2, 3, 4].map(|number| node_key(number).to_string()));
    assert_eq!(answer["height"], fixture.height() - 1);
    let first = &states(&answer)[0];
    assert_eq!(first["active"], false);
    assert_eq!(first["funded"], true);
    assert_eq!(first["payable"], false);
    assert_eq!(first["state_height"], 5);
    assert_eq!(first["requested_unlock_height"], 0);
    assert_eq!(first["last_reward_transaction_index"], u32::MAX);
    assert_eq!(first["operator_fee"], 100_000);
    assert_eq!(first["swarm_id"], 1_u64 << 50);
    assert_eq!(first["swarm"], "4000000000000");
    assert_eq!(first["total_reserved"], 1_000_000_000_005_u64);
    assert_eq!(first["operator_address"], first["contributors"][0]["address"]);
    assert_eq!(first["contributors"][1]["reserved"], 500_000_000_005_u64);
    assert_eq!(first["contributors"][0].get("reserved"), None);
    assert_eq!(
        first["last_decomm_reasons"],
        json!({ "all": ["uptime"], "some": ["pulse"] })
    );
    assert_eq!(first["last_decommission_reason_consensus_any"], 5);
    assert_eq!(first["public_ip"], "203.0.113.9");
    assert_eq!(first["service_node_version"], json!([11, 2, 3]));
    assert_eq!(
        first["storage_server_reachable"], true,
        "the failure is younger than the threshold"
    );
    assert_eq!(first["checkpoint_votes"], json!({ "voted": [129], "missed": [133] }));
    assert_eq!(first["pulse_votes"], json!({ "voted": [], "missed": [[150, 2]] }));
    assert_eq!(first["quorumnet_tests"], json!([2, 1]));
    assert_eq!(first["timesync_tests"], json!([1, 0]));
    let second = &states(&answer)[1];
    assert_eq!(second["last_uptime_proof"], 0);
    for name in [
        "total_reserved",
        "public_ip",
        "checkpoint_votes",
        "storage_server_reachable",
        "last_decomm_reasons",
    ] {
        assert_eq!(second.get(name), None, "{name}");
    }
}

#[test]
fn clients_read_everything_that_is_sent() {
    let fixture = Fixture::start();
    fixture.plant(2..4);
    plant_remarkable(&fixture);
    let mut sent = fixture.result("get_service_nodes", &json!({}));
    let read: ServiceNodesAnswer = serde_json::from_value(sent.clone()).unwrap();
    for state in sent["service_node_states"].as_array_mut().unwrap() {
        for name in OLD_NAMES {
            state.as_object_mut().unwrap().remove(name);
        }
    }
    assert_eq!(serde_json::to_value(&read).unwrap(), sent);
    let votes = read.service_node_states[0].checkpoint_votes.clone();
    assert_eq!(
        votes,
        Some(Participation {
            voted: vec![129],
            missed: vec![133],
        })
    );
}

#[test]
fn the_older_names_say_the_same() {
    let fixture = Fixture::start();
    plant_remarkable(&fixture);
    let answer = fixture.result("get_service_nodes", &json!({ "fields": OLD_NAMES }));
    assert_eq!(
        states(&answer)[0],
        json!({
            "checkpoint_participation": [{ "height": 129, "voted": true }, { "height": 133, "voted": false }],
            "pulse_participation": [{ "height": 150, "round": 2, "voted": false }],
            "timestamp_participation": [true, false, true],
            "timesync_status": [true],
        })
    );
}

#[test]
fn each_field_can_be_asked_for_and_left_out_alone() {
    let fixture = Fixture::start();
    plant_remarkable(&fixture);
    let all = states(&fixture.result("get_service_nodes", &json!({ "fields": "all" })))[0].clone();
    let names: BTreeSet<&String> = all.as_object().unwrap().keys().collect();
    assert!(names.len() > 50, "{names:?}");
    for name in &names {
        for fields in [json!([name]), json!({ name.as_str(): true, "other": false })] {
            let answer = fixture.result("get_service_nodes", &json!({ "fields": fields }));
            assert_eq!(
                states(&answer)[0],
                json!({ name.as_str(): all[name.as_str()] }),
                "{fields}"
            );
        }
        let without = fixture.result("get_service_nodes", &json!({ "fields": ["all", format!("-{name}")] }));
        let left: BTreeSet<&String> = states(&without)[0].as_object().unwrap().keys().collect();
        assert_eq!(left.len(), names.len() - 1, "{name}");
        assert!(!left.contains(name));
    }
}

#[test]
fn nodes_are_chosen_by_key_by_activity_and_at_random() {
    let fixture = Fixture::start();
    fixture.plant(2..6);
    plant_remarkable(&fixture);
    let chosen = |params: &Value| keys(&fixture.result("get_service_nodes", params));
    let named = json!({ "service_node_pubkeys": [node_key(4), node_key(9), node_key(1), node_key(4)] });
    assert_eq!(chosen(&named), [node_key(4).to_string(), node_key(1).to_string()]);
    let named = json!({ "service_node_pubkeys": [node_key(4), node_key(1)], "active_only": true });
    assert_eq!(chosen(&named), [node_key(4).to_string()]);
    assert_eq!(chosen(&json!({ "active_only": true })).len(), 4);
    assert_eq!(
        chosen(&json!({ "service_node_pubkeys": null, "active_only": null, "limit": 0 })).len(),
        5
    );
    let sample = keys(&fixture.result("get_n_service_nodes", &json!({ "limit": 2, "active_only": true })));
    assert_eq!(sample.len(), 2);
    assert!(sample[0] < sample[1] && !sample.contains(&node_key(1).to_string()));
    let (code, message) = fixture.failure("get_service_nodes", &json!({ "service_node_pubkeys": ["12"] }));
    assert_eq!(code, ErrorCode::WrongParameter, "{message}");
}

#[test]
fn a_poll_is_told_when_nothing_changed() {
    let fixture = Fixture::start();
    fixture.plant(1..3);
    let top = fixture.result("get_service_nodes", &json!({}))["block_hash"].clone();
    let poll = json!({ "poll_block_hash": top });
    let unchanged = fixture.result("get_service_nodes", &poll);
    assert_eq!(
        unchanged,
        json!({ "unchanged": true, "untrusted": false, "status": "OK" })
    );
    fixture.mine(&[]);
    let changed = fixture.result("get_service_nodes", &poll);
    assert_eq!(states(&changed).len(), 2);
    assert_eq!(changed.get("unchanged"), None);
    let (code, _) = fixture.failure("get_service_nodes", &json!({ "poll_block_hash": "zz" }));
    assert_eq!(code, ErrorCode::WrongParameter);
}

#[test]
fn the_list_is_given_as_text_on_request() {
    let fixture = Fixture::start();
    fixture.plant(1..3);
    for name in ["include_json", "as_json"] {
        let answer = fixture.result("get_service_nodes", &json!({ name: true }));
        let text: Value = serde_json::from_str(answer["as_json"].as_str().unwrap()).unwrap();
        assert_eq!(text, answer["service_node_states"]);
    }
    assert_eq!(fixture.result("get_service_nodes", &json!({})).get("as_json"), None);
}

#[test]
fn every_name_and_the_path_answer_on_both_listeners() {
    let fixture = Fixture::start();
    fixture.plant(1..4);
    for access in [Access::Admin, Access::Public] {
        let expected = fixture.call(access, "get_service_nodes", &json!({})).unwrap();
        let alias = fixture.call(access, "get_all_service_nodes", &json!({})).unwrap();
        assert_eq!(alias, expected);
        assert_eq!(fixture.path(access, "/get_service_nodes", &json!({})).json(), expected);
    }
}

#[test]
fn a_new_block_and_a_changed_stake_are_told_at_once() {
    let fixture = Fixture::start();
    fixture.plant(1..3);
    let before = fixture.result("get_service_nodes", &json!({}));
    assert_eq!(fixture.result("get_service_nodes", &json!({})), before);
    let mut node = active_node(1, 2);
    Arc::make_mut(&mut node.stake).contributors[0].amount = Amount::from_atomic(77);
    fixture.planted.nodes.lock().unwrap().insert(node_key(1), node);
    fixture.mine(&[]);
    let after = fixture.result("get_service_nodes", &json!({}));
    assert_eq!(
        after["height"].as_u64().unwrap(),
        before["height"].as_u64().unwrap() + 1
    );
    assert_eq!(states(&after)[0]["contributors"][0]["amount"], 77);
    assert_eq!(states(&after)[1]["contributors"], states(&before)[1]["contributors"]);
}

#[test]
fn what_was_seen_is_told_within_five_seconds() {
    let fixture = Fixture::start();
    fixture.plant(1..2);
    let last_proof = || states(&fixture.result("get_service_nodes", &json!({})))[0]["last_uptime_proof"].clone();
    assert_eq!(last_proof(), 0);
    let seen = NodeObservations {
        proof: Some(proof(1_234)),
        proof_counts_from: Some(Timestamp::from_seconds(1_234)),
        ..NodeObservations::default()
    };
    fixture.observers.see(node_key(1), seen);
    fixture.advance(4);
    assert_eq!(last_proof(), 0, "a rendered answer is good for some seconds");
    fixture.advance(1);
    assert_eq!(last_proof(), 1_234);
}

#[test]
fn a_proof_that_counts_no_longer_is_still_read() {
    let fixture = Fixture::start();
    fixture.plant(1..2);
    let seen = NodeObservations {
        proof: Some(proof(1_234)),
        ..NodeObservations::default()
    };
    fixture.observers.see(node_key(1), seen);
    let answer = fixture.result("get_service_nodes", &json!({}));
    assert_eq!(states(&answer)[0]["last_uptime_proof"], 0);
    assert_eq!(states(&answer)[0]["quorumnet_port"], 22_025);
}
