//! Running the program with answers written down beforehand.

use crate::fake_daemon::FakeDaemon;
use clap::Parser;
use oxen_wallet_cli::{
    command::ExitStatus,
    options::Options,
    program,
    terminal::{OutputFormat, Pipe, Silent},
};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What a run said and came to.
#[derive(Debug)]
pub struct Run {
    pub status: ExitStatus,
    pub output: String,
    pub errors: String,
}

impl Run {
    /// Fails unless the run succeeded.
    pub fn ok(self) -> Self {
        assert_eq!(self.status, ExitStatus::Done, "{}\n{}", self.output, self.errors);
        self
    }

    /// The result of the last command.
    pub fn json(&self) -> Value {
        let line = self
            .output
            .lines()
            .last()
            .unwrap_or_else(|| panic!("no output; {}", self.errors));
        serde_json::from_str(line).unwrap()
    }

    /// The result of the last command, which succeeded.
    pub fn result(self) -> Value {
        let reply = self.ok().json();
        assert_eq!(reply["ok"], true);
        reply["result"].clone()
    }
}

/// A folder with wallets, and a daemon or none.
pub struct Desk {
    folder: tempfile::TempDir,
    pub daemon: Option<FakeDaemon>,
    /// The description of a network other than regtest.
    network: Option<PathBuf>,
}

impl Desk {
    pub fn offline() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            daemon: None,
            network: None,
        }
    }

    /// The same on another network.
    pub fn on(mut self, network: &oxen_types::Network) -> Self {
        let path = self.path("network.json");
        let description = oxen_types::network::NetworkDescription::of(network);
        std::fs::write(&path, description.to_json()).unwrap();
        self.network = Some(path);
        self
    }

    pub fn with_daemon() -> Self {
        Self {
            daemon: Some(FakeDaemon::start()),
            ..Self::offline()
        }
    }

    pub fn daemon(&self) -> &FakeDaemon {
        self.daemon.as_ref().unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn options(&self, words: &[&str]) -> Options {
        let daemon = match &self.daemon {
            Some(daemon) => vec!["--daemon-address".to_owned(), daemon.address()],
            None => vec!["--offline".to_owned()],
        };
        let fixed = [
            "--kdf-memory",
            "8",
            "--kdf-rounds",
            "1",
            "--quiet",
            "--log-level",
            "off",
        ];
        let network = match &self.network {
            Some(path) => format!("--network={}", path.display()),
            None => "--regtest".to_owned(),
        };
        let all = ["wallet".to_owned(), network]
            .into_iter()
            .chain(fixed.map(ToOwned::to_owned))
            .chain(daemon)
            .chain(words.iter().map(|word| (*word).to_owned()));
        Options::try_parse_from(all).unwrap()
    }

    /// Runs with these words behind the usual options; `answers` are what is typed, line by line.
    pub fn run(&self, words: &[&str], answers: &str) -> Run {
        self.run_with(words, answers.as_bytes())
    }

    /// The same with answers that come from somewhere.
    pub fn run_with(&self, words: &[&str], answers: impl std::io::BufRead + Send) -> Run {
        let options = self.options(words);
        let format = if options.output.json {
            OutputFormat::Json
        } else {
            OutputFormat::Text
        };
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let mut pipe = Pipe::new(answers, &mut output, &mut errors, format);
        let status = program::run_with(&options, &mut pipe);
        Run {
            status,
            output: String::from_utf8(output).unwrap(),
            errors: String::from_utf8(errors).unwrap(),
        }
    }

    /// Opens `name`, whose password is empty, and runs one command; the result is JSON and nothing is asked.
    pub fn script(&self, name: &str, command: &[&str]) -> Run {
        let path = self.path(name);
        let mut words = vec![
            "--wallet-file",
            path.to_str().unwrap(),
            "--password",
            "",
            "--json",
            "--yes",
        ];
        words.extend(command);
        self.run(&words, "")
    }

    /// Makes a wallet with the empty password and the seed words of `seed`.
    pub fn make(&self, name: &str, seed: u64) -> String {
        let path = self.path(name);
        let words = seed_words(seed);
        let words = [
            "--generate-new-wallet",
            path.to_str().unwrap(),
            "--electrum-seed",
            &words,
            "--password",
            "",
        ]
        .into_iter()
        .chain(["--restore-height", "0", "--json", "wallet_info"])
        .collect::<Vec<_>>();
        let result = self.run(&words, "").result();
        result["address"].as_str().unwrap().to_owned()
    }

    /// A command for the end of a line of words.
    pub fn file(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}

/// Nobody at the desk.
pub fn run_silently(desk: &Desk, words: &[&str]) -> Run {
    let options = desk.options(words);
    let (output, errors) = (Shared::default(), Shared::default());
    let pipe = Pipe::new(std::io::empty(), output.clone(), errors.clone(), OutputFormat::Text);
    let status = program::run_with(&options, &mut Silent::new(Box::new(pipe)));
    Run {
        status,
        output: output.text(),
        errors: errors.text(),
    }
}

/// Bytes that can be read while somebody still writes.
#[derive(Clone, Default)]
struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// 25 English words, the same for the same number.
pub fn seed_words(seed: u64) -> String {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
    let keys = oxen_wallet_core::WalletKeys::generate(&mut ChaCha20Rng::seed_from_u64(seed));
    keys.seed_words(oxen_crypto::mnemonic::Language::English)
        .unwrap()
        .to_string()
}

/// Every file in a folder with this beginning.
pub fn files(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix))
        .collect();
    files.sort();
    files
}

impl Desk {
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
