//! A real `oxend` as a child process.

use crate::{programs::ProgramError, rpc::RpcClient};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};
use thiserror::Error;

/// Where a node writes the addresses that its RPC listens on, one to a line.
pub const RPC_ADDRESSES_FILE: &str = "rpc.addresses";

/// How long a node may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long it may take to end once it was told to, before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(30);

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

/// What a node does when this process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tie {
    /// It ends in order as well, even when this process is killed: it holds one end of a pipe and sees the other one close.
    #[default]
    EndsWithUs,
    /// It goes on.
    GoesOn,
}

/// How a node is to be started.
#[derive(Debug, Clone)]
pub struct NodeStart {
    data_directory: PathBuf,
    arguments: Vec<String>,
    tie: Tie,
    largest_file: Option<u64>,
}

impl NodeStart {
    /// `oxend` with these arguments on a data directory.
    #[must_use]
    pub fn new(data_directory: &Path, arguments: &[&str]) -> Self {
        Self {
            data_directory: data_directory.to_owned(),
            arguments: arguments.iter().map(|one| (*one).to_owned()).collect(),
            tie: Tie::default(),
            largest_file: None,
        }
    }

    /// With another tie to this process.
    #[must_use]
    pub const fn tied(mut self, tie: Tie) -> Self {
        self.tie = tie;
        self
    }

    /// Every write beyond this size of a file fails, as on a full disk. In KiB; needs a Bourne shell.
    #[must_use]
    pub const fn largest_file(mut self, kibibytes: u64) -> Self {
        self.largest_file = Some(kibibytes);
        self
    }

    /// Starts the process and does not wait until it serves.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn launch(&self) -> Result<StartingNode, NodeError> {
        fs::create_dir_all(&self.data_directory)?;
        let log = self.data_directory.join("oxend.output");
        let output = fs::OpenOptions::new().create(true).append(true).open(&log)?;
        for left_over in address_files(&self.data_directory)
            .into_iter()
            .filter(|file| file.is_file())
        {
            fs::remove_file(left_over)?;
        }
        let mut command = self.command()?;
        command
            .arg("--data-dir")
            .arg(&self.data_directory)
            .args(&self.arguments)
            .stdout(output.try_clone()?)
            .stderr(output);
        match self.tie {
            Tie::EndsWithUs => command.arg("--stop-with-stdin").stdin(Stdio::piped()),
            Tie::GoesOn => command.stdin(Stdio::null()),
        };
        separate_from_terminal(&mut command);
        let mut child = command.spawn()?;
        Ok(StartingNode {
            process: Process {
                pipe: child.stdin.take(),
                child,
                left: false,
            },
            data_directory: self.data_directory.clone(),
            log,
            started: Instant::now(),
        })
    }

    fn command(&self) -> Result<Command, NodeError> {
        let program = crate::programs::find("oxend")?;
        let Some(kibibytes) = self.largest_file else {
            return Ok(Command::new(program));
        };
        // `ulimit -f` counts in units of 512 bytes. A write beyond the limit would end the process by a signal unless that is
        // ignored, which the program inherits: then it fails like any other write.
        let limit = format!(
            "trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"",
            kibibytes.saturating_mul(2)
        );
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(limit).arg(program);
        Ok(shell)
    }
}

/// Ctrl-C goes to every process of the terminal's group: the nodes are not of it, so that they are stopped in order.
fn separate_from_terminal(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// A child that is killed when it is dropped, unless it was left to itself.
#[derive(Debug)]
struct Process {
    child: Child,
    /// Closing it ends the node.
    pipe: Option<ChildStdin>,
    left: bool,
}

impl Process {
    /// Waits for the end, at most [`STOP_LIMIT`], then ends it by force.
    fn wait_or_kill(&mut self) -> std::io::Result<ExitStatus> {
        let asked = Instant::now();
        while asked.elapsed() < STOP_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.left && matches!(self.child.try_wait(), Ok(None)) && self.child.kill().is_ok() {
            // Reaped, so that its data directory is free when this returns.
            let _ = self.child.wait();
        }
    }
}

/// A node that was started and does not serve yet.
#[derive(Debug)]
pub struct StartingNode {
    process: Process,
    data_directory: PathBuf,
    log: PathBuf,
    started: Instant,
}

impl StartingNode {
    /// Waits until it serves.
    ///
    /// # Errors
    /// It ended, or does not serve within a minute of its start.
    pub fn until_ready(mut self) -> Result<NodeProcess, NodeError> {
        loop {
            if let Some(status) = self.process.child.try_wait()? {
                return Err(NodeError::Ended { status, log: self.log });
            }
            if let Some(address) = first_address(&self.data_directory) {
                let rpc = RpcClient::new(&address);
                if rpc.get("/ready").is_ok_and(|(code, _)| code == 200) {
                    return Ok(NodeProcess {
                        process: self.process,
                        data_directory: self.data_directory,
                        address,
                        rpc,
                    });
                }
            }
            if self.started.elapsed() > START_LIMIT {
                return Err(NodeError::NotServing { log: self.log });
            }
            // Another process's start cannot be awaited: ask again soon.
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A running node. Dropping it kills the process.
#[derive(Debug)]
pub struct NodeProcess {
    process: Process,
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
        NodeStart::new(data_directory, arguments).launch()?.until_ready()
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
        self.process.child.id()
    }

    /// Memory that it holds, in KiB; Linux tells it.
    ///
    /// # Errors
    /// The process has ended, or the system does not say.
    pub fn resident_kibibytes(&self) -> std::io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process_id()))?;
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok())
            .ok_or_else(|| std::io::Error::other("the system does not tell the memory of the process"))
    }

    /// Sends it a signal by name, such as `STOP` and `CONT`: a node that hangs, and one that goes on.
    ///
    /// # Errors
    /// There is no program `kill`, or it failed.
    pub fn signal(&self, name: &str) -> std::io::Result<()> {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.process_id().to_string()])
            .status()?;
        if status.success() {
            Ok(())
        } else {
            Err(std::io::Error::other(format!("kill -{name} failed: {status}")))
        }
    }

    /// Ends it at once, as `kill -9` does.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn kill(mut self) -> std::io::Result<()> {
        self.process.child.kill()?;
        self.process.child.wait().map(|_| ())
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Errors
    /// It cannot be reached or waited for.
    pub fn stop(mut self) -> std::io::Result<ExitStatus> {
        self.rpc
            .call("stop_daemon", &serde_json::json!({}))
            .map_err(std::io::Error::other)?;
        self.process.wait_or_kill()
    }

    /// Tells it to stop, by closing the pipe that it holds, and does not wait for it.
    pub(crate) fn ask_to_stop(&mut self) {
        if self.process.pipe.take().is_none() {
            // Without a pipe there is RPC; one that does not answer is killed when it is waited for.
            let _ = self.rpc.call("stop_daemon", &serde_json::json!({}));
        }
    }

    /// Waits until it has stopped and kills it when that takes too long.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn wait_or_kill(&mut self) -> std::io::Result<ExitStatus> {
        self.process.wait_or_kill()
    }

    /// Leaves the process to itself. Only one that was started with [`Tie::GoesOn`] stays.
    pub fn leave(mut self) {
        self.process.left = true;
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.process.child.wait()
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// It cannot be asked.
    pub fn try_wait(&mut self) -> std::io::Result<Option<ExitStatus>> {
        self.process.child.try_wait()
    }
}

/// The first address that the node wrote, wherever its network's folder is.
pub(crate) fn first_address(data_directory: &Path) -> Option<String> {
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
