//! The constants of a description: one row per name, which reads and writes the parameter, so that the two cannot drift.

use super::{DescribedConstant, NetworkDescriptionError, swap};
use crate::{
    amount::Amount,
    bytes::EthereumAddress,
    network::{
        AddressPrefixes, CompanionServices, DifficultyRule, FoundationAccrual, HardForkVersion, L2Settlement,
        NamePeriods, Network, PaymentStart, ProofOfWorkRule, constants as fixed, mainnet,
    },
};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a value should have been.
pub(super) type Expected = &'static str;

pub(super) const WHOLE_NUMBER: Expected = "a whole number from 0 to 18446744073709551615";
const POSITIVE_NUMBER: Expected = "a whole number above 0";
const PORT: Expected = "a port from 0 to 65535";
const TRUTH: Expected = "true or false";

const BLOCK_TIME: &str = "TARGET_BLOCK_TIME";
const GOVERNANCE_ADDRESSES: &str = "GOVERNANCE_WALLET_ADDRESS";

/// A constant that is a parameter of the network.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) read: fn(&Value, &mut Network) -> Result<(), Expected>,
    /// `None` where another row describes the parameter.
    pub(super) write: fn(&Network) -> Option<Value>,
}

/// A constant that a description may repeat but not change.
struct Fixed {
    name: &'static str,
    value: fn(&Network) -> u64,
}

pub(super) fn number(value: &Value) -> Result<u64, Expected> {
    value.as_u64().ok_or(WHOLE_NUMBER)
}

pub(super) fn positive(value: &Value) -> Result<u64, Expected> {
    value.as_u64().filter(|number| *number > 0).ok_or(POSITIVE_NUMBER)
}

fn port(value: &Value) -> Result<u16, Expected> {
    value.as_u64().and_then(|number| u16::try_from(number).ok()).ok_or(PORT)
}

fn amount(value: &Value) -> Result<Amount, Expected> {
    number(value).map(Amount::from_atomic)
}

fn truth(value: &Value) -> Result<bool, Expected> {
    value.as_bool().ok_or(TRUTH)
}

/// A contract: `0x` and 40 hexadecimal characters, or null.
pub(super) fn contract(value: &Value) -> Result<Option<EthereumAddress>, Expected> {
    const EXPECTED: Expected = "0x and 40 hexadecimal characters, or null";
    if value.is_null() {
        return Ok(None);
    }
    let digits = value
        .as_str()
        .and_then(|text| text.strip_prefix("0x"))
        .ok_or(EXPECTED)?;
    digits.parse().map(Some).map_err(|_| EXPECTED)
}

pub(super) fn write_contract(address: Option<EthereumAddress>) -> Option<Value> {
    Some(address.map_or(Value::Null, |address| format!("0x{address}").into()))
}

/// A row whose parameter is a plain field: name, unit, how to read it, the field.
macro_rules! field {
    ($name:literal, $unit:literal, $read:ident, $($field:ident).+) => {
        Row {
            name: $name,
            unit: $unit,
            read: |value, network| {
                network.$($field).+ = $read(value)?;
                Ok(())
            },
            write: |network| Some(network.$($field).+.into()),
        }
    };
}

/// A row whose parameter is an amount.
macro_rules! amount_field {
    ($name:literal, $($field:ident).+) => {
        Row {
            name: $name,
            unit: "atomic units (1 OXEN = 10^9)",
            read: |value, network| {
                network.$($field).+ = amount(value)?;
                Ok(())
            },
            write: |network| Some(network.$($field).+.atomic().into()),
        }
    };
}

/// A row whose parameter is one of two.
macro_rules! choice {
    ($name:literal, $unit:literal, $($field:ident).+, $yes:expr, $no:expr) => {
        Row {
            name: $name,
            unit: $unit,
            read: |value, network| {
                network.$($field).+ = if truth(value)? { $yes } else { $no };
                Ok(())
            },
            write: |network| Some((network.$($field).+ == $yes).into()),
        }
    };
}

