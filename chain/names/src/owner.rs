//! Owners of names as users write them: an address, or an ed25519 key in hexadecimal.

use oxen_crypto::address::{Address, AddressError, AddressKind, AddressPrefixes};
use oxen_types::{PublicKey, extra::NameOwner};
use thiserror::Error;

/// Why text is not an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OwnerError {
    /// Neither an address of the network nor a key.
    #[error("an owner is an address of this network, or an ed25519 key of 64 hexadecimal characters: {0}")]
    NotAnOwner(#[source] AddressError),
    /// An address with a payment id.
    #[error("an integrated address cannot own a name; take the address without the payment id")]
    Integrated,
}

/// The address as an owner.
///
/// # Errors
/// [`OwnerError::Integrated`].
pub const fn owner_of(address: &Address) -> Result<NameOwner, OwnerError> {
    let subaddress_flag = match address.kind() {
        AddressKind::Standard => 0,
        AddressKind::Subaddress => 1,
        AddressKind::Integrated(_) => return Err(OwnerError::Integrated),
    };
    Ok(NameOwner::Wallet {
        spend_key: address.spend(),
        view_key: address.view(),
        subaddress_flag,
    })
}

/// Reads an owner.
///
/// # Errors
/// [`OwnerError`].
pub fn parse_owner(text: &str, prefixes: &AddressPrefixes) -> Result<NameOwner, OwnerError> {
    if let Ok(key) = text.parse::<PublicKey>() {
        return Ok(NameOwner::Ed25519(key));
    }
    let address = Address::parse(text, prefixes).map_err(OwnerError::NotAnOwner)?;
    owner_of(&address)
}

/// Writes an owner. Keys that are no points of the curve, which own nothing, are written as an address all the same.
#[must_use]
pub fn owner_text(owner: &NameOwner, prefixes: &AddressPrefixes) -> String {
    match owner {
        NameOwner::Ed25519(key) => key.to_string(),
        NameOwner::Wallet {
            spend_key,
            view_key,
            subaddress_flag,
        } => {
            let kind = match subaddress_flag {
                0 => AddressKind::Standard,
                _ => AddressKind::Subaddress,
            };
            Address::new(kind, *spend_key, *view_key)
                .map_or_else(|_| format!("{spend_key}{view_key}"), |address| address.encode(prefixes))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_crypto::{AccountKeys, SubaddressIndex};
    use oxen_types::{Network, PaymentId};

    #[test]
    fn every_owner_comes_back_from_its_text() {
        let prefixes = Network::mainnet().address_prefixes;
        let keys = AccountKeys::from_seed(&[3; 32]).view_keys();
        let primary = Address::of_account(&keys, SubaddressIndex::new(0, 0)).unwrap();
        let subaddress = Address::of_account(&keys, SubaddressIndex::new(0, 1)).unwrap();
        for owner in [
            owner_of(&primary).unwrap(),
            owner_of(&subaddress).unwrap(),
            NameOwner::Ed25519(PublicKey::new([9; 32])),
        ] {
            assert_eq!(parse_owner(&owner_text(&owner, &prefixes), &prefixes), Ok(owner));
        }
        let integrated = primary.with_payment_id(PaymentId::new([1; 8])).unwrap();
        assert_eq!(
            parse_owner(&integrated.encode(&prefixes), &prefixes),
            Err(OwnerError::Integrated)
        );
        assert!(matches!(parse_owner("me", &prefixes), Err(OwnerError::NotAnOwner(_))));
    }

    #[test]
    fn keys_that_are_no_points_are_shown_all_the_same() {
        let owner = NameOwner::Wallet {
            spend_key: PublicKey::new([0xff; 32]),
            view_key: PublicKey::ZERO,
            subaddress_flag: 0,
        };
        let text = owner_text(&owner, &Network::mainnet().address_prefixes);
        assert_eq!(text, format!("{}{}", "ff".repeat(32), "00".repeat(32)));
    }
}
