//! Addresses that users type, with messages that say what is wrong and what to do (wallet §1).

use oxen_crypto::{Address, AddressError, AddressKind, AddressPrefixes};
use thiserror::Error;

/// Where an address is going to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressUse {
    /// A payment: any kind will do.
    Payment,
    /// Staking and registration: a primary address alone.
    Staking,
}

/// Why an address cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressFault {
    /// Nothing was given.
    #[error("no address was given")]
    Empty,
    /// Text that is no address of this network.
    #[error(transparent)]
    Invalid(#[from] AddressError),
    /// Only a primary address will do.
    #[error("a subaddress cannot stake: use the primary address, which `address` shows first")]
    SubaddressCannotStake,
    /// Only a primary address will do.
    #[error("an integrated address cannot stake: use the primary address without payment id")]
    IntegratedCannotStake,
}

/// Reads an address of the network with these prefixes for this use.
///
/// # Errors
/// [`AddressFault`], one for each fault.
pub fn parse_address(text: &str, prefixes: &AddressPrefixes, purpose: AddressUse) -> Result<Address, AddressFault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AddressFault::Empty);
    }
    let address = Address::parse(text, prefixes)?;
    match (purpose, address.kind()) {
        (AddressUse::Staking, AddressKind::Subaddress) => Err(AddressFault::SubaddressCannotStake),
        (AddressUse::Staking, AddressKind::Integrated(_)) => Err(AddressFault::IntegratedCannotStake),
        _ => Ok(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAINNET: AddressPrefixes = AddressPrefixes {
        standard: 114,
        integrated: 115,
        subaddress: 116,
    };
    const TESTNET: AddressPrefixes = AddressPrefixes {
        standard: 156,
        integrated: 157,
        subaddress: 158,
    };
    const STANDARD: &str =
        "L5yYM5GZdUS4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfJM5y7PK";
    const INTEGRATED: &str =
        "LFgDMt64Ejx4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfSbLRB61BQVATzAEnoX";
    const SUBADDRESS: &str =
        "LSJCWHBSRB8U3NN1VpFRndSukeyEb3Xpv8qZjjsoJZnTYpDYceuUTpog13D7qPxpviS7J29bSgSkR11hFFoXWk2yNbCFKSi";
    const MONERO: &str =
        "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A";

    #[test]
    fn only_a_primary_address_stakes() {
        let parse = |text: &str, purpose| parse_address(text, &MAINNET, purpose);
        for text in [STANDARD, INTEGRATED, SUBADDRESS] {
            assert!(parse(text, AddressUse::Payment).is_ok());
        }
        assert!(
            parse(&format!("  {STANDARD}\n"), AddressUse::Staking).is_ok(),
            "white space is forgiven"
        );
        assert_eq!(
            parse(INTEGRATED, AddressUse::Staking),
            Err(AddressFault::IntegratedCannotStake)
        );
        assert_eq!(
            parse(SUBADDRESS, AddressUse::Staking),
            Err(AddressFault::SubaddressCannotStake)
        );
    }

    #[test]
    fn messages_tell_mistypes_from_other_networks_and_coins() {
        let message = |text: &str, prefixes: &AddressPrefixes| {
            parse_address(text, prefixes, AddressUse::Payment)
                .unwrap_err()
                .to_string()
        };
        assert!(message(STANDARD, &TESTNET).contains("Oxen mainnet"));
        assert!(message(MONERO, &MAINNET).contains("Monero"));
        assert!(message(&STANDARD.replace("PK", "P0"), &MAINNET).contains("'0'"));
        assert!(message(&STANDARD.replace("7PK", "7PL"), &MAINNET).contains("mistyped"));
        assert!(message("", &MAINNET).contains("no address"));
    }
}
