//! Addresses of Ethereum in requests.

use crate::error::MethodError;
use oxen_bridge_rules::address::parse_lenient;
use oxen_types::bytes::EthereumAddress;

/// An address with or without `0x`. Where its letters are of both cases they are a checksum (EIP-55), and must be right.
///
/// # Errors
/// [`MethodError::BadEthereumAddress`].
pub(crate) fn read(text: &str) -> Result<EthereumAddress, MethodError> {
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    parse_lenient(&format!("0x{digits}")).map_err(|reason| MethodError::BadEthereumAddress {
        found: MethodError::excerpt(text),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_bridge_rules::address::checksummed;

    #[test]
    fn addresses_are_taken_with_a_right_checksum_or_none() {
        let right = "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        let address = read(right).unwrap();
        assert_eq!(checksummed(&address), format!("0x{right}"));
        for text in [right.to_lowercase(), right.to_uppercase(), format!(" 0x{right} ")] {
            assert_eq!(read(&text).unwrap(), address, "{text}");
        }
        for text in ["", "0x", &right[1..], &right.replace("aAeb", "aaeb"), "0x0x00"] {
            let refused = read(text);
            assert!(matches!(refused, Err(MethodError::BadEthereumAddress { .. })), "{text}");
        }
    }
}
