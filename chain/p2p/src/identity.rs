//! The key by which peers know this node, in a file that only its owner can read.

use libp2p::identity::{Keypair, ed25519};
use rand_core::{CryptoRng, RngCore};
use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Why there is no key.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// The file cannot be read or written.
    #[error("cannot use the peer key {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} does not hold a peer key of 32 bytes; remove it, and the node makes a new one", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the key, or makes one where there is none.
///
/// # Errors
/// The file cannot be used.
pub(crate) fn load_or_make(path: &Path, randomness: &mut (impl RngCore + CryptoRng)) -> Result<Keypair, IdentityError> {
    let failed = |source| IdentityError::File {
        path: path.to_owned(),
        source,
    };
    match fs::read(path) {
        Ok(mut bytes) => {
            let secret = ed25519::SecretKey::try_from_bytes(&mut bytes)
                .map_err(|_| IdentityError::NotAKey { path: path.to_owned() })?;
            // An operator who copied the file may have lost this.
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
            Ok(ed25519::Keypair::from(secret).into())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut bytes = [0; 32];
            randomness.fill_bytes(&mut bytes);
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
                .and_then(|mut file| {
                    file.write_all(&bytes)?;
                    file.sync_all()
                })
                .map_err(failed)?;
            let secret = ed25519::SecretKey::try_from_bytes(&mut bytes)
                .map_err(|_| IdentityError::NotAKey { path: path.to_owned() })?;
            Ok(ed25519::Keypair::from(secret).into())
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    #[test]
    fn the_key_is_made_once_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let mut randomness = ChaCha20Rng::seed_from_u64(1);
        let first = load_or_make(&path, &mut randomness).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let again = load_or_make(&path, &mut randomness).unwrap();
        assert_eq!(first.public(), again.public());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn another_file_in_its_place_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, b"short").unwrap();
        let error = load_or_make(&path, &mut ChaCha20Rng::seed_from_u64(1)).unwrap_err();
        assert!(matches!(error, IdentityError::NotAKey { .. }));
        assert_eq!(fs::read(&path).unwrap(), b"short");
    }
}
