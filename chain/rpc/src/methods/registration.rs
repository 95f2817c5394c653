//! The command with which an operator registers this service node (rpc §3.7, staking §6).

use super::stakes::staking_requirement;
use crate::{
    error::MethodError,
    method::Method,
    node::Call,
    types::{
        ErrorCode, Status,
        service_nodes::registration::{
            RawRegistrationRequest, RegistrationAnswer, RegistrationContribution, RegistrationRequest,
        },
    },
};
use oxen_crypto::address::{Address, AddressKind};
use oxen_node_api::service_nodes::SignError;
use oxen_staking_rules::registry::{RegistrationError, registration::check_reservations};
use oxen_types::{
    Amount,
    extra::{Contributor, Reservation, stake::registration_hash},
    network::{
        HardForkVersion,
        constants::{MAX_CONTRIBUTORS, STAKING_FEE_BASIS},
    },
};
use std::{collections::BTreeSet, fmt::Write};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "get_service_node_registration_cmd",
            "The command that registers this service node, from a fee in percent.",
            get_command,
        )
        .admin()
        .oxen()
        .parameters(&[
            "operator_cut",
            "contributions",
            "contributor_addresses",
            "contributor_amounts",
            "staking_requirement",
        ])
        .errors(&[ErrorCode::WrongParameter, ErrorCode::WrongAddress]),
        Method::new(
            "get_service_node_registration_cmd_raw",
            "The same, from a fee in hundredths of a percent, addresses and amounts in one list.",
            get_raw_command,
        )
        .admin()
        .oxen()
        .parameters(&["args", "make_friendly", "staking_requirement"])
        .errors(&[ErrorCode::WrongParameter, ErrorCode::WrongAddress]),
    ]
}

fn get_command(call: &Call<'_>, request: RegistrationRequest) -> Result<RegistrationAnswer, MethodError> {
    let contributions = contributions(&request)?;
    let fee = parse_percent(&request.operator_cut)?;
    answer(signed_command(call, fee, &contributions, request.staking_requirement)?)
}

fn get_raw_command(call: &Call<'_>, request: RawRegistrationRequest) -> Result<RegistrationAnswer, MethodError> {
    let expected = "the fee, then an address and an amount for each contributor";
    let (fee, pairs) = request
        .args
        .split_first()
        .ok_or(MethodError::ParameterCount { expected })?;
    let (pairs, rest) = pairs.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(MethodError::ParameterCount { expected });
    }
    let fee = parse_number("the fee in hundredths of a percent", fee)?;
    let mut contributions = Vec::with_capacity(pairs.len());
    for [address, amount] in pairs {
        contributions.push(RegistrationContribution {
            address: address.clone(),
            amount: parse_number("an amount in atomic OXEN", amount)?,
        });
    }
    let command = signed_command(call, fee, &contributions, request.staking_requirement)?;
    answer(if request.make_friendly {
        format!("Run this command in the wallet of the operator, who pays the first amount:\n\n{command}\n")
    } else {
        command
    })
}

const fn answer(registration_cmd: String) -> Result<RegistrationAnswer, MethodError> {
    Ok(RegistrationAnswer {
        registration_cmd,
        untrusted: false,
        status: Status::OK,
    })
}

/// Contributions in whichever form they came.
fn contributions(request: &RegistrationRequest) -> Result<Vec<RegistrationContribution>, MethodError> {
    if !request.contributions.is_empty() {
        return Ok(request.contributions.clone());
    }
    if request.contributor_addresses.len() != request.contributor_amounts.len() {
        return Err(RegistrationError::UnevenLists.into());
    }
    let pairs = request.contributor_addresses.iter().zip(&request.contributor_amounts);
    let one = |(address, amount): (&String, &u64)| RegistrationContribution {
        address: address.clone(),
        amount: *amount,
    };
    Ok(pairs.map(one).collect())
}

