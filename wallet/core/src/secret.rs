//! Secret bytes that are kept in the wallet's state: wiped when dropped, never printed.

use oxen_crypto::{DerivationScalar, KeyError, SecretKey};
use parity_scale_codec::{Decode, Encode};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// 32 secret bytes, most often a scalar.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
pub struct SecretBytes([u8; 32]);

impl SecretBytes {
    /// Takes the bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The scalar they are.
    ///
    /// # Errors
    /// [`KeyError::NotCanonicalScalar`] when they are none.
    pub fn to_secret_key(&self) -> Result<SecretKey, KeyError> {
        SecretKey::from_canonical_bytes(self.0)
    }

    /// The scalar of an output's derivation.
    ///
    /// # Errors
    /// [`KeyError::NotCanonicalScalar`] when they are none.
    pub fn to_derivation_scalar(&self) -> Result<DerivationScalar, KeyError> {
        DerivationScalar::from_canonical_bytes(self.0)
    }
}

impl From<&SecretKey> for SecretBytes {
    fn from(key: &SecretKey) -> Self {
        Self(*key.to_bytes())
    }
}

impl From<&DerivationScalar> for SecretBytes {
    fn from(scalar: &DerivationScalar) -> Self {
        Self(*scalar.as_bytes())
    }
}

impl fmt::Debug for SecretBytes {
    /// Says only that it is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(redacted)")
    }
}