const ROWS: &[Row] = &[
    field!("TARGET_BLOCK_TIME", "seconds", positive, target_block_seconds),
    field!("P2P_DEFAULT_PORT", "TCP port", port, ports.p2p),
    field!("RPC_DEFAULT_PORT", "TCP port", port, ports.rpc),
    field!("QNET_DEFAULT_PORT", "TCP port", port, ports.quorumnet),
    Row {
        name: "FIXED_DIFFICULTY",
        unit: "difficulty of every block",
        read: |value, network| {
            network.difficulty = DifficultyRule::Fixed(positive(value)?);
            Ok(())
        },
        write: |network| match network.difficulty {
            DifficultyRule::Fixed(difficulty) => Some(difficulty.into()),
            DifficultyRule::Lwma | DifficultyRule::LwmaCapped(_) => None,
        },
    },
    Row {
        name: "DIFFICULTY_CAP",
        unit: "greatest difficulty of a block",
        read: |value, network| {
            network.difficulty = DifficultyRule::LwmaCapped(positive(value)?);
            Ok(())
        },
        write: |network| match network.difficulty {
            DifficultyRule::LwmaCapped(cap) => Some(cap.into()),
            DifficultyRule::Lwma | DifficultyRule::Fixed(_) => None,
        },
    },
    choice!(
        "PROOF_OF_WORK_BY_VERSION",
        "false: CryptoNight Turtle at every version",
        proof_of_work,
        ProofOfWorkRule::ByVersion,
        ProofOfWorkRule::AlwaysTurtle
    ),
    Row {
        name: "PULSE_STAGE_TIMEOUT",
        unit: "seconds",
        read: |value, network| {
            network.pulse.stage_timeout_milliseconds = number(value)?
                .checked_mul(1_000)
                .ok_or("a whole number of seconds below 10^16")?;
            Ok(())
        },
        write: |network| {
            let milliseconds = network.pulse.stage_timeout_milliseconds;
            milliseconds
                .is_multiple_of(1_000)
                .then(|| milliseconds.div_euclid(1_000).into())
        },
    },
    Row {
        name: "PULSE_STAGE_TIMEOUT_MILLISECONDS",
        unit: "milliseconds; in place of PULSE_STAGE_TIMEOUT",
        read: |value, network| {
            network.pulse.stage_timeout_milliseconds = number(value)?;
            Ok(())
        },
        write: |network| {
            let milliseconds = network.pulse.stage_timeout_milliseconds;
            (!milliseconds.is_multiple_of(1_000)).then(|| milliseconds.into())
        },
    },
    field!("PULSE_ROUND_TIMEOUT", "seconds", positive, pulse.round_timeout_seconds),
    field!(
        "PULSE_MAX_START_ADJUSTMENT",
        "seconds",
        number,
        pulse.max_start_adjustment_seconds
    ),
    field!(
        "PULSE_MIN_SERVICE_NODES",
        "active service nodes",
        number,
        pulse.minimum_service_nodes
    ),
    field!("BATCHING_INTERVAL", "blocks", positive, batching.interval_blocks),
    amount_field!("MIN_BATCH_PAYMENT_AMOUNT", batching.minimum_payment),
    field!(
        "LIMIT_BATCH_OUTPUTS",
        "outputs; no rule uses it",
        number,
        batching.declared_output_limit
    ),
    field!(
        "SERVICE_NODE_PAYABLE_AFTER_BLOCKS",
        "blocks",
        number,
        batching.payable_after_blocks
    ),
    choice!(
        "FOUNDATION_REWARD_PAID",
        "whether the foundation accrues rewards in HF19 and HF20",
        batching.foundation,
        FoundationAccrual::Paid,
        FoundationAccrual::Withheld
    ),
    choice!(
        "BATCH_PAYMENTS_AFTER_FORK",
        "whether the first block of HF19 pays nothing",
        batching.payments,
        PaymentStart::AfterFork,
        PaymentStart::AtFork
    ),
    choice!(
        "HAVE_STORAGE_AND_LOKINET",
        "whether service nodes must run both",
        companion_services,
        CompanionServices::Required,
        CompanionServices::NotRequired
    ),
    amount_field!("OXEN_STAKING_REQUIREMENT", staking.oxen_requirement),
    amount_field!("SENT_STAKING_REQUIREMENT", staking.sent_requirement),
    field!("UNLOCK_DURATION", "blocks", number, staking.unlock_blocks),
    field!(
        "DEREGISTRATION_LOCK_DURATION",
        "blocks",
        number,
        staking.deregistration_lock_blocks
    ),
    field!(
        "SMALL_CONTRIBUTOR_UNLOCK_TIMER",
        "blocks",
        number,
        staking.small_contributor_unlock_blocks
    ),
    field!(
        "STAKING_REQUIREMENT_LOCK_BLOCKS",
        "blocks; before HF11",
        number,
        staking.fixed_lock_blocks
    ),
    field!(
        "HARDFORK_DEREGISTRATION_GRACE_PERIOD",
        "blocks; voting policy",
        number,
        staking.fork_grace_blocks
    ),
    field!(
        "DECOMMISSION_INITIAL_CREDIT",
        "blocks",
        number,
        decommission.initial_credit_blocks
    ),
    field!(
        "DECOMMISSION_MINIMUM",
        "blocks; voting policy",
        number,
        decommission.minimum_blocks
    ),
    field!(
        "DECOMMISSION_MAX_CREDIT",
        "blocks",
        number,
        decommission.max_credit_blocks
    ),
    field!(
        "DECOMMISSION_CREDIT_PER_DAY",
        "blocks per day of blocks",
        number,
        decommission.credit_blocks_per_day
    ),
    field!("UPTIME_PROOF_FREQUENCY", "seconds", number, uptime.frequency_seconds),
    field!("UPTIME_PROOF_VALIDITY", "seconds", number, uptime.validity_seconds),
    field!("UPTIME_PROOF_TOLERANCE", "seconds", number, uptime.tolerance_seconds),
    field!(
        "UPTIME_PROOF_CHECK_INTERVAL",
        "seconds",
        number,
        uptime.check_interval_seconds
    ),
    field!(
        "UPTIME_PROOF_STARTUP_DELAY",
        "seconds",
        number,
        uptime.startup_delay_seconds
    ),
    field!(
        "IP_CHANGE_BUFFER",
        "seconds; voting policy",
        number,
        uptime.ip_change_buffer_seconds
    ),
    Row {
        name: "ONS_LOKINET_YEAR",
        unit: "blocks per registration year",
        read: |value, network| {
            network.name_periods = NamePeriods::of_year(number(value)?);
            Ok(())
        },
        write: |network| {
            let year = network.name_periods.one_year_blocks;
            (network.name_periods == NamePeriods::of_year(year)).then(|| year.into())
        },
    },
    Row {
        name: "ONS_LOKINET_PERIODS",
        unit: "blocks of one, two, five and ten years; in place of ONS_LOKINET_YEAR",
        read: read_name_periods,
        write: |network| {
            let NamePeriods {
                one_year_blocks,
                two_years_blocks,
                five_years_blocks,
                ten_years_blocks,
            } = network.name_periods;
            (network.name_periods != NamePeriods::of_year(one_year_blocks))
                .then(|| vec![one_year_blocks, two_years_blocks, five_years_blocks, ten_years_blocks].into())
        },
    },
    Row {
        name: "GOVERNANCE_WALLET_ADDRESS",
        unit: "the addresses before and after the switch",
        read: read_governance_addresses,
        write: |network| Some(vec![network.governance.first.clone(), network.governance.second.clone()].into()),
    },
    Row {
        name: "GOVERNANCE_SWITCH_VERSION",
        unit: "hard fork from which on the second address is paid",
        read: |value, network| {
            let version = value
                .as_u64()
                .and_then(|number| u8::try_from(number).ok())
                .ok_or("a hard fork number")?;
            network.governance.second_from = HardForkVersion::new(version);
            Ok(())
        },
        write: |network| Some(network.governance.second_from.number().into()),
    },
    field!(
        "GOVERNANCE_REWARD_INTERVAL",
        "blocks; before HF19",
        number,
        governance.interval_blocks
    ),
    field!("ETHEREUM_CHAIN_ID", "EIP-155 chain id", number, l2.chain_id),
    Row {
        name: "ETHEREUM_REWARDS_CONTRACT",
        unit: "address",
        read: |value, network| {
            network.l2.rewards_contract = contract(value)?;
            Ok(())
        },
        write: |network| write_contract(network.l2.rewards_contract),
    },
    Row {
        name: "ETHEREUM_POOL_CONTRACT",
        unit: "address",
        read: |value, network| {
            network.l2.pool_contract = contract(value)?;
            Ok(())
        },
        write: |network| write_contract(network.l2.pool_contract),
    },
    field!(
        "L2_REWARD_POOL_UPDATE_BLOCKS",
        "L2 blocks",
        positive,
        l2.reward_update_blocks
    ),
    field!("L2_TRACKER_SAFE_BLOCKS", "L2 blocks", number, l2.safe_blocks),
    field!("L2_NODE_LIST_PURGE_BLOCKS", "L2 blocks", positive, l2.purge_blocks),
    field!(
        "L2_NODE_LIST_PURGE_MIN_OXEN_AGE",
        "blocks",
        number,
        l2.purge_minimum_age_blocks
    ),
    field!("ETH_EXIT_BUFFER", "blocks", number, l2.exit_buffer_blocks),
    choice!(
        "L2_NO_STAKE_LOST",
        "whether exits give stakes back where the reference would not",
        l2.settlement,
        L2Settlement::NothingLost,
        L2Settlement::AsReference
    ),
    field!(
        "STORE_LONG_TERM_STATE_INTERVAL",
        "blocks",
        positive,
        history.state_interval_blocks
    ),
    field!("STORE_RECENT_REWARDS", "blocks", number, history.recent_rewards),
];

