//! Amounts of OXEN and of SENT, in atomic units, with checked arithmetic.

use parity_scale_codec::{Decode, Encode};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// An amount in atomic units: 1 OXEN = 10⁹ (chain, legend).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Amount(u64);

/// Text that is not an amount of OXEN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Not digits with at most one point between them.
    #[error("not an amount: write digits and at most one decimal point, for example 12.5")]
    NotANumber,
    /// More than nine digits behind the point.
    #[error("an amount of OXEN has at most 9 decimals")]
    TooManyDecimals,
    /// Above 2⁶⁴ − 1 atomic units.
    #[error("amount is too large: the most that can be written is 18446744073.709551615 OXEN")]
    TooLarge,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// One OXEN.
    pub const OXEN: Self = Self(1_000_000_000);
    /// Decimals of one OXEN.
    pub const DECIMALS: usize = 9;

    /// From atomic units.
    #[must_use]
    pub const fn from_atomic(atomic: u64) -> Self {
        Self(atomic)
    }

    /// In atomic units.
    #[must_use]
    pub const fn atomic(self) -> u64 {
        self.0
    }

    /// True for nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `self + other`, unless it overflows.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// `self − other`, unless it would be negative.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// The sum, at most the largest amount.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// `self − other`, at least zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The sum, unless it overflows.
    #[must_use]
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl fmt::Display for Amount {
    /// In OXEN with all nine decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.0 / Self::OXEN.0, self.0 % Self::OXEN.0)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    /// Reads OXEN with up to nine decimals.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
            return Err(AmountError::NotANumber);
        }
        if fraction.len() > Self::DECIMALS {
            return Err(AmountError::TooManyDecimals);
        }
        let number = |part: &str| {
            if part.is_empty() {
                Ok(0)
            } else {
                part.parse::<u64>().map_err(|_| AmountError::TooLarge)
            }
        };
        let atomic = number(&format!("{fraction:0<9}"))?;
        number(whole)?
            .checked_mul(Self::OXEN.0)
            .and_then(|value| value.checked_add(atomic))
            .map(Self)
            .ok_or(AmountError::TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_and_print_as_oxen() {
        for (text, atomic) in [
            ("1", 1_000_000_000),
            ("0.000000001", 1),
            (".5", 500_000_000),
            ("12.34", 12_340_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Amount(atomic)));
        }
        assert_eq!(Amount(12_340_000_000).to_string(), "12.340000000");
        assert_eq!("".parse::<Amount>(), Err(AmountError::NotANumber));
        assert_eq!("-1".parse::<Amount>(), Err(AmountError::NotANumber));
        assert_eq!("1.0000000001".parse::<Amount>(), Err(AmountError::TooManyDecimals));
        assert_eq!("18446744073.709551616".parse::<Amount>(), Err(AmountError::TooLarge));
    }
}
