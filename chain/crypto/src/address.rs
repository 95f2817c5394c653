//! Addresses as users write them: base58 of a network tag, two keys and a checksum (chain §1.6).

use crate::{
    base58::{self, Base58Error},
    keys::{KeyError, ViewKeys, is_valid_public_key},
    subaddress::{self, SubaddressIndex},
};
use oxen_types::{
    PaymentId, PublicKey,
    codec::{Reader, write_varint},
};
use std::fmt;
use thiserror::Error;

pub use oxen_types::network::AddressPrefixes;

/// Longer text is no address of any network, and is not looked at.
const MAXIMUM_CHARACTERS: usize = 256;

/// What an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressKind {
    /// An account's primary address.
    Standard,
    /// A subaddress.
    Subaddress,
    /// A primary address with a payment id in the clear.
    Integrated(PaymentId),
}

/// Where to pay to: two keys that decode, and their kind. The network is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address {
    kind: AddressKind,
    spend: PublicKey,
    view: PublicKey,
}

/// Why text is not an address of the expected network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Longer than any address.
    #[error("too long for an address: {characters} characters")]
    TooLong {
        /// How many.
        characters: usize,
    },
    /// Not base58 with a good checksum; says which.
    #[error("not an address: {0}")]
    Text(#[from] Base58Error),
    /// The tag in front is not a canonical varint.
    #[error("not an address: it starts with no network tag")]
    InvalidTag,
    /// A good address of some other network or coin.
    #[error("an address of {}; use one of this network", WrongNetwork(*.prefix))]
    WrongNetwork {
        /// The tag that was found; [`name_known_prefix`] knows some.
        prefix: u64,
    },
    /// The tag is right and the data behind it has another length than that kind of address.
    #[error("an address of this kind carries {expected} bytes, this one {found}")]
    WrongLength {
        /// Bytes behind the tag that the kind has.
        expected: usize,
        /// Bytes behind the tag that were found.
        found: usize,
    },
    /// The spend key is no point of the curve.
    #[error("the address carries a spend key that nobody can have")]
    InvalidSpendKey,
    /// The view key is no point of the curve.
    #[error("the address carries a view key that nobody can have")]
    InvalidViewKey,
}

/// Prints a tag's network, or the tag.
struct WrongNetwork(u64);

impl fmt::Display for WrongNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match name_known_prefix(self.0) {
            Some(name) => f.write_str(name),
            None => write!(f, "an unknown network (tag {})", self.0),
        }
    }
}

/// The network or coin whose addresses start with this tag, if it is a known one.
#[must_use]
pub const fn name_known_prefix(prefix: u64) -> Option<&'static str> {
    Some(match prefix {
        114..=116 => "Oxen mainnet",
        156..=158 => "Oxen testnet",
        3930 | 4442 | 5850 => "Oxen devnet",
        4888 | 5272 | 5656 => "Oxen stagenet",
        18 | 19 | 42 => "Monero",
        53 | 54 | 63 => "Monero testnet",
        24 | 25 | 36 => "Monero stagenet",
        _ => return None,
    })
}

impl Address {
    /// An address of these keys.
    ///
    /// # Errors
    /// [`AddressError::InvalidSpendKey`] or [`AddressError::InvalidViewKey`] if one does not decode.
    pub fn new(kind: AddressKind, spend: PublicKey, view: PublicKey) -> Result<Self, AddressError> {
        if !is_valid_public_key(&spend) {
            return Err(AddressError::InvalidSpendKey);
        }
        if !is_valid_public_key(&view) {
            return Err(AddressError::InvalidViewKey);
        }
        Ok(Self { kind, spend, view })
    }

    /// The account's address at `index`: the primary one or a subaddress.
    ///
    /// # Errors
    /// [`KeyError::InvalidPoint`] if the account's spend key does not decode.
    pub fn of_account(account: &ViewKeys, index: SubaddressIndex) -> Result<Self, KeyError> {
        let keys = subaddress::public_keys(account, index)?;
        let kind = if index.is_primary() {
            AddressKind::Standard
        } else {
            AddressKind::Subaddress
        };
        Ok(Self {
            kind,
            spend: keys.spend,
            view: keys.view,
        })
    }

