//! Finding the programs that were built together with this one.

use std::path::PathBuf;
use thiserror::Error;

/// A program is not where it should be.
#[derive(Debug, Error)]
#[error("{name} is not beside this program; build it with `cargo build --workspace --bins`")]
pub struct ProgramError {
    name: String,
}

/// The program `name` in the folder of the running one, or in the one above, where test programs have it.
///
/// # Errors
/// It is in neither.
pub fn find(name: &str) -> Result<PathBuf, ProgramError> {
    let own = std::env::current_exe().unwrap_or_default();
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| ProgramError { name: name.to_owned() })
}
