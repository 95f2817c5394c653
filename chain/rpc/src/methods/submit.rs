//! Taking transactions from wallets (rpc §3.3, "send_raw_transaction").

use crate::{
    error::MethodError,
    method::Method,
    node::Call,
    types::{
        ErrorCode, Status,
        transaction::{SubmitAnswer, SubmitRequest, VerificationContext, reason_code},
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use oxen_node_api::{Admission, AdmissionError, BlinkOutcome, BlinkRejection, BlinkState, Relay};
use oxen_state::{TransactionError, queries};
use oxen_types::{ConsensusDecode, Hash, Transaction, transaction::Input};
use std::collections::BTreeSet;

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "send_raw_transaction",
            "Takes a transaction into the pool and sends it to others.",
            send,
        )
        .aliases(&["submit_transaction", "sendrawtransaction"])
        .path()
        .parameters(&["tx_as_hex", "tx", "do_not_relay", "do_sanity_checks", "blink"])
        .errors(&[ErrorCode::WrongParameter])
        .example(r#"{"tx_as_hex":"00"}"#),
    ]
}

fn send(call: &Call<'_>, request: SubmitRequest) -> Result<SubmitAnswer, MethodError> {
    if call.sync_target().is_some() {
        return Ok(SubmitAnswer {
            status: Status::BUSY,
            not_relayed: true,
            ..SubmitAnswer::default()
        });
    }
    if request.blink && request.do_not_relay {
        return Err(MethodError::BlinkNotRelayed);
    }
    let blob = transaction_bytes(&request)?;
    if request.do_sanity_checks
        && let Ok(transaction) = Transaction::decode(&blob)
        && !is_sane(&transaction, queries::totals(&*call.snapshot())?.outputs)
    {
        let mut answer = refusal("the rings use too few different or too old outputs".to_owned(), &[]);
        answer.sanity_check_failed = true;
        answer.tx_hash = Some(transaction.id());
        return Ok(answer);
    }
    if request.blink {
        return Ok(blink(call, blob));
    }
    let relay = if request.do_not_relay {
        Relay::Keep
    } else {
        Relay::Relay
    };
    match call.handles().pool.submit(&blob, relay) {
        Ok(admission) => Ok(accepted(admission, relay)),
        Err(AdmissionError::Invalid(TransactionError::View(error))) => Err(error.into()),
        Err(error) => Ok(refused(&error, &blob)),
    }
}

/// The bytes, from whichever field carries them.
fn transaction_bytes(request: &SubmitRequest) -> Result<Vec<u8>, MethodError> {
    const WHAT: MethodError = MethodError::NotHex {
        what: "the transaction",
    };
    match (&request.tx_as_hex, &request.tx) {
        (Some(text), _) => hex::decode(text.trim()).map_err(|_| WHAT),
        (None, Some(text)) => hex::decode(text.trim()).or_else(|_| STANDARD.decode(text.trim()).map_err(|_| WHAT)),
        (None, None) => Err(MethodError::MissingParameter { name: "tx_as_hex" }),
    }
}

/// The values of [`SubmitAnswer::blink_status`].
mod blink_status {
    /// It is not approved, and the quorum that was asked will not approve it.
    pub(super) const REJECTED: u8 = 1;
    /// It is approved.
    pub(super) const ACCEPTED: u8 = 2;
    /// It may or may not become approved.
    pub(super) const UNKNOWN: u8 = 3;
}

/// Asks the quorum, and waits for what it says. The thread is a blocking one.
fn blink(call: &Call<'_>, blob: Vec<u8>) -> SubmitAnswer {
    let Ok(_place) = call.node.blink_places.try_acquire() else {
        let text = "too many instant transactions wait for their quorums: nothing was sent, try again in some seconds";
        let mut answer = refusal(text.to_owned(), &[reason_code::BLINK]);
        answer.blink_status = Some(blink_status::REJECTED);
        return answer;
    };
    let sent = call.handles().blink.send(blob.clone());
    let outcome = tokio::runtime::Handle::current().block_on(sent);
    if let BlinkOutcome::Rejected { reason, .. } = &outcome
        && let Some(id) = waits_for_a_block(call, reason, &blob)
    {
        let mut answer = accepted(Admission::AlreadyInPool { id }, Relay::Relay);
        answer.reason = format!(
            "{}, as an ordinary transaction. It was not approved: {reason}",
            answer.reason
        );
        answer.reason_codes.push(reason_code::BLINK.to_owned());
        return answer;
    }
    told(outcome, &blob)
}