const FIXED: &[Fixed] = &[
    Fixed {
        name: "PUBLIC_ADDRESS_BASE58_PREFIX",
        value: |network| network.address_prefixes.standard,
    },
    Fixed {
        name: "PUBLIC_INTEGRATED_ADDRESS_BASE58_PREFIX",
        value: |network| network.address_prefixes.integrated,
    },
    Fixed {
        name: "PUBLIC_SUBADDRESS_BASE58_PREFIX",
        value: |network| network.address_prefixes.subaddress,
    },
    Fixed {
        name: "BLOCKS_PER_DAY",
        value: Network::blocks_per_day,
    },
    Fixed {
        name: "BLOCKS_PER_HOUR",
        value: Network::blocks_per_hour,
    },
    Fixed {
        name: "MINED_MONEY_UNLOCK_WINDOW",
        value: |_| fixed::COINBASE_UNLOCK_BLOCKS,
    },
    Fixed {
        name: "DEFAULT_TX_SPENDABLE_AGE",
        value: |_| fixed::SPENDABLE_AGE_BLOCKS,
    },
    Fixed {
        name: "RING_SIZE",
        value: |_| fixed::RING_SIZE as u64,
    },
    Fixed {
        name: "TX_BULLETPROOF_MAX_OUTPUTS",
        value: |_| fixed::MAX_BULLETPROOF_OUTPUTS as u64,
    },
    Fixed {
        name: "CHECKPOINT_INTERVAL",
        value: |_| fixed::CHECKPOINT_INTERVAL_BLOCKS,
    },
    Fixed {
        name: "CHECKPOINT_QUORUM_SIZE",
        value: |_| fixed::CHECKPOINT_QUORUM_SIZE as u64,
    },
    Fixed {
        name: "CHECKPOINT_MIN_VOTES",
        value: |_| fixed::CHECKPOINT_MIN_VOTES as u64,
    },
    Fixed {
        name: "STATE_CHANGE_QUORUM_SIZE",
        value: |_| fixed::OBLIGATIONS_QUORUM_SIZE as u64,
    },
    Fixed {
        name: "STATE_CHANGE_MIN_VOTES_TO_CHANGE_STATE",
        value: |_| fixed::OBLIGATIONS_MIN_VOTES as u64,
    },
    Fixed {
        name: "BLINK_SUBQUORUM_SIZE",
        value: |_| fixed::BLINK_SUBQUORUM_SIZE as u64,
    },
    Fixed {
        name: "BLINK_MIN_VOTES",
        value: |_| fixed::BLINK_MIN_VOTES as u64,
    },
    Fixed {
        name: "PULSE_QUORUM_NUM_VALIDATORS",
        value: |_| fixed::PULSE_VALIDATORS as u64,
    },
    Fixed {
        name: "PULSE_BLOCK_REQUIRED_SIGNATURES",
        value: |_| fixed::PULSE_REQUIRED_SIGNATURES as u64,
    },
    Fixed {
        name: "PULSE_QUORUM_ENTROPY_LAG",
        value: |_| fixed::PULSE_ENTROPY_LAG_BLOCKS,
    },
];

