//! The keys of a service node in its data directory (staking §3.1).
//!
//! `key_ed25519` holds the seed that everything grows out of; `key` is there only on nodes from before Loki 8, whose primary key
//! was made on its own. `key_bls` is a secret of its own, with which the node signs for the contracts on L2 (bridge §2.2); a node
//! from before the bridge gets one at its next start. [`mod@file`] reads and writes one secret, this module knows which secrets there are and how they belong
//! together.

pub mod file;

pub use file::{KeyFileError, Replace};

use file::{read_secret, write_secret};
use oxen_bridge_rules::bls;
use oxen_crypto::SecretKey;
use oxen_staking_rules::keys::ServiceNodeKeys;
use rand_core::{CryptoRng, RngCore};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The file of the Ed25519 seed and public key.
pub const ED25519_FILE: &str = "key_ed25519";
/// The file of a primary key of its own.
pub const LEGACY_FILE: &str = "key";
/// The file of the key for the contracts on L2.
pub const BLS_FILE: &str = "key_bls";

/// The keys of a data directory.
#[derive(Debug)]
pub struct KeyFiles {
    /// The keys.
    pub keys: ServiceNodeKeys,
    /// Is the primary key one of its own, from the file `key`?
    pub primary: PrimaryOrigin,
    /// Signs for the contracts on L2; `None` when the directory has no such key yet.
    pub bls: Option<bls::SecretKey>,
    /// What is wrong with the files although they can be used, a sentence each.
    pub warnings: Vec<String>,
}

/// Where the primary key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrimaryOrigin {
    /// It follows from the Ed25519 key.
    Ed25519,
    /// It is one of its own.
    Legacy,
}

/// Reads the keys of a data directory; `None` when it has none.
///
/// # Errors
/// A file is there and holds no key.
pub fn read_keys(folder: &Path) -> Result<Option<KeyFiles>, KeyFileError> {
    let path = folder.join(ED25519_FILE);
    let Some(ed25519) = read_secret::<64>(&path)? else {
        return Ok(None);
    };
    let legacy_path = folder.join(LEGACY_FILE);
    let legacy = read_secret::<32>(&legacy_path)?;
    let bls_path = folder.join(BLS_FILE);
    let bls = read_secret::<32>(&bls_path)?;
    let warnings = ed25519
        .warning(&path)
        .into_iter()
        .chain(legacy.iter().filter_map(|secret| secret.warning(&legacy_path)))
        .chain(bls.iter().filter_map(|secret| secret.warning(&bls_path)))
        .collect();
    let bls = bls.map(|secret| bls_of(&bls_path, &secret.bytes)).transpose()?;
    let seed = seed_of(&path, &ed25519.bytes)?;
    let (keys, primary) = match legacy {
        None => (ServiceNodeKeys::from_seed(&seed), PrimaryOrigin::Ed25519),
        Some(secret) => {
            let scalar = scalar_of(&legacy_path, &secret.bytes)?;
            (ServiceNodeKeys::with_primary(&seed, scalar), PrimaryOrigin::Legacy)
        }
    };
    Ok(Some(KeyFiles {
        keys,
        primary,
        bls,
        warnings,
    }))
}

/// Reads the keys of a data directory, or makes them when it has none.
///
/// # Errors
/// A file is there and holds no key, or cannot be written.
pub fn read_or_make_keys(folder: &Path, rng: &mut (impl RngCore + CryptoRng)) -> Result<KeyFiles, KeyFileError> {
    let found = read_keys(folder)?;
    if found.as_ref().is_none_or(|found| found.bls.is_none()) {
        make_bls(folder, rng)?;
    }
    if found.is_none() {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        restore_ed25519(folder, &seed, Replace::Never)?;
    }
    read_keys(folder)?.ok_or_else(|| KeyFileError::Missing {
        path: folder.join(ED25519_FILE),
    })
}

/// Makes a key for the contracts, unless there is one: a folder whose other keys were lost or are yet to be restored may have it.
fn make_bls(folder: &Path, rng: &mut (impl RngCore + CryptoRng)) -> Result<(), KeyFileError> {
    let path = folder.join(BLS_FILE);
    if read_secret::<32>(&path)?.is_some() {
        return Ok(());
    }
    let mut random = Zeroizing::new([0; 32]);
    rng.fill_bytes(random.as_mut_slice());
    let secret = bls::SecretKey::from_random(&random).map_err(|_| KeyFileError::NotAScalar { path: path.clone() })?;
    write_secret(&path, secret.to_bytes().as_slice(), Replace::Never)?;
    Ok(())
}

