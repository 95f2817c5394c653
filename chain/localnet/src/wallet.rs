//! A real `oxen-wallet-cli`, one command at a time.

use crate::programs::{self, ProgramError};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use thiserror::Error;

/// Why a wallet command failed.
#[derive(Debug, Error)]
pub enum WalletError {
    /// The program is not there.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// It could not be run.
    #[error("oxen-wallet-cli could not be run: {0}")]
    Io(#[from] std::io::Error),
    /// It said no.
    #[error("{command}: {message}")]
    Refused {
        /// The command.
        command: String,
        /// What it said.
        message: String,
    },
}

/// A wallet file and the daemon it asks.
#[derive(Debug, Clone)]
pub struct Wallet {
    file: PathBuf,
    daemon: String,
    network: String,
}

/// Argon2id memory of these wallets, KiB: they hold play money, and opening them should not take half a second.
const KDF_MEMORY: &str = "--kdf-memory=1024";

impl Wallet {
    /// The wallet in `file`, which may not exist yet.
    #[must_use]
    pub fn new(file: &Path, daemon: &str) -> Self {
        Self {
            file: file.to_owned(),
            daemon: daemon.to_owned(),
            network: "--regtest".to_owned(),
        }
    }

    /// The same on a private network instead of regtest.
    #[must_use]
    pub fn on_network(mut self, description: &Path) -> Self {
        self.network = format!("--network={}", description.display());
        self
    }

    /// Where it is.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Makes a new wallet, unless the file exists.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(&self) -> Result<(), WalletError> {
        if self.file.exists() {
            return Ok(());
        }
        self.run(
            &[
                "--generate-new-wallet",
                &self.path(),
                "--mnemonic-language=English",
                KDF_MEMORY,
            ],
            &["address"],
        )?;
        Ok(())
    }

    /// Restores the wallet of these words, unless the file exists.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn restore(&self, words: &str) -> Result<(), WalletError> {
        if self.file.exists() {
            return Ok(());
        }
        let path = self.path();
        let source = [
            "--generate-new-wallet",
            &path,
            "--restore-deterministic-wallet",
            "--restore-height=0",
            KDF_MEMORY,
        ];
        self.run(&[source.as_slice(), &["--electrum-seed", words]].concat(), &["address"])?;
        Ok(())
    }

    /// Runs a command on the wallet and gives its JSON result.
    ///
    /// # Errors
    /// The command was refused.
    pub fn command(&self, words: &[&str]) -> Result<Value, WalletError> {
        self.run(&["--wallet-file", &self.path()], words)
    }

    /// Its primary address.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub fn address(&self) -> Result<String, WalletError> {
        let result = self.command(&["address"])?;
        let first = if result.is_array() { &result[0] } else { &result };
        Ok(first["address"].as_str().unwrap_or_default().to_owned())
    }

    /// Balance and unlocked balance, atomic OXEN.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub fn balance(&self) -> Result<(u64, u64), WalletError> {
        let result = self.command(&["balance"])?;
        Ok((
            result["balance"].as_u64().unwrap_or_default(),
            result["unlocked"].as_u64().unwrap_or_default(),
        ))
    }

    fn path(&self) -> String {
        self.file.display().to_string()
    }

    fn run(&self, source: &[&str], words: &[&str]) -> Result<Value, WalletError> {
        let output = Command::new(programs::find("oxen-wallet-cli")?)
            .arg(&self.network)
            .args(["--json", "--non-interactive", "--yes", "--quiet", "--password", ""])
            .args(["--daemon-address", &self.daemon])
            .args(source)
            .args(words)
            .stdin(Stdio::null())
            .output()?;
        let command = words.join(" ");
        let text = String::from_utf8_lossy(&output.stdout);
        let answers: Vec<Value> = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        match answers.last() {
            Some(answer) if answer["ok"] == true => Ok(answer["result"].clone()),
            Some(answer) => {
                let message = answer["error"]["message"].as_str().unwrap_or_default().to_owned();
                Err(WalletError::Refused { command, message })
            }
            None => {
                let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                Err(WalletError::Refused { command, message })
            }
        }
    }
}