fn read_name_periods(value: &Value, network: &mut Network) -> Result<(), Expected> {
    const EXPECTED: Expected = "a list of four whole numbers";
    let numbers: Vec<u64> = value
        .as_array()
        .ok_or(EXPECTED)?
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    let [one_year_blocks, two_years_blocks, five_years_blocks, ten_years_blocks] =
        numbers.try_into().map_err(|_| EXPECTED)?;
    network.name_periods = NamePeriods {
        one_year_blocks,
        two_years_blocks,
        five_years_blocks,
        ten_years_blocks,
    };
    Ok(())
}

fn read_governance_addresses(value: &Value, network: &mut Network) -> Result<(), Expected> {
    const EXPECTED: Expected = "a list of two addresses";
    match value.as_array().map(Vec::as_slice) {
        Some([Value::String(first), Value::String(second)]) => {
            network.governance.first.clone_from(first);
            network.governance.second.clone_from(second);
            Ok(())
        }
        _ => Err(EXPECTED),
    }
}

/// The block time, which decides the defaults of everything that is a duration.
pub(super) fn target_block_seconds(
    described: &BTreeMap<String, DescribedConstant>,
) -> Result<u64, NetworkDescriptionError> {
    described.get(BLOCK_TIME).map_or(Ok(mainnet::TARGET), |constant| {
        positive(&constant.value).map_err(|expected| NetworkDescriptionError::InvalidConstant {
            constant: BLOCK_TIME.to_owned(),
            expected,
        })
    })
}