    /// The same keys with a payment id; nothing for a subaddress, which cannot carry one.
    #[must_use]
    pub fn with_payment_id(self, id: PaymentId) -> Option<Self> {
        match self.kind {
            AddressKind::Subaddress => None,
            AddressKind::Standard | AddressKind::Integrated(_) => Some(Self {
                kind: AddressKind::Integrated(id),
                ..self
            }),
        }
    }

    /// Reads an address of the network with these prefixes.
    ///
    /// # Errors
    /// Any [`AddressError`], each for its own fault; white space around the text is a fault too.
    pub fn parse(text: &str, prefixes: &AddressPrefixes) -> Result<Self, AddressError> {
        if text.len() > MAXIMUM_CHARACTERS {
            return Err(AddressError::TooLong {
                characters: text.chars().count(),
            });
        }
        let payload = base58::decode_check(text)?;
        let mut reader = Reader::new(&payload);
        let prefix = reader.varint_u64("address tag").map_err(|_| AddressError::InvalidTag)?;
        let body = reader.remaining();
        let expected = Self::body_length(prefix, prefixes)?;
        let wrong_length = AddressError::WrongLength {
            expected,
            found: body.len(),
        };
        if body.len() != expected {
            return Err(wrong_length);
        }
        let (spend, rest) = body.split_first_chunk().ok_or(wrong_length)?;
        let (view, rest) = rest.split_first_chunk().ok_or(wrong_length)?;
        let kind = match rest.first_chunk() {
            Some(id) => AddressKind::Integrated(PaymentId::new(*id)),
            None if prefix == prefixes.subaddress => AddressKind::Subaddress,
            None => AddressKind::Standard,
        };
        Self::new(kind, PublicKey::new(*spend), PublicKey::new(*view))
    }

    /// Bytes behind the tag `prefix` on the network with these prefixes.
    fn body_length(prefix: u64, prefixes: &AddressPrefixes) -> Result<usize, AddressError> {
        const KEYS: usize = 2 * PublicKey::LENGTH;
        if prefix == prefixes.standard || prefix == prefixes.subaddress {
            Ok(KEYS)
        } else if prefix == prefixes.integrated {
            Ok(KEYS + PaymentId::LENGTH)
        } else {
            Err(AddressError::WrongNetwork { prefix })
        }
    }

    /// Writes the address for the network with these prefixes.
    #[must_use]
    pub fn encode(&self, prefixes: &AddressPrefixes) -> String {
        let prefix = match self.kind {
            AddressKind::Standard => prefixes.standard,
            AddressKind::Subaddress => prefixes.subaddress,
            AddressKind::Integrated(_) => prefixes.integrated,
        };
        let mut payload = Vec::with_capacity(80);
        write_varint(&mut payload, prefix);
        payload.extend_from_slice(self.spend.as_bytes());
        payload.extend_from_slice(self.view.as_bytes());
        if let AddressKind::Integrated(id) = self.kind {
            payload.extend_from_slice(id.as_bytes());
        }
        base58::encode_check(&payload)
    }

    /// What the address is.
    #[must_use]
    pub const fn kind(&self) -> AddressKind {
        self.kind
    }

    /// The public spend key.
    #[must_use]
    pub const fn spend(&self) -> PublicKey {
        self.spend
    }

    /// The public view key.
    #[must_use]
    pub const fn view(&self) -> PublicKey {
        self.view
    }

    /// The payment id of an integrated address.
    #[must_use]
    pub const fn payment_id(&self) -> Option<PaymentId> {
        match self.kind {
            AddressKind::Integrated(id) => Some(id),
            AddressKind::Standard | AddressKind::Subaddress => None,
        }
    }

