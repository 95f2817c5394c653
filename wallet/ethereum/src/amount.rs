//! Amounts of SESH: nine decimals, as OXEN has (bridge §1.1).

use alloy::primitives::U256;
use oxen_types::Amount;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// Text that is no amount of SESH.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{0}\" is no amount of SESH: write digits, at most one decimal point and nine decimals, for example 12.5")]
pub struct SeshError(String);

/// An amount of SESH in atomic units, 10^-9 SESH. The whole supply fits many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sesh(u64);

impl Sesh {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From atomic units.
    #[must_use]
    pub const fn from_atomic(atomic: u64) -> Self {
        Self(atomic)
    }

    /// Atomic units.
    #[must_use]
    pub const fn atomic(self) -> u64 {
        self.0
    }

    /// True for nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The difference, and nothing where it would be less.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// As a contract has it.
    #[must_use]
    pub fn to_word(self) -> U256 {
        U256::from(self.0)
    }

    /// From a contract; none for more than can exist.
    #[must_use]
    pub fn from_word(word: U256) -> Option<Self> {
        u64::try_from(word).ok().map(Self)
    }

    /// From a contract, where more than can exist means "without limit".
    #[must_use]
    pub fn from_word_saturating(word: U256) -> Self {
        Self::from_word(word).unwrap_or(Self(u64::MAX))
    }
}

impl fmt::Display for Sesh {
    /// `1.5 SESH`: no more decimals than it has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Amount::from_atomic(self.0).to_string();
        let short = text.trim_end_matches('0').trim_end_matches('.');
        write!(f, "{short} SESH")
    }
}

impl FromStr for Sesh {
    type Err = SeshError;

    fn from_str(text: &str) -> Result<Self, SeshError> {
        let amount: Result<Amount, _> = text.parse();
        amount
            .map(|amount| Self(amount.atomic()))
            .map_err(|_| SeshError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written_with_nine_decimals() {
        for (text, atomic, shown) in [
            ("1", 1_000_000_000, "1 SESH"),
            ("0.000000001", 1, "0.000000001 SESH"),
            ("25000.5", 25_000_500_000_000, "25000.5 SESH"),
            ("100", 100_000_000_000, "100 SESH"),
        ] {
            let amount: Sesh = text.parse().unwrap();
            assert_eq!((amount.atomic(), amount.to_string().as_str()), (atomic, shown));
        }
        assert!("1.0000000001".parse::<Sesh>().is_err());
    }

    #[test]
    fn a_number_beyond_the_supply_is_none() {
        assert_eq!(Sesh::from_word(U256::from(u64::MAX)), Some(Sesh(u64::MAX)));
        assert_eq!(Sesh::from_word(U256::from(u64::MAX) + U256::from(1)), None);
    }
}
