//! Signatures of service nodes for the contracts on L2 (rpc §3.8, bridge §4.3).

use crate::{
    error::MethodError,
    ethereum_address,
    method::Method,
    node::Call,
    types::{
        ErrorCode, Status,
        bridge::{
            BridgeRegistrationAnswer, BridgeRegistrationRequest, DepartedEntry, DepartedInfo, DepartureAnswer,
            DepartureRequest, SignedTotalAnswer, SignedTotalRequest,
        },
        chain::NoParameters,
    },
};
use oxen_bridge_rules::address::checksummed;
use oxen_node_api::{
    Answer,
    bridge::{AggregationError, Departure, Ledger, NodeKey, TotalHeight},
};
use oxen_types::{Hash, Height, PublicKey, Signature, bytes::BlsPublicKey};

pub(super) fn methods() -> Vec<Method> {
    let mut methods = totals();
    methods.extend(nodes());
    methods
}

fn totals() -> Vec<Method> {
    vec![
        Method::new(
            "bls_rewards_request",
            "What an address has earned, signed by service nodes for the rewards contract.",
            |call, request| signed_total(call, Ledger::Rewards, &request),
        )
        .oxen()
        .parameters(&["address", "height"])
        .errors(&[ErrorCode::WrongAddress, ErrorCode::BlsSignature]),
        Method::new(
            "bls_swap_request",
            "What an address got for burned OXEN, signed by service nodes for the swap contract.",
            |call, request| signed_total(call, Ledger::Swap, &request),
        )
        .oxen()
        .parameters(&["address", "height"])
        .errors(&[ErrorCode::WrongAddress, ErrorCode::BlsSignature]),
    ]
}

fn nodes() -> Vec<Method> {
    vec![
        Method::new(
            "bls_exit_liquidation_request",
            "That a node may leave the rewards contract, or be liquidated there, signed by service nodes.",
            departure,
        )
        .oxen()
        .parameters(&["pubkey", "bls_pubkey", "liquidate"])
        .errors(&[ErrorCode::WrongParameter, ErrorCode::BlsSignature]),
        Method::new(
            "bls_exit_liquidation_list",
            "Nodes that left and are still in the rewards contract.",
            departed,
        )
        .oxen()
        .errors(&[ErrorCode::BlsSignature]),
        Method::new(
            "bls_registration_request",
            "What an operator registers this service node with at the rewards contract.",
            registration,
        )
        .admin()
        .oxen()
        .parameters(&["address"])
        .errors(&[ErrorCode::WrongAddress, ErrorCode::BlsSignature]),
    ]
}

fn signed_total(
    call: &Call<'_>,
    ledger: Ledger,
    request: &SignedTotalRequest,
) -> Result<SignedTotalAnswer, MethodError> {
    let recipient = ethereum_address::read(&request.address)?;
    let height = match request.height {
        None => TotalHeight::Newest,
        Some(height) => match u64::try_from(height) {
            Ok(height) if height > 0 => TotalHeight::At(Height::new(height)),
            _ => TotalHeight::BelowTip(height.unsigned_abs()),
        },
    };
    let signed = gathered(call, |bridge| bridge.total(ledger, recipient, height))?;
    Ok(SignedTotalAnswer {
        address: checksummed(&signed.recipient),
        amount: signed.total.atomic(),
        height: signed.height.index(),
        msg_to_sign: hex::encode(&signed.aggregate.message),
        signature: signed.aggregate.signature,
        aggregate_pubkey: signed.aggregate.key,
        non_signer_indices: signed.aggregate.non_signers,
        untrusted: false,
        status: Status::OK,
    })
}

fn departure(call: &Call<'_>, request: DepartureRequest) -> Result<DepartureAnswer, MethodError> {
    let departure = if request.liquidate {
        Departure::Liquidation
    } else {
        Departure::Exit
    };
    let node = node_key(&request)?;
    let signed = gathered(call, |bridge| bridge.departure(departure, node))?;
    Ok(DepartureAnswer {
        timestamp: signed.time.seconds(),
        bls_pubkey: signed.bls_key,
        msg_to_sign: hex::encode(&signed.aggregate.message),
        signature: signed.aggregate.signature,
        aggregate_pubkey: signed.aggregate.key,
        non_signer_indices: signed.aggregate.non_signers,
        untrusted: false,
        status: Status::OK,
    })
}

fn departed(call: &Call<'_>, _: NoParameters) -> Result<Vec<DepartedEntry>, MethodError> {
    let departed = call.handles().bridge.departed()?;
    let entry = |node: oxen_node_api::bridge::DepartedNode| DepartedEntry {
        service_node_pubkey: node.primary,
        height: node.height.index(),
        liquidation_height: node.liquidation_height.index(),
        kind: node.reason.name().to_owned(),
        info: DepartedInfo {
            bls_pubkey: node.bls_key,
        },
    };
    Ok(departed.into_iter().map(entry).collect())
}

fn registration(call: &Call<'_>, request: BridgeRegistrationRequest) -> Result<BridgeRegistrationAnswer, MethodError> {
    let operator = ethereum_address::read(&request.address)?;
    let proof = call.handles().bridge.registration(&operator)?;
    Ok(BridgeRegistrationAnswer {
        address: checksummed(&proof.operator),
        bls_pubkey: proof.bls_key,
        proof_of_possession: proof.possession,
        service_node_pubkey: proof.primary,
        service_node_signature: Signature::new(proof.signature),
        untrusted: false,
        status: Status::OK,
    })
}

/// Waits for signatures. The thread is a blocking one.
fn gathered<T>(
    call: &Call<'_>,
    ask: impl FnOnce(&dyn oxen_node_api::BridgeSignatures) -> Answer<Result<T, AggregationError>>,
) -> Result<T, MethodError> {
    let place = call.node.bridge_places.try_acquire();
    let _place = place.map_err(|_| MethodError::ServerBusy)?;
    let signed = ask(&*call.handles().bridge);
    Ok(tokio::runtime::Handle::current().block_on(signed)?)
}

fn node_key(request: &DepartureRequest) -> Result<NodeKey, MethodError> {
    let bad = |what, expected, found: &str| MethodError::BadHex {
        what,
        expected,
        found: MethodError::excerpt(found),
    };
    match (&request.pubkey, &request.bls_pubkey) {
        (Some(text), _) => {
            let key = text.parse::<PublicKey>();
            key.map(NodeKey::Primary)
                .map_err(|_| bad("pubkey", 2 * Hash::LENGTH, text))
        }
        (None, Some(text)) => {
            let key = text.parse::<BlsPublicKey>();
            key.map(NodeKey::Bls)
                .map_err(|_| bad("bls_pubkey", 2 * BlsPublicKey::LENGTH, text))
        }
        (None, None) => Err(MethodError::MissingParameter { name: "pubkey" }),
    }
}
