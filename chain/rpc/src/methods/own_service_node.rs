//! The service node that this process runs: keys, how its peers see it, what the services beside it tell (rpc §3.7, staking
//! §20).

use super::service_nodes::node_json;
use crate::{
    error::MethodError,
    method::Method,
    node::{Call, Secrecy, parse_hex},
    render::own_service_node::{companions, forecast, outlook, proofs, tests, unregistered, votes},
    types::{
        ErrorCode, Status,
        admin::StatusAnswer,
        chain::NoParameters,
        service_nodes::{
            companion::{LokinetPing, PeerStatusReport, StorageServerPing},
            own::{ServiceKeysAnswer, ServiceNodeStatusAnswer, ServiceSecretKeysAnswer},
        },
    },
};
use oxen_node_api::{
    Companion, CompanionPing,
    service_nodes::{PingError, ProofHindrance, SignError},
};
use oxen_staking_rules::{obligations::TestOutcome, uptime_proof::SoftwareVersion};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

pub(super) fn methods() -> Vec<Method> {
    let mut methods = reading();
    methods.extend(reporting());
    methods
}

fn reading() -> Vec<Method> {
    vec![
        Method::new(
            "get_service_node_status",
            "The service node of this process, and how its peers see it.",
            get_status,
        )
        .admin()
        .oxen(),
        Method::new("get_service_keys", "Public keys of this service node.", get_keys)
            .aliases(&["get_service_node_key"])
            .admin()
            .oxen(),
        Method::new(
            "get_service_privkeys",
            "Secret keys of this service node, for the services beside it; on this machine or with a login only.",
            get_secret_keys,
        )
        .aliases(&["get_service_node_privkey"])
        .admin()
        .oxen()
        .errors(&[ErrorCode::WrongParameter, ErrorCode::NotPublic]),
    ]
}

fn reporting() -> Vec<Method> {
    vec![
        Method::new(
            "storage_server_ping",
            "The storage server beside this service node lives.",
            storage_server_ping,
        )
        .admin()
        .oxen()
        .parameters(&["version", "https_port", "omq_port", "pubkey_ed25519", "error"])
        .errors(&[ErrorCode::InvalidParameters]),
        Method::new(
            "lokinet_ping",
            "The onion router beside this service node lives.",
            lokinet_ping,
        )
        .admin()
        .oxen()
        .parameters(&["version", "pubkey_ed25519", "error"])
        .errors(&[ErrorCode::InvalidParameters]),
        Method::new(
            "report_peer_status",
            "Whether a service beside another service node could be reached.",
            report_peer_status,
        )
        .aliases(&["report_peer_storage_server_status"])
        .admin()
        .oxen()
        .parameters(&["type", "pubkey", "passed"])
        .errors(&[ErrorCode::InvalidParameters, ErrorCode::WrongParameter]),
        Method::new(
            "test_trigger_uptime_proof",
            "Sends an uptime proof now.",
            trigger_uptime_proof,
        )
        .admin()
        .oxen(),
    ]
}

/// The answer, or only why there is none.
#[derive(Serialize)]
#[serde(untagged)]
enum StatusResult {
    Status(Box<ServiceNodeStatusAnswer<Box<RawValue>>>),
    None(StatusAnswer),
}

fn get_status(call: &Call<'_>, _: NoParameters) -> Result<StatusResult, MethodError> {
    let own = &call.handles().own_service_node;
    let Some(keys) = own.keys() else {
        return Ok(StatusResult::None(failure(&ProofHindrance::NotAServiceNode)));
    };
    let snapshot = call.snapshot();
    let facts = call.facts(&snapshot)?;
    let registry = call.registry(&snapshot)?;
    let now = call.handles().clock.now();
    let seen = call
        .handles()
        .service_node_peers
        .observations(&keys.primary)
        .unwrap_or_default();
    let network = call.network();
    let node = registry.node(&keys.primary);
    let state = match node_json(call, &registry, &keys.primary)? {
        Some(state) => state,
        None => to_raw_value(&unregistered(&**own, &keys, call.handles().control.version()))
            .map_err(MethodError::Unwritable)?,
    };
    let forecast = match node {
        Some(node) => forecast(&*snapshot, node, &seen, network, facts.height(), now)?,
        None => None,
    };
    let tests = node.map_or_else(Vec::new, |_| tests(&seen, forecast.as_ref()));
    Ok(StatusResult::Status(Box::new(ServiceNodeStatusAnswer {
        service_node_state: state,
        height: facts.height().index(),
        block_hash: facts.tip.id,
        registered: node.is_some(),
        uptime_proofs: proofs(&own.proofs(), &seen, network),
        tests,
        votes: votes(&own.votes()),
        outlook: forecast.as_ref().map(outlook),
        companions: companions(&**own, network),
        untrusted: false,
        status: Status::OK,
    })))
}

