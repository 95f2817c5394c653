//! A child process in which one node runs, or all nodes of a network.

use crate::node::Tie;
use std::{
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};
use thiserror::Error;

/// How long it may take to end once it was told to, before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Something was asked that only a node with a process of its own can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "all nodes of this network run in one process: one alone can be killed, paused or measured only with `--processes many`"
)]
pub struct InOneProcess;

/// What runs in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// One node.
    OneNode,
    /// Several, which are killed and waited for together.
    AllNodes,
}

/// A child process, held by every node in it. It is killed when the last of them is dropped, unless it was left to itself.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    load: Load,
    id: u32,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug)]
struct Held {
    child: Child,
    tie: Tie,
    /// Closing it ends the nodes.
    pipe: Option<ChildStdin>,
    left: bool,
}

impl Process {
    /// Starts it; what it prints is added to the file `output`. One that ends with us gets a pipe as its input, and has to end when
    /// that is closed.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn spawn(mut command: Command, load: Load, tie: Tie, output: &Path) -> std::io::Result<Self> {
        let output = std::fs::OpenOptions::new().create(true).append(true).open(output)?;
        command.stdout(output.try_clone()?).stderr(output);
        match tie {
            Tie::EndsWithUs => command.stdin(Stdio::piped()),
            Tie::GoesOn => command.stdin(Stdio::null()),
        };
        separate_from_terminal(&mut command);
        let mut child = command.spawn()?;
        Ok(Self {
            load,
            id: child.id(),
            held: Arc::new(Mutex::new(Held {
                pipe: child.stdin.take(),
                child,
                tie,
                left: false,
            })),
        })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) const fn id(&self) -> u32 {
        self.id
    }

    pub(crate) const fn load(&self) -> Load {
        self.load
    }

    /// Refuses what would hit other nodes too.
    pub(crate) fn must_be_of_one_node(&self) -> Result<(), InOneProcess> {
        match self.load {
            Load::OneNode => Ok(()),
            Load::AllNodes => Err(InOneProcess),
        }
    }

    pub(crate) fn kill(&self) -> std::io::Result<()> {
        let mut held = self.held();
        held.child.kill()?;
        held.child.wait().map(|_| ())
    }

    /// Closes the pipe that it holds and gives its tie; one that is not tied has to be asked in another way.
    pub(crate) fn close_pipe(&self) -> Tie {
        let mut held = self.held();
        drop(held.pipe.take());
        held.tie
    }

    /// Leaves it to itself.
    pub(crate) fn leave(&self) {
        self.held().left = true;
    }

    pub(crate) fn wait(&self) -> std::io::Result<ExitStatus> {
        self.held().child.wait()
    }

    pub(crate) fn try_wait(&self) -> std::io::Result<Option<ExitStatus>> {
        self.held().child.try_wait()
    }

    /// Waits for the end, at most [`STOP_LIMIT`], then ends it by force.
    pub(crate) fn wait_or_kill(&self) -> std::io::Result<ExitStatus> {
        let asked = Instant::now();
        while asked.elapsed() < STOP_LIMIT {
            if let Some(status) = self.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.held().child.kill()?;
        self.wait()
    }
}

/// Ctrl-C goes to every process of the terminal's group: the nodes are not of it, so that they are stopped in order.
fn separate_from_terminal(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.left && matches!(self.child.try_wait(), Ok(None)) && self.child.kill().is_ok() {
            // Reaped, so that its data directories are free when this returns.
            let _ = self.child.wait();
        }
    }
}
