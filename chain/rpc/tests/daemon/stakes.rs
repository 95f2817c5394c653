//! Quorums, staking requirement, blacklisted stakes, state changes.

use crate::fixture::{
    Fixture,
    planted::{PlantedServiceNodes, node_key},
};
use oxen_rpc::{
    Access,
    types::{ErrorCode, service_nodes::quorums::QuorumStateAnswer},
};
use oxen_staking_rules::{
    quorum::Quorum,
    registry::{BlacklistedStake, update::StateQuorums},
};
use oxen_state::{
    Rules, apply,
    service_nodes::tables::BlacklistRow,
    transaction::{CheckedTransaction, ProofsAssumedValid},
};
use oxen_testkit::TestChain;
use oxen_types::{
    Amount, ConsensusEncode, Height, KeyImage, PublicKey, Signature, Transaction, UnlockTime,
    extra::{Extra, ExtraField, KeyImageUnlock, NewState, Reasons, StateChange, StateChangeForm, StateChangeVote},
    network::HardForkVersion,
    transaction::{Proofs, TransactionPrefix, TransactionType, TransactionVersion},
};
use serde_json::{Value, json};
use std::sync::Arc;

fn quorum(validator: u32) -> Quorum {
    Quorum {
        validators: vec![node_key(validator)],
        workers: vec![node_key(100 + validator)],
    }
}

/// States from height 11 to 40 have the quorums that their heights have, of validators 1 to 4 by kind.
fn with_quorums() -> Fixture {
    let fixture = Fixture::start();
    while fixture.height() <= 40 {
        let height = fixture.height();
        *fixture.planted.quorums.lock().unwrap() = StateQuorums {
            obligations: quorum(1),
            checkpointing: (height + 11).is_multiple_of(4).then(|| quorum(2)),
            blink: height.is_multiple_of(5).then(|| quorum(3)),
            pulse: Some(quorum(4)),
        };
        fixture.mine(&[]);
    }
    fixture
}

/// Heights and kinds of the quorums in an answer.
fn listed(answer: &Value) -> Vec<(u64, u64)> {
    let place = |entry: &Value| {
        (
            entry["height"].as_u64().unwrap(),
            entry["quorum_type"].as_u64().unwrap(),
        )
    };
    answer["quorums"].as_array().unwrap().iter().map(place).collect()
}

#[test]
fn quorums_come_by_height_and_kind() {
    let fixture = with_quorums();
    let ask = |params: &Value| listed(&fixture.result("get_quorum_state", params));
    assert_eq!(
        ask(&json!({ "start_height": 39, "end_height": 40, "quorum_type": 255 })),
        [(39, 0), (39, 3), (40, 0), (40, 1), (40, 2), (40, 3)]
    );
    assert_eq!(
        ask(&json!({ "start_height": 40, "end_height": 38, "quorum_type": 0 })),
        [(40, 0), (39, 0), (38, 0)]
    );
    assert_eq!(ask(&json!({ "start_height": 35, "quorum_type": 2 })), [(35, 2)]);
    assert_eq!(ask(&json!({ "end_height": 36, "quorum_type": 3 })), [(36, 3)]);
    assert_eq!(
        ask(&json!({ "start_height": 30, "end_height": 1_000_000, "quorum_type": 2 })),
        [(30, 2), (35, 2), (40, 2)]
    );
    let answer = fixture.result(
        "get_quorum_state",
        &json!({ "start_height": 30, "end_height": 30, "quorum_type": 0 }),
    );
    let read: QuorumStateAnswer = serde_json::from_value(answer).unwrap();
    assert_eq!(read.quorums[0].quorum.validators, [node_key(1)]);
    assert_eq!(read.quorums[0].quorum.workers, [node_key(101)]);
}

#[test]
fn a_checkpointing_quorum_stands_under_the_height_that_it_votes_on() {
    let fixture = with_quorums();
    let params = json!({ "start_height": 20, "end_height": 40, "quorum_type": 1 });
    let heights: Vec<u64> = listed(&fixture.result("get_quorum_state", &params))
        .iter()
        .map(|(height, _)| *height)
        .collect();
    assert_eq!(
        heights,
        [24, 28, 32, 36, 40],
        "the state at 9 has none, the one at 13 votes on 24"
    );
}

