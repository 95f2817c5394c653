//! Rewards that accrued and were not paid yet (chain §4.7).

use crate::ethereum_address;
use crate::{
    error::MethodError,
    method::Method,
    node::{Call, check_count},
    types::{
        ErrorCode, Status,
        staking::{AccruedRewardsAnswer, AccruedRewardsRequest},
    },
};
use oxen_crypto::address::Address;
use oxen_staking_rules::Recipient;
use oxen_state::rewards::{balance_of, balances, whole};
use oxen_types::Network;

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "get_accrued_rewards",
            "What addresses have earned and will be paid.",
            get_accrued_rewards,
        )
        .aliases(&["get_accrued_batched_earnings"])
        .oxen()
        .parameters(&["addresses"])
        .errors(&[ErrorCode::WrongParameter, ErrorCode::WrongAddress]),
    ]
}

fn get_accrued_rewards(call: &Call<'_>, request: AccruedRewardsRequest) -> Result<AccruedRewardsAnswer, MethodError> {
    let earned = if request.addresses.is_empty() {
        everybody(call)?
    } else {
        of_addresses(call, request.addresses)?
    };
    let (addresses, amounts) = earned.iter().cloned().unzip();
    Ok(AccruedRewardsAnswer {
        balances: earned.into_iter().collect(),
        addresses,
        amounts,
        untrusted: false,
        status: Status::OK,
    })
}

fn everybody(call: &Call<'_>) -> Result<Vec<(String, u64)>, MethodError> {
    let mut earned = Vec::new();
    for (key, balance) in balances(&*call.snapshot())? {
        earned.push((key.address, whole(balance.amount)?.atomic()));
    }
    earned.sort();
    Ok(earned)
}

fn of_addresses(call: &Call<'_>, addresses: Vec<String>) -> Result<Vec<(String, u64)>, MethodError> {
    /// Addresses of one request.
    const MOST: usize = 1_000;
    check_count("addresses", addresses.len(), MOST)?;
    let network = call.network();
    let snapshot = call.snapshot();
    let mut earned = Vec::with_capacity(addresses.len());
    for text in addresses {
        let recipient = recipient(&text, network)?;
        let balance = balance_of(&*snapshot, network, &recipient)?;
        earned.push((text, whole(balance)?.atomic()));
    }
    Ok(earned)
}

/// An address of ours, or an account on L2.
fn recipient(text: &str, network: &Network) -> Result<Recipient, MethodError> {
    if text.starts_with("0x") {
        return ethereum_address::read(text).map(Recipient::Ethereum);
    }
    let address = Address::parse(text, &network.address_prefixes).map_err(|reason| MethodError::WrongAddress {
        address: MethodError::excerpt(text),
        reason,
    })?;
    Ok(Recipient::Oxen {
        spend: address.spend(),
        view: address.view(),
    })
}
