//! A secret in a file that its owner alone can read.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a key file cannot be used. The texts say what to do.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// It cannot be read.
    #[error("cannot read the key file {}: {source}; it must belong to the user that runs oxend", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It cannot be written.
    #[error("cannot write the key file {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It has the size of no form of the key.
    #[error(
        "{} is no key: {found} bytes, where {expected} bytes, or {} hexadecimal digits, are expected; restore it from its backup",
        path.display(),
        expected * 2
    )]
    WrongLength {
        /// The file.
        path: PathBuf,
        /// Its size without `0x` and end of line.
        found: usize,
        /// Size of the key.
        expected: usize,
    },
    /// It has the size of hexadecimal text and is none.
    #[error("{} is no key: it holds other characters than hexadecimal digits; restore it from its backup", path.display())]
    NotHex {
        /// The file.
        path: PathBuf,
    },
    /// The public half does not follow from the secret one.
    #[error("{} is damaged: its second half is not the public key of its first; restore it from its backup", path.display())]
    HalvesDiffer {
        /// The file.
        path: PathBuf,
    },
    /// It is no scalar of the curve.
    #[error("{} is no key: it is zero or too large for a scalar; restore it from its backup", path.display())]
    NotAScalar {
        /// The file.
        path: PathBuf,
    },
    /// It would be overwritten.
    #[error(
        "{} exists already and is kept: whoever loses a key loses the node that is registered with it. Say +overwrite to put another in its place; the old one stays beside it",
        path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// It was there a moment ago.
    #[error("the key file {} is gone", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
}

/// What becomes of a key file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// It stays, and nothing is written.
    Never,
    /// It is renamed.
    KeepingOld,
}

/// A secret as it was found.
pub(crate) struct FoundSecret<const N: usize> {
    pub(crate) bytes: Zeroizing<[u8; N]>,
    mode: u32,
}

impl<const N: usize> FoundSecret<N> {
    /// A sentence when others can read the file, too.
    pub(crate) fn warning(&self, path: &Path) -> Option<String> {
        let mode = self.mode & 0o777;
        (mode & 0o077 != 0).then(|| {
            format!(
                "others on this machine can read the key file {0} (mode {mode:o}): run `chmod 600 {0}`",
                path.display()
            )
        })
    }
}

/// Reads a secret of `N` bytes, raw or as hexadecimal text; `None` when there is no such file.
///
/// # Errors
/// It cannot be read, or is no such secret.
pub(crate) fn read_secret<const N: usize>(path: &Path) -> Result<Option<FoundSecret<N>>, KeyFileError> {
    let unreadable = |source| KeyFileError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let contents = match fs::read(path) {
        Ok(contents) => Zeroizing::new(contents),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode();
    let bytes = match <[u8; N]>::try_from(contents.as_slice()) {
        Ok(raw) => Zeroizing::new(raw),
        Err(_) => parse_hex(path, &contents)?,
    };
    Ok(Some(FoundSecret { bytes, mode }))
}

/// Hexadecimal digits of a text, without `0x` in front and the end of the line behind.
pub(crate) fn digits(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    text.strip_prefix(b"0x")
        .or_else(|| text.strip_prefix(b"0X"))
        .unwrap_or(text)
}

/// Reads `N` bytes of hexadecimal text; `path` names it in errors.
///
/// # Errors
/// It is no such text.
pub(crate) fn parse_hex<const N: usize>(path: &Path, text: &[u8]) -> Result<Zeroizing<[u8; N]>, KeyFileError> {
    let digits = digits(text);
    if digits.len() != 2 * N {
        return Err(KeyFileError::WrongLength {
            path: path.to_owned(),
            found: digits.len(),
            expected: N,
        });
    }
    let mut bytes = Zeroizing::new([0; N]);
    hex::decode_to_slice(digits, bytes.as_mut_slice()).map_err(|_| KeyFileError::NotHex { path: path.to_owned() })?;
    Ok(bytes)
}

/// Writes a secret as `0x`, hexadecimal digits and the end of a line, for the owner alone. The file appears whole or not at all.
/// Where the old one went, if there was one.
///
/// # Errors
/// There is one and it may not be replaced, or it cannot be written.
pub(crate) fn write_secret(path: &Path, secret: &[u8], replace: Replace) -> Result<Option<PathBuf>, KeyFileError> {
    let unwritable = |source| KeyFileError::Unwritable {
        path: path.to_owned(),
        source,
    };
    if replace == Replace::Never && path.exists() {
        return Err(KeyFileError::Exists { path: path.to_owned() });
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let beside = path.with_extension("new");
    // What an interrupted attempt left.
    let _ = fs::remove_file(&beside);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .map_err(unwritable)?;
    let text = Zeroizing::new(format!("0x{}\n", *Zeroizing::new(hex::encode(secret))));
    file.write_all(text.as_bytes()).map_err(unwritable)?;
    file.sync_all().map_err(unwritable)?;
    let old = match replace {
        Replace::KeepingOld if path.exists() => Some(move_aside(path).map_err(unwritable)?),
        _ => None,
    };
    // Unlike a rename, a link never replaces a file that came about meanwhile.
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside).map_err(unwritable)?;
    match linked {
        Ok(()) => Ok(old),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(KeyFileError::Exists { path: path.to_owned() }),
        Err(error) => Err(unwritable(error)),
    }
}

/// Renames a file to the first free of `name.old-1`, `name.old-2` …
fn move_aside(path: &Path) -> std::io::Result<PathBuf> {
    let mut number = 1_u32;
    loop {
        let aside = path.with_extension(format!("old-{number}"));
        if !aside.exists() {
            fs::rename(path, &aside)?;
            return Ok(aside);
        }
        number = number.saturating_add(1);
    }
}
