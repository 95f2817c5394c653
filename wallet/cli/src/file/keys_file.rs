//! The keys file: how a password unlocks the data key, and the wallet's keys under the data key.
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 26 | prefix ([`super::prefix`]) |
//! | 26 | 1 | how the password is stretched: 1 is argon2id, version 0x13 |
//! | 27 | 4 | its memory, KiB, little endian |
//! | 31 | 4 | its passes, little endian |
//! | 35 | 4 | its lanes, little endian |
//! | 39 | 16 | salt |
//! | 55 | 72 | the data key, sealed with the password's key in the context of bytes 0 to 54 |
//! | 127 | 8 | first bytes of Keccak-256 of bytes 0 to 126: tells damage from a wrong password |
//! | 135 | … | the keys section, sealed with the data key in the context of the prefix |
//!
//! A new password changes bytes 26 to 134 only; the data key, which also seals the other files, stays.

use super::{
    FileError,
    password_key::{KEY_BYTES, PasswordCost, SALT_BYTES},
    prefix::{self, FileKind, PREFIX_BYTES, WalletId},
    sealing::{OVERHEAD, SealingKey},
};
use oxen_types::keccak256;
use rand_core::{CryptoRng, RngCore};
use std::path::Path;
use zeroize::Zeroizing;

/// More bytes than any keys file has.
pub const MAX_BYTES: u64 = 1 << 20;
const ARGON2ID: u8 = 1;
const WRAPPED_KEY_BYTES: usize = KEY_BYTES + OVERHEAD;
const CHECKSUM_BYTES: usize = 8;
/// Everything in front of the wrapped key.
const LOCK_BYTES: usize = PREFIX_BYTES + 1 + 3 * 4 + SALT_BYTES;

/// How a password unlocks a wallet: the file up to the keys section, but for the checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordLock {
    id: WalletId,
    cost: PasswordCost,
    salt: [u8; SALT_BYTES],
    wrapped: [u8; WRAPPED_KEY_BYTES],
}

/// A keys file taken apart.
#[derive(Debug, Clone)]
pub struct KeysFile {
    /// How the password unlocks it.
    pub lock: PasswordLock,
    /// The keys section, sealed.
    pub sealed_keys: Vec<u8>,
}

impl PasswordLock {
    /// Locks a data key with a password.
    ///
    /// # Errors
    /// [`FileError::PasswordKey`].
    pub fn new(
        id: WalletId,
        data_key: &SealingKey,
        password: &str,
        cost: PasswordCost,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, FileError> {
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        let password_key = SealingKey::new(&*cost.derive(password, &salt)?);
        let mut lock = Self {
            id,
            cost,
            salt,
            wrapped: [0; WRAPPED_KEY_BYTES],
        };
        let wrapped = password_key.seal(&lock.context(), data_key.as_bytes(), rng);
        lock.wrapped.copy_from_slice(&wrapped);
        Ok(lock)
    }

    /// The data key; takes as long as stretching the password does.
    ///
    /// # Errors
    /// [`FileError::WrongPassword`], [`FileError::PasswordKey`].
    pub fn unlock(&self, password: &str) -> Result<SealingKey, FileError> {
        let password_key = SealingKey::new(&*self.cost.derive(password, &self.salt)?);
        let data_key = password_key
            .open(&self.context(), &self.wrapped)
            .map_err(|_| FileError::WrongPassword)?;
        let data_key: &[u8; KEY_BYTES] = data_key.as_slice().try_into().map_err(|_| FileError::WrongPassword)?;
        Ok(SealingKey::new(data_key))
    }

    /// To which wallet it belongs.
    #[must_use]
    pub const fn id(&self) -> WalletId {
        self.id
    }

    /// What a guess at the password costs.
    #[must_use]
    pub const fn cost(&self) -> PasswordCost {
        self.cost
    }

    fn context(&self) -> Vec<u8> {
        let mut context = Vec::with_capacity(LOCK_BYTES);
        context.extend(prefix::encode(FileKind::Keys, self.id));
        context.push(ARGON2ID);
        for number in [self.cost.memory_kib, self.cost.passes, self.cost.lanes] {
            context.extend(number.to_le_bytes());
        }
        context.extend(self.salt);
        context
    }
}

impl KeysFile {
    /// Seals a keys section behind a lock.
    #[must_use]
    pub fn new(
        lock: PasswordLock,
        data_key: &SealingKey,
        section: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Self {
        let sealed_keys = data_key.seal(&prefix::encode(FileKind::Keys, lock.id), section, rng);
        Self { lock, sealed_keys }
    }

    /// The keys section.
    ///
    /// # Errors
    /// [`FileError::Damaged`].
    pub fn open_section(&self, path: &Path, data_key: &SealingKey) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let context = prefix::encode(FileKind::Keys, self.lock.id);
        data_key.open(&context, &self.sealed_keys).map_err(|_| damaged(path))
    }

