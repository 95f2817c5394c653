//! Fixed-size byte strings with a meaning: hashes, keys, key images, commitments, signatures.
//!
//! They are only bytes here: whether 32 of them are a curve point is for `chain/crypto` to say. Each prints and parses as
//! lower-case hexadecimal, has a SCALE row form and a consensus form, both of them the raw bytes.

use crate::codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// Text that is not the hexadecimal form of a fixed-size byte string.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected {expected} hexadecimal characters")]
pub struct HexError {
    /// How many characters the type takes.
    pub expected: usize,
}

macro_rules! byte_string {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, parity_scale_codec::Encode, parity_scale_codec::Decode)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Length in bytes.
            pub const LENGTH: usize = $length;

            /// All bytes zero.
            pub const ZERO: Self = Self([0; $length]);

            /// Takes the bytes as they are.
            #[must_use]
            pub const fn new(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }

            /// The bytes by value.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; $length] {
                self.0
            }

            /// True when every byte is zero.
            #[must_use]
            pub fn is_zero(&self) -> bool {
                self.0 == [0; $length]
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::ZERO
            }
        }

        impl From<[u8; $length]> for $name {
            fn from(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = HexError;

            fn from_str(text: &str) -> Result<Self, HexError> {
                let mut bytes = [0; $length];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| HexError { expected: 2 * $length })?;
                Ok(Self(bytes))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl ConsensusEncode for $name {
            fn encode_to(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0);
            }
        }

        impl ConsensusDecode for $name {
            fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                reader.array(stringify!($name)).map(Self)
            }
        }
    };
}

byte_string!(
    /// A Keccak-256 digest: a block id, a transaction id, a prefix hash (chain §1.2).
    Hash,
    32
);
byte_string!(
    /// A compressed ed25519 point in its role as a public key; not necessarily a valid point (chain §1.3).
    PublicKey,
    32
);
byte_string!(
    /// The key image `x·Hp(P)` that marks an output as spent (chain §1.3).
    KeyImage,
    32
);
byte_string!(
    /// A Pedersen commitment `mask·G + amount·H` (chain §1.8).
    Commitment,
    32
);
byte_string!(
    /// A Monero-style signature: two canonical scalars `c ‖ r` (chain §1.4).
    Signature,
    64
);
byte_string!(
    /// A short payment id, in the clear or encrypted as its place says (chain §1.6).
    PaymentId,
    8
);
byte_string!(
    /// A BLS public key on BN254, two uncompressed coordinates (bridge §2).
    BlsPublicKey,
    64
);
byte_string!(
    /// A BLS signature on BN254: `x.re ‖ x.im ‖ y.re ‖ y.im`, the contract's `sigs0` to `sigs3` (bridge §2.6).
    BlsSignature,
    128
);
byte_string!(
    /// An Ethereum account address (chain §1.9).
    EthereumAddress,
    20
);
byte_string!(
    /// The id that tells networks apart (chain §7.3).
    NetworkId,
    16
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_round_trips_and_wrong_lengths_are_named() {
        let text = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
        let hash: Hash = text.parse().expect("64 characters");
        assert_eq!(hash.to_string(), text);
        assert_eq!("00".parse::<Hash>(), Err(HexError { expected: 64 }));
    }
}
