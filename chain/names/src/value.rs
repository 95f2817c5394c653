//! What names point to (chain §6.4).

use crate::{base32z, kind::NameKind, name::LOKINET_SUFFIX};
use oxen_crypto::address::{Address, AddressError, AddressKind, AddressPrefixes};
use oxen_types::{PaymentId, PublicKey};
use thiserror::Error;

/// First byte of every Session id.
const SESSION_PREFIX: u8 = 0x05;
/// Bytes of a Session id.
pub const SESSION_BYTES: usize = 33;
/// Bytes of an onion service's key.
pub const LOKINET_BYTES: usize = 32;
/// Bytes of an address without a payment id: a byte for its kind and two keys.
pub const WALLET_BYTES: usize = 1 + 2 * PublicKey::LENGTH;
/// Bytes of an address with a payment id.
pub const INTEGRATED_WALLET_BYTES: usize = WALLET_BYTES + PaymentId::LENGTH;

/// The value of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameValue {
    /// A Session id: 05 and 32 bytes.
    Session([u8; SESSION_BYTES]),
    /// Where to pay to.
    Wallet(Address),
    /// The ed25519 key of an onion service.
    Lokinet([u8; LOKINET_BYTES]),
}

/// Why text or bytes are not the value of a name; one variant for each rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameValueError {
    /// A Session id has another length.
    #[error("a session id is 66 hexadecimal characters beginning with 05; these are {found}")]
    SessionLength {
        /// Characters found.
        found: usize,
    },
    /// A Session id that is no hexadecimal text.
    #[error("a session id is hexadecimal: only 0-9 and a-f are allowed")]
    SessionNotHexadecimal,
    /// A Session id begins with 05.
    #[error("a session id begins with 05, not with {found:02x}")]
    SessionPrefix {
        /// First byte found.
        found: u8,
    },
    /// The text is not an address of this network.
    #[error("a wallet name points to an address of this network: {0}")]
    Address(#[from] AddressError),
    /// The text is no onion address.
    #[error("a lokinet name points to an onion address: 52 characters of base32z, the last of them y or o, then .loki")]
    OnionAddress,
    /// Decrypted bytes have a length that no value of the kind has.
    #[error("the value of a {kind} name does not have {found} bytes")]
    PlaintextLength {
        /// The register.
        kind: NameKind,
        /// Bytes found.
        found: usize,
    },
    /// The decrypted address says that it is of a kind that does not exist.
    #[error("the decrypted address is of kind {found}, which does not exist")]
    AddressKind {
        /// The byte found.
        found: u8,
    },
}

