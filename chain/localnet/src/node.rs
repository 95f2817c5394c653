//! A real `oxend` as a child process.

use crate::{programs::ProgramError, rpc::RpcClient};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};
use thiserror::Error;

/// Where a node writes the addresses that its RPC listens on, one to a line.
pub const RPC_ADDRESSES_FILE: &str = "rpc.addresses";

/// How long a node may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Why a node could not be run.
#[derive(Debug, Error)]
pub enum NodeError {
    /// The program is not there.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// It could not be started or asked.
    #[error("oxend could not be run: {0}")]
    Io(#[from] std::io::Error),
    /// It ended instead of starting.
    #[error("oxend ended with {status} instead of starting; its log says why: {}", log.display())]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// Its log.
        log: PathBuf,
    },
    /// It does not serve after a minute.
    #[error("oxend does not serve its RPC after {} seconds; see {}", START_LIMIT.as_secs(), log.display())]
    NotServing {
        /// Its log.
        log: PathBuf,
    },
}

/// A running node. Dropping it kills the process.
#[derive(Debug)]
pub struct NodeProcess {
    child: Child,
    data_directory: PathBuf,
    address: String,
    rpc: RpcClient,
}

impl NodeProcess {
    /// Starts `oxend --regtest` on a data directory and waits until it serves.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_regtest(data_directory: &Path, rpc_port: u16, more: &[&str]) -> Result<Self, NodeError> {
        Self::start(
            data_directory,
            &[&["--regtest", &format!("--rpc-port={rpc_port}")], more].concat(),
        )
    }

    /// Starts `oxend` with arguments of the caller's and waits until it serves.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(data_directory: &Path, arguments: &[&str]) -> Result<Self, NodeError> {
        fs::create_dir_all(data_directory)?;
        let log = data_directory.join("oxend.output");
        let output = fs::OpenOptions::new().create(true).append(true).open(&log)?;
        for left_over in address_files(data_directory).into_iter().filter(|file| file.is_file()) {
            fs::remove_file(left_over)?;
        }
        let mut child = Command::new(crate::programs::find("oxend")?)
            .arg("--data-dir")
            .arg(data_directory)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Err(NodeError::Ended { status, log });
            }
            if let Some(address) = first_address(data_directory) {
                let rpc = RpcClient::new(&address);
                if rpc.get("/ready").is_ok_and(|(code, _)| code == 200) {
                    return Ok(Self {
                        child,
                        data_directory: data_directory.to_owned(),
                        address,
                        rpc,
                    });
                }
            }
            if started.elapsed() > START_LIMIT {
                child.kill()?;
                child.wait()?;
                return Err(NodeError::NotServing { log });
            }
            // Another process's start cannot be awaited: ask again soon.
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its RPC.
    #[must_use]
    pub const fn rpc(&self) -> &RpcClient {
        &self.rpc
    }

    /// `host:port` of its RPC.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where it keeps its files.
    #[must_use]
    pub fn data_directory(&self) -> &Path {
        &self.data_directory
    }

    /// Its process id.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as `kill -9` does.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn kill(mut self) -> std::io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Errors
    /// It cannot be reached or waited for.
    pub fn stop(mut self) -> std::io::Result<ExitStatus> {
        let asked = self.rpc.call("stop_daemon", &serde_json::json!({}));
        if let Err(error) = asked {
            self.child.kill()?;
            return Err(std::io::Error::other(error));
        }
        self.child.wait()
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait()
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// It cannot be asked.
    pub fn try_wait(&mut self) -> std::io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) && self.child.kill().is_ok() {
            // Reaped, so that its data directory is free when this returns.
            let _ = self.child.wait();
        }
    }
}

/// The first address that the node wrote, wherever its network's folder is.
fn first_address(data_directory: &Path) -> Option<String> {
    address_files(data_directory).into_iter().find_map(|file| {
        let text = fs::read_to_string(file).ok()?;
        text.lines().next().map(str::to_owned)
    })
}

/// Where a node may write its addresses: in the data directory, or in its network's folder inside.
fn address_files(data_directory: &Path) -> Vec<PathBuf> {
    let inside = fs::read_dir(data_directory)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    inside
        .chain([data_directory.to_owned()])
        .map(|folder| folder.join(RPC_ADDRESSES_FILE))
        .collect()
}
