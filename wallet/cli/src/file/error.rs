//! What can be wrong with wallet files.

use super::password_key::PasswordKeyError;
use oxen_wallet_core::{keys::KeysSectionError, state::StateError};
use oxen_wallet_ethereum::key_file::KeyFileError;
use std::{io, path::PathBuf};
use thiserror::Error;

/// Why a wallet's files cannot be made, read or written.
#[derive(Debug, Error)]
pub enum FileError {
    /// Something stands where a new wallet should go.
    #[error("{} exists: choose another name, or open that wallet with --wallet-file", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no such wallet.
    #[error(
        "there is no wallet {}: create one with --generate-new-wallet, or check the name",
        .path.display()
    )]
    Missing {
        /// The keys file that was looked for.
        path: PathBuf,
    },
    /// Another process has it open.
    #[error("wallet {} is already open{holder}: close it there first", .path.display())]
    AlreadyOpen {
        /// The keys file.
        path: PathBuf,
        /// ` in process N`, or nothing.
        holder: String,
    },
    /// The password does not unlock the keys.
    #[error("wrong password")]
    WrongPassword,
    /// Not a file of this program.
    #[error(
        "{} is not a wallet of this program; a wallet of another program is brought over with its 25 seed words: \
         --restore-deterministic-wallet",
        .path.display()
    )]
    NotAWallet {
        /// The file.
        path: PathBuf,
    },
    /// Written by a newer program.
    #[error("{} was written by a newer version of this wallet (format {found}): update the wallet", .path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u8,
    },
    /// Bytes were changed or cut off, and no backup helps.
    #[error("{} is damaged, and there is no usable backup beside it: {advice}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What to do.
        advice: &'static str,
    },
    /// The file belongs to another wallet.
    #[error("{} belongs to another wallet than the keys beside it: put the right file back, or remove it", .path.display())]
    OtherWallet {
        /// The file.
        path: PathBuf,
    },
    /// The Ethereum key cannot be opened.
    #[error("{}: {error}", .path.display())]
    EthereumKey {
        /// Its file.
        path: PathBuf,
        /// Why.
        error: KeyFileError,
    },
    /// The key of the password cannot be made.
    #[error(transparent)]
    PasswordKey(#[from] PasswordKeyError),
    /// The keys cannot be read.
    #[error(transparent)]
    Keys(#[from] KeysSectionError),
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl FileError {
    /// For `map_err`: what was tried on which file.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
