//! The files of the wallet's Ethereum key: the key, and the journal of what was begun with it.
//!
//! Both are written like the other files of a wallet: readable by their owner alone, replaced whole, with a backup. The journal
//! holds signed transactions and no secrets.

use super::{FileError, Previous, read_if_there, replace};
use oxen_wallet_ethereum::{
    journal::{self, JournalStorage, StorageError},
    key_file::{FILE_BYTES, KeyFile, KeyFileError},
};
use std::path::{Path, PathBuf};

/// Reads the key file; nothing where there is none.
///
/// # Errors
/// [`FileError::EthereumKey`], [`FileError::Io`].
pub fn read_ethereum_key(path: &Path) -> Result<Option<KeyFile>, FileError> {
    let Some(bytes) = read_if_there(path, 2 * FILE_BYTES as u64)? else {
        return Ok(None);
    };
    KeyFile::decode(&bytes).map(Some).map_err(FileError::ethereum_key(path))
}

/// Writes a new key file.
///
/// # Errors
/// [`FileError::Exists`], [`FileError::Io`].
pub fn write_ethereum_key(path: &Path, key: &KeyFile) -> Result<(), FileError> {
    if path.exists() {
        return Err(FileError::Exists { path: path.to_owned() });
    }
    replace(path, &key.encode(), Previous::Keep)
}

/// Writes the key under another password; nothing under the old one remains.
///
/// # Errors
/// [`FileError::Io`].
pub fn replace_ethereum_key(path: &Path, key: &KeyFile) -> Result<(), FileError> {
    replace(path, &key.encode(), Previous::Overwrite)
}

impl FileError {
    /// What a fault of a key file is for users.
    pub(crate) fn ethereum_key(path: &Path) -> impl FnOnce(KeyFileError) -> Self {
        let path = path.to_owned();
        move |error| match error {
            KeyFileError::WrongPassword => Self::WrongPassword,
            error => Self::EthereumKey { path, error },
        }
    }
}

/// The journal of an Ethereum key.
#[derive(Debug, Clone)]
pub struct EthereumJournalFile(pub PathBuf);

impl JournalStorage for EthereumJournalFile {
    fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
        read_if_there(&self.0, journal::MAX_BYTES).map_err(|error| StorageError(error.to_string()))
    }

    fn store(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        replace(&self.0, bytes, Previous::Keep).map_err(|error| StorageError(error.to_string()))
    }
}
