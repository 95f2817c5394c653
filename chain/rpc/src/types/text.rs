//! Bytes and identifiers in hexadecimal text.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{borrow::Cow, fmt, marker::PhantomData, str::FromStr};

/// A hash, key or key image as a request carries it: kept as text, so that a wrong one is answered with the error code for
/// wrong parameters and not as a malformed request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HexText<T> {
    text: String,
    #[serde(skip)]
    value: PhantomData<T>,
}

impl<T: FromStr> HexText<T> {
    /// What the text says; `None` when it is not of the type.
    #[must_use]
    pub fn value(&self) -> Option<T> {
        self.text.parse().ok()
    }
}

impl<T> HexText<T> {
    /// The text as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Takes text as it is.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            value: PhantomData,
        }
    }
}

impl<T: fmt::Display> From<T> for HexText<T> {
    fn from(value: T) -> Self {
        Self::new(value.to_string())
    }
}

impl<T> fmt::Debug for HexText<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Bytes written as lower-case hexadecimal text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct HexBytes(pub Vec<u8>);

impl From<Vec<u8>> for HexBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for HexBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        hex::decode(text.as_bytes()).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_types::Hash;

    #[test]
    fn a_wrong_hash_parses_as_text_and_not_as_a_value() {
        let good: HexText<Hash> = serde_json::from_str(&format!("\"{}\"", "ab".repeat(32))).unwrap();
        assert_eq!(good.value(), Some(Hash::new([0xab; 32])));
        let wrong: HexText<Hash> = serde_json::from_str("\"abcd\"").unwrap();
        assert_eq!((wrong.value(), wrong.as_str()), (None, "abcd"));
    }

    #[test]
    fn bytes_round_trip_as_hexadecimal() {
        let bytes = HexBytes(vec![0, 255]);
        let text = serde_json::to_string(&bytes).unwrap();
        assert_eq!(text, "\"00ff\"");
        assert_eq!(serde_json::from_str::<HexBytes>(&text).unwrap(), bytes);
        assert!(serde_json::from_str::<HexBytes>("\"0\"").is_err());
    }
}
