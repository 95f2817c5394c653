//! Ethereum addresses as people type and read them: EIP-55, whose capital letters are a checksum (bridge §5.4.7).
//!
//! A wrong address cannot be repaired, so the checksum is demanded. An address without one, all in small or all in capital
//! letters, is [`Spelling::Unchecked`]: whoever takes it asks first.

use alloy::primitives::Address;
pub use oxen_bridge_rules::address::checksummed;
use oxen_types::bytes::EthereumAddress;
use thiserror::Error;

/// Hexadecimal digits of an address.
const DIGITS: usize = 40;

/// Why text is no address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It lacks `0x`.
    #[error("\"{0}\" is no Ethereum address: it must begin with 0x. An OXEN address cannot be used here")]
    Prefix(String),
    /// It is too short or too long.
    #[error("\"{text}\" is no Ethereum address: behind 0x it has {digits} characters and must have 40. Copy all of it")]
    Length {
        /// What was typed.
        text: String,
        /// Characters behind `0x`.
        digits: usize,
    },
    /// A character is not hexadecimal.
    #[error("\"{text}\" is no Ethereum address: '{character}' is none of 0-9 and a-f. Copy it again")]
    Character {
        /// What was typed.
        text: String,
        /// The character.
        character: char,
    },
    /// The capital letters do not fit.
    #[error(
        "the checksum of \"{0}\" is wrong: a character was mistyped, or capital and small letters were changed. Copy the address \
         again from the wallet it belongs to"
    )]
    Checksum(String),
    /// The address that nobody has.
    #[error(
        "0x0000000000000000000000000000000000000000 is nobody's address: what is sent there is lost. Give your own address"
    )]
    Zero,
}

/// Whether the address proves by itself that it was typed correctly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// The checksum is there and right.
    Checksummed,
    /// All letters are small or all are capital: a mistyped character would not be noticed. Ask before it is used.
    Unchecked,
}

/// An address that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypedAddress {
    /// The address.
    pub address: EthereumAddress,
    /// Whether it had a checksum.
    pub spelling: Spelling,
}

impl TypedAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let shown = || text.chars().take(2 * DIGITS).collect::<String>();
        let digits = text
            .strip_prefix("0x")
            .or_else(|| text.strip_prefix("0X"))
            .ok_or_else(|| AddressError::Prefix(shown()))?;
        if let Some(character) = digits.chars().find(|character| !character.is_ascii_hexdigit()) {
            return Err(AddressError::Character {
                text: shown(),
                character,
            });
        }
        if digits.len() != DIGITS {
            return Err(AddressError::Length {
                text: shown(),
                digits: digits.len(),
            });
        }
        let address: EthereumAddress = digits.to_ascii_lowercase().parse().map_err(|_| AddressError::Length {
            text: shown(),
            digits: digits.len(),
        })?;
        if address.is_zero() {
            return Err(AddressError::Zero);
        }
        let small = digits.chars().any(|character| character.is_ascii_lowercase());
        let capital = digits.chars().any(|character| character.is_ascii_uppercase());
        let right = checksummed(&address).strip_prefix("0x") == Some(digits);
        match (small && capital, right) {
            // Digits alone, or letters that happen to be all of one kind: right, but it proves little.
            (false, _) => Ok(Self {
                address,
                spelling: Spelling::Unchecked,
            }),
            (true, true) => Ok(Self {
                address,
                spelling: Spelling::Checksummed,
            }),
            (true, false) => Err(AddressError::Checksum(shown())),
        }
    }
}

/// As alloy has it.
#[must_use]
pub fn to_alloy(address: &EthereumAddress) -> Address {
    Address::new(address.to_bytes())
}

/// As the chain has it.
#[must_use]
pub fn from_alloy(address: Address) -> EthereumAddress {
    EthereumAddress::new(address.into_array())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of EIP-55.
    const EXAMPLES: [&str; 4] = [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ];

    #[test]
    fn the_examples_of_eip_55_are_read_and_written() {
        for text in EXAMPLES {
            let typed = TypedAddress::parse(text).unwrap();
            assert_eq!(typed.spelling, Spelling::Checksummed);
            assert_eq!(checksummed(&typed.address), text);
        }
    }

    #[test]
    fn any_one_letter_in_the_other_case_is_noticed() {
        for text in EXAMPLES {
            for place in 2..text.len() {
                let mut bytes = text.as_bytes().to_vec();
                if !bytes[place].is_ascii_alphabetic() {
                    continue;
                }
                bytes[place] ^= 0x20;
                let changed = String::from_utf8(bytes).unwrap();
                assert_eq!(TypedAddress::parse(&changed), Err(AddressError::Checksum(changed)));
            }
        }
    }

    #[test]
    fn letters_all_of_one_kind_are_read_and_not_vouched_for() {
        let small = EXAMPLES[0].to_lowercase();
        let capital = format!("0x{}", EXAMPLES[0][2..].to_uppercase());
        for text in [small, capital] {
            let typed = TypedAddress::parse(&text).unwrap();
            assert_eq!(typed.spelling, Spelling::Unchecked);
            assert_eq!(checksummed(&typed.address), EXAMPLES[0]);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let parse = |text: &str| TypedAddress::parse(text).unwrap_err();
        assert!(matches!(parse("LKrhaVM6uPv"), AddressError::Prefix(_)));
        assert!(matches!(
            parse(&EXAMPLES[0][..41]),
            AddressError::Length { digits: 39, .. }
        ));
        assert!(matches!(
            parse(&EXAMPLES[0].replace("Ae", "Ag")),
            AddressError::Character { character: 'g', .. }
        ));
        assert_eq!(parse(&format!("0x{}", "0".repeat(40))), AddressError::Zero);
    }
}
