//! A secret key as it lies on disk: sealed with a password (wallet §4.1).
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 8 | `OXENETHK` |
//! | 8 | 1 | format, 1 |
//! | 9 | 20 | the address, readable without the password |
//! | 29 | 4 | argon2id, version 0x13: memory, KiB, little endian |
//! | 33 | 4 | passes, little endian |
//! | 37 | 4 | lanes, little endian |
//! | 41 | 16 | salt |
//! | 57 | 72 | the secret key, sealed by XChaCha20-Poly1305 in the context of bytes 0 to 56: nonce, 32 bytes, tag |
//! | 129 | 8 | first bytes of Keccak-256 of bytes 0 to 128: tells damage from a wrong password |

use crate::key::{EthereumKey, KEY_BYTES};
use alloy::primitives::keccak256;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use oxen_types::bytes::EthereumAddress;
use rand_core::{CryptoRng, RngCore};
use thiserror::Error;
use zeroize::Zeroizing;

const MAGIC: [u8; 8] = *b"OXENETHK";
const FORMAT: u8 = 1;
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const SEALED_BYTES: usize = NONCE_BYTES + KEY_BYTES + TAG_BYTES;
const CONTEXT_BYTES: usize = MAGIC.len() + 1 + EthereumAddress::LENGTH + 3 * 4 + SALT_BYTES;
const CHECKSUM_BYTES: usize = 8;
/// Bytes of a key file.
pub const FILE_BYTES: usize = CONTEXT_BYTES + SEALED_BYTES + CHECKSUM_BYTES;
/// More memory than this a file may not ask for, KiB.
const MAX_MEMORY_KIB: u32 = 4 * 1024 * 1024;
/// More passes than this a file may not ask for.
const MAX_PASSES: u32 = 1_000;
/// More lanes than this a file may not ask for.
const MAX_LANES: u32 = 64;

/// Why a key file cannot be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyFileError {
    /// Another kind of file.
    #[error("it is no Ethereum key file of this wallet")]
    NotAKeyFile,
    /// Written by a newer program.
    #[error("it was written by a newer version of this wallet (format {0}): update the wallet")]
    NewerFormat(u8),
    /// Bytes were changed or cut off.
    #[error("it is damaged: put its backup back, or import the secret key again")]
    Damaged,
    /// The password does not open it.
    #[error("wrong password of the Ethereum key")]
    WrongPassword,
    /// Absurd work, or less than the algorithm needs.
    #[error("argon2id cannot run with {memory_kib} KiB, {passes} passes and {lanes} lanes: at least 8 KiB a lane and one pass", memory_kib = .0.memory_kib, passes = .0.passes, lanes = .0.lanes)]
    Cost(GuessCost),
}

/// How much work a guess at the password costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuessCost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl GuessCost {
    fn derive(self, password: &str, salt: &[u8; SALT_BYTES]) -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyFileError> {
        if self.memory_kib > MAX_MEMORY_KIB || self.passes > MAX_PASSES || self.lanes > MAX_LANES {
            return Err(KeyFileError::Cost(self));
        }
        let wrong = |_| KeyFileError::Cost(self);
        let parameters = Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY_BYTES)).map_err(wrong)?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(password.as_bytes(), salt, &mut *key)
            .map_err(wrong)?;
        Ok(key)
    }
}

/// A sealed secret key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    address: EthereumAddress,
    cost: GuessCost,
    salt: [u8; SALT_BYTES],
    sealed: [u8; SEALED_BYTES],
}

impl KeyFile {
    /// Seals a key with a password; takes as long as the cost says.
    ///
    /// # Errors
    /// [`KeyFileError::Cost`].
    pub fn seal(
        key: &EthereumKey,
        password: &str,
        cost: GuessCost,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, KeyFileError> {
        let mut file = Self {
            address: key.address(),
            cost,
            salt: [0; SALT_BYTES],
            sealed: [0; SEALED_BYTES],
        };
        rng.fill_bytes(&mut file.salt);
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let secret = key.to_bytes();
        let payload = Payload {
            msg: secret.as_slice(),
            aad: &file.context(),
        };
        let sealed = file
            .cipher(password)?
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| KeyFileError::Damaged)?;
        for (place, byte) in file.sealed.iter_mut().zip(nonce.into_iter().chain(sealed)) {
            *place = byte;
        }
        Ok(file)
    }

