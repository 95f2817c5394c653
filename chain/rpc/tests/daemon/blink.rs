//! Instant transactions: three results that mean what they say, and where approved ones show.

use super::fixture::Fixture;
use oxen_node_api::{AdmissionError, ApprovedBlink, BlinkOutcome, BlinkPool, BlinkRejection, Pool};
use oxen_rpc::types::{ErrorCode, transaction::SubmitAnswer};
use oxen_staking_rules::blink::{ApprovalCertificate, BlinkSubject, SubquorumCount};
use oxen_testkit::{Transfer, TransferBuilder};
use oxen_types::{Amount, Height};
use serde_json::json;
use std::sync::Arc;

fn send(fixture: &Fixture, transfer: &Transfer, said: Option<BlinkOutcome>) -> SubmitAnswer {
    *fixture.blink.says.lock().unwrap() = said;
    let params = json!({ "tx_as_hex": hex::encode(transfer.blob()), "blink": true });
    let answer = serde_json::from_value(fixture.result("send_raw_transaction", &params)).unwrap();
    assert_eq!(fixture.blink.asked.lock().unwrap().pop(), Some(transfer.blob()));
    answer
}

fn count(approvals: u8, rejections: u8) -> SubquorumCount {
    SubquorumCount {
        approvals,
        rejections,
        members: 10,
    }
}

#[test]
fn an_approved_one_is_a_success() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let id = transfer.id();
    let answer = send(&fixture, &transfer, Some(BlinkOutcome::Approved { id }));
    assert!(answer.status.is_ok() && !answer.not_relayed && answer.tvc.added_to_pool);
    assert_eq!((answer.blink_status, answer.tx_hash), (Some(2), Some(id)));
    assert_eq!(answer.reason, "");
}

#[test]
fn a_rejected_one_is_a_failure_with_the_votes_and_a_reason() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let id = Some(transfer.id());
    let reason = BlinkRejection::Quorum {
        votes: [count(0, 4), count(0, 2)],
        reason: Some("it is spent already".to_owned()),
    };
    let answer = send(&fixture, &transfer, Some(BlinkOutcome::Rejected { id, reason }));
    assert_eq!((answer.blink_status, answer.status.as_str()), (Some(1), "Failed"));
    assert_eq!(
        (answer.tx_hash, answer.not_relayed),
        (id, false),
        "service nodes have it"
    );
    assert_eq!(answer.reason_codes, ["failed", "blink"]);
    for part in ["could send it as an ordinary one", "same inputs"] {
        assert!(answer.reason.contains(part), "{}", answer.reason);
    }
    assert!(
        answer.reason.contains("4 of 10 in one quorum and 2 of 10 in the other"),
        "{}",
        answer.reason
    );
    assert!(answer.reason.contains("it is spent already"), "{}", answer.reason);
}

#[test]
fn what_the_node_refuses_itself_has_the_code_of_its_rule() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let reason = BlinkRejection::Refused(AdmissionError::BurnTooLow {
        burned: Amount::ZERO,
        required: Amount::OXEN,
    });
    let outcome = BlinkOutcome::Rejected {
        id: Some(transfer.id()),
        reason,
    };
    let answer = send(&fixture, &transfer, Some(outcome));
    assert_eq!((answer.blink_status, answer.fee_too_low), (Some(1), true));
    assert_eq!(answer.reason_codes, ["failed", "fee_too_low", "blink"]);
}

#[test]
fn an_unknown_one_is_no_failure_and_says_what_to_do() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let outcome = BlinkOutcome::Unknown {
        id: transfer.id(),
        until: Height::new(1_247),
        votes: Some([count(6, 0), count(7, 1)]),
        trouble: None,
    };
    let answer = send(&fixture, &transfer, Some(outcome));
    assert!(answer.status.is_ok(), "a client that reads a failure pays twice");
    assert_eq!((answer.blink_status, answer.tx_hash), (Some(3), Some(transfer.id())));
    for part in [
        "do not pay again",
        "From height 1247 on it cannot become approved any more",
        "same inputs",
        "6 of 10 and 7 of 10",
    ] {
        assert!(answer.reason.contains(part), "{}", answer.reason);
    }
    assert!(
        !answer.reason.contains("never"),
        "members have it signed: {}",
        answer.reason
    );
}

#[test]
fn one_that_was_approved_and_cannot_be_taken_here_is_unknown_and_says_why() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let outcome = BlinkOutcome::Unknown {
        id: transfer.id(),
        until: Height::new(1_247),
        votes: None,
        trouble: Some(AdmissionError::PoolFull),
    };
    let answer = send(&fixture, &transfer, Some(outcome));
    assert!(answer.status.is_ok());
    assert_eq!(answer.blink_status, Some(3));
    for part in [
        "approved it, but this node cannot take it (the pool is full",
        "do not pay again",
    ] {
        assert!(answer.reason.contains(part), "{}", answer.reason);
    }
}