/// The id of a transaction that is not approved and that others have as an ordinary one all the same: it was sent as such
/// before, and a client that reads a failure pays twice.
fn waits_for_a_block(call: &Call<'_>, reason: &BlinkRejection, blob: &[u8]) -> Option<Hash> {
    if matches!(reason, BlinkRejection::AlreadyMined) {
        return None;
    }
    let id = Transaction::decode(blob).ok()?.id();
    let waiting = call.handles().pool.get(&id)?;
    (waiting.blink == BlinkState::Ordinary && waiting.relay == Relay::Relay).then_some(id)
}

/// What a client is told of a blink. An unknown result is no failure: a client that takes it for one pays twice.
fn told(outcome: BlinkOutcome, blob: &[u8]) -> SubmitAnswer {
    match outcome {
        BlinkOutcome::Approved { id } => SubmitAnswer {
            blink_status: Some(blink_status::ACCEPTED),
            ..accepted(Admission::Added { id }, Relay::Relay)
        },
        BlinkOutcome::Rejected {
            id,
            reason: BlinkRejection::AlreadyMined,
        } => SubmitAnswer {
            status: Status::OK,
            reason: "Not relayed: it is in the chain already".to_owned(),
            tx_hash: id.or_else(|| Transaction::decode(blob).ok().map(|transaction| transaction.id())),
            not_relayed: true,
            ..SubmitAnswer::default()
        },
        BlinkOutcome::Rejected { id, reason } => {
            let mut answer = match &reason {
                BlinkRejection::Refused(error) => refused(error, blob),
                _ => refusal(reason.to_string(), &[]),
            };
            answer.tx_hash = answer.tx_hash.or(id);
            answer.reason_codes.push(reason_code::BLINK.to_owned());
            answer.blink_status = Some(blink_status::REJECTED);
            if reached_service_nodes(&reason) {
                answer.not_relayed = false;
                answer.reason.push_str(
                    ". Service nodes have the transaction signed, and one of them could send it as an ordinary one: do not pay \
                     with other inputs, but send this very transaction without blink, or pay again with the same inputs",
                );
            }
            answer
        }
        BlinkOutcome::Unknown {
            id,
            until,
            votes,
            trouble,
        } => {
            let why = trouble.map_or_else(
                || "the service nodes have not decided in time.".to_owned(),
                |trouble| format!("the service nodes approved it, but this node cannot take it ({trouble})."),
            );
            let votes = votes.map(|[one, two]| {
                format!(
                    " So far {} of {} and {} of {} approved it.",
                    one.approvals, one.members, two.approvals, two.members
                )
            });
            SubmitAnswer {
                status: Status::OK,
                reason: format!(
                    "Unknown: {why}{} It may still be approved and mined: do not pay \
                     again, but look for the transaction. From height {until} on it cannot become approved any more; \
                     whoever has it signed could still send it as an ordinary one, so pay again with the same inputs only, or \
                     send this very transaction without blink",
                    votes.unwrap_or_default()
                ),
                reason_codes: vec![reason_code::BLINK.to_owned()],
                tx_hash: Some(id),
                not_relayed: true,
                blink_status: Some(blink_status::UNKNOWN),
                ..SubmitAnswer::default()
            }
        }
    }
}

/// True when somebody else has the bytes: from then on nobody can promise that they are never mined.
const fn reached_service_nodes(reason: &BlinkRejection) -> bool {
    match reason {
        BlinkRejection::Quorum { .. } | BlinkRejection::NotStarted { .. } => true,
        BlinkRejection::Refused(_)
        | BlinkRejection::AlreadyMined
        | BlinkRejection::NoQuorum(_)
        | BlinkRejection::Unreached
        | BlinkRejection::Alone => false,
    }
}

fn accepted(admission: Admission, relay: Relay) -> SubmitAnswer {
    let (id, reason, added) = match admission {
        Admission::Added { id } => (id, "", true),
        // Sending again what is there already is no error: a client that lost the first answer asks for nothing else.
        Admission::AlreadyInPool { id } => (id, "Not relayed: it is in the pool already", false),
        Admission::AlreadyMined { id } => (id, "Not relayed: it is in the chain already", false),
    };
    let relayed = added && relay == Relay::Relay;
    SubmitAnswer {
        status: Status::OK,
        reason: reason.to_owned(),
        tx_hash: Some(id),
        not_relayed: !relayed,
        tvc: VerificationContext {
            added_to_pool: added,
            should_be_relayed: relayed,
            ..VerificationContext::default()
        },
        ..SubmitAnswer::default()
    }
}