    /// The key; takes as long as sealing did.
    ///
    /// # Errors
    /// [`KeyFileError::WrongPassword`], [`KeyFileError::Cost`].
    pub fn open(&self, password: &str) -> Result<EthereumKey, KeyFileError> {
        let (nonce, sealed) = self.sealed.split_at(NONCE_BYTES);
        let payload = Payload {
            msg: sealed,
            aad: &self.context(),
        };
        let secret = self
            .cipher(password)?
            .decrypt(XNonce::from_slice(nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| KeyFileError::WrongPassword)?;
        let secret: &[u8; KEY_BYTES] = secret.as_slice().try_into().map_err(|_| KeyFileError::Damaged)?;
        let key = EthereumKey::from_bytes(secret).map_err(|_| KeyFileError::Damaged)?;
        if key.address() == self.address {
            Ok(key)
        } else {
            Err(KeyFileError::Damaged)
        }
    }

    /// Whose key it is; no password is needed.
    #[must_use]
    pub const fn address(&self) -> EthereumAddress {
        self.address
    }

    fn cipher(&self, password: &str) -> Result<XChaCha20Poly1305, KeyFileError> {
        let key = self.cost.derive(password, &self.salt)?;
        Ok(XChaCha20Poly1305::new((&*key).into()))
    }

    fn context(&self) -> Vec<u8> {
        let mut context = Vec::with_capacity(CONTEXT_BYTES);
        context.extend(MAGIC);
        context.push(FORMAT);
        context.extend(self.address.as_bytes());
        for number in [self.cost.memory_kib, self.cost.passes, self.cost.lanes] {
            context.extend(number.to_le_bytes());
        }
        context.extend(self.salt);
        context
    }

    /// The bytes of the file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.context();
        bytes.extend(self.sealed);
        bytes.extend(checksum(&bytes));
        bytes
    }

    /// Takes the bytes of a file apart.
    ///
    /// # Errors
    /// [`KeyFileError::NotAKeyFile`], [`KeyFileError::NewerFormat`], [`KeyFileError::Damaged`].
    pub fn decode(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(KeyFileError::NotAKeyFile)?;
        let (format, rest) = rest.split_first().ok_or(KeyFileError::Damaged)?;
        if *format != FORMAT {
            return Err(KeyFileError::NewerFormat(*format));
        }
        if bytes.len() != FILE_BYTES {
            return Err(KeyFileError::Damaged);
        }
        let cut = || KeyFileError::Damaged;
        let (address, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (memory, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (passes, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (lanes, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (salt, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (sealed, found) = rest.split_first_chunk().ok_or_else(cut)?;
        let file = Self {
            address: EthereumAddress::new(*address),
            cost: GuessCost {
                memory_kib: u32::from_le_bytes(*memory),
                passes: u32::from_le_bytes(*passes),
                lanes: u32::from_le_bytes(*lanes),
            },
            salt: *salt,
            sealed: *sealed,
        };
        let (checked, _) = bytes.split_at(CONTEXT_BYTES + SEALED_BYTES);
        if found == checksum(checked) {
            Ok(file)
        } else {
            Err(cut())
        }
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut checksum = [0; CHECKSUM_BYTES];
    for (place, byte) in checksum.iter_mut().zip(keccak256(bytes)) {
        *place = byte;
    }
    checksum
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::OsRng;

    const CHEAP: GuessCost = GuessCost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    fn file(password: &str) -> (EthereumKey, Vec<u8>) {
        let key = EthereumKey::random(&mut OsRng);
        let file = KeyFile::seal(&key, password, CHEAP, &mut OsRng).unwrap();
        (key, file.encode())
    }

    fn open(bytes: &[u8], password: &str) -> Result<EthereumKey, KeyFileError> {
        KeyFile::decode(bytes)?.open(password)
    }

    #[test]
    fn the_right_password_opens_and_any_other_does_not() {
        let (key, bytes) = file("pässwörd");
        assert_eq!(bytes.len(), FILE_BYTES);
        assert_eq!(*open(&bytes, "pässwörd").unwrap().to_bytes(), *key.to_bytes());
        for wrong in ["", "passwort"] {
            assert_eq!(open(&bytes, wrong).unwrap_err(), KeyFileError::WrongPassword);
        }
    }

    #[test]
    fn the_address_is_known_without_the_password_and_the_key_is_not_in_the_file() {
        let (key, bytes) = file("p");
        assert_eq!(KeyFile::decode(&bytes).unwrap().address(), key.address());
        let secret = key.to_bytes();
        assert!(!bytes.windows(KEY_BYTES).any(|window| window == secret.as_slice()));
    }

    #[test]
    fn every_flipped_bit_is_noticed_and_is_never_a_wrong_password() {
        let (_, bytes) = file("");
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let refused = open(&changed, "").unwrap_err();
            let expected = match bit / 8 {
                0..8 => refused == KeyFileError::NotAKeyFile,
                8 => matches!(refused, KeyFileError::NewerFormat(_)),
                _ => refused == KeyFileError::Damaged,
            };
            assert!(expected, "bit {bit}: {refused}");
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        let (_, bytes) = file("");
        for length in 0..bytes.len() {
            assert!(open(&bytes[..length], "").is_err(), "length {length}");
        }
    }

    #[test]
    fn absurd_work_is_refused_before_memory_is_taken() {
        let key = EthereumKey::random(&mut OsRng);
        for cost in [
            GuessCost {
                memory_kib: u32::MAX,
                ..CHEAP
            },
            GuessCost {
                passes: u32::MAX,
                ..CHEAP
            },
            GuessCost { passes: 0, ..CHEAP },
        ] {
            assert_eq!(KeyFile::seal(&key, "", cost, &mut OsRng), Err(KeyFileError::Cost(cost)));
        }
    }
}
