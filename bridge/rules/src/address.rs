//! Ethereum addresses as people write them: with the checksum of EIP-55, which catches most slips of the pen.

use oxen_types::{bytes::EthereumAddress, keccak256};
use thiserror::Error;

/// Why text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressTextError {
    /// Not `0x` and 40 hexadecimal digits.
    #[error("an Ethereum address is 0x and 40 hexadecimal digits")]
    Form,
    /// All letters are small, or all are capital, so that nothing guards against a slip.
    #[error("the address has no checksum: copy it as your wallet shows it, with small and capital letters")]
    NoChecksum,
    /// The letters are not those of the checksum.
    #[error("the checksum of the address is wrong: a digit was changed; copy it again")]
    WrongChecksum,
}

/// The address with its checksum (EIP-55).
#[must_use]
pub fn checksummed(address: &EthereumAddress) -> String {
    let digits = address.to_string();
    let hash = keccak256(digits.as_bytes());
    let nibbles = hash.as_bytes().iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    let letters = digits
        .chars()
        .zip(nibbles)
        .map(|(digit, nibble)| if nibble >= 8 { digit.to_ascii_uppercase() } else { digit });
    "0x".chars().chain(letters).collect()
}

/// The address in a text that must carry its checksum. An address without letters has none and is taken.
///
/// # Errors
/// See [`AddressTextError`].
pub fn parse_checksummed(text: &str) -> Result<EthereumAddress, AddressTextError> {
    let address = parse(text)?;
    if checksummed(&address) == text {
        return Ok(address);
    }
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let one_case = digits.to_ascii_lowercase() == digits || digits.to_ascii_uppercase() == digits;
    Err(if one_case {
        AddressTextError::NoChecksum
    } else {
        AddressTextError::WrongChecksum
    })
}

/// The address in a text that a program wrote: its checksum must be right if it has one.
///
/// # Errors
/// [`AddressTextError::Form`], [`AddressTextError::WrongChecksum`].
pub fn parse_lenient(text: &str) -> Result<EthereumAddress, AddressTextError> {
    match parse_checksummed(text) {
        Err(AddressTextError::NoChecksum) => parse(text),
        parsed => parsed,
    }
}

fn parse(text: &str) -> Result<EthereumAddress, AddressTextError> {
    let digits = text.strip_prefix("0x").ok_or(AddressTextError::Form)?;
    digits.parse().map_err(|_| AddressTextError::Form)
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
    fn the_examples_of_the_standard_are_read_and_written() {
        for text in EXAMPLES {
            let address = parse_checksummed(text).expect("an example");
            assert_eq!(checksummed(&address), text);
            assert_eq!(parse_lenient(&text.to_lowercase()), Ok(address));
        }
    }

    #[test]
    fn a_changed_digit_or_letter_is_noticed() {
        let [text, ..] = EXAMPLES;
        let changed = text.replace("6053F", "6052F");
        assert_eq!(parse_checksummed(&changed), Err(AddressTextError::WrongChecksum));
        assert_eq!(parse_lenient(&changed), Err(AddressTextError::WrongChecksum));
        assert_eq!(
            parse_checksummed(&text.replace("aAeb", "aaeb")),
            Err(AddressTextError::WrongChecksum)
        );
        assert_eq!(
            parse_checksummed(&text.to_lowercase()),
            Err(AddressTextError::NoChecksum)
        );
        for text in [
            "",
            "0x",
            "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeA",
        ] {
            assert_eq!(parse_checksummed(text), Err(AddressTextError::Form), "{text}");
        }
    }

    #[test]
    fn an_address_without_letters_needs_no_checksum() {
        let text = format!("0x{}", "11".repeat(20));
        assert_eq!(parse_checksummed(&text), Ok(EthereumAddress::new([0x11; 20])));
    }
}
