//! Signatures of service nodes for the contracts on L2 (rpc §3.8, bridge §4.3).

use crate::{
    error::MethodError,
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
use oxen_node_api::{
    Answer,
    bridge::{AggregationError, Departure, Ledger, NodeKey, TotalHeight},
};
use oxen_types::{Hash, Height, PublicKey, Signature, bytes::BlsPublicKey, bytes::EthereumAddress, keccak256};

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
    let recipient = ethereum_address(&request.address)?;
    let height = match request.height {
        None => TotalHeight::Newest,
        Some(height) => match u64::try_from(height) {
            Ok(height) if height > 0 => TotalHeight::At(Height::new(height)),
            _ => TotalHeight::BelowTip(height.unsigned_abs()),
        },
    };
    let signed = gathered(call, |bridge| bridge.total(ledger, recipient, height))?;
    Ok(SignedTotalAnswer {
        address: with_prefix(&signed.recipient),
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
    let operator = ethereum_address(&request.address)?;
    let proof = call.handles().bridge.registration(&operator)?;
    Ok(BridgeRegistrationAnswer {
        address: with_prefix(&proof.operator),
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

/// An Ethereum address with or without `0x`. Where its letters are of both cases they are a checksum (EIP-55), and must be right.
fn ethereum_address(text: &str) -> Result<EthereumAddress, MethodError> {
    let wrong = || MethodError::NotAnEthereumAddress {
        found: MethodError::excerpt(text),
    };
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let address: EthereumAddress = digits.parse().map_err(|_| wrong())?;
    let has_both_cases =
        digits.bytes().any(|byte| byte.is_ascii_lowercase()) && digits.bytes().any(|byte| byte.is_ascii_uppercase());
    if has_both_cases && digits != checksummed(&address) {
        return Err(wrong());
    }
    Ok(address)
}

/// Forty digits whose letters are capitals where the hash of the address says so.
fn checksummed(address: &EthereumAddress) -> String {
    let digits = address.to_string();
    let hash = keccak256(digits.as_bytes()).to_string();
    let cased = |(digit, hash): (char, char)| match hash {
        '8'..='9' | 'a'..='f' => digit.to_ascii_uppercase(),
        _ => digit,
    };
    digits.chars().zip(hash.chars()).map(cased).collect()
}

fn with_prefix(address: &EthereumAddress) -> String {
    format!("0x{}", checksummed(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_with_a_right_checksum_or_none() {
        let right = "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        let address = ethereum_address(right).unwrap();
        assert_eq!(with_prefix(&address), format!("0x{right}"));
        for text in [right.to_lowercase(), right.to_uppercase(), format!(" 0x{right} ")] {
            assert_eq!(ethereum_address(&text).unwrap(), address, "{text}");
        }
        for text in ["", "0x", &right[1..], &right.replace("aAeb", "aaeb"), "0x0x00"] {
            let refused = ethereum_address(text);
            assert!(
                matches!(refused, Err(MethodError::NotAnEthereumAddress { .. })),
                "{text}"
            );
        }
    }
}