#[test]
fn without_heights_the_newest_of_each_kind_is_told() {
    let fixture = with_quorums();
    let newest = [(40, 0), (40, 1), (40, 2)];
    assert_eq!(
        listed(&fixture.result("get_quorum_state", &json!({}))),
        newest,
        "there are too few nodes for Pulse"
    );
    let sentinel = json!({ "start_height": u64::MAX, "end_height": u64::MAX });
    assert_eq!(listed(&fixture.result("get_quorum_state", &sentinel)), newest);
    fixture.mine(&[]);
    assert_eq!(
        listed(&fixture.result("get_quorum_state", &json!({}))),
        [(41, 0), (40, 1), (40, 2)]
    );
}

#[test]
fn the_quorum_of_the_next_block_is_told_and_makes_it_a_pulse_block() {
    let fixture = with_quorums();
    assert_eq!(fixture.result("get_info", &json!({}))["pulse"], false);
    fixture.plant(1..30);
    let next = fixture.height();
    let answer = fixture.result("get_quorum_state", &json!({ "quorum_type": 3 }));
    assert_eq!(listed(&answer), [(next, 3)]);
    assert_eq!(
        answer["quorums"][0]["quorum"]["validators"].as_array().unwrap().len(),
        11
    );
    assert_eq!(answer["quorums"][0]["quorum"]["workers"].as_array().unwrap().len(), 1);
    let info = fixture.result("get_info", &json!({}));
    assert_eq!(info["pulse"], true);
    let network = fixture.chain_network();
    let ideal = network.genesis.timestamp.seconds() + network.target_block_seconds * next;
    assert_eq!(info["pulse_ideal_timestamp"], ideal);
    assert_eq!(
        info.get("pulse_target_timestamp"),
        None,
        "the network binds no round to a time"
    );
    let range = json!({ "start_height": next - 1, "end_height": next, "quorum_type": 3 });
    assert_eq!(
        listed(&fixture.result("get_quorum_state", &range)),
        [(next - 1, 3), (next, 3)]
    );
}