/// A refusal with these codes; `failed` goes with all of them.
fn refusal(reason: String, codes: &[&str]) -> SubmitAnswer {
    SubmitAnswer {
        status: Status::FAILED,
        reason,
        reason_codes: std::iter::once(&reason_code::FAILED)
            .chain(codes)
            .map(|code| (*code).to_owned())
            .collect(),
        not_relayed: true,
        tvc: VerificationContext {
            verification_failed: true,
            ..VerificationContext::default()
        },
        ..SubmitAnswer::default()
    }
}

/// The one map from rules to what clients read.
fn refused(error: &AdmissionError, blob: &[u8]) -> SubmitAnswer {
    let code = code_of(error);
    let mut answer = refusal(error.to_string(), code.as_slice());
    answer.tx_hash = Transaction::decode(blob).ok().map(|transaction| transaction.id());
    match code {
        Some(reason_code::DOUBLE_SPEND) => answer.double_spend = true,
        Some(reason_code::FEE_TOO_LOW) => answer.fee_too_low = true,
        Some(reason_code::INVALID_INPUT) => answer.invalid_input = true,
        Some(reason_code::INVALID_OUTPUT) => answer.invalid_output = true,
        Some(reason_code::MIXIN) => answer.low_mixin = true,
        Some(reason_code::OVERSPEND) => answer.overspend = true,
        Some(reason_code::TOO_BIG) => answer.too_big = true,
        Some(reason_code::TOO_FEW_OUTPUTS) => answer.too_few_outputs = true,
        Some(reason_code::INVALID_VERSION) => answer.tvc.invalid_version = true,
        Some(reason_code::INVALID_TYPE) => answer.tvc.invalid_type = true,
        _ => {}
    }
    answer.not_rct = matches!(error, AdmissionError::Invalid(TransactionError::WrongRingCtType));
    answer
}

/// What programs are told; `None` where only the text says it.
const fn code_of(error: &AdmissionError) -> Option<&'static str> {
    match error {
        AdmissionError::Invalid(invalid) => code_of_rule(invalid),
        AdmissionError::DoubleSpend { .. } | AdmissionError::ConflictsWithBlink { .. } => {
            Some(reason_code::DOUBLE_SPEND)
        }
        AdmissionError::FeeTooLow { .. } | AdmissionError::BurnTooLow { .. } | AdmissionError::PoolFull => {
            Some(reason_code::FEE_TOO_LOW)
        }
        AdmissionError::NotBlinkable => Some(reason_code::INVALID_TYPE),
        AdmissionError::HeavierThanBlock => Some(reason_code::TOO_BIG),
        AdmissionError::Expired
        | AdmissionError::NameConflict { .. }
        | AdmissionError::SameRequest { .. }
        | AdmissionError::ReportRelayed
        | AdmissionError::ApprovalOfAnother { .. }
        | AdmissionError::Storage(_) => None,
    }
}

const fn code_of_rule(error: &TransactionError) -> Option<&'static str> {
    match error {
        TransactionError::Decode(_)
        | TransactionError::WrongRingCtType
        | TransactionError::RangeProofPadding { .. }
        | TransactionError::MovesMoney { .. }
        | TransactionError::L2EventMissing { .. }
        | TransactionError::L2EventWithoutHeight
        | TransactionError::StateChange(_)
        | TransactionError::Unlock(_)
        | TransactionError::Name(_)
        | TransactionError::Swap(_)
        | TransactionError::View(_) => None,
        TransactionError::TooLarge { .. } | TransactionError::TooHeavy { .. } => Some(reason_code::TOO_BIG),
        TransactionError::WrongVersion { .. } => Some(reason_code::INVALID_VERSION),
        TransactionError::TypeNotAllowed { .. } | TransactionError::RegistryMissing { .. } => {
            Some(reason_code::INVALID_TYPE)
        }
        TransactionError::NoInputs
        | TransactionError::InvalidInputKind
        | TransactionError::InputAmountInTheClear { .. }
        | TransactionError::RingNotAscending { .. }
        | TransactionError::InputsNotSorted
        | TransactionError::KeyImageDomain { .. }
        | TransactionError::InvalidRingSignature { .. }
        | TransactionError::RingMemberUnknown { .. }
        | TransactionError::RingMemberLocked { .. }
        | TransactionError::RingMemberTooYoung { .. }
        | TransactionError::StakeLocked { .. }
        | TransactionError::StakeBlacklisted { .. } => Some(reason_code::INVALID_INPUT),
        TransactionError::InvalidOutputKind { .. }
        | TransactionError::InvalidOutputKey { .. }
        | TransactionError::OutputAmountInTheClear { .. }
        | TransactionError::InvalidRangeProof => Some(reason_code::INVALID_OUTPUT),
        TransactionError::OutputCount { found, least } => Some(if *found < *least {
            reason_code::TOO_FEW_OUTPUTS
        } else {
            reason_code::INVALID_OUTPUT
        }),
        TransactionError::RingSize { .. } => Some(reason_code::MIXIN),
        TransactionError::Unbalanced => Some(reason_code::OVERSPEND),
        TransactionError::KeyImageSpent { .. } => Some(reason_code::DOUBLE_SPEND),
    }
}

