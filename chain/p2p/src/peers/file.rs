//! The small files in which the network remembers peers between two runs.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Why the file cannot be read. One that does not decode is no error: it is made anew.
#[derive(Debug, Error)]
#[error("cannot read what is known of peers in {}: {source}; mend or remove the file", path.display())]
pub struct PeerFileError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// The content of the file; nothing when there is none or more than `limit` bytes.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, PeerFileError> {
    let failed = |source| PeerFileError {
        path: path.to_owned(),
        source,
    };
    match fs::metadata(path) {
        Ok(facts) if facts.len() > limit => Ok(Vec::new()),
        Ok(_) => fs::read(path).map_err(failed),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(error)),
    }
}

/// Writes the content beside the file and renames it, so that a crash leaves the old one.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = fs::File::create(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}
