//! A real process writes, is killed with SIGKILL, or has its files cut short by the operating system; another opens what it left.
#![allow(clippy::unwrap_used, reason = "a test")]

mod synthetic;

use oxen_store::{BackendError, ChainStore, CommitError, OpenError, StoreError, StoreSettings};
use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};
use synthetic::{Step, Story, assert_agrees, identity, last_step, settings};

/// Tells the writing process where to write.
const DIRECTORY: &str = "OXEN_STORE_TEST_DIRECTORY";
/// Names a folder on a file system that a few megabytes fill up.
const SMALL_DISK: &str = "OXEN_STORE_SMALL_DISK";
/// Times the process is killed.
const KILLS: u32 = 12;
const SEED: u64 = 31;
/// What the writing process says when it begins.
const WRITING: &str = "writing";

fn open(directory: &Path) -> ChainStore {
    open_with(directory, settings()).unwrap()
}

/// Opens with little memory, so that files are written and merged while the process is killed.
fn open_with(directory: &Path, mut settings: StoreSettings) -> Result<ChainStore, OpenError> {
    settings.rocks.write_buffer_bytes = 256 * 1024;
    settings.rocks.log_bytes = 128 * 1024;
    ChainStore::open(directory, &identity(), &settings, &mut |_| ())
}

/// The story up to where the store was told it, told further with every store that was told more.
struct Teller {
    story: Story,
    told: u64,
}

impl Teller {
    fn new() -> Self {
        Self {
            story: Story::new(SEED),
            told: 0,
        }
    }

    fn catch_up(&mut self, store: &ChainStore) {
        let last = last_step(store);
        assert!(
            last >= self.told,
            "step {} was written, but {last} is the last",
            self.told
        );
        while self.told < last {
            self.next_step();
        }
    }

    fn next_step(&mut self) -> Step {
        self.told += 1;
        self.story.next_step().numbered(self.told)
    }
}

/// Not a test by itself: what the process that is killed does.
#[test]
#[ignore = "run as a process of its own by the test below"]
fn writing_process() {
    let Some(directory) = env::var_os(DIRECTORY) else {
        return;
    };
    let store = open(Path::new(&directory));
    let mut teller = Teller::new();
    teller.catch_up(&store);
    println!("{WRITING}");
    loop {
        teller.next_step().write_to(&store).unwrap();
    }
}

/// Writes on until that fails; why it does.
fn write_until_failure(store: &ChainStore, teller: &mut Teller) -> CommitError {
    let error = (0..1_000_000)
        .find_map(|_| teller.next_step().write_to(store).err())
        .expect("no disk is that large");
    assert!(store.is_stopped());
    assert!(matches!(
        teller.next_step().write_to(store),
        Err(CommitError::Store(StoreError::Stopped))
    ));
    error
}

/// Not a test by itself: what the process does whose files may not grow.
#[test]
#[ignore = "run as a process of its own by the test below"]
fn limited_process() {
    let Some(directory) = env::var_os(DIRECTORY) else {
        return;
    };
    let store = open(Path::new(&directory));
    let error = write_until_failure(&store, &mut Teller::new());
    assert!(
        matches!(error, CommitError::Store(StoreError::Backend(BackendError::Io { .. }))),
        "{error:?}"
    );
}

/// Starts the writing process and waits until it writes.
fn start(directory: &Path) -> Child {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "writing_process", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines.any(|line| line.unwrap().contains(WRITING)),
        "the process ended before it wrote anything"
    );
    child
}

#[test]
fn a_process_killed_at_any_moment_leaves_a_state_after_some_commit() {
    let directory = tempfile::tempdir().unwrap();
    let mut teller = Teller::new();
    let mut steps = Vec::new();
    for kill in 0..KILLS {
        let mut child = start(directory.path());
        thread::sleep(Duration::from_millis(7 + 23 * u64::from(kill)));
        assert!(child.try_wait().unwrap().is_none(), "the process ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        let store = open(directory.path());
        teller.catch_up(&store);
        assert_agrees(&store, &teller.story);
        steps.push(teller.told);
    }
    assert!(steps.last() > steps.first(), "the process got nowhere: {steps:?}");
}

#[test]
fn files_that_may_not_grow_stop_the_store_and_leave_a_state_after_some_commit() {
    let directory = tempfile::tempdir().unwrap();
    // At most 256 blocks of 512 bytes a file; the signal that would end the process is ignored, so that writes fail instead.
    let status = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 256; exec \"$0\" --exact limited_process --ignored",
        ])
        .arg(env::current_exe().unwrap())
        .env(DIRECTORY, directory.path())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(
        status.success(),
        "the limited process saw something else than a failed write: {status}"
    );
    let store = open(directory.path());
    let mut teller = Teller::new();
    teller.catch_up(&store);
    assert_agrees(&store, &teller.story);
    assert!(teller.told > 10, "it got nowhere");
    teller
        .next_step()
        .write_to(&store)
        .expect("without the limit it goes on");
}

/// Not a test by itself: what the process does whose disk fills up, when nothing is held in reserve.
#[test]
#[ignore = "run as a process of its own by the test below"]
fn filling_process() {
    let Some(directory) = env::var_os(DIRECTORY) else {
        return;
    };
    let store = open_with(
        Path::new(&directory),
        StoreSettings {
            reserve_bytes: 0,
            ..settings()
        },
    )
    .unwrap();
    let error = write_until_failure(&store, &mut Teller::new());
    assert!(
        matches!(
            error,
            CommitError::Store(StoreError::Backend(BackendError::DiskFull { .. }))
        ),
        "{error:?}"
    );
}

#[test]
fn a_disk_that_is_really_full_leaves_a_state_after_some_commit() {
    let Some(disk) = env::var_os(SMALL_DISK) else {
        println!("skipped: {SMALL_DISK} names no folder on a small file system");
        return;
    };
    let directory = tempfile::tempdir_in(disk).unwrap();
    let error = open_with(directory.path(), settings()).unwrap_err();
    assert!(
        matches!(error, OpenError::Store(StoreError::DiskNearlyFull { .. })),
        "{error:?}"
    );
    let ballast = directory.path().join("ballast");
    fs::write(&ballast, vec![1; 2 * 1024 * 1024]).unwrap();
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "filling_process", "--ignored"])
        .env(DIRECTORY, directory.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    // A RocksDB that is built with assertions, as Debian's is, may end the process when its own log cannot be written.
    assert!(
        status.success() || status.signal().is_some(),
        "the process saw something else than a full disk: {status}"
    );
    fs::remove_file(ballast).unwrap();
    let store = open_with(
        directory.path(),
        StoreSettings {
            reserve_bytes: 0,
            ..settings()
        },
    )
    .unwrap();
    let mut teller = Teller::new();
    teller.catch_up(&store);
    assert_agrees(&store, &teller.story);
    assert!(teller.told > 10, "it got nowhere");
    teller.next_step().write_to(&store).expect("with room it goes on");
}