#[test]
fn one_that_reached_nobody_was_not_sent() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let outcome = BlinkOutcome::Rejected {
        id: Some(transfer.id()),
        reason: BlinkRejection::Unreached,
    };
    let answer = send(&fixture, &transfer, Some(outcome));
    assert_eq!((answer.blink_status, answer.not_relayed), (Some(1), true));
    assert!(!answer.reason.contains("signed"), "{}", answer.reason);
}

#[test]
fn a_node_that_is_alone_says_so() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let answer = send(&fixture, &transfer, None);
    assert_eq!((answer.blink_status, answer.status.as_str()), (Some(1), "Failed"));
    assert!(answer.reason.contains("without blink"), "{}", answer.reason);
    assert!(answer.not_relayed, "nobody has it");
    assert!(fixture.pool.is_empty());
}

#[test]
fn one_that_is_in_the_chain_already_is_a_success() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    for id in [Some(transfer.id()), None] {
        let reason = BlinkRejection::AlreadyMined;
        let answer = send(&fixture, &transfer, Some(BlinkOutcome::Rejected { id, reason }));
        assert!(answer.status.is_ok() && answer.not_relayed && answer.reason_codes.is_empty());
        assert_eq!((answer.blink_status, answer.tx_hash), (None, Some(transfer.id())));
        assert!(answer.reason.contains("in the chain already"), "{}", answer.reason);
    }
}

#[test]
fn one_that_waits_as_an_ordinary_transaction_is_a_success_though_it_is_not_approved() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    fixture.submit(&transfer);
    let reason = BlinkRejection::NotStarted {
        reason: "busy".to_owned(),
    };
    let id = Some(transfer.id());
    let answer = send(&fixture, &transfer, Some(BlinkOutcome::Rejected { id, reason }));
    assert!(answer.status.is_ok(), "{}", answer.reason);
    assert_eq!((answer.blink_status, answer.tx_hash), (None, id));
    for part in ["in the pool already", "no service node"] {
        assert!(answer.reason.contains(part), "{}", answer.reason);
    }
}

#[test]
fn one_that_is_not_to_be_relayed_is_refused_and_nobody_is_asked() {
    let fixture = Fixture::start();
    let transfer = TransferBuilder::new().build(&mut fixture.source());
    let params = json!({ "tx_as_hex": hex::encode(transfer.blob()), "blink": true, "do_not_relay": true });
    let (code, text) = fixture.failure("send_raw_transaction", &params);
    assert_eq!(code, ErrorCode::WrongParameter);
    assert!(text.contains("nothing was sent"), "{text}");
    assert!(fixture.blink.asked.lock().unwrap().is_empty() && fixture.pool.is_empty());
}

#[test]
fn approved_ones_are_marked_in_the_pool_and_in_blocks() {
    let fixture = Fixture::start();
    let transfers = TransferBuilder::new().build_many(2, &mut fixture.source());
    fixture.submit(&transfers[1]);
    let blink = ApprovedBlink {
        certificate: ApprovalCertificate {
            subject: BlinkSubject {
                transaction: transfers[0].id(),
                authorization: Height::new(fixture.height()),
            },
            approvals: Vec::new(),
        },
        blob: Arc::new(transfers[0].blob()),
    };
    fixture.pool.approve(&blink).unwrap();
    let marks = |answer: &serde_json::Value, list: &str, id: &str| -> Vec<(String, bool)> {
        let entries = answer[list].as_array().unwrap().iter();
        entries
            .map(|one| (one[id].as_str().unwrap().to_owned(), one["blink"] == true))
            .collect()
    };
    let expected: Vec<_> = transfers
        .iter()
        .zip([true, false])
        .map(|(one, is)| (one.id().to_string(), is))
        .collect();
    let hashes: Vec<String> = expected.iter().map(|(id, _)| id.clone()).collect();
    let mut waiting = marks(
        &fixture.result("get_transaction_pool", &json!({})),
        "transactions",
        "id_hash",
    );
    waiting.sort_by_key(|(_, is_blink)| !is_blink);
    assert_eq!(waiting, expected);
    let ask = || fixture.result("get_transactions", &json!({ "txs_hashes": &hashes }));
    assert_eq!(marks(&ask(), "txs", "tx_hash"), expected);
    fixture.mine(&[&transfers[0], &transfers[1]]);
    let mined = ask();
    assert_eq!(marks(&mined, "txs", "tx_hash"), expected, "{mined}");
    assert_eq!(mined["txs"][0]["in_pool"], false);
}
