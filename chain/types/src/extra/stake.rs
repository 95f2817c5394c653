//! Fields of staking transactions: registration, contributor, key image proofs, unlock (chain §2.5, §2.10; staking §5, §6).

use super::field::{decode_list, encode_list};
use crate::{
    bytes::{Hash, KeyImage, PublicKey, Signature},
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader, write_varint_list},
    hashing::keccak256,
};

/// The body of 0x70. The three lists have equal lengths in a valid registration, which the format does not enforce: see
/// [`Self::reservations`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Spend keys of those with a reserved part, the operator first.
    pub spend_keys: Vec<PublicKey>,
    /// Their view keys.
    pub view_keys: Vec<PublicKey>,
    /// The operator's fee: of 10,000 from HF19 on, of 2⁶⁴ − 4 before.
    pub fee: u64,
    /// The reserved parts: atomic OXEN from HF19 on, of 2⁶⁴ − 4 before.
    pub amounts: Vec<u64>,
    /// The hard fork number from HF19 on; before, the Unix second at which the registration expires.
    pub hard_fork_or_expiration: u64,
    /// Schnorr signature by the service node key over [`Self::signature_hash`].
    pub signature: Signature,
}

/// A part of a node that is kept for one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// For whom.
    pub contributor: Contributor,
    /// How much, in the unit of [`Registration::amounts`].
    pub amount: u64,
}

impl Registration {
    /// The reserved parts in order; `None` when the lists have different lengths.
    #[must_use]
    pub fn reservations(&self) -> Option<Vec<Reservation>> {
        if self.spend_keys.len() != self.view_keys.len() || self.spend_keys.len() != self.amounts.len() {
            return None;
        }
        let keys = self.spend_keys.iter().zip(&self.view_keys);
        Some(
            keys.zip(&self.amounts)
                .map(|((spend_key, view_key), amount)| Reservation {
                    contributor: Contributor {
                        spend_key: *spend_key,
                        view_key: *view_key,
                    },
                    amount: *amount,
                })
                .collect(),
        )
    }

    /// The message of the signature: fee, then keys and amount of each part, then fork or expiration, numbers as eight
    /// bytes little-endian. `None` when the lists have different lengths.
    #[must_use]
    pub fn signature_hash(&self) -> Option<Hash> {
        Some(registration_hash(
            self.fee,
            &self.reservations()?,
            self.hard_fork_or_expiration,
        ))
    }
}

/// The hash that a service node signs to be registered (chain §2.5); units as in [`Registration`].
#[must_use]
pub fn registration_hash(fee: u64, reservations: &[Reservation], hard_fork_or_expiration: u64) -> Hash {
    let mut message = Vec::new();
    message.extend_from_slice(&fee.to_le_bytes());
    for reservation in reservations {
        reservation.contributor.encode_to(&mut message);
        message.extend_from_slice(&reservation.amount.to_le_bytes());
    }
    message.extend_from_slice(&hard_fork_or_expiration.to_le_bytes());
    keccak256(&message)
}

impl ConsensusEncode for Registration {
    fn encode_to(&self, out: &mut Vec<u8>) {
        encode_list(&self.spend_keys, out);
        encode_list(&self.view_keys, out);
        out.extend_from_slice(&self.fee.to_le_bytes());
        write_varint_list(out, &self.amounts);
        out.extend_from_slice(&self.hard_fork_or_expiration.to_le_bytes());
        self.signature.encode_to(out);
    }
}

impl ConsensusDecode for Registration {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            spend_keys: decode_list(reader, PublicKey::LENGTH, "registration spend keys")?,
            view_keys: decode_list(reader, PublicKey::LENGTH, "registration view keys")?,
            fee: reader.u64_le("registration fee")?,
            amounts: reader.varint_list("registration amounts")?,
            hard_fork_or_expiration: reader.u64_le("registration fork or expiration")?,
            signature: Signature::decode_from(reader)?,
        })
    }
}

/// The body of 0x73: a standard address as its two keys.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, parity_scale_codec::Encode, parity_scale_codec::Decode,
)]
pub struct Contributor {
    /// Public spend key.
    pub spend_key: PublicKey,
    /// Public view key.
    pub view_key: PublicKey,
}

impl ConsensusEncode for Contributor {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.spend_key.encode_to(out);
        self.view_key.encode_to(out);
    }
}

impl ConsensusDecode for Contributor {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            spend_key: PublicKey::decode_from(reader)?,
            view_key: PublicKey::decode_from(reader)?,
        })
    }
}

/// One element of 0x76: the key image of a staked output, and that it is the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyImageProof {
    /// The key image.
    pub key_image: KeyImage,
    /// Key image signature (chain §1.4).
    pub signature: Signature,
}

impl KeyImageProof {
    /// Length in bytes.
    pub const LENGTH: usize = KeyImage::LENGTH + Signature::LENGTH;
}

impl ConsensusEncode for KeyImageProof {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.key_image.encode_to(out);
        self.signature.encode_to(out);
    }
}

impl ConsensusDecode for KeyImageProof {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key_image: KeyImage::decode_from(reader)?,
            signature: Signature::decode_from(reader)?,
        })
    }
}

/// The body of 0x77: the stake of this key image is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyImageUnlock {
    /// Key image of the staked output.
    pub key_image: KeyImage,
    /// Schnorr signature by the one-time key of the output over [`Self::signature_hash`].
    pub signature: Signature,
    /// Part of the message; any number is accepted.
    pub nonce: u32,
}

impl KeyImageUnlock {
    /// The nonce that wallets write: `UNLK` in ASCII.
    pub const WALLET_NONCE: u32 = 0x4b4c_4e55;

    /// The message of the signature: the nonce, little-endian, eight times (staking §5.3).
    #[must_use]
    pub fn signature_hash(&self) -> Hash {
        let nonce = self.nonce.to_le_bytes();
        let mut message = [0; 32];
        for (place, byte) in message.iter_mut().zip(nonce.into_iter().cycle()) {
            *place = byte;
        }
        Hash::new(message)
    }
}

impl ConsensusEncode for KeyImageUnlock {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.key_image.encode_to(out);
        self.signature.encode_to(out);
        out.extend_from_slice(&self.nonce.to_le_bytes());
    }
}

impl ConsensusDecode for KeyImageUnlock {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key_image: KeyImage::decode_from(reader)?,
            signature: Signature::decode_from(reader)?,
            nonce: reader.u32_le("unlock nonce")?,
        })
    }
}
