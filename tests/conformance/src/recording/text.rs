//! Small forms that recorded values have: bytes as hexadecimal text, answers of RPC methods.

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use serde_json::Value;

/// Bytes written as hexadecimal text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct HexBytes(pub Vec<u8>);

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        hex::decode(text).map(Self).map_err(D::Error::custom)
    }
}

impl std::fmt::Debug for HexBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

/// Reads the result of an RPC method, recorded either bare or inside its JSON-RPC envelope.
///
/// # Errors
/// It is neither.
pub fn rpc_result<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let mut value = Value::deserialize(deserializer)?;
    if let Some(result) = value.get_mut("result") {
        value = result.take();
    }
    serde_json::from_value(value).map_err(D::Error::custom)
}