impl NameValue {
    /// Reads what a user writes: 66 hexadecimal characters, an address of the network, or an onion address.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn parse(kind: NameKind, text: &str, prefixes: &AddressPrefixes) -> Result<Self, NameValueError> {
        match kind {
            NameKind::Session => parse_session(text),
            NameKind::Wallet => Ok(Self::Wallet(Address::parse(text, prefixes)?)),
            NameKind::Lokinet => text
                .to_ascii_lowercase()
                .strip_suffix(LOKINET_SUFFIX)
                .and_then(base32z::decode)
                .map(Self::Lokinet)
                .ok_or(NameValueError::OnionAddress),
        }
    }

    /// The text that [`Self::parse`] reads.
    #[must_use]
    pub fn text(&self, prefixes: &AddressPrefixes) -> String {
        match self {
            Self::Session(id) => id.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Wallet(address) => address.encode(prefixes),
            Self::Lokinet(key) => format!("{}{LOKINET_SUFFIX}", base32z::encode(key)),
        }
    }

    /// The register whose names may point to it.
    #[must_use]
    pub const fn kind(&self) -> NameKind {
        match self {
            Self::Session(_) => NameKind::Session,
            Self::Wallet(_) => NameKind::Wallet,
            Self::Lokinet(_) => NameKind::Lokinet,
        }
    }

    /// The bytes that are encrypted. An address is a byte for its kind (0 primary, 1 subaddress, 2 with a payment id), spend
    /// key, view key, and the payment id.
    #[must_use]
    pub fn to_plaintext(&self) -> Vec<u8> {
        match self {
            Self::Session(id) => id.to_vec(),
            Self::Lokinet(key) => key.to_vec(),
            Self::Wallet(address) => {
                let (kind, payment_id) = match address.kind() {
                    AddressKind::Standard => (0, None),
                    AddressKind::Subaddress => (1, None),
                    AddressKind::Integrated(id) => (2, Some(id)),
                };
                let mut bytes = vec![kind];
                bytes.extend_from_slice(address.spend().as_bytes());
                bytes.extend_from_slice(address.view().as_bytes());
                bytes.extend(payment_id.iter().flat_map(|id| id.to_bytes()));
                bytes
            }
        }
    }

    /// Reads decrypted bytes.
    ///
    /// # Errors
    /// They are no value of the kind.
    pub fn from_plaintext(kind: NameKind, bytes: &[u8]) -> Result<Self, NameValueError> {
        let length = NameValueError::PlaintextLength {
            kind,
            found: bytes.len(),
        };
        match kind {
            NameKind::Session => check_session(bytes.try_into().map_err(|_| length)?),
            NameKind::Lokinet => Ok(Self::Lokinet(bytes.try_into().map_err(|_| length)?)),
            NameKind::Wallet => read_address(bytes, length).map(Self::Wallet),
        }
    }

    /// True when a value of this kind may have this many bytes.
    #[must_use]
    pub const fn is_plaintext_length(kind: NameKind, length: usize) -> bool {
        match kind {
            NameKind::Session => length == SESSION_BYTES,
            NameKind::Lokinet => length == LOKINET_BYTES,
            NameKind::Wallet => length == WALLET_BYTES || length == INTEGRATED_WALLET_BYTES,
        }
    }
}

