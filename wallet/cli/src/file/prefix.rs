//! The first bytes of every wallet file: what it is and to which wallet it belongs.
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 8 | `OXENWLT` and a zero |
//! | 8 | 1 | format, 1 |
//! | 9 | 1 | kind of file |
//! | 10 | 16 | id of the wallet, random, the same in all its files |
//!
//! These bytes are the context in which the rest is sealed, so no file can take the place of another.

use super::FileError;
use rand_core::{CryptoRng, RngCore};
use std::path::Path;

/// Bytes of a prefix.
pub const PREFIX_BYTES: usize = 26;
const MAGIC: [u8; 8] = *b"OXENWLT\0";
const FORMAT: u8 = 1;
const ID_BYTES: usize = 16;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// The keys.
    Keys,
    /// What the chain does not know.
    Journal,
    /// What the chain can tell again.
    Cache,
}

impl FileKind {
    const fn number(self) -> u8 {
        match self {
            Self::Keys => 0,
            Self::Journal => 1,
            Self::Cache => 2,
        }
    }
}

/// Tells wallets apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalletId([u8; ID_BYTES]);

impl WalletId {
    /// A new one.
    #[must_use]
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut id = [0; ID_BYTES];
        rng.fill_bytes(&mut id);
        Self(id)
    }
}

/// The prefix of a file.
#[must_use]
pub fn encode(kind: FileKind, id: WalletId) -> [u8; PREFIX_BYTES] {
    let mut prefix = [0; PREFIX_BYTES];
    let parts: [&[u8]; 3] = [&MAGIC, &[FORMAT, kind.number()], &id.0];
    for (place, byte) in prefix.iter_mut().zip(parts.concat()) {
        *place = byte;
    }
    prefix
}

/// Reads the prefix of a file of this kind: the id, the prefix and what is behind it.
///
/// # Errors
/// [`FileError::NotAWallet`], [`FileError::NewerFormat`].
pub fn split<'a>(
    path: &Path,
    kind: FileKind,
    bytes: &'a [u8],
) -> Result<(WalletId, &'a [u8; PREFIX_BYTES], &'a [u8]), FileError> {
    let strange = || FileError::NotAWallet { path: path.to_owned() };
    let (prefix, rest) = bytes.split_first_chunk::<PREFIX_BYTES>().ok_or_else(strange)?;
    let (magic, tail) = prefix.split_first_chunk::<8>().ok_or_else(strange)?;
    let [format, number, id @ ..] = tail else {
        return Err(strange());
    };
    if *magic != MAGIC || *number != kind.number() {
        return Err(strange());
    }
    if *format != FORMAT {
        return Err(FileError::NewerFormat {
            path: path.to_owned(),
            found: *format,
        });
    }
    let id: [u8; ID_BYTES] = id.try_into().map_err(|_| strange())?;
    Ok((WalletId(id), prefix, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: WalletId = WalletId([7; 16]);

    #[test]
    fn a_prefix_comes_back_with_what_is_behind_it() {
        let file = [encode(FileKind::Cache, ID).as_slice(), b"rest"].concat();
        let (id, prefix, rest) = split(Path::new("f"), FileKind::Cache, &file).unwrap();
        assert_eq!(
            (id, prefix, rest),
            (ID, &encode(FileKind::Cache, ID), b"rest".as_slice())
        );
    }

    #[test]
    fn other_kinds_other_programs_and_newer_formats_are_named() {
        let split_keys = |bytes: &[u8]| split(Path::new("f"), FileKind::Keys, bytes).map(|_| ());
        let mut prefix = encode(FileKind::Keys, ID);
        assert!(split_keys(&prefix).is_ok());
        assert!(matches!(split_keys(&prefix[..25]), Err(FileError::NotAWallet { .. })));
        assert!(matches!(
            split_keys(&encode(FileKind::Journal, ID)),
            Err(FileError::NotAWallet { .. })
        ));
        prefix[8] = 9;
        assert!(matches!(
            split_keys(&prefix),
            Err(FileError::NewerFormat { found: 9, .. })
        ));
        prefix[0] ^= 1;
        assert!(matches!(split_keys(&prefix), Err(FileError::NotAWallet { .. })));
    }
}
