//! The nonce (0x02): up to 255 bytes, in which wallets put payment ids.

use crate::{
    bytes::{Hash, PaymentId},
    codec::{DecodeError, Reader},
};

/// First byte of a nonce that is a long payment id.
const LONG_PAYMENT_ID: u8 = 0x00;
/// First byte of a nonce that is an encrypted short payment id.
const ENCRYPTED_PAYMENT_ID: u8 = 0x01;

/// At most 255 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraNonce(Vec<u8>);

/// What the bytes of a nonce mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceContent<'a> {
    /// A payment id of 32 bytes in the clear; wallets stopped writing it.
    LongPaymentId(Hash),
    /// A payment id of 8 bytes, encrypted with the shared secret (chain §1.6); zeros encrypted where there is none.
    EncryptedPaymentId(PaymentId),
    /// Something else, for example what a miner wrote.
    Opaque(&'a [u8]),
}

impl ExtraNonce {
    /// Most bytes.
    pub const MAX_LENGTH: usize = 255;

    /// Takes the bytes; `None` when there are more than 255.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        if bytes.len() <= Self::MAX_LENGTH {
            Some(Self(bytes))
        } else {
            None
        }
    }

    /// A nonce with an encrypted short payment id.
    #[must_use]
    pub fn encrypted_payment_id(id: PaymentId) -> Self {
        let mut bytes = vec![ENCRYPTED_PAYMENT_ID];
        bytes.extend_from_slice(id.as_bytes());
        Self(bytes)
    }

    /// A nonce with a long payment id.
    #[must_use]
    pub fn long_payment_id(id: Hash) -> Self {
        let mut bytes = vec![LONG_PAYMENT_ID];
        bytes.extend_from_slice(id.as_bytes());
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What the bytes mean.
    #[must_use]
    pub fn content(&self) -> NonceContent<'_> {
        let opaque = NonceContent::Opaque(&self.0);
        match self.0.split_first() {
            Some((&LONG_PAYMENT_ID, id)) => id
                .try_into()
                .map_or(opaque, |id| NonceContent::LongPaymentId(Hash::new(id))),
            Some((&ENCRYPTED_PAYMENT_ID, id)) => id
                .try_into()
                .map_or(opaque, |id| NonceContent::EncryptedPaymentId(PaymentId::new(id))),
            _ => opaque,
        }
    }

    /// Reads a length and the bytes.
    ///
    /// # Errors
    /// Truncated, or longer than 255.
    pub(super) fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = reader.byte_string("nonce")?;
        Self::new(bytes.to_vec()).ok_or(DecodeError::CountExceedsLimit {
            what: "nonce",
            count: bytes.len() as u64,
            limit: Self::MAX_LENGTH as u64,
        })
    }
}