/// False for rings that give the spender away: too few different members in all rings together, or members so old that a
/// wallet cannot have chosen them well. Small transactions and short chains are not judged. The thresholds are those of
/// Monero's daemons.
fn is_sane(transaction: &Transaction, outputs: u64) -> bool {
    const JUDGED_MEMBERS: usize = 10;
    const JUDGED_OUTPUTS: u64 = 10_000;
    let mut members = Vec::new();
    for input in &transaction.prefix.inputs {
        if let Input::Key { key_offsets, .. } = input {
            let mut index = 0_u64;
            members.extend(key_offsets.iter().map(|offset| {
                index = index.saturating_add(*offset);
                index
            }));
        }
    }
    if members.len() <= JUDGED_MEMBERS || outputs < JUDGED_OUTPUTS {
        return true;
    }
    let different: BTreeSet<u64> = members.iter().copied().collect();
    if different.len() < members.len().saturating_mul(8) / 10 {
        return false;
    }
    let median = different.iter().nth(different.len() / 2).copied().unwrap_or(0);
    median >= outputs.saturating_mul(6) / 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::{
        Amount, KeyImage, UnlockTime,
        transaction::{Proofs, TransactionPrefix, TransactionType, TransactionVersion},
    };

    fn spending(rings: &[Vec<u64>]) -> Transaction {
        let input = |(position, members): (usize, &Vec<u64>)| {
            let mut before = 0;
            let key_offsets = members
                .iter()
                .map(|member| member - std::mem::replace(&mut before, *member))
                .collect();
            Input::Key {
                amount: Amount::ZERO,
                key_offsets,
                key_image: KeyImage::new([position as u8; 32]),
            }
        };
        Transaction {
            prefix: TransactionPrefix {
                version: TransactionVersion::V4,
                output_unlock_times: Vec::new(),
                unlock_time: UnlockTime::NONE,
                inputs: rings.iter().enumerate().map(input).collect(),
                outputs: Vec::new(),
                extra: Vec::new(),
                kind: TransactionType::Standard,
            },
            proofs: Proofs::Null,
        }
    }

    #[test]
    fn rings_of_repeated_or_old_outputs_are_not_sane() {
        let recent: Vec<u64> = (90_000..90_010).collect();
        let others: Vec<u64> = (95_000..95_010).collect();
        let old: Vec<u64> = (10..20).collect();
        assert!(is_sane(&spending(&[recent.clone(), others]), 100_000));
        assert!(
            !is_sane(&spending(&[recent.clone(), recent.clone()]), 100_000),
            "the same ten twice"
        );
        assert!(
            !is_sane(&spending(&[old.clone(), (20..30).collect()]), 100_000),
            "all old"
        );
        assert!(
            is_sane(&spending(&[old.clone(), (20..30).collect()]), 9_999),
            "a short chain is not judged"
        );
        assert!(is_sane(&spending(&[old]), 100_000), "one ring is not judged");
    }

    #[test]
    fn bytes_come_in_hexadecimal_or_base64() {
        let request = |tx_as_hex: Option<&str>, tx: Option<&str>| SubmitRequest {
            tx_as_hex: tx_as_hex.map(str::to_owned),
            tx: tx.map(str::to_owned),
            ..SubmitRequest::default()
        };
        assert_eq!(transaction_bytes(&request(Some("00ff"), None)).unwrap(), [0, 255]);
        assert_eq!(transaction_bytes(&request(None, Some("00ff"))).unwrap(), [0, 255]);
        assert_eq!(transaction_bytes(&request(None, Some("AP+A"))).unwrap(), [0, 255, 128]);
        assert!(matches!(
            transaction_bytes(&request(Some("AP+A"), None)),
            Err(MethodError::NotHex { .. })
        ));
        assert!(matches!(
            transaction_bytes(&request(None, None)),
            Err(MethodError::MissingParameter { .. })
        ));
    }
}