/// Writes the file of an Ed25519 seed. Where the old file went, if one was replaced.
///
/// # Errors
/// There is one already, or it cannot be written.
pub fn restore_ed25519(folder: &Path, seed: &[u8; 32], replace: Replace) -> Result<Option<PathBuf>, KeyFileError> {
    let secret = ServiceNodeKeys::from_seed(seed).ed25519_secret();
    write_secret(&folder.join(ED25519_FILE), secret.as_slice(), replace)
}

/// Writes the file of a primary key of its own. Where the old file went, if one was replaced.
///
/// # Errors
/// The bytes are no key, there is a file already, or it cannot be written.
pub fn restore_legacy(folder: &Path, secret: &[u8; 32], replace: Replace) -> Result<Option<PathBuf>, KeyFileError> {
    let path = folder.join(LEGACY_FILE);
    scalar_of(&path, secret)?;
    write_secret(&path, secret, replace)
}

/// The seed of an Ed25519 secret, whose second half must be the public key that follows from it.
fn seed_of(path: &Path, secret: &[u8; 64]) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let mismatch = || KeyFileError::HalvesDiffer { path: path.to_owned() };
    let seed = Zeroizing::new(*secret.first_chunk().ok_or_else(mismatch)?);
    if ServiceNodeKeys::from_seed(&seed).ed25519_secret().as_slice() == secret {
        Ok(seed)
    } else {
        Err(mismatch())
    }
}

fn bls_of(path: &Path, secret: &[u8; 32]) -> Result<bls::SecretKey, KeyFileError> {
    bls::SecretKey::from_bytes(secret).map_err(|_| KeyFileError::NotAScalar { path: path.to_owned() })
}

fn scalar_of(path: &Path, secret: &[u8; 32]) -> Result<SecretKey, KeyFileError> {
    let no_scalar = || KeyFileError::NotAScalar { path: path.to_owned() };
    if *secret == [0; 32] {
        return Err(no_scalar());
    }
    SecretKey::from_canonical_bytes(*secret).map_err(|_| no_scalar())
}

/// The seed that an operator kept: 64 hexadecimal digits, or 128 with the public key behind, `0x` in front or not.
///
/// # Errors
/// It is neither, or its halves do not belong together.
pub fn seed_from_text(text: &str) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let path = Path::new("the key that was given");
    if file::digits(text.as_bytes()).len() == 128 {
        return seed_of(path, &*file::parse_hex::<64>(path, text.as_bytes())?);
    }
    file::parse_hex::<32>(path, text.as_bytes())
}