    /// The bytes of the file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.lock.context();
        bytes.extend(self.lock.wrapped);
        bytes.extend(checksum(&bytes));
        bytes.extend(&self.sealed_keys);
        bytes
    }

    /// Takes the bytes of a file apart.
    ///
    /// # Errors
    /// [`FileError::NotAWallet`], [`FileError::NewerFormat`], [`FileError::Damaged`].
    pub fn decode(path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        let (id, _, rest) = prefix::split(path, FileKind::Keys, bytes)?;
        let cut = || damaged(path);
        let (checked, _) = bytes.split_at_checked(LOCK_BYTES + WRAPPED_KEY_BYTES).ok_or_else(cut)?;
        let (stretching, rest) = rest.split_first().ok_or_else(cut)?;
        let (memory, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (passes, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (lanes, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (salt, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (wrapped, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (found, sealed_keys) = rest.split_first_chunk::<CHECKSUM_BYTES>().ok_or_else(cut)?;
        if *found != checksum(checked) || *stretching != ARGON2ID {
            return Err(damaged(path));
        }
        let cost = PasswordCost {
            memory_kib: u32::from_le_bytes(*memory),
            passes: u32::from_le_bytes(*passes),
            lanes: u32::from_le_bytes(*lanes),
        };
        let lock = PasswordLock {
            id,
            cost,
            salt: *salt,
            wrapped: *wrapped,
        };
        Ok(Self {
            lock,
            sealed_keys: sealed_keys.to_vec(),
        })
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let hash = keccak256(bytes).to_bytes();
    let mut checksum = [0; CHECKSUM_BYTES];
    checksum.iter_mut().zip(hash).for_each(|(place, byte)| *place = byte);
    checksum
}

fn damaged(path: &Path) -> FileError {
    FileError::Damaged {
        path: path.to_owned(),
        advice: "restore the wallet from its 25 seed words with --restore-deterministic-wallet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::OsRng;

    const CHEAP: PasswordCost = PasswordCost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    fn file(password: &str) -> (KeysFile, SealingKey) {
        let data_key = SealingKey::random(&mut OsRng);
        let id = WalletId::random(&mut OsRng);
        let lock = PasswordLock::new(id, &data_key, password, CHEAP, &mut OsRng).unwrap();
        (KeysFile::new(lock, &data_key, b"section", &mut OsRng), data_key)
    }

    fn open(bytes: &[u8], password: &str) -> Result<Vec<u8>, FileError> {
        let path = Path::new("wallet.keys");
        let file = KeysFile::decode(path, bytes)?;
        let data_key = file.lock.unlock(password)?;
        file.open_section(path, &data_key).map(|section| section.to_vec())
    }

    #[test]
    fn the_right_password_opens_and_any_other_does_not() {
        let bytes = file("pässwörd").0.encode();
        assert_eq!(open(&bytes, "pässwörd").unwrap(), b"section");
        assert!(matches!(open(&bytes, "passwort"), Err(FileError::WrongPassword)));
        assert!(matches!(open(&bytes, ""), Err(FileError::WrongPassword)));
    }

    #[test]
    fn every_flipped_bit_is_damage_and_never_a_wrong_password() {
        let bytes = file("").0.encode();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let refused = open(&changed, "").unwrap_err();
            let expected = match bit / 8 {
                8 => matches!(refused, FileError::NewerFormat { .. }),
                0..10 => matches!(refused, FileError::NotAWallet { .. }),
                _ => matches!(refused, FileError::Damaged { .. }),
            };
            assert!(expected, "bit {bit}: {refused}");
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        let bytes = file("").0.encode();
        for length in 0..bytes.len() {
            assert!(open(&bytes[..length], "").is_err(), "length {length}");
        }
    }

    #[test]
    fn a_new_lock_opens_the_same_keys() {
        let (mut file, data_key) = file("old");
        file.lock = PasswordLock::new(file.lock.id(), &data_key, "new", CHEAP, &mut OsRng).unwrap();
        let bytes = file.encode();
        assert_eq!(open(&bytes, "new").unwrap(), b"section");
        assert!(matches!(open(&bytes, "old"), Err(FileError::WrongPassword)));
    }

    #[test]
    fn the_same_wallet_twice_shares_no_bytes_behind_its_prefix() {
        let (first, second) = (file("same").0.encode(), file("same").0.encode());
        assert_ne!(first[39..55], second[39..55]);
        assert_ne!(first[55..127], second[55..127]);
    }
}
