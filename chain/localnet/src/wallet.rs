//! A real `oxen-wallet-cli`, one command at a time.

use crate::programs::{self, ProgramError};
use serde_json::Value;
use std::{
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
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

    /// Runs commands one after the other in one session, up to the first that is refused, and gives their results.
    ///
    /// # Errors
    /// One was refused; those before it are done.
    pub fn commands(&self, lines: &[String]) -> Result<Vec<Value>, WalletError> {
        let path = self.path();
        let mut child = self
            .program(&["--wallet-file", &path])?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            match input.write_all(text.as_bytes()) {
                // It ended at a command that it refused, and says so below.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                other => other?,
            }
        }
        let output = child.wait_with_output()?;
        let mut results = Vec::new();
        for (answer, line) in answers(&output).into_iter().zip(lines) {
            results.push(accept(Some(answer), line, &output)?);
        }
        match lines.get(results.len()) {
            Some(missing) => accept(None, missing, &output).map(|_| results),
            None => Ok(results),
        }
    }

    fn run(&self, source: &[&str], words: &[&str]) -> Result<Value, WalletError> {
        let output = self.program(source)?.args(words).stdin(Stdio::null()).output()?;
        accept(answers(&output).pop(), &words.join(" "), &output)
    }

    /// The program with all options but the command.
    fn program(&self, source: &[&str]) -> Result<Command, ProgramError> {
        let mut program = Command::new(programs::find("oxen-wallet-cli")?);
        program
            .arg(&self.network)
            .args(["--json", "--non-interactive", "--yes", "--quiet", "--password", ""])
            .args(["--daemon-address", &self.daemon])
            .args(source);
        Ok(program)
    }
}

/// The answers that it printed, one to a line.
fn answers(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// The result of an answer; without one, what it printed as errors says why.
fn accept(answer: Option<Value>, command: &str, output: &Output) -> Result<Value, WalletError> {
    let refused = |message: String| WalletError::Refused {
        command: command.to_owned(),
        message,
    };
    match answer {
        Some(answer) if answer["ok"] == true => Ok(answer["result"].clone()),
        Some(answer) => Err(refused(
            answer["error"]["message"].as_str().unwrap_or_default().to_owned(),
        )),
        None => Err(refused(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}
