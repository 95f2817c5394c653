//! Where a node keeps its files, and that only one node does.

use crate::arguments::Arguments;
use fs2::FileExt;
use oxen_types::Network;
use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Why the data directory cannot be used.
#[derive(Debug, Error)]
pub enum DataDirectoryError {
    /// It cannot be made or written.
    #[error("cannot use the data directory {}: {source}; choose another with --data-dir or mend its permissions", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another node runs on it.
    #[error(
        "the data directory {} is in use by another oxend (process {process}); stop it, or choose another with --data-dir",
        path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Its process id, as it wrote it.
        process: String,
    },
}

/// The folder that `--data-dir` names, or `.oxen` in the home folder.
#[must_use]
pub fn root(arguments: &Arguments) -> PathBuf {
    arguments
        .data_dir
        .clone()
        .unwrap_or_else(|| std::env::home_dir().unwrap_or_else(|| PathBuf::from(".")).join(".oxen"))
}

/// A data directory that this process alone uses until it is dropped.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

impl DataDirectory {
    /// Makes the network's folder inside `root` and locks it.
    ///
    /// # Errors
    /// It cannot be used, or another process uses it.
    pub fn open(root: &Path, network: &Network) -> Result<Self, DataDirectoryError> {
        let path = root.join(&network.data_directory);
        let unusable = |source| DataDirectoryError::Unusable {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(&path).map_err(unusable)?;
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join("oxend.lock"))
            .map_err(unusable)?;
        if lock.try_lock_exclusive().is_err() {
            let mut process = String::new();
            lock.read_to_string(&mut process).map_err(unusable)?;
            return Err(DataDirectoryError::InUse {
                path,
                process: process.trim().to_owned(),
            });
        }
        lock.set_len(0).map_err(unusable)?;
        lock.rewind().map_err(unusable)?;
        writeln!(lock, "{}", std::process::id()).map_err(unusable)?;
        Ok(Self { path, _lock: lock })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_node_is_refused_and_told_the_first_ones_process() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDirectory::open(folder.path(), &Network::regtest()).unwrap();
        match DataDirectory::open(folder.path(), &Network::regtest()) {
            Err(DataDirectoryError::InUse { process, .. }) => assert_eq!(process, std::process::id().to_string()),
            other => panic!("{other:?}"),
        }
        drop(first);
        assert!(DataDirectory::open(folder.path(), &Network::regtest()).is_ok());
    }
}
