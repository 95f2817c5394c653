//! A real `oxend` that is asked through its command line, as an operator asks it.

use std::{
    ffi::OsStr,
    io::Write,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// How long a node may take to start or to stop.
const LIMIT: Duration = Duration::from_secs(60);

/// A running node on regtest; killed when dropped.
pub struct RunningNode {
    child: Child,
    folder: TempDir,
    supervisor: UnixDatagram,
}

impl RunningNode {
    /// Starts `oxend --regtest` with more options, and waits until it says that it is ready.
    pub fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let supervisor = UnixDatagram::bind(&path).unwrap();
        supervisor.set_read_timeout(Some(LIMIT)).unwrap();
        let output = std::fs::File::create(folder.path().join("output")).unwrap();
        let child = oxend(folder.path())
            .args(["--regtest", "--rpc-port=0", "--log-file=none"])
            .args(options)
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "400000")
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let node = Self {
            child,
            folder,
            supervisor,
        };
        node.await_notice("READY=1");
        node
    }

    /// Waits for a notice to the supervisor that begins like this.
    pub fn await_notice(&self, beginning: &str) -> String {
        let mut buffer = [0; 2_048];
        loop {
            let length = self
                .supervisor
                .recv(&mut buffer)
                .unwrap_or_else(|error| panic!("{beginning}: {error}; {}", self.output()));
            let notice = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if notice.starts_with(beginning) {
                return notice;
            }
        }
    }

    /// What it printed.
    pub fn output(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("output")).unwrap()
    }

    /// The network's folder in its data directory.
    pub fn data_directory(&self) -> PathBuf {
        self.folder.path().join("regtest")
    }

    /// Its first RPC address.
    pub fn address(&self) -> String {
        let text = std::fs::read_to_string(self.data_directory().join("rpc.addresses")).unwrap();
        text.lines().next().unwrap().to_owned()
    }

    /// Runs a command with nothing to read.
    pub fn command(&self, words: &[&str]) -> Spoken {
        self.command_with_input(words, "")
    }

    /// Runs a command that reads these lines.
    pub fn command_with_input(&self, words: &[&str], input: &str) -> Spoken {
        run(oxend(self.folder.path()).arg("--regtest").args(words), input)
    }

    /// Its process id.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it ends by itself, and says how.
    pub fn wait(mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for RunningNode {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) && self.child.kill().is_ok() {
            let _ = self.child.wait();
        }
    }
}

/// `oxend` on a data directory.
pub fn oxend(data_directory: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oxend"));
    command.arg("--data-dir").arg(data_directory);
    command
}

/// Runs `oxend` on a folder to its end.
pub fn run_in(folder: &Path, words: &[&str]) -> Spoken {
    run(oxend(folder).args(words), "")
}

/// What a command said, and whether it succeeded.
#[derive(Debug)]
pub struct Spoken {
    pub success: bool,
    pub output: String,
    pub errors: String,
}

impl Spoken {
    /// Its output, when it succeeded.
    #[track_caller]
    pub fn succeeded(self) -> String {
        assert!(self.success, "{self:?}");
        self.output
    }

    /// Its error, one sentence of `oxend`, when it failed.
    #[track_caller]
    pub fn refused(self) -> String {
        assert!(!self.success && self.errors.starts_with("oxend: "), "{self:?}");
        self.errors
    }
}

fn run(command: &mut Command, input: &str) -> Spoken {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that asks nothing may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    Spoken {
        success: status.success(),
        output: String::from_utf8(stdout).unwrap(),
        errors: String::from_utf8(stderr).unwrap(),
    }
}
