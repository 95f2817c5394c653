//! Addresses as text.

use oxen_crypto::base58;
use oxen_staking_rules::Recipient;
use oxen_types::{codec::write_varint, network::AddressPrefixes};

/// The standard address of a recipient, or its account on L2. The keys are not looked at: a stake may name keys that nobody has, and then its address
/// is still told.
#[must_use]
pub fn recipient_address(recipient: &Recipient, prefixes: &AddressPrefixes) -> String {
    let (spend, view) = match recipient {
        Recipient::Oxen { spend, view } => (spend, view),
        Recipient::Ethereum(address) => return format!("0x{address}"),
    };
    let mut payload = Vec::with_capacity(80);
    write_varint(&mut payload, prefixes.standard);
    payload.extend_from_slice(spend.as_bytes());
    payload.extend_from_slice(view.as_bytes());
    base58::encode_check(&payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_crypto::Address;
    use oxen_types::{Network, PublicKey};

    #[test]
    fn an_address_is_read_back_as_its_keys() {
        let text = "L5yYM5GZdUS4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfJM5y7PK";
        let prefixes = Network::mainnet().address_prefixes;
        let address = Address::parse(text, &prefixes).unwrap();
        let recipient = Recipient::Oxen {
            spend: address.spend(),
            view: address.view(),
        };
        assert_eq!(recipient_address(&recipient, &prefixes), text);
    }

    #[test]
    fn keys_that_are_no_points_have_an_address_too() {
        let nobody = Recipient::Oxen {
            spend: PublicKey::new([0xff; 32]),
            view: PublicKey::new([0xff; 32]),
        };
        assert!(recipient_address(&nobody, &Network::mainnet().address_prefixes).starts_with('L'));
    }
}
