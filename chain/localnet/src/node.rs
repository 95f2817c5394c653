//! A real node: `oxend` as a child process, of its own or with other nodes.

use crate::{
    process::{Load, Process},
    programs::ProgramError,
    rpc::RpcClient,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};
use thiserror::Error;

/// Where a node writes the addresses that its RPC listens on, one to a line.
pub const RPC_ADDRESSES_FILE: &str = "rpc.addresses";

/// How long a node may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// What a process prints, its log included.
const OUTPUT_FILE: &str = "oxend.output";

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

impl Tie {
    /// What tells a node.
    const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::EndsWithUs => &["--stop-with-stdin"],
            Self::GoesOn => &[],
        }
    }
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
        self.prepare()?;
        let log = self.data_directory.join(OUTPUT_FILE);
        let mut command = self.command()?;
        command
            .arg("--data-dir")
            .arg(&self.data_directory)
            .args(&self.arguments)
            .args(self.tie.arguments());
        let process = Process::spawn(command, Load::OneNode, self.tie, &log)?;
        Ok(self.starting(process, log))
    }

    /// Starts all nodes in one process, whose files are in `folder`, and does not wait until they serve.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn launch_together(
        nodes: &[Self],
        folder: &Path,
        tie: Tie,
        more: &[String],
    ) -> Result<Vec<StartingNode>, NodeError> {
        fs::create_dir_all(folder)?;
        let mut list = String::new();
        for node in nodes {
            node.prepare()?;
            let data_directory = format!("--data-dir={}", node.data_directory.display());
            let words: Vec<&String> = [&data_directory].into_iter().chain(&node.arguments).collect();
            list += &format!("{}\n", serde_json::json!(words));
        }
        let file = folder.join("nodes");
        fs::write(&file, list)?;
        let log = folder.join(OUTPUT_FILE);
        // Seventeen nodes have a thousand files and connections open, which is as many as most systems let a process have
        // unless it asks for more.
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "ulimit -S -n \"$(ulimit -H -n)\"; exec \"$0\" \"$@\""])
            .arg(crate::programs::find("oxend")?)
            .arg("--together")
            .arg(file)
            .arg("--data-dir")
            .arg(folder)
            .args(more)
            .args(tie.arguments());
        let process = Process::spawn(command, Load::AllNodes, tie, &log)?;
        Ok(nodes
            .iter()
            .map(|node| node.starting(process.clone(), log.clone()))
            .collect())
    }

    /// Makes the data directory, and takes away where an earlier run listened.
    fn prepare(&self) -> Result<(), NodeError> {
        fs::create_dir_all(&self.data_directory)?;
        for left_over in address_files(&self.data_directory)
            .into_iter()
            .filter(|file| file.is_file())
        {
            fs::remove_file(left_over)?;
        }
        Ok(())
    }

    fn starting(&self, process: Process, log: PathBuf) -> StartingNode {
        StartingNode {
            process,
            data_directory: self.data_directory.clone(),
            log,
            started: Instant::now(),
        }
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
    pub fn until_ready(self) -> Result<NodeProcess, NodeError> {
        loop {
            if let Some(status) = self.process.try_wait()? {
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

/// A running node. Dropping it kills the process, unless other nodes run in it.
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

    /// Id of its process, which other nodes may share.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Memory that it holds, in KiB; Linux tells it.
    ///
    /// # Errors
    /// The process has ended or is not its own, or the system does not say.
    pub fn resident_kibibytes(&self) -> std::io::Result<u64> {
        self.must_be_alone()?;
        let status = fs::read_to_string(format!("/proc/{}/status", self.process_id()))?;
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok())
            .ok_or_else(|| std::io::Error::other("the system does not tell the memory of the process"))
    }

    /// Sends it a signal by name, such as `STOP` and `CONT`: a node that hangs, and one that goes on.
    ///
    /// # Errors
    /// There is no program `kill`, or it failed, or the process is not the node's own.
    pub fn signal(&self, name: &str) -> std::io::Result<()> {
        self.must_be_alone()?;
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
    /// The operating system refused, or the process is not the node's own.
    pub fn kill(self) -> std::io::Result<()> {
        self.must_be_alone()?;
        self.process.kill()
    }

    /// Has it a process of its own?
    ///
    /// # Errors
    /// It has not.
    pub fn must_be_alone(&self) -> std::io::Result<()> {
        self.process.must_be_of_one_node().map_err(std::io::Error::other)
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Errors
    /// It cannot be reached or waited for, or the process is not the node's own.
    pub fn stop(self) -> std::io::Result<ExitStatus> {
        self.must_be_alone()?;
        self.rpc
            .call("stop_daemon", &serde_json::json!({}))
            .map_err(std::io::Error::other)?;
        self.process.wait_or_kill()
    }

    /// Tells it to stop, by closing the pipe that it holds, and does not wait for it.
    pub(crate) fn ask_to_stop(&self) {
        if self.process.close_pipe() == Tie::GoesOn {
            // Without a pipe there is RPC; one that does not answer is killed when it is waited for.
            let _ = self.rpc.call("stop_daemon", &serde_json::json!({}));
        }
    }

    /// Waits until it has stopped and kills it when that takes too long.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn wait_or_kill(&self) -> std::io::Result<ExitStatus> {
        self.process.wait_or_kill()
    }

    /// Leaves the process to itself. Only one that was started with [`Tie::GoesOn`] stays.
    pub fn leave(self) {
        self.process.leave();
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn wait(&self) -> std::io::Result<ExitStatus> {
        self.process.wait()
    }

    /// Has it ended? In a process with others it then takes away the file that tells where it listens.
    ///
    /// # Errors
    /// The process cannot be asked.
    pub fn has_ended(&self) -> std::io::Result<bool> {
        let gone_from_others = self.process.load() == Load::AllNodes && first_address(&self.data_directory).is_none();
        Ok(gone_from_others || self.process.try_wait()?.is_some())
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