/// `register_service_node <fee> <address> <amount> … <fork> <key> <signature>`.
fn signed_command(
    call: &Call<'_>,
    fee: u64,
    contributions: &[RegistrationContribution],
    expected_requirement: Option<u64>,
) -> Result<String, MethodError> {
    let not_a_node = || MethodError::Sign(SignError::NotAServiceNode);
    let own = &call.handles().own_service_node;
    let keys = own.keys().ok_or_else(not_a_node)?;
    let next = call.facts(&call.snapshot())?.height().next();
    let version = call.network().forks.version_at(next).version;
    if version >= HardForkVersion::ETHEREUM_TRANSITION {
        return Err(RegistrationError::MovedToContract.into());
    }
    let requirement = staking_requirement(call.network(), next);
    if let Some(given) = expected_requirement.map(Amount::from_atomic)
        && given != requirement
    {
        return Err(MethodError::WrongRequirement { given, requirement });
    }
    if fee > STAKING_FEE_BASIS {
        return Err(RegistrationError::FeeTooHigh { found: fee }.into());
    }
    if contributions.len() > MAX_CONTRIBUTORS {
        let found = contributions.len();
        return Err(RegistrationError::ContributorCount { found }.into());
    }
    let reservations = reservations(call, contributions)?;
    check_reservations(
        contributions.iter().map(|one| Amount::from_atomic(one.amount)),
        requirement,
    )?;
    let fork = u64::from(version.number());
    let signature = own
        .sign_registration(&registration_hash(fee, &reservations, fork))
        .map_err(MethodError::Sign)?;
    let mut command = format!("register_service_node {fee}");
    for RegistrationContribution { address, amount } in contributions {
        let written = write!(command, " {address} {amount}");
        debug_assert!(written.is_ok(), "text grows without end");
    }
    Ok(format!("{command} {fork} {} {signature}", keys.primary))
}

/// The keys behind the addresses, which must be primary ones, each named once.
fn reservations(call: &Call<'_>, contributions: &[RegistrationContribution]) -> Result<Vec<Reservation>, MethodError> {
    let mut seen = BTreeSet::new();
    let mut reservations = Vec::with_capacity(contributions.len());
    for RegistrationContribution { address: text, amount } in contributions {
        let address =
            Address::parse(text, &call.network().address_prefixes).map_err(|reason| MethodError::WrongAddress {
                address: MethodError::excerpt(text),
                reason,
            })?;
        if address.kind() != AddressKind::Standard {
            return Err(MethodError::NotAPrimaryAddress {
                address: MethodError::excerpt(text),
            });
        }
        let contributor = Contributor {
            spend_key: address.spend(),
            view_key: address.view(),
        };
        if !seen.insert(contributor) {
            return Err(RegistrationError::DuplicateContributor.into());
        }
        reservations.push(Reservation {
            contributor,
            amount: *amount,
        });
    }
    Ok(reservations)
}

fn parse_number(what: &'static str, text: &str) -> Result<u64, MethodError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| is_number)
        .ok_or_else(|| MethodError::NotANumber {
            what,
            found: MethodError::excerpt(text),
        })
}

/// Percent with up to two decimals, in hundredths of a percent.
fn parse_percent(text: &str) -> Result<u64, MethodError> {
    let wrong = || MethodError::WrongPercentage {
        found: MethodError::excerpt(text),
    };
    let number = text.trim().trim_end_matches('%').trim_end();
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let significant = decimals.trim_end_matches('0');
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || significant.len() > 2 || (whole.is_empty() && decimals.is_empty()) {
        return Err(wrong());
    }
    let hundredths = format!("0{whole}{significant:0<2}");
    hundredths
        .parse()
        .ok()
        .filter(|fee| *fee <= STAKING_FEE_BASIS)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_hundredths() {
        for (text, fee) in [
            ("0", 0),
            ("10", 1_000),
            ("10%", 1_000),
            (" 7.5 %", 750),
            ("12.34", 1_234),
            ("12.3400", 1_234),
            (".5", 50),
            ("3.", 300),
            ("100", 10_000),
            ("100.00", 10_000),
        ] {
            assert_eq!(parse_percent(text).unwrap(), fee, "{text}");
        }
    }

    #[test]
    fn what_is_no_percentage_is_refused() {
        for text in [
            "",
            ".",
            "%",
            "-1",
            "+1",
            "100.01",
            "101",
            "1.234",
            "ten",
            "1e1",
            "1,5",
            "99999999999999999999",
        ] {
            assert!(
                matches!(parse_percent(text), Err(MethodError::WrongPercentage { .. })),
                "{text}"
            );
        }
    }
}
