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
