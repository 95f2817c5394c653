//! One process at a time (wallet §4.1).

use super::{FileError, WalletPaths, replace::private_options};
use std::{
    fs::{File, TryLockError},
    io::{Read, Seek, Write},
    process,
};

/// Held while a wallet is open; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct WalletLock {
    file: File,
}

impl WalletLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// [`FileError::AlreadyOpen`] with the number of the process that has it.
    pub fn take(paths: &WalletPaths) -> Result<Self, FileError> {
        let path = paths.lock();
        let mut file = private_options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(FileError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FileError::AlreadyOpen {
                    path: paths.keys(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(FileError::io("lock", &path)(error)),
        }
        let mut note = || -> std::io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", process::id())
        };
        note().map_err(FileError::io("write", &path))?;
        Ok(Self { file })
    }
}

impl Drop for WalletLock {
    /// Closing the file is not enough: a process that is being started has a copy of it until its program runs.
    fn drop(&mut self) {
        // The end of the process lets go of it anyway.
        let _ = self.file.unlock();
    }
}

/// Who holds the lock, as far as the file says.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    // Advice in a message: without it the message is still true.
    let _ = Read::take(&mut *file, 32).read_to_string(&mut text);
    match text.trim().parse::<u32>() {
        Ok(process) => format!(" in process {process}"),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_opening_is_refused_with_the_number_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let paths = WalletPaths::new(&folder.path().join("wallet"));
        let lock = WalletLock::take(&paths).unwrap();
        let refused = WalletLock::take(&paths).unwrap_err().to_string();
        assert!(
            refused.contains(&format!("already open in process {}", process::id())),
            "{refused}"
        );
        drop(lock);
        WalletLock::take(&paths).unwrap();
    }

    #[test]
    fn a_copy_of_the_file_in_a_process_that_is_being_started_does_not_hold_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let paths = WalletPaths::new(&folder.path().join("wallet"));
        let lock = WalletLock::take(&paths).unwrap();
        let _inherited = lock.file.try_clone().unwrap();
        drop(lock);
        WalletLock::take(&paths).unwrap();
    }
}