    /// True for a subaddress, whose outputs need the subaddress' transaction key (chain §1.5).
    #[must_use]
    pub const fn is_subaddress(&self) -> bool {
        matches!(self.kind, AddressKind::Subaddress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountKeys;
    use proptest::prelude::*;

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
    const DEVNET: AddressPrefixes = AddressPrefixes {
        standard: 3930,
        integrated: 4442,
        subaddress: 5850,
    };
    const STAGENET: AddressPrefixes = AddressPrefixes {
        standard: 4888,
        integrated: 5272,
        subaddress: 5656,
    };

    const PRIMARY: &str =
        "L5yYM5GZdUS4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfJM5y7PK";

    /// The account of chain §8.1.
    fn account() -> AccountKeys {
        let seed = "148d78d2aba7dbca5cd8f6abcfb0b3c009ffbdbea1ff373d50ed94d78286640e";
        AccountKeys::from_seed(&hex::decode(seed).unwrap().try_into().unwrap())
    }

    fn at(major: u32, minor: u32) -> Address {
        Address::of_account(&account().view_keys(), SubaddressIndex::new(major, minor)).unwrap()
    }

    fn integrated() -> Address {
        at(0, 0).with_payment_id("0123456789abcdef".parse().unwrap()).unwrap()
    }

    #[test]
    fn the_known_account_has_the_known_keys() {
        let keys = account();
        for (found, known) in [
            (
                keys.view.public_key(),
                "231c9bf8341c6a870d92e3fb98063a90a355fb8dbf74a8561b9d7f9273247e99",
            ),
            (
                keys.spend.public_key(),
                "1b3bd040020d3712ab84992b773d0a965134eb2df0392fb84af95de8a17be2ab",
            ),
            (
                at(0, 1).spend(),
                "337d469a9937f3a1aaa4d3a4f108d69ae727cff85a18232edb33f091ce9914be",
            ),
            (
                at(0, 1).view(),
                "34342d97aa5854e92b70e2196f433f961d2c6e5843e1c200124f88cc890926bf",
            ),
        ] {
            assert_eq!(found.to_string(), known);
        }
        let view = "49774391fa5e8d249fc2c5b45dadef13534bf2483dede880dac88f061e809100";
        assert_eq!(hex::encode(*keys.view.to_bytes()), view);
    }

    #[test]
    fn every_kind_on_every_network_has_the_known_form() {
        for (prefixes, address, text) in [
            (MAINNET, at(0, 0), PRIMARY),
            (
                MAINNET,
                integrated(),
                "LFgDMt64Ejx4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfSbLRB61BQVATzAEnoX",
            ),
            (
                MAINNET,
                at(0, 1),
                "LSJCWHBSRB8U3NN1VpFRndSukeyEb3Xpv8qZjjsoJZnTYpDYceuUTpog13D7qPxpviS7J29bSgSkR11hFFoXWk2yNbCFKSi",
            ),
            (
                MAINNET,
                at(1, 0),
                "LQiA9rGWVYu3LUMssBCumk3MfyEsFqLAaGDf6oxddu61EgSFzt8gCwUD4tr3kp9TUfdPs2CnpD7xLZzyC1Ei9UsW3paQtDt",
            ),
            (
                MAINNET,
                at(1, 1),
                "LVjkq865EQnikVBmG1TaP1KumZ3hB3Q5f4wZRjuppNdwYjWzs2RgbLYQgtpdu2YdoTT3EZhiUGaPJQt2FsykeFZbCu7ACcS",
            ),
            (
                TESTNET,
                at(0, 0),
                "T6SNDNJxx9zADH2pu4VKVE2mi7f4WS53W8ywgQWPWGcieuyAoNPa3F1JpT9772RTBBAo9vLfYKTzbVA5GR48bBf1263YAhZFD",
            ),
            (
                TESTNET,
                integrated(),
                "TG93EB8TZRWADH2pu4VKVE2mi7f4WS53W8ywgQWPWGcieuyAoNPa3F1JpT9772RTBBAo9vLfYKTzbVA5GR48bBf1NBA3qjZ8JDx2mYsKPsbE",
            ),
            (
                TESTNET,
                at(0, 1),
                "TRqvKYUptjYhkXnisKyqe7ctwR65mj71q6tKXkNezVVz4UEWaH16QjHFCjzmGhzU6EBdsKV1LDqzgZT3epTRtQfz1LJ6Ttoun",
            ),
            (
                DEVNET,
                at(0, 0),
                "dV1p1ezWEC4ADH2pu4VKVE2mi7f4WS53W8ywgQWPWGcieuyAoNPa3F1JpT9772RTBBAo9vLfYKTzbVA5GR48bBf1263VPeqQJ",
            ),
            (
                STAGENET,
                at(0, 0),
                "ST2zwLnZRm6ADH2pu4VKVE2mi7f4WS53W8ywgQWPWGcieuyAoNPa3F1JpT9772RTBBAo9vLfYKTzbVA5GR48bBf1263SDwrbf",
            ),
        ] {
            assert_eq!(address.encode(&prefixes), text);
            assert_eq!(Address::parse(text, &prefixes), Ok(address));
        }
    }

    #[test]
    fn spend_keys_have_the_addresses_of_the_reference() {
        for (prefixes, spend, text) in [
            (
                TESTNET,
                "d6a2eac72d1432fb816793aa7e8e86947116ac1423cbad5804ca49893e03b00c",
                "T6SYSC9FVpn15BGNpYYx3dHiATyjXoyqbSGBqgu5QbqEUmETnGSFqjtay42DBs6yZpVbgJcyhsbDUcUL3msN4GyW2HhR7aTmh",
            ),
            (
                TESTNET,
                "018f2288a77909f312baacbeabc192a53119edc53364d7ee64ac226392c6560e",
                "T6Td9RNPPsMMApoxc59GLiVDS9a82FL2cNEwdMUCGWDLYTLv7e7rvi99aWdF4M2V1zN7q1Vdf1mage87SJ9gcgSu1wJZu3rFs",
            ),
            (
                TESTNET,
                "2dd6e34a234c3e8b5d29a371789e4601e96dee4ea6f7ef79224d1a2d91164c01",
                "T6SkvQ3GyyNRnY5UAw3sMZLTExBSCLvpCAP8sdPuPhJ2BjfsUoBes3eGUJx2fZf7S8Fsa7urJ7LamRTt4uucAtqk1wiLrE6zj",
            ),
            (
                MAINNET,
                "6900dea9753f5c7ced87b53bdcfb109a8417bca6a2797a708194157b227fb60b",
                "L9RC2M6GkcAjZxUU7a6dT81rWj4HT7URmJxAij4QEnZ9X5JPFYKZaGjRA6PqdRQTy5NYqvoj4pH59HviKv3axgTd9bz9yqa",
            ),
        ] {
            let keys = AccountKeys::from_seed(&hex::decode(spend).unwrap().try_into().unwrap());
            let address = Address::of_account(&keys.view_keys(), SubaddressIndex::PRIMARY).unwrap();
            assert_eq!(address.encode(&prefixes), text);
        }
    }

    /// The body of the upstream test address of chain §8.1.
    const UPSTREAM_BODY: &str = "123a9342d6a27e8eee0d539a6fa30033c6a907696a52a523e7bfe5aece388d1d\
        8008ec7d8f780d8ae072277ad3637bea92967e6666976a2ec7ad82a25329b0e9";

    fn encode_body(prefix: u64, body: &[u8]) -> String {
        let mut payload = Vec::new();
        write_varint(&mut payload, prefix);
        payload.extend_from_slice(body);
        base58::encode_check(&payload)
    }

    #[test]
    fn damaged_bodies_are_refused_each_for_its_fault() {
        let body = hex::decode(UPSTREAM_BODY).unwrap();
        let parse = |body: &[u8]| Address::parse(&encode_body(114, body), &MAINNET);
        let text = "L5dkQUgpdssQubjyfnkLTh9fHx2ScppAQ71Kv3jdn7rL5wBvMZ4GQWxQEH9QPcn8bLgEebMZqSeZF8pppfi2FGWbTPeQFoL";
        assert_eq!(encode_body(114, &body), text);
        assert!(Address::parse(text, &MAINNET).is_ok());
        let mut bad_spend = body.clone();
        bad_spend[0] = 0;
        assert_eq!(parse(&bad_spend), Err(AddressError::InvalidSpendKey));
        let mut bad_view = body.clone();
        bad_view[63] = 0;
        assert_eq!(parse(&bad_view), Err(AddressError::InvalidViewKey));
        assert_eq!(
            parse(&body[..63]),
            Err(AddressError::WrongLength {
                expected: 64,
                found: 63
            })
        );
        assert_eq!(
            parse(&body[1..]),
            Err(AddressError::WrongLength {
                expected: 64,
                found: 63
            })
        );
        assert_eq!(parse(&[]), Err(AddressError::WrongLength { expected: 64, found: 0 }));
        assert_eq!(
            Address::parse(&encode_body(115, &body), &MAINNET),
            Err(AddressError::WrongLength {
                expected: 72,
                found: 64
            })
        );
    }

    #[test]
    fn each_fault_of_the_text_has_its_own_error() {
        let text = |reason| Err(AddressError::Text(reason));
        let wrong_character = PRIMARY.replacen('5', "0", 1);
        let reason = Base58Error::InvalidCharacter {
            character: '0',
            place: 2,
        };
        assert_eq!(Address::parse(&wrong_character, &MAINNET), text(reason));
        assert_eq!(
            Address::parse(&PRIMARY.replacen("Y", "Z", 1), &MAINNET),
            text(Base58Error::BadChecksum)
        );
        assert_eq!(
            Address::parse(&PRIMARY[..92], &MAINNET),
            text(Base58Error::InvalidLength)
        );
        assert_eq!(Address::parse("", &MAINNET), text(Base58Error::InvalidLength));
        assert_eq!(Address::parse("jerj2e4mESo", &MAINNET), Err(AddressError::InvalidTag));
        assert_eq!(
            Address::parse(&"1".repeat(300), &MAINNET),
            Err(AddressError::TooLong { characters: 300 })
        );
    }

    #[test]
    fn addresses_of_other_networks_and_of_monero_are_named() {
        for (prefix, name) in [
            (114, "Oxen mainnet"),
            (115, "Oxen mainnet"),
            (116, "Oxen mainnet"),
            (158, "Oxen testnet"),
            (5850, "Oxen devnet"),
            (4888, "Oxen stagenet"),
            (18, "Monero"),
            (19, "Monero"),
            (42, "Monero"),
            (53, "Monero testnet"),
            (36, "Monero stagenet"),
        ] {
            let prefixes = if prefix == 158 { MAINNET } else { TESTNET };
            let text = encode_body(prefix, &hex::decode(UPSTREAM_BODY).unwrap());
            let error = Address::parse(&text, &prefixes).unwrap_err();
            assert_eq!(error, AddressError::WrongNetwork { prefix });
            assert!(error.to_string().contains(name), "{error}");
        }
        let unknown = Address::parse(&encode_body(7, &[]), &MAINNET).unwrap_err();
        assert!(unknown.to_string().contains("tag 7"), "{unknown}");
    }

    #[test]
    fn a_subaddress_takes_no_payment_id() {
        assert_eq!(at(0, 1).with_payment_id(PaymentId::ZERO), None);
        assert_eq!(at(0, 0).payment_id(), None);
        assert_eq!(
            integrated().payment_id().map(|id| id.to_string()),
            Some("0123456789abcdef".to_owned())
        );
    }

    proptest! {
        #[test]
        fn one_wrong_character_never_passes(place in 0_usize..95, replacement in 0_usize..58) {
            let alphabet = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
            let mut text = PRIMARY.as_bytes().to_vec();
            prop_assume!(text[place] != alphabet[replacement]);
            text[place] = alphabet[replacement];
            prop_assert!(Address::parse(std::str::from_utf8(&text).unwrap(), &MAINNET).is_err());
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = Address::parse(&text, &MAINNET);
        }
    }
}
