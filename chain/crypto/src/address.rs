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
