//! A secret key of Ethereum: it signs transactions, and is wiped when it is dropped.

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    network::TxSignerSync,
    signers::local::PrivateKeySigner,
};
use k256::ecdsa::SigningKey;
use oxen_types::bytes::EthereumAddress;
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::address::{checksummed, from_alloy};

/// Bytes of a secret key.
pub const KEY_BYTES: usize = 32;

/// Why text or bytes are no secret key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Not 64 hexadecimal digits.
    #[error(
        "that is no secret key: it has 64 hexadecimal characters, with or without 0x in front. If it is a list of words, import \
         them in another wallet and export the secret key of the account there"
    )]
    Hexadecimal,
    /// Zero, or not below the order of the curve.
    #[error("that is no secret key: its number is outside of the curve. Copy it again")]
    Number,
    /// It could not sign.
    #[error("the transaction could not be signed")]
    Signing,
}

/// A secret key.
#[derive(Clone)]
pub struct EthereumKey(PrivateKeySigner);

impl EthereumKey {
    /// A new key.
    #[must_use]
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self(PrivateKeySigner::from_signing_key(SigningKey::random(rng)))
    }

    /// From its bytes.
    ///
    /// # Errors
    /// [`KeyError::Number`].
    pub fn from_bytes(bytes: &[u8; KEY_BYTES]) -> Result<Self, KeyError> {
        PrivateKeySigner::from_slice(bytes)
            .map(Self)
            .map_err(|_| KeyError::Number)
    }

    /// From hexadecimal digits.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        hex::decode_to_slice(digits, &mut *bytes).map_err(|_| KeyError::Hexadecimal)?;
        Self::from_bytes(&bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; KEY_BYTES]> {
        Zeroizing::new(self.0.to_field_bytes().into())
    }

    /// Whose key it is.
    #[must_use]
    pub const fn address(&self) -> EthereumAddress {
        EthereumAddress::new(self.0.address().into_array())
    }

    /// Signs a transaction.
    ///
    /// # Errors
    /// [`KeyError::Signing`].
    pub fn sign(&self, mut transaction: TxEip1559) -> Result<TxEnvelope, KeyError> {
        let signature = self
            .0
            .sign_transaction_sync(&mut transaction)
            .map_err(|_| KeyError::Signing)?;
        Ok(transaction.into_signed(signature).into())
    }
}

impl fmt::Debug for EthereumKey {
    /// The address alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "EthereumKey({}, redacted)",
            checksummed(&from_alloy(self.0.address()))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::OsRng;

    /// The first account of every development node.
    const WELL_KNOWN: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    #[test]
    fn a_well_known_key_has_its_well_known_address() {
        for text in [WELL_KNOWN.to_owned(), format!(" 0x{WELL_KNOWN}\n")] {
            let key = EthereumKey::from_hex(&text).unwrap();
            assert_eq!(
                checksummed(&key.address()),
                "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
            );
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert_eq!(EthereumKey::from_hex("abc").unwrap_err(), KeyError::Hexadecimal);
        assert_eq!(EthereumKey::from_hex(&"0".repeat(64)).unwrap_err(), KeyError::Number);
        assert_eq!(EthereumKey::from_hex(&"f".repeat(64)).unwrap_err(), KeyError::Number);
    }

    #[test]
    fn debug_output_shows_the_address_and_no_key() {
        let key = EthereumKey::from_hex(WELL_KNOWN).unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains("0xf39F") && !shown.contains("ac0974"), "{shown}");
    }

    #[test]
    fn two_new_keys_differ() {
        assert_ne!(
            EthereumKey::random(&mut OsRng).address(),
            EthereumKey::random(&mut OsRng).address()
        );
    }
}