fn get_keys(call: &Call<'_>, _: NoParameters) -> Result<ServiceKeysAnswer, MethodError> {
    let mut answer = ServiceKeysAnswer {
        status: Status::OK,
        ..ServiceKeysAnswer::default()
    };
    if let Some(keys) = call.handles().own_service_node.keys() {
        answer.service_node_pubkey = keys.primary.to_string();
        answer.service_node_ed25519_pubkey = keys.ed25519.to_string();
        answer.service_node_x25519_pubkey = keys.x25519.to_string();
        answer.is_service_node = true;
    }
    Ok(answer)
}

fn get_secret_keys(call: &Call<'_>, _: NoParameters) -> Result<ServiceSecretKeysAnswer, MethodError> {
    if call.secrecy == Secrecy::Exposed {
        return Err(MethodError::SecretKeysExposed);
    }
    let keys = call.handles().own_service_node.secret_keys();
    let keys = keys.ok_or(MethodError::Sign(SignError::NotAServiceNode))?;
    Ok(ServiceSecretKeysAnswer {
        service_node_privkey: keys.primary.map(|scalar| hex::encode(*scalar)),
        service_node_ed25519_privkey: hex::encode(*keys.ed25519),
        service_node_x25519_privkey: hex::encode(*keys.x25519),
        untrusted: false,
        status: Status::OK,
    })
}

fn storage_server_ping(call: &Call<'_>, request: StorageServerPing) -> Result<StatusAnswer, MethodError> {
    ping(
        call,
        CompanionPing {
            companion: Companion::StorageServer,
            version: SoftwareVersion(request.version),
            https_port: request.https_port,
            omq_port: request.omq_port,
            ed25519: parse_hex("pubkey_ed25519", &request.pubkey_ed25519)?,
            error: request.error,
        },
    )
}

fn lokinet_ping(call: &Call<'_>, request: LokinetPing) -> Result<StatusAnswer, MethodError> {
    ping(
        call,
        CompanionPing {
            companion: Companion::Lokinet,
            version: SoftwareVersion(request.version),
            https_port: 0,
            omq_port: 0,
            ed25519: parse_hex("pubkey_ed25519", &request.pubkey_ed25519)?,
            error: request.error,
        },
    )
}

/// Services read why a ping does not count from the status.
fn ping(call: &Call<'_>, ping: CompanionPing) -> Result<StatusAnswer, MethodError> {
    let taken: Result<(), PingError> = call.handles().own_service_node.ping(ping);
    Ok(taken.map_or_else(|error| failure(&error), |()| done()))
}

fn report_peer_status(call: &Call<'_>, request: PeerStatusReport) -> Result<StatusAnswer, MethodError> {
    let companion = match request.kind.as_str() {
        "storage" | "reachability" => Companion::StorageServer,
        "lokinet" => Companion::Lokinet,
        other => {
            return Err(MethodError::UnknownService {
                found: MethodError::excerpt(other),
            });
        }
    };
    let node = parse_hex("pubkey", &request.pubkey)?;
    let outcome = if request.passed {
        TestOutcome::Passed
    } else {
        TestOutcome::Failed
    };
    call.handles()
        .own_service_node
        .report_peer(companion, &node, outcome)
        .map_err(MethodError::Report)?;
    Ok(done())
}

fn trigger_uptime_proof(call: &Call<'_>, _: NoParameters) -> Result<StatusAnswer, MethodError> {
    let sent = call.handles().own_service_node.send_proof();
    Ok(sent.map_or_else(|error| failure(&error), |()| done()))
}

const fn done() -> StatusAnswer {
    StatusAnswer {
        status: Status::OK,
        untrusted: false,
    }
}

fn failure(error: &dyn std::error::Error) -> StatusAnswer {
    StatusAnswer {
        status: Status::failure(error.to_string()),
        untrusted: false,
    }
}
