//! The constants of the swap (bridge §5.3): a network that describes no contract has no swap, and then none of the others
//! means anything.

use super::constants::{Expected, Row, WHOLE_NUMBER, contract, number, positive, write_contract};
use crate::{
    amount::Amount,
    height::Height,
    network::{Network, SwapParameters, SwapRatio, SwapRatioPeriod, SwapRatioTable},
};
use serde_json::Value;

const NO_SWAP: Expected = "left out, because SWAP_CONTRACT is null or missing";
const ATOMIC: &str = "atomic units (1 OXEN = 1 SESH = 10^9)";

/// The swap that a constant belongs to.
fn swap(network: &mut Network) -> Result<&mut SwapParameters, Expected> {
    network.swap.as_mut().ok_or(NO_SWAP)
}

fn written(network: &Network, value: impl FnOnce(&SwapParameters) -> Value) -> Option<Value> {
    network.swap.as_ref().map(value)
}

/// A row whose parameter is an amount or a number of the swap.
macro_rules! swap_field {
    ($name:literal, $unit:expr, $read:expr, $write:expr, $field:ident) => {
        Row {
            name: $name,
            unit: $unit,
            read: |value, network| {
                swap(network)?.$field = $read(value)?;
                Ok(())
            },
            write: |network| written(network, |swap| $write(&swap.$field)),
        }
    };
}

/// In the order in which they are read: the contract decides whether there is a swap.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "SWAP_CONTRACT",
        unit: "address; null when the network has no swap",
        read: |value, network| {
            network.swap = contract(value)?.map(SwapParameters::recommended);
            Ok(())
        },
        write: |network| write_contract(network.swap.as_ref().map(|swap| swap.contract)),
    },
    swap_field!(
        "SWAP_TOKEN",
        "address",
        contract,
        |address: &Option<_>| write_contract(*address).unwrap_or_default(),
        token
    ),
    swap_field!(
        "SWAP_CONTRIBUTION_FACTORY",
        "address",
        contract,
        |address: &Option<_>| write_contract(*address).unwrap_or_default(),
        factory
    ),
    swap_field!(
        "SWAP_RATIO_PERIODS",
        "list of [first height, SESH, OXEN]",
        read_ratios,
        write_ratios,
        ratios
    ),
    swap_field!("SWAP_MIN_BURN", ATOMIC, amount, write_amount, least_burn),
    swap_field!("SWAP_MAX_BURN_TX", ATOMIC, amount, write_amount, most_burn),
    swap_field!("SWAP_POOL_CAP", ATOMIC, amount, write_amount, pool_cap),
    swap_field!("SWAP_RATE_CAP", ATOMIC, amount, write_amount, rate_cap),
    swap_field!(
        "SWAP_RATE_WINDOW",
        "blocks",
        positive,
        |blocks: &u64| (*blocks).into(),
        rate_window_blocks
    ),
    swap_field!(
        "SWAP_MATURITY",
        "blocks",
        number,
        |blocks: &u64| (*blocks).into(),
        maturity_blocks
    ),
    swap_field!(
        "SWAP_END_HEIGHT",
        "first height without swap; null for no end",
        read_end,
        |height: &Option<Height>| height.map_or(Value::Null, |height| height.index().into()),
        end_height
    ),
];

fn amount(value: &Value) -> Result<Amount, Expected> {
    number(value).map(Amount::from_atomic)
}

fn write_amount(amount: &Amount) -> Value {
    amount.atomic().into()
}

fn read_end(value: &Value) -> Result<Option<Height>, Expected> {
    if value.is_null() {
        return Ok(None);
    }
    value
        .as_u64()
        .map(|height| Some(Height::new(height)))
        .ok_or(WHOLE_NUMBER)
}

fn read_ratios(value: &Value) -> Result<SwapRatioTable, Expected> {
    const EXPECTED: Expected =
        "a list of [first height, SESH, OXEN], at least one, by ascending height, the last two above 0";
    let period = |entry: &Value| {
        let numbers: Option<Vec<u64>> = entry.as_array()?.iter().map(Value::as_u64).collect();
        let [from_height, numerator, denominator] = numbers?.try_into().ok()?;
        Some(SwapRatioPeriod {
            from_height: Height::new(from_height),
            ratio: SwapRatio::new(numerator, denominator)?,
        })
    };
    let periods: Option<Vec<SwapRatioPeriod>> = value.as_array().ok_or(EXPECTED)?.iter().map(period).collect();
    SwapRatioTable::new(&periods.ok_or(EXPECTED)?).map_err(|_| EXPECTED)
}

fn write_ratios(ratios: &SwapRatioTable) -> Value {
    ratios
        .iter()
        .map(|period| {
            Value::from(vec![
                period.from_height.index(),
                period.ratio.numerator(),
                period.ratio.denominator(),
            ])
        })
        .collect()
}
