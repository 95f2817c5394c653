//! `ethereum import <file>` and `ethereum export <file>`: the key in a file that other wallets of Ethereum read and write.

use super::{EthereumError, link};
use crate::{
    command::{Arguments, CommandError, Reply},
    file::{FileError, write_new},
    session::Session,
    terminal::{NewPassword, Terminal, ask_new_password},
};
use oxen_wallet_ethereum::{
    EthereumKey, checksummed,
    keystore::{Keystore, KeystoreError, MAX_FILE_BYTES, ScryptCost},
};
use rand_core::OsRng;
use serde_json::json;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

const QUESTION: &str = "Password of the keystore file: ";

/// How often a person may mistype the password.
const PASSWORD_ATTEMPTS: usize = 3;

/// The key in a file, opened with the password that is asked for.
pub(super) fn read(terminal: &mut dyn Terminal, file: &str) -> Result<EthereumKey, CommandError> {
    let path = PathBuf::from(file);
    let bytes = read_at_most(&path, MAX_FILE_BYTES + 1).map_err(|source| CommandError::UserFile {
        action: "read",
        path: path.clone(),
        source,
    })?;
    let keystore = Keystore::decode(&bytes).map_err(about(&path))?;
    for _ in 1..PASSWORD_ATTEMPTS {
        let password = terminal.ask_secret(QUESTION)?;
        match keystore.open(&password) {
            Err(KeystoreError::WrongPassword) if terminal.is_person() => terminal.warn("Wrong password. Try again."),
            other => return Ok(other.map_err(about(&path))?),
        }
    }
    let password = terminal.ask_secret(QUESTION)?;
    Ok(keystore.open(&password).map_err(about(&path))?)
}

/// `ethereum export <file>`
pub(super) fn export(
    session: &Session,
    terminal: &mut dyn Terminal,
    mut words: Arguments,
) -> Result<Reply, CommandError> {
    let path = PathBuf::from(words.next("The keystore file")?);
    words.finish()?;
    // Before anything is asked; the file that is written is checked again.
    if path.symlink_metadata().is_ok() {
        return Err(EthereumError::KeystoreExists { path }.into());
    }
    session.ask_password(terminal, "to export the secret key")?;
    let key = link::open_key(session, terminal)?;
    let password = ask_new_password(terminal, NewPassword::Keystore)?;
    let bytes = Keystore::seal(&key, &password, ScryptCost::STANDARD, &mut OsRng)
        .and_then(|keystore| keystore.encode())
        .map_err(about(&path))?;
    write_new(&path, &bytes).map_err(|error| refusal(&path, error))?;
    let address = checksummed(&key.address());
    let text = format!(
        "The key of {address} is in {}. Whoever has that file and its password has everything that belongs to the address.",
        path.display()
    );
    Ok(Reply::new(
        text,
        json!({"address": address, "file": path.display().to_string()}),
    ))
}

/// Reads a file, at most so much of it: it may be endless.
fn read_at_most(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn refusal(path: &Path, error: FileError) -> CommandError {
    match error {
        FileError::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
            EthereumError::KeystoreExists { path: path.to_owned() }.into()
        }
        FileError::Io { source, .. } => CommandError::UserFile {
            action: "write",
            path: path.to_owned(),
            source,
        },
        other => other.into(),
    }
}

/// For `map_err`: what is wrong with which file.
fn about(path: &Path) -> impl FnOnce(KeystoreError) -> EthereumError {
    let path = path.to_owned();
    move |error| EthereumError::Keystore { path, error }
}
