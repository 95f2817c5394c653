//! Names of the files of one wallet.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Where the files of a wallet are: all beside each other, all beginning with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletPaths {
    name: PathBuf,
}

impl WalletPaths {
    /// From the name of the wallet, or of its keys file.
    #[must_use]
    pub fn new(name: &Path) -> Self {
        let keys_file = name.extension().is_some_and(|extension| extension == "keys");
        Self {
            name: if keys_file {
                name.with_extension("")
            } else {
                name.to_owned()
            },
        }
    }

    /// The name of the wallet, with its folder.
    #[must_use]
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// The keys: with this file and the password alone everything but notes and labels comes back.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.with(".keys")
    }

    /// What the chain does not know: transaction keys, destinations, notes, labels, settings.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.with(".journal")
    }

    /// What was found on the chain; may be deleted.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.name.clone()
    }

    /// The secret key of Ethereum, with a password of its own.
    #[must_use]
    pub fn ethereum_key(&self) -> PathBuf {
        self.with(".ethereum")
    }

    /// Ethereum transactions that were begun, and receipts of those that were done.
    #[must_use]
    pub fn ethereum_journal(&self) -> PathBuf {
        self.with(".ethereum-journal")
    }

    /// Held while the wallet is open.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.with(".keys.lock")
    }

    /// The same wallet under `<name><suffix>`.
    #[must_use]
    pub fn sibling(&self, suffix: &str) -> Self {
        Self {
            name: self.with(suffix),
        }
    }

    fn with(&self, suffix: &str) -> PathBuf {
        append(&self.name, suffix)
    }
}

/// The name with something behind it, extension or not.
pub(super) fn append(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_keys_file_names_the_wallet() {
        let paths = WalletPaths::new(Path::new("folder/my.wallet.keys"));
        assert_eq!(paths, WalletPaths::new(Path::new("folder/my.wallet")));
        assert_eq!(paths.keys(), Path::new("folder/my.wallet.keys"));
        assert_eq!(paths.journal(), Path::new("folder/my.wallet.journal"));
        assert_eq!(paths.cache(), Path::new("folder/my.wallet"));
        assert_eq!(
            paths.sibling("-watchonly").keys(),
            Path::new("folder/my.wallet-watchonly.keys")
        );
    }
}