#[test]
fn quorums_that_are_not_there_are_an_error_and_ranges_are_bounded() {
    let fixture = Fixture::start();
    for params in [
        json!({ "start_height": 3, "quorum_type": 2 }),
        json!({ "quorum_type": 4 }),
        json!({ "quorum_type": 1 }),
    ] {
        assert_eq!(
            fixture.failure("get_quorum_state", &params).0,
            ErrorCode::WrongParameter,
            "{params}"
        );
    }
    let fixture = Fixture::with(|config| {
        for listener in &mut config.listeners {
            listener.limits.sizes.quorum_heights = 5;
        }
    });
    let most = json!({ "start_height": 6, "end_height": 10, "quorum_type": 0 });
    assert_eq!(
        fixture.call(Access::Public, "get_quorum_state", &most).unwrap()["quorums"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
    let more = json!({ "start_height": 5, "end_height": 10, "quorum_type": 0 });
    let error = fixture.call(Access::Public, "get_quorum_state", &more).unwrap_err();
    assert!(error.message.contains('5'), "{}", error.message);
}

#[test]
fn the_requirement_is_that_of_the_network() {
    let fixture = Fixture::start();
    let requirement = fixture.chain_network().staking.oxen_requirement.atomic();
    let answer = fixture.result("get_staking_requirement", &json!({}));
    assert_eq!(
        answer,
        json!({ "staking_requirement": requirement, "height": 11, "untrusted": false, "status": "OK" })
    );
    let at = fixture.result("get_staking_requirement", &json!({ "height": 5 }));
    assert_eq!(
        (&at["height"], &at["staking_requirement"]),
        (&json!(5), &json!(requirement))
    );
    let info = fixture.result("get_info", &json!({}));
    assert_eq!(info["staking_requirement"], requirement);
    assert_eq!(info["min_operator_contribution"], requirement / 4);
    assert_eq!(info["max_contributors"], 10);
}

#[test]
fn blacklisted_stakes_come_in_the_order_of_their_blacklisting() {
    let fixture = Fixture::start();
    let row = |byte: u8, since: u64, position: u32| BlacklistRow {
        stake: BlacklistedStake {
            key_image: KeyImage::new([byte; 32]),
            unlock_height: Height::new(since + 30),
            amount: Amount::from_atomic(u64::from(byte)),
        },
        since: Height::new(since),
        position,
    };
    *fixture.planted.blacklist.lock().unwrap() = vec![row(1, 8, 1), row(2, 8, 0), row(3, 7, 0)];
    fixture.mine(&[]);
    let answer = fixture
        .call(Access::Public, "get_service_node_blacklisted_key_images", &json!({}))
        .unwrap();
    let entry = |byte: u8, unlock: u64| json!({ "key_image": KeyImage::new([byte; 32]), "unlock_height": unlock, "amount": byte });
    assert_eq!(answer["blacklist"], json!([entry(3, 37), entry(2, 38), entry(1, 38)]));
}

/// A transaction without inputs and outputs.
fn bare(kind: TransactionType, extra: &[ExtraField]) -> Arc<CheckedTransaction> {
    let transaction = Transaction {
        prefix: TransactionPrefix {
            version: TransactionVersion::V4,
            output_unlock_times: Vec::new(),
            unlock_time: UnlockTime::NONE,
            inputs: Vec::new(),
            outputs: Vec::new(),
            extra: Extra::from_fields(extra.to_vec()).encode(),
            kind,
        },
        proofs: Proofs::Absent,
    };
    let checked = CheckedTransaction::from_blob(&transaction.encode(), HardForkVersion::REWARD_BATCHING);
    Arc::new(checked.unwrap())
}

fn state_change(state: NewState) -> Arc<CheckedTransaction> {
    let vote = |index: u32| StateChangeVote {
        validator_index: index,
        signature: Signature::ZERO,
    };
    let change = StateChange {
        form: StateChangeForm::WithReasons {
            all: Reasons::UPTIME_PROOF,
            any: Reasons::UPTIME_PROOF,
        },
        state,
        block_height: Height::new(5),
        service_node_index: 0,
        votes: (0..7).map(vote).collect(),
    };
    bare(TransactionType::StateChange, &[ExtraField::StateChange(change)])
}

fn unlock(nonce: u32) -> Arc<CheckedTransaction> {
    let unlock = KeyImageUnlock {
        key_image: KeyImage::new([5; 32]),
        signature: Signature::ZERO,
        nonce,
    };
    let node = ExtraField::ServiceNodeKey(PublicKey::new([6; 32]));
    bare(
        TransactionType::KeyImageUnlock,
        &[node, ExtraField::KeyImageUnlock(Box::new(unlock))],
    )
}

/// Mines transactions that only planted rules accept.
fn mine_checked(fixture: &Fixture, transactions: &[Arc<CheckedTransaction>]) {
    let planted = PlantedServiceNodes::default();
    {
        let mut source = fixture.source();
        let block = TestChain::seal(&source.assemble(transactions), transactions).unwrap();
        let rules = Rules {
            service_nodes: &planted,
            ..source.rules(&ProofsAssumedValid)
        };
        let applied = apply(source.state(), &rules, &block).unwrap();
        source.keep(block, applied);
    }
    fixture.catch_up();
}

#[test]
fn state_changes_are_counted_over_a_range() {
    let fixture = Fixture::start();
    let first = fixture.height();
    mine_checked(&fixture, &[state_change(NewState::Decommission), unlock(1)]);
    fixture.mine(&[]);
    mine_checked(
        &fixture,
        &[
            state_change(NewState::Deregister),
            state_change(NewState::Recommission),
            state_change(NewState::IpChangePenalty),
            unlock(2),
        ],
    );
    let count = |start: u64, end: u64| {
        let answer = fixture.result(
            "get_service_nodes_state_changes",
            &json!({ "start_height": start, "end_height": end }),
        );
        let of = |kind: &str| answer[&format!("total_{kind}")].as_u64().unwrap();
        [
            "decommission",
            "recommission",
            "deregister",
            "ip_change_penalty",
            "unlock",
        ]
        .map(of)
    };
    assert_eq!(count(0, first + 2), [1, 1, 1, 1, 2]);
    assert_eq!(count(first, first), [1, 0, 0, 0, 1]);
    assert_eq!(count(first + 1, first + 1), [0; 5]);
    let all = fixture.result("get_service_nodes_state_changes", &json!({}));
    assert_eq!(
        (&all["start_height"], &all["end_height"]),
        (&json!(0), &json!(first + 2))
    );
    assert_eq!(all["total_unlock"], 2);
}

#[test]
fn a_range_of_state_changes_lies_within_the_chain() {
    let fixture = Fixture::start();
    let failure = |start: u64, end: u64| {
        fixture
            .failure(
                "get_service_nodes_state_changes",
                &json!({ "start_height": start, "end_height": end }),
            )
            .0
    };
    assert_eq!(failure(0, 11), ErrorCode::HeightTooBig);
    assert_eq!(failure(5, 4), ErrorCode::WrongParameter);
    let fixture = Fixture::with(|config| config.listeners[1].limits.sizes.block_headers = 4);
    let params = json!({ "start_height": 0, "end_height": 4 });
    assert!(
        fixture
            .call(Access::Public, "get_service_nodes_state_changes", &params)
            .is_err()
    );
    assert!(
        fixture
            .call(Access::Admin, "get_service_nodes_state_changes", &params)
            .is_ok()
    );
}
