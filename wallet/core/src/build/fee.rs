//! Fees (wallet §7.4, chain §4.11).

use super::error::BuildError;
use oxen_types::{
    Amount,
    network::constants::{
        BLINK_BURN_FEE_PERCENT, BLINK_BURN_FIXED, BLINK_PRODUCER_FEE_PERCENT, FALLBACK_FEE_PER_BYTE, FEE_PER_OUTPUT,
        FEE_QUANTIZATION,
    },
    transaction::{TransactionType, Weight},
};

/// What the daemon's `get_fee_estimate` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeRates {
    /// For each byte of weight.
    pub per_byte: Amount,
    /// For each output.
    pub per_output: Amount,
    /// Fees are rounded up to a multiple of this.
    pub quantization: u64,
}

impl Default for FeeRates {
    /// What is used when the daemon does not say.
    fn default() -> Self {
        Self {
            per_byte: FALLBACK_FEE_PER_BYTE,
            per_output: FEE_PER_OUTPUT,
            quantization: FEE_QUANTIZATION,
        }
    }
}

/// How urgent a transaction is, in the words of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Priority {
    /// The lowest fee.
    #[default]
    Default,
    /// The lowest fee.
    Unimportant,
    /// Five times the fee; stakes and names only.
    Normal,
    /// Twenty-five times the fee; stakes and names only.
    Elevated,
    /// 125 times the fee; stakes and names only.
    Priority,
    /// Approved by service nodes at once, for three times the fee, two parts of it burned; ordinary transfers only.
    Blink,
}

/// What a priority costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeLevel {
    /// Of the base fee.
    pub percent: u64,
    /// Of the base fee, part of `percent`, that is burned.
    pub burn_percent: u64,
    /// Burned on top.
    pub fixed: Amount,
}

impl FeeLevel {
    /// The base fee.
    pub const UNIMPORTANT: Self = Self {
        percent: 100,
        burn_percent: 0,
        fixed: Amount::ZERO,
    };

    /// What `priority` costs a transaction of this kind.
    ///
    /// # Errors
    /// [`BuildError::PriorityNotForKind`] where the kind does not know the priority.
    pub const fn of(priority: Priority, kind: TransactionType) -> Result<Self, BuildError> {
        let can_blink = matches!(kind, TransactionType::Standard);
        let percent = match (priority, can_blink) {
            (Priority::Default | Priority::Unimportant, _) => 100,
            (Priority::Normal, false) => 500,
            (Priority::Elevated, false) => 2_500,
            (Priority::Priority, false) => 12_500,
            (Priority::Blink, true) => {
                return Ok(Self {
                    percent: BLINK_PRODUCER_FEE_PERCENT.saturating_add(BLINK_BURN_FEE_PERCENT),
                    burn_percent: BLINK_BURN_FEE_PERCENT,
                    fixed: BLINK_BURN_FIXED,
                });
            }
            (Priority::Normal | Priority::Elevated | Priority::Priority, true) | (Priority::Blink, false) => {
                return Err(BuildError::PriorityNotForKind { priority, kind });
            }
        };
        Ok(Self {
            percent,
            burn_percent: 0,
            fixed: Amount::ZERO,
        })
    }

    /// True when a part of the fee is burned, which the transaction must declare.
    #[must_use]
    pub const fn burns(&self) -> bool {
        self.burn_percent != 0 || !self.fixed.is_zero()
    }

    /// The burned part of a fee: the fixed part, and the share of the rest, rounded down.
    #[must_use]
    pub fn burned(&self, fee: Amount) -> Amount {
        let rest = u128::from(fee.saturating_sub(self.fixed).atomic());
        let share = rest
            .saturating_mul(self.burn_percent.into())
            .checked_div(self.percent.into())
            .unwrap_or(0);
        let share = Amount::from_atomic(u64::try_from(share).unwrap_or(u64::MAX));
        self.fixed.checked_add(share).unwrap_or(fee)
    }
}

/// The fee of a transaction: `(weight · per byte + outputs · per output) · percent / 100`, rounded down, then up to the next
/// multiple of the quantization, and the fixed burn. Nothing when it exceeds 64 bits.
#[must_use]
pub fn fee(weight: Weight, outputs: u64, rates: &FeeRates, level: &FeeLevel) -> Option<Amount> {
    let bytes = u128::from(weight.bytes()).checked_mul(rates.per_byte.atomic().into())?;
    let outputs = u128::from(outputs).checked_mul(rates.per_output.atomic().into())?;
    let scaled = bytes
        .checked_add(outputs)?
        .checked_mul(level.percent.into())?
        .checked_div(100)?;
    let quantum = u128::from(rates.quantization.max(1));
    let rounded = scaled.checked_next_multiple_of(quantum)?;
    Amount::from_atomic(u64::try_from(rounded).ok()?).checked_add(level.fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: FeeRates = FeeRates {
        per_byte: Amount::from_atomic(122),
        per_output: Amount::from_atomic(5_000_000),
        quantization: 10,
    };

    #[test]
    fn fees_are_rounded_down_by_percent_and_up_by_quantum() {
        let of = |weight, outputs, level: &FeeLevel| fee(Weight::new(weight), outputs, &RATES, level).unwrap().atomic();
        assert_eq!(of(1_407, 2, &FeeLevel::UNIMPORTANT), 10_171_660);
        assert_eq!(of(1_400, 2, &FeeLevel::UNIMPORTANT), 10_170_800);
        let blink = FeeLevel::of(Priority::Blink, TransactionType::Standard).unwrap();
        assert_eq!(of(1_407, 2, &blink), 30_514_970);
        assert_eq!(blink.burned(Amount::from_atomic(30_514_970)).atomic(), 20_343_313);
        let stake = FeeLevel::of(Priority::Normal, TransactionType::Stake).unwrap();
        assert_eq!(of(1_407, 2, &stake), 5 * 10_171_654);
        let fixed = FeeLevel {
            fixed: Amount::OXEN,
            ..FeeLevel::UNIMPORTANT
        };
        assert_eq!(of(1_407, 2, &fixed), 10_171_660 + Amount::OXEN.atomic());
        assert_eq!(
            fixed.burned(Amount::from_atomic(10_171_660 + Amount::OXEN.atomic())),
            Amount::OXEN
        );
        assert_eq!(fee(Weight::new(u64::MAX), 1, &RATES, &blink), None);
    }

    #[test]
    fn stakes_cannot_blink_and_transfers_cannot_be_elevated() {
        let stake = FeeLevel::of(Priority::Blink, TransactionType::Stake).unwrap_err();
        assert!(stake.to_string().contains("leave blink out"));
        let transfer = FeeLevel::of(Priority::Normal, TransactionType::Standard).unwrap_err();
        assert!(transfer.to_string().contains("unimportant"));
    }
}
