//! The folder of a network: what lies where, and whether somebody runs it.

use crate::{
    arbitrum::{ArbitrumError, anvil},
    node::first_address,
    rpc::RpcClient,
};
use serde_json::json;
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};
use thiserror::Error;

/// How long nodes of an earlier run may take to end: they write out what they have.
const END_LIMIT: Duration = Duration::from_secs(20);

/// Why a network cannot be stopped.
#[derive(Debug, Error)]
pub enum StopError {
    /// Its nodes go on.
    #[error(transparent)]
    Nodes(#[from] FolderInUse),
    /// Arbitrum goes on.
    #[error(transparent)]
    Arbitrum(#[from] ArbitrumError),
}

/// The nodes of a folder run already.
#[derive(Debug, Error)]
#[error(
    "the network in {} runs already: `oxen-localnet --stop --data-dir {}` ends it, or take another folder with --data-dir",
    folder.display(), folder.display()
)]
pub struct FolderInUse {
    folder: PathBuf,
}

/// Data directory of the node that is no service node.
pub(crate) fn ordinary_node(folder: &Path) -> PathBuf {
    folder.join("ordinary-node")
}

/// Files of the process in which all nodes run, where they run in one.
pub(crate) fn one_process(folder: &Path) -> PathBuf {
    folder.join("one-process")
}

/// Files of Arbitrum.
pub(crate) fn arbitrum(folder: &Path) -> PathBuf {
    folder.join("arbitrum")
}

/// Data directory of a service node.
pub(crate) fn service_node(folder: &Path, index: usize) -> PathBuf {
    folder.join(format!("service-node-{index}"))
}

/// Number of service nodes that the network had.
pub(crate) fn service_nodes(folder: &Path) -> usize {
    (0..).take_while(|index| service_node(folder, *index).is_dir()).count()
}

fn nodes(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let service_nodes = (0..service_nodes(folder)).map(|index| service_node(folder, index));
    service_nodes.chain([ordinary_node(folder)])
}

/// Does a process use this data directory? It holds a lock then, which goes with it however it ends.
fn in_use(data_directory: &Path) -> bool {
    File::open(data_directory.join("localnet").join("oxend.lock"))
        .is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Waits until nodes of an earlier run that are ending have ended.
///
/// # Errors
/// They do not end.
pub(crate) fn await_free(folder: &Path) -> Result<(), FolderInUse> {
    let began = Instant::now();
    while nodes(folder).any(|node| in_use(&node)) {
        if began.elapsed() > END_LIMIT {
            return Err(FolderInUse {
                folder: folder.to_owned(),
            });
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Stops every node of a network that some other process started, and gives how many there were.
///
/// # Errors
/// They do not end.
pub fn stop(folder: &Path) -> Result<usize, StopError> {
    let running: Vec<PathBuf> = nodes(folder).filter(|node| in_use(node)).collect();
    for address in running.iter().filter_map(|node| first_address(node)) {
        // One that does not answer is either ending or hangs, and the wait tells which.
        let _ = RpcClient::new(&address).call("stop_daemon", &json!({}));
    }
    await_free(folder)?;
    anvil::stop(&arbitrum(folder))?;
    Ok(running.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn service_nodes_are_counted_without_gaps() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(service_nodes(folder.path()), 0);
        for index in [0, 1, 3] {
            fs::create_dir(service_node(folder.path(), index)).unwrap();
        }
        assert_eq!(service_nodes(folder.path()), 2);
    }

    #[test]
    fn a_folder_is_in_use_as_long_as_a_node_holds_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let inside = ordinary_node(folder.path()).join("localnet");
        fs::create_dir_all(&inside).unwrap();
        let lock = File::create(inside.join("oxend.lock")).unwrap();
        assert!(!in_use(&ordinary_node(folder.path())));
        lock.lock().unwrap();
        assert!(in_use(&ordinary_node(folder.path())));
        drop(lock);
        assert!(await_free(folder.path()).is_ok());
    }
}