/// The legacy secret that an operator kept: 64 hexadecimal digits, `0x` in front or not.
///
/// # Errors
/// It is not.
pub fn legacy_from_text(text: &str) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    file::parse_hex::<32>(Path::new("the key that was given"), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::OsRng;
    use std::{fs, os::unix::fs::PermissionsExt};

    const SECRET: &str = "8994935a5526e824d192990187fd8b9f96685a82e602827b8f816ac9679f9bf4\
                          9ec60e8e1dd033554189a2eb23ac005ab8537bb59e700eee5a32f690841a232c";
    const PUBLIC: &str = "9ec60e8e1dd033554189a2eb23ac005ab8537bb59e700eee5a32f690841a232c";

    fn read(contents: &[u8]) -> Result<Option<KeyFiles>, KeyFileError> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(ED25519_FILE), contents).unwrap();
        read_keys(folder.path())
    }

    #[test]
    fn a_folder_without_keys_gets_some_that_stay() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read_keys(folder.path()).unwrap().is_none());
        let made = read_or_make_keys(folder.path(), &mut OsRng).unwrap();
        let again = read_or_make_keys(folder.path(), &mut OsRng).unwrap();
        assert_eq!(made.keys.primary().public, again.keys.primary().public);
        assert_eq!(made.primary, PrimaryOrigin::Ed25519);
        let bls = |files: &KeyFiles| files.bls.as_ref().unwrap().public_key();
        assert_eq!(bls(&made), bls(&again));
        assert!(again.warnings.is_empty(), "{:?}", again.warnings);
        let path = folder.path().join(ED25519_FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("0x") && text.ends_with('\n') && text.len() == 131,
            "{text}"
        );
        let bls_path = folder.path().join(BLS_FILE);
        assert_eq!(fs::metadata(&bls_path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_to_string(&bls_path).unwrap().len(),
            67,
            "0x, 64 digits, end of line"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left over");
    }

    #[test]
    fn a_node_from_before_the_bridge_gets_a_key_for_it_and_keeps_the_others() {
        let folder = tempfile::tempdir().unwrap();
        restore_ed25519(folder.path(), &[5; 32], Replace::Never).unwrap();
        let before = read_keys(folder.path()).unwrap().unwrap();
        assert!(before.bls.is_none());
        let after = read_or_make_keys(folder.path(), &mut OsRng).unwrap();
        assert_eq!(before.keys.primary().public, after.keys.primary().public);
        assert!(after.bls.is_some());
    }

    /// The file of a reference node, and the public key that the node shows (bridge §8.1).
    #[test]
    fn a_bls_key_is_read_as_the_reference_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        restore_ed25519(folder.path(), &[5; 32], Replace::Never).unwrap();
        let secret = "0123456789abcdef".repeat(4);
        fs::write(folder.path().join(BLS_FILE), &secret).unwrap();
        let found = read_or_make_keys(folder.path(), &mut OsRng).unwrap();
        let public = found.bls.as_ref().unwrap().public_key().to_string();
        assert!(public.starts_with("14c6615c4fbecfa4a2c2197ae8152904"), "{public}");
        assert!(!format!("{found:?}").contains(&secret));
        fs::write(folder.path().join(BLS_FILE), "0".repeat(64)).unwrap();
        let zero = read_keys(folder.path());
        assert!(matches!(zero, Err(KeyFileError::NotAScalar { .. })));
    }

    #[test]
    fn every_form_of_the_file_gives_the_same_key() {
        let raw = hex::decode(SECRET).unwrap();
        for contents in [
            raw.as_slice(),
            SECRET.as_bytes(),
            format!("{SECRET}\n").as_bytes(),
            format!("0x{SECRET}").as_bytes(),
            format!("0x{}\r\n", SECRET.to_uppercase()).as_bytes(),
        ] {
            let found = read(contents).unwrap().unwrap();
            assert_eq!(found.keys.primary().public.to_string(), PUBLIC);
        }
    }

    #[test]
    fn what_is_no_key_says_what_it_is() {
        assert!(matches!(
            read(&[7; 63]),
            Err(KeyFileError::WrongLength { found: 63, .. })
        ));
        assert!(matches!(read(b""), Err(KeyFileError::WrongLength { found: 0, .. })));
        let not_hex = "zz".repeat(64);
        assert!(matches!(read(not_hex.as_bytes()), Err(KeyFileError::NotHex { .. })));
        let mut other_half = hex::decode(SECRET).unwrap();
        other_half[63] ^= 1;
        assert!(matches!(read(&other_half), Err(KeyFileError::HalvesDiffer { .. })));
    }

    #[test]
    fn a_legacy_key_is_the_primary_one() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(ED25519_FILE), SECRET).unwrap();
        restore_legacy(folder.path(), &[7; 32], Replace::Never).unwrap();
        let found = read_keys(folder.path()).unwrap().unwrap();
        assert_eq!(found.primary, PrimaryOrigin::Legacy);
        assert_eq!(found.keys.ed25519_public().to_string(), PUBLIC);
        assert_eq!(found.keys.primary().public, SecretKey::reduce([7; 32]).public_key());
        assert_eq!(found.warnings.len(), 1, "the first file was written for everybody");
        for no_scalar in [[0; 32], [0xff; 32]] {
            let refused = restore_legacy(folder.path(), &no_scalar, Replace::KeepingOld);
            assert!(matches!(refused, Err(KeyFileError::NotAScalar { .. })));
        }
    }

    #[test]
    fn a_key_is_replaced_only_when_told_and_the_old_one_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let first = read_or_make_keys(folder.path(), &mut OsRng).unwrap();
        let seed = seed_from_text(SECRET).unwrap();
        assert!(matches!(
            restore_ed25519(folder.path(), &seed, Replace::Never),
            Err(KeyFileError::Exists { .. })
        ));
        let old = restore_ed25519(folder.path(), &seed, Replace::KeepingOld)
            .unwrap()
            .unwrap();
        let restored = read_keys(folder.path()).unwrap().unwrap();
        assert_eq!(restored.keys.primary().public.to_string(), PUBLIC);
        fs::rename(old, folder.path().join(ED25519_FILE)).unwrap();
        let back = read_keys(folder.path()).unwrap().unwrap();
        assert_eq!(back.keys.primary().public, first.keys.primary().public);
    }

    #[test]
    fn a_seed_is_read_with_and_without_its_public_half() {
        let whole = seed_from_text(&format!("0x{SECRET}")).unwrap();
        let half = seed_from_text(&SECRET[..64]).unwrap();
        assert_eq!(whole, half);
        assert!(matches!(
            seed_from_text(&SECRET[..100]),
            Err(KeyFileError::WrongLength { .. })
        ));
    }

    #[test]
    fn secrets_do_not_print() {
        let found = read(SECRET.as_bytes()).unwrap().unwrap();
        assert!(!format!("{found:?}").contains(&SECRET[..64]));
    }
}
