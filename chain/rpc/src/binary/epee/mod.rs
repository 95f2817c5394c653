//! Portable storage: the tagged key and value format of Monero's and Oxen's binary endpoints (rpc §3.6).
//!
//! A document is a signature and a section; a section is a count and entries of name, type and value. Everything is bounded:
//! the count of values, the nesting, and every length by the bytes that are left.

mod decode;
mod encode;

pub use decode::EpeeError;

use std::collections::BTreeMap;

/// First bytes of every document, version included.
const SIGNATURE: [u8; 9] = [0x01, 0x11, 0x01, 0x01, 0x01, 0x01, 0x02, 0x01, 0x01];
/// Marks an array of the type in the other bits.
const ARRAY: u8 = 0x80;
/// Most values of one document: enough for 100,000 outputs of two fields.
const MOST_VALUES: usize = 400_000;
/// Deepest nesting.
const DEEPEST: usize = 16;

/// The type byte in front of a value.
mod kind {
    pub(super) const INT64: u8 = 1;
    pub(super) const INT32: u8 = 2;
    pub(super) const INT16: u8 = 3;
    pub(super) const INT8: u8 = 4;
    pub(super) const UINT64: u8 = 5;
    pub(super) const UINT32: u8 = 6;
    pub(super) const UINT16: u8 = 7;
    pub(super) const UINT8: u8 = 8;
    pub(super) const DOUBLE: u8 = 9;
    pub(super) const STRING: u8 = 10;
    pub(super) const BOOL: u8 = 11;
    pub(super) const OBJECT: u8 = 12;
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// An unsigned integer of any width; written with 64 bits.
    Unsigned(u64),
    /// A signed integer of any width; written with 64 bits.
    Signed(i64),
    /// A floating-point number, which no request of ours uses.
    Double(f64),
    /// Bytes: text, hashes, blobs.
    Bytes(Vec<u8>),
    /// A flag.
    Bool(bool),
    /// Named values.
    Section(Section),
    /// Values of one type.
    Array(Vec<Self>),
}

/// Values by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section(BTreeMap<String, Value>);

impl Section {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a value under a name of at most 255 bytes.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// The value under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A number that is not negative.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(Value::as_number)
    }

    /// A flag; false when it is missing.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        match self.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(other) => other.as_number() == Some(1),
            None => false,
        }
    }

    /// Bytes; none when they are missing.
    #[must_use]
    pub fn bytes(&self, name: &str) -> &[u8] {
        match self.get(name) {
            Some(Value::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    /// The elements of an array; none when it is missing.
    #[must_use]
    pub fn array(&self, name: &str) -> &[Value] {
        match self.get(name) {
            Some(Value::Array(values)) => values,
            _ => &[],
        }
    }
}

impl Value {
    /// A number that is not negative.
    #[must_use]
    pub fn as_number(&self) -> Option<u64> {
        match self {
            Self::Unsigned(number) => Some(*number),
            Self::Signed(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Named values.
    #[must_use]
    pub const fn as_section(&self) -> Option<&Section> {
        match self {
            Self::Section(section) => Some(section),
            _ => None,
        }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Section> for Value {
    fn from(section: Section) -> Self {
        Self::Section(section)
    }
}

impl<T: Into<Self>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::Array(values.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Section {
        Section::new()
            .with("block_ids", vec![1_u8; 64])
            .with("start_height", 300_u64)
            .with("prune", true)
            .with("heights", [1_u64, 2, 70_000].into_iter().collect::<Value>())
            .with("inner", Section::new().with("name", "x"))
            .with(
                "list",
                [Section::new().with("a", 1_u64), Section::new()]
                    .into_iter()
                    .collect::<Value>(),
            )
    }

    #[test]
    fn documents_round_trip() {
        let bytes = example().encode();
        assert_eq!(Section::decode(&bytes), Ok(example()));
        assert_eq!(Section::decode(&Section::new().encode()), Ok(Section::new()));
    }

    #[test]
    fn a_small_document_has_the_known_bytes() {
        let document = Section::new().with("height", 5_u64).with("ok", true);
        let expected = concat!(
            "011101010101020101",
            "08",
            "06686569676874",
            "05",
            "0500000000000000",
            "026f6b",
            "0b",
            "01"
        );
        assert_eq!(hex::encode(document.encode()), expected);
    }

    #[test]
    fn every_width_of_integer_is_a_number() {
        for (kind, bytes) in [
            (kind::UINT8, "07"),
            (kind::UINT16, "0700"),
            (kind::UINT32, "07000000"),
            (kind::INT8, "07"),
            (kind::INT16, "0700"),
            (kind::INT32, "07000000"),
            (kind::INT64, "0700000000000000"),
        ] {
            let text = format!("{}0401{}{kind:02x}{bytes}", hex::encode(SIGNATURE), "61");
            let document = Section::decode(&hex::decode(text).unwrap()).unwrap();
            assert_eq!(document.number("a"), Some(7), "type {kind}");
        }
        let negative = format!("{}0401{}{:02x}ff", hex::encode(SIGNATURE), "61", kind::INT8);
        assert_eq!(
            Section::decode(&hex::decode(negative).unwrap()).unwrap().number("a"),
            None
        );
    }

    #[test]
    fn lengths_take_one_two_four_or_eight_bytes() {
        for length in [0_usize, 63, 64, 16_383, 16_384] {
            let document = Section::new().with("b", vec![7_u8; length]);
            assert_eq!(Section::decode(&document.encode()).unwrap().bytes("b").len(), length);
        }
    }

    #[test]
    fn every_cut_and_other_damage_is_refused() {
        let bytes = example().encode();
        for length in 0..bytes.len() {
            assert!(Section::decode(&bytes[..length]).is_err(), "{length} bytes");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(Section::decode(&longer).is_err());
        for place in 0..9 {
            let mut wrong = bytes.clone();
            wrong[place] ^= 1;
            assert_eq!(Section::decode(&wrong), Err(EpeeError::Signature));
        }
        let unknown = format!("{}040161ff", hex::encode(SIGNATURE));
        assert!(Section::decode(&hex::decode(unknown).unwrap()).is_err());
    }

    #[test]
    fn counts_and_nesting_are_bounded_before_anything_is_allocated() {
        let header = hex::encode(SIGNATURE);
        let huge = format!("{header}0401618afeffffff");
        assert!(Section::decode(&hex::decode(huge).unwrap()).is_err());
        let many = [
            hex::decode(format!("{header}04016188")).unwrap(),
            vec![0x82, 0x1a, 0x1e, 0x00],
            vec![1; 500_000],
        ]
        .concat();
        assert_eq!(Section::decode(&many), Err(EpeeError::TooManyValues));
        let deep = format!("{header}{}", "0401610c".repeat(100));
        assert_eq!(Section::decode(&hex::decode(deep).unwrap()), Err(EpeeError::TooDeep));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(tail in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let bytes = [SIGNATURE.as_slice(), &tail].concat();
            if let Ok(section) = Section::decode(&bytes) {
                // A number of another width is written with 64 bits, so only the meaning comes back.
                let again = Section::decode(&section.encode());
                proptest::prop_assert!(again.is_ok());
            }
        }
    }
}
