//! A real `oxen-wallet-cli`, one command at a time.

use crate::programs::{self, ProgramError};
use serde_json::Value;
use std::{
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
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
    /// JSON-RPC service of Arbitrum.
    l2_provider: Option<String>,
}

/// Argon2id memory of these wallets, KiB: they hold play money, and opening them should not take half a second.
const KDF_MEMORY: &str = "--kdf-memory=1024";
const RESTORE: &str = "--restore-deterministic-wallet";

impl Wallet {
    /// The wallet in `file`, which may not exist yet.
    #[must_use]
    pub fn new(file: &Path, daemon: &str) -> Self {
        Self {
            file: file.to_owned(),
            daemon: daemon.to_owned(),
            network: "--regtest".to_owned(),
            l2_provider: None,
        }
    }

    /// The same with this JSON-RPC service of Arbitrum.
    #[must_use]
    pub fn with_l2_provider(mut self, url: &str) -> Self {
        self.l2_provider = Some(url.to_owned());
        self
    }

    /// The same on a private network instead of regtest.
    #[must_use]
    pub fn on_network(mut self, description: &Path) -> Self {
        self.network = format!("--network={}", description.display());
        self
    }

    /// The same with another daemon, `host:port`.
    #[must_use]
    pub fn with_daemon(mut self, address: &str) -> Self {
        address.clone_into(&mut self.daemon);
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
        self.make(&["--mnemonic-language=English"])
    }

    /// The same without asking the daemon, which need not be there yet.
    pub(crate) fn create_offline(&self) -> Result<(), WalletError> {
        self.make(&["--mnemonic-language=English", "--offline"])
    }

    /// Restores the wallet of these words, unless the file exists.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn restore(&self, words: &str) -> Result<(), WalletError> {
        self.make(&[RESTORE, "--restore-height=0", "--electrum-seed", words])
    }

    /// The same without asking the daemon, which need not be there yet.
    pub(crate) fn restore_offline(&self, words: &str) -> Result<(), WalletError> {
        self.make(&[RESTORE, "--restore-height=0", "--offline", "--electrum-seed", words])
    }

    fn make(&self, how: &[&str]) -> Result<(), WalletError> {
        if self.file.exists() || self.file.with_extension("keys").exists() {
            return Ok(());
        }
        let path = self.path();
        let source = ["--generate-new-wallet", &path, KDF_MEMORY];
        self.run(&[source.as_slice(), how].concat(), &["address"])?;
        Ok(())
    }

    /// Runs a command on the wallet and gives its JSON result.
    ///
    /// # Errors
    /// The command was refused.
    pub fn command(&self, words: &[&str]) -> Result<Value, WalletError> {
        self.run(&["--wallet-file", &self.path()], words)
    }

    /// Runs a command and ends it as `kill -9` does after so long, unless it has ended by itself.
    ///
    /// # Errors
    /// It could not be run.
    pub fn killed_after(&self, time: Duration, words: &[&str]) -> Result<(), WalletError> {
        let mut child = self
            .program(&["--wallet-file", &self.path()])?
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let began = Instant::now();
        while began.elapsed() < time && child.try_wait()?.is_none() {
            thread::sleep(Duration::from_millis(2));
        }
        child.kill()?;
        child.wait()?;
        Ok(())
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

    /// The address of its Ethereum key, which is made unless there is one. Asks no daemon.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub fn ethereum_address(&self) -> Result<String, WalletError> {
        let what = if self.file.with_extension("ethereum").exists() {
            "address"
        } else {
            "create"
        };
        let source = ["--wallet-file", &self.path(), "--offline", KDF_MEMORY];
        let made = self.run(&source, &["ethereum", what])?;
        Ok(made["address"].as_str().unwrap_or_default().to_owned())
    }

    /// Its primary address, without asking the daemon.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub(crate) fn address_offline(&self) -> Result<String, WalletError> {
        let result = self.run(&["--wallet-file", &self.path(), "--offline"], &["address"])?;
        let first = if result.is_array() { &result[0] } else { &result };
        Ok(first["address"].as_str().unwrap_or_default().to_owned())
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
            .args(self.l2_provider.iter().flat_map(|url| ["--l2-provider", url.as_str()]))
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
