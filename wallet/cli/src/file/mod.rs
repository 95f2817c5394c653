//! The files of a wallet: encrypted, replaced whole, never open twice (wallet §4.1).
//!
//! Three files stand beside each other. `<name>.keys` holds the keys and is enough to restore the rest. `<name>.journal` holds
//! what the chain does not know. `<name>` holds what was found on the chain; it may be deleted, the chain is scanned again
//! then. Each has a `.bak` with its previous version. Who uses Arbitrum has two more: `<name>.ethereum`, a secret key of Ethereum
//! under a password, and `<name>.ethereum-journal`, what was begun with it (`ethereum_files`).
//!
//! `password_key` stretches the password; its key wraps a random data key that seals everything (`sealing`), in the
//! context of a `prefix`. `keys_file` and `journal_file` are the formats, [`replace`] writes them so that no crash hurts,
//! `lock` keeps other processes out. `wallet_file` puts it all together.

mod error;
mod ethereum_files;
mod journal_file;
mod keys_file;
mod lock;
mod password_key;
mod paths;
mod prefix;
mod record;
mod replace;
mod sealing;
mod wallet_file;

#[cfg(test)]
mod tests;

pub use error::FileError;
pub use ethereum_files::{EthereumJournalFile, read_ethereum_key, replace_ethereum_key, write_ethereum_key};
pub use password_key::{PasswordCost, PasswordKeyError};
pub use paths::WalletPaths;
pub use record::{Unmined, Unrecoverable};
pub use replace::{Previous, read_if_there, replace, write_new};
pub use sealing::SealingKey;
pub use wallet_file::{Content, LockedWallet, OpenedWallet, Recovery, Saved, WalletFile};
