//! The three registers of names.

use oxen_types::extra::NameType;
use parity_scale_codec::{Decode, Encode};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// A register: names of different kinds do not meet, except that a session and a wallet name of the same text must have the
/// same owners (chain §6.1, "DB type").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum NameKind {
    /// 0: Session accounts.
    Session,
    /// 1: wallet addresses.
    Wallet,
    /// 2: onion services, of any period.
    Lokinet,
}

/// Text that names no register.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{text}\" is no kind of name; take session, wallet or lokinet")]
pub struct UnknownKind {
    /// The text.
    pub text: String,
}

impl NameKind {
    /// Every kind in the order of its number.
    pub const ALL: [Self; 3] = [Self::Session, Self::Wallet, Self::Lokinet];

    /// The register that a record of this type belongs to.
    #[must_use]
    pub const fn of(name_type: NameType) -> Self {
        match name_type {
            NameType::Session => Self::Session,
            NameType::Wallet => Self::Wallet,
            NameType::LokinetOneYear
            | NameType::LokinetTwoYears
            | NameType::LokinetFiveYears
            | NameType::LokinetTenYears => Self::Lokinet,
        }
    }

    /// The type that a record of this register has unless it asks for a longer period.
    #[must_use]
    pub const fn basic_type(self) -> NameType {
        match self {
            Self::Session => NameType::Session,
            Self::Wallet => NameType::Wallet,
            Self::Lokinet => NameType::LokinetOneYear,
        }
    }

    /// Its number in rows and requests.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        usize::try_from(number)
            .ok()
            .and_then(|number| Self::ALL.get(number))
            .copied()
    }

    /// Its name in requests and on the screen.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Wallet => "wallet",
            Self::Lokinet => "lokinet",
        }
    }

    /// The kind whose names must have the same owners as the names of this one.
    #[must_use]
    pub const fn sibling(self) -> Option<Self> {
        match self {
            Self::Session => Some(Self::Wallet),
            Self::Wallet => Some(Self::Session),
            Self::Lokinet => None,
        }
    }
}

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl FromStr for NameKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.label().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownKind { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_periods_of_lokinet_share_a_register() {
        let kinds: Vec<u8> = NameType::ALL.map(|name_type| NameKind::of(name_type).number()).into();
        assert_eq!(kinds, [0, 1, 2, 2, 2, 2]);
        assert_eq!(NameKind::from_number(2), Some(NameKind::Lokinet));
        assert_eq!(NameKind::from_number(3), None);
    }

    #[test]
    fn a_kind_is_read_in_any_case_and_an_unknown_one_says_which_there_are() {
        assert_eq!("Wallet".parse(), Ok(NameKind::Wallet));
        let error = "onion".parse::<NameKind>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"onion\" is no kind of name; take session, wallet or lokinet"
        );
    }
}