/// Every row; those of the swap come in their own order.
fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(swap::ROWS)
}

/// Puts the described constants into `network`, which has the defaults; gives back the names that mean nothing.
pub(super) fn read(
    described: &BTreeMap<String, DescribedConstant>,
    network: &mut Network,
) -> Result<Vec<String>, NetworkDescriptionError> {
    for row in rows() {
        if let Some(constant) = described.get(row.name) {
            (row.read)(&constant.value, network).map_err(|expected| NetworkDescriptionError::InvalidConstant {
                constant: row.name.to_owned(),
                expected,
            })?;
        }
    }
    for constant in FIXED {
        let expected = (constant.value)(network);
        if described
            .get(constant.name)
            .is_some_and(|found| found.value.as_u64() != Some(expected))
        {
            return Err(NetworkDescriptionError::Contradiction {
                constant: constant.name.to_owned(),
                expected,
            });
        }
    }
    let AddressPrefixes { standard, .. } = Network::mainnet().address_prefixes;
    if network.address_prefixes.standard != standard && !described.contains_key(GOVERNANCE_ADDRESSES) {
        return Err(NetworkDescriptionError::MissingConstant {
            constant: GOVERNANCE_ADDRESSES,
        });
    }
    let known = |name: &str| rows().any(|row| row.name == name) || FIXED.iter().any(|constant| constant.name == name);
    Ok(described
        .keys()
        .filter(|name| !known(name))
        .map(|name| format!("constants.{name}"))
        .collect())
}

/// Every constant of the network.
pub(super) fn write(network: &Network) -> BTreeMap<String, DescribedConstant> {
    let constant = |name: &str, value: Value, unit: Option<&str>| {
        (
            name.to_owned(),
            DescribedConstant {
                value,
                unit: unit.map(str::to_owned),
            },
        )
    };
    let parameters = rows().filter_map(|row| Some(constant(row.name, (row.write)(network)?, Some(row.unit))));
    let fixed = FIXED
        .iter()
        .map(|fixed| constant(fixed.name, (fixed.value)(network).into(), None));
    parameters.chain(fixed).collect()
}