fn parse_session(text: &str) -> Result<NameValue, NameValueError> {
    let found = text.chars().count();
    if found != 2 * SESSION_BYTES {
        return Err(NameValueError::SessionLength { found });
    }
    let digits: Vec<u8> = text
        .chars()
        .map(|character| character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()
        .ok_or(NameValueError::SessionNotHexadecimal)?;
    let (pairs, _) = digits.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    check_session(bytes.try_into().map_err(|_| NameValueError::SessionLength { found })?)
}

const fn check_session(id: [u8; SESSION_BYTES]) -> Result<NameValue, NameValueError> {
    let [found, ..] = id;
    if found == SESSION_PREFIX {
        Ok(NameValue::Session(id))
    } else {
        Err(NameValueError::SessionPrefix { found })
    }
}

fn read_address(bytes: &[u8], length: NameValueError) -> Result<Address, NameValueError> {
    let Some(((kind, rest), true)) = bytes
        .split_first()
        .map(|parts| (parts, NameValue::is_plaintext_length(NameKind::Wallet, bytes.len())))
    else {
        return Err(length);
    };
    let (spend, rest) = rest.split_first_chunk().ok_or_else(|| length.clone())?;
    let (view, rest) = rest.split_first_chunk().ok_or_else(|| length.clone())?;
    let kind = match (kind, rest.first_chunk()) {
        (0, None) => AddressKind::Standard,
        (1, None) => AddressKind::Subaddress,
        (2, Some(id)) => AddressKind::Integrated(PaymentId::new(*id)),
        (0..=2, _) => return Err(length),
        (found, _) => return Err(NameValueError::AddressKind { found: *found }),
    };
    Ok(Address::new(kind, PublicKey::new(*spend), PublicKey::new(*view))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_crypto::{AccountKeys, SubaddressIndex};
    use oxen_types::Network;

    fn prefixes() -> AddressPrefixes {
        Network::mainnet().address_prefixes
    }

    fn addresses() -> [Address; 3] {
        let keys = AccountKeys::from_seed(&[7; 32]).view_keys();
        let primary = Address::of_account(&keys, SubaddressIndex::new(0, 0)).unwrap();
        [
            primary,
            Address::of_account(&keys, SubaddressIndex::new(1, 2)).unwrap(),
            primary.with_payment_id(PaymentId::new([9; 8])).unwrap(),
        ]
    }

    #[test]
    fn every_kind_of_value_comes_back_from_text_and_from_bytes() {
        let mut session = [0xaa; SESSION_BYTES];
        session[0] = 5;
        let mut values = vec![NameValue::Session(session), NameValue::Lokinet([0x61; 32])];
        values.extend(addresses().map(NameValue::Wallet));
        for value in values {
            let text = value.text(&prefixes());
            assert_eq!(NameValue::parse(value.kind(), &text, &prefixes()), Ok(value), "{text}");
            let bytes = value.to_plaintext();
            assert!(NameValue::is_plaintext_length(value.kind(), bytes.len()));
            assert_eq!(NameValue::from_plaintext(value.kind(), &bytes), Ok(value));
        }
    }

    #[test]
    fn the_text_of_a_session_id_has_each_fault_named() {
        let parse = |text: &str| NameValue::parse(NameKind::Session, text, &prefixes());
        assert_eq!(parse("05ab"), Err(NameValueError::SessionLength { found: 4 }));
        assert_eq!(parse(&"0g".repeat(33)), Err(NameValueError::SessionNotHexadecimal));
        let wrong = parse(&format!("06{}", "ab".repeat(32))).unwrap_err();
        assert_eq!(wrong.to_string(), "a session id begins with 05, not with 06");
        assert!(parse(&format!("05{}", "AB".repeat(32))).is_ok());
    }

    #[test]
    fn an_onion_address_is_52_characters_and_the_suffix() {
        let parse = |text: &str| NameValue::parse(NameKind::Lokinet, text, &prefixes());
        let good = format!("{}o.loki", "n".repeat(51));
        assert!(parse(&good).is_ok());
        for wrong in [
            good.trim_end_matches(".loki").to_owned(),
            good.replace("o.loki", "n.loki"),
            good.replacen('n', "l", 1),
            format!("y{good}"),
        ] {
            assert_eq!(parse(&wrong), Err(NameValueError::OnionAddress), "{wrong}");
        }
    }

    #[test]
    fn an_address_of_another_network_is_refused() {
        let [primary, ..] = addresses();
        let text = primary.encode(&Network::testnet().address_prefixes);
        let error = NameValue::parse(NameKind::Wallet, &text, &prefixes()).unwrap_err();
        assert!(matches!(
            error,
            NameValueError::Address(AddressError::WrongNetwork { prefix: 156 })
        ));
    }

    #[test]
    fn bytes_of_a_wrong_kind_or_length_are_refused() {
        let [primary, subaddress, integrated] = addresses().map(|address| NameValue::Wallet(address).to_plaintext());
        let read = |bytes: &[u8]| NameValue::from_plaintext(NameKind::Wallet, bytes);
        let length = |found| {
            Err(NameValueError::PlaintextLength {
                kind: NameKind::Wallet,
                found,
            })
        };
        assert_eq!(read(&[]), length(0));
        assert_eq!(read(&primary[..64]), length(64));
        let with_kind = |kind: u8, bytes: &[u8]| [&[kind], &bytes[1..]].concat();
        assert_eq!(
            read(&with_kind(2, &subaddress)),
            length(65),
            "an integrated address has a payment id"
        );
        assert_eq!(
            read(&with_kind(0, &integrated)),
            length(73),
            "a primary address has none"
        );
        assert_eq!(
            read(&with_kind(3, &primary)),
            Err(NameValueError::AddressKind { found: 3 })
        );
        assert_eq!(
            NameValue::from_plaintext(NameKind::Lokinet, &primary),
            Err(NameValueError::PlaintextLength {
                kind: NameKind::Lokinet,
                found: 65
            })
        );
    }
}
