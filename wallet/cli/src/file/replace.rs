//! Replacing a file so that a crash at any moment leaves the old one or the new one, whole (wallet §4.1).
//!
//! The new bytes are written beside the file and brought to disk; the old file gets a second name, `.bak`; then the new file
//! takes the old one's name in one step. Nothing that was readable before stops being readable in between.

use super::{FileError, paths::append};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The name under which the previous version is kept.
#[must_use]
pub fn backup_of(path: &Path) -> PathBuf {
    append(path, ".bak")
}

/// Where a new version is written before it takes the place of the old one.
fn draft_of(path: &Path) -> PathBuf {
    append(path, ".new")
}

/// What is kept of the previous version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous {
    /// It becomes the backup.
    Keep,
    /// The backup becomes equal to the new version, so that nothing old remains: for a changed password.
    Overwrite,
}

/// Writes the file; readable by its owner alone.
///
/// # Errors
/// [`FileError::Io`]; the file is as it was before then.
pub fn replace(path: &Path, bytes: &[u8], previous: Previous) -> Result<(), FileError> {
    let draft = draft_of(path);
    write_private(&draft, bytes)?;
    if previous == Previous::Keep && path.exists() {
        keep_as_backup(path)?;
    }
    fs::rename(&draft, path).map_err(FileError::io("put the new version in place of", path))?;
    sync_folder(path)?;
    if previous == Previous::Overwrite {
        // A copy, and not a second name: damage to one must not be damage to both.
        let draft = draft_of(&backup_of(path));
        write_private(&draft, bytes)?;
        fs::rename(&draft, backup_of(path)).map_err(FileError::io("keep as backup", backup_of(path)))?;
        sync_folder(path)?;
    }
    Ok(())
}

/// Gives the file the second name `.bak`, in one step.
fn keep_as_backup(path: &Path) -> Result<(), FileError> {
    let backup = backup_of(path);
    let draft = draft_of(&backup);
    remove_if_there(&draft).map_err(FileError::io("remove", &draft))?;
    // Some file systems know no second names: there the backup is a copy.
    if fs::hard_link(path, &draft).is_err() {
        let bytes = fs::read(path).map_err(FileError::io("read", path))?;
        write_private(&draft, &bytes)?;
    }
    fs::rename(&draft, &backup).map_err(FileError::io("keep as backup", backup))
}

/// Creates a file that only its owner can read, and brings it to disk.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let write = || -> io::Result<()> {
        // A leftover of a crash, perhaps with other permissions.
        remove_if_there(path)?;
        let mut file = private_options().write(true).create_new(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(FileError::io("write", path))
}

/// Writes a file where there is none; readable by its owner alone. Nothing is left of it where that fails.
///
/// # Errors
/// [`FileError::Io`]; its source is [`io::ErrorKind::AlreadyExists`] where something is there, whatever it is.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let failed = || FileError::io("write", path);
    let mut file = private_options()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(failed())?;
    if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
        let _ = fs::remove_file(path);
        return Err(failed()(error));
    }
    sync_folder(path)
}

/// Options whose files only their owner can read.
pub(super) fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Brings the names of a folder to disk, where the system can do that.
fn sync_folder(path: &Path) -> Result<(), FileError> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(FileError::io("bring to disk", folder))
}

/// Reads a whole file of at most `limit` bytes; nothing when it is not there.
///
/// # Errors
/// [`FileError::Io`], also for a longer file.
pub fn read_if_there(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, FileError> {
    let length = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::io("read", path)(error)),
    };
    if length > limit {
        let error = io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than any wallet file");
        return Err(FileError::io("read", path)(error));
    }
    fs::read(path).map(Some).map_err(FileError::io("read", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_previous_version_becomes_the_backup() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace(&path, b"one", Previous::Keep).unwrap();
        assert_eq!(read_if_there(&backup_of(&path), 10).unwrap(), None);
        replace(&path, b"two", Previous::Keep).unwrap();
        replace(&path, b"three", Previous::Keep).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::read(backup_of(&path)).unwrap(), b"two");
        replace(&path, b"four", Previous::Overwrite).unwrap();
        assert_eq!(fs::read(backup_of(&path)).unwrap(), b"four");
    }

    #[test]
    fn leftovers_of_a_crash_do_not_disturb() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(draft_of(&path), b"half a ver").unwrap();
        fs::write(draft_of(&backup_of(&path)), b"x").unwrap();
        replace(&path, b"one", Previous::Keep).unwrap();
        replace(&path, b"two", Previous::Keep).unwrap();
        assert_eq!(
            (fs::read(&path).unwrap(), fs::read(backup_of(&path)).unwrap()),
            (b"two".to_vec(), b"one".to_vec())
        );
        assert!(!draft_of(&path).exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(draft_of(&path), b"open to all").unwrap();
        replace(&path, b"one", Previous::Keep).unwrap();
        replace(&path, b"two", Previous::Keep).unwrap();
        for file in [path.clone(), backup_of(&path)] {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_new_file_is_written_over_nothing_not_even_a_link_to_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_new(&path, b"one").unwrap();
        let is_taken = |path: &Path| match write_new(path, b"two") {
            Err(FileError::Io { source, .. }) => source.kind() == io::ErrorKind::AlreadyExists,
            _ => false,
        };
        assert!(is_taken(&path) && is_taken(folder.path()));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).unwrap();
            assert!(is_taken(&link));
        }
    }

    #[test]
    fn a_file_beyond_the_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, [0; 11]).unwrap();
        assert!(matches!(read_if_there(&path, 10), Err(FileError::Io { .. })));
        assert_eq!(read_if_there(&path, 11).unwrap().map(|bytes| bytes.len()), Some(11));
    }
}
