//! Creating, opening and saving a wallet.

use super::{
    FileError, WalletPaths,
    journal_file::{self, JournalFile, ReadJournal, Tail},
    keys_file::{self, KeysFile, PasswordLock},
    lock::WalletLock,
    password_key::PasswordCost,
    paths::append,
    prefix::{self, FileKind, WalletId},
    record::{JournalRecordRef, Unmined, Unrecoverable},
    replace::{self, Previous, backup_of, read_if_there},
    sealing::SealingKey,
};
use crate::preferences::Preferences;
use oxen_types::{Hash, PublicKey, keccak256};
use oxen_wallet_core::{KeysSection, Wallet, sent::Relay, state::WalletState};
use rand_core::OsRng;
use std::{fmt, path::Path};

/// More bytes than a cache has.
const MAX_CACHE_BYTES: u64 = 16 << 30;

/// A wallet that is there and that nobody else has open, before its password is known.
#[derive(Debug)]
pub struct LockedWallet {
    paths: WalletPaths,
    lock: WalletLock,
    keys_file: KeysFile,
    recoveries: Vec<Recovery>,
}

/// Everything that was found of a wallet.
#[derive(Debug)]
pub struct OpenedWallet {
    /// Its files, to be saved to.
    pub file: WalletFile,
    /// Its keys.
    pub keys: KeysSection,
    /// What was found on the chain; none when the cache is lost.
    pub state: Option<WalletState>,
    /// What the chain does not know; none when the journal is lost, the cache has most of it then.
    pub unrecoverable: Option<Unrecoverable>,
    /// What went wrong, to be told.
    pub recoveries: Vec<Recovery>,
}

/// Something that had to be repaired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovery {
    /// The keys came from the backup.
    KeysFromBackup,
    /// The journal came from the backup.
    JournalFromBackup,
    /// A crash cut off the last record of the journal; it was never reported as written.
    JournalCutOff,
    /// The journal is lost.
    JournalLost(String),
    /// The cache came from the backup.
    CacheFromBackup,
    /// There is no cache.
    CacheMissing,
    /// The cache is lost.
    CacheLost(String),
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeysFromBackup => f.write_str("the keys file was damaged: its backup is used, and becomes the keys file"),
            Self::JournalFromBackup => f.write_str(
                "the journal was damaged: its backup is used; transaction keys and notes of the last session may be missing",
            ),
            Self::JournalCutOff => f.write_str(
                "the last record of the journal was cut off by a crash; it had not been used for anything yet",
            ),
            Self::JournalLost(reason) => write!(
                f,
                "the journal is lost ({reason}): what the cache remembers of transaction keys, notes and labels is used"
            ),
            Self::CacheFromBackup => f.write_str("the cache was damaged: its backup is used, and the last blocks are scanned again"),
            Self::CacheMissing => f.write_str("there is no cache: the chain is scanned again"),
            Self::CacheLost(reason) => write!(f, "the cache is lost ({reason}): the chain is scanned again"),
        }
    }
}

/// What saving wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// Something had changed.
    Written,
    /// Nothing had changed.
    Unchanged,
}

/// What is saved of an open wallet.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// The wallet.
    pub wallet: &'a Wallet,
    /// The user's settings.
    pub preferences: &'a Preferences,
    /// Transactions on their way.
    pub unmined: &'a Unmined,
}

impl<'a> Content<'a> {
    fn record(self) -> JournalRecordRef<'a> {
        JournalRecordRef::Everything {
            accounts: self.wallet.accounts(),
            journal: self.wallet.journal(),
            preferences: self.preferences,
            unmined: self.unmined,
        }
    }
}

/// The files of an open wallet.
#[derive(Debug)]
pub struct WalletFile {
    paths: WalletPaths,
    _lock: WalletLock,
    password_lock: PasswordLock,
    sealed_keys: Vec<u8>,
    data_key: SealingKey,
    journal: JournalFile,
    /// Hash of what the journal holds; none when it must be written whatever it holds.
    journal_content: Option<Hash>,
    /// Hash of what the cache holds.
    cache_content: Option<Hash>,
}

impl WalletFile {
    /// Creates the keys file of a new wallet.
    ///
    /// # Errors
    /// [`FileError::Exists`] when any file of that name is there; otherwise why it cannot be written.
    pub fn create(
        paths: WalletPaths,
        section: &KeysSection,
        password: &str,
        cost: PasswordCost,
    ) -> Result<Self, FileError> {
        for path in [paths.keys(), paths.cache(), paths.journal(), backup_of(&paths.keys())] {
            if path.exists() {
                return Err(FileError::Exists { path });
            }
        }
        let lock = WalletLock::take(&paths)?;
        let data_key = SealingKey::random(&mut OsRng);
        let id = WalletId::random(&mut OsRng);
        let password_lock = PasswordLock::new(id, &data_key, password, cost, &mut OsRng)?;
        let keys_file = KeysFile::new(password_lock, &data_key, &section.encode(), &mut OsRng);
        replace::replace(&paths.keys(), &keys_file.encode(), Previous::Keep)?;
        let journal = JournalFile::new(paths.journal(), id);
        Ok(Self {
            paths,
            _lock: lock,
            password_lock: keys_file.lock,
            sealed_keys: keys_file.sealed_keys,
            data_key,
            journal,
            journal_content: None,
            cache_content: None,
        })
    }

    /// Where the files are.
    #[must_use]
    pub const fn paths(&self) -> &WalletPaths {
        &self.paths
    }

    /// What a guess at the password costs.
    #[must_use]
    pub const fn password_cost(&self) -> PasswordCost {
        self.password_lock.cost()
    }

    /// Checks the password, as before money is sent.
    ///
    /// # Errors
    /// [`FileError::WrongPassword`].
    pub fn check_password(&self, password: &str) -> Result<(), FileError> {
        self.password_lock.unlock(password).map(|_| ())
    }

    /// Changes the password: the data key is wrapped anew, nothing else is touched, and no backup keeps the old password.
    ///
    /// # Errors
    /// Why it cannot be written; the old password still holds then.
    pub fn change_password(&mut self, password: &str, cost: PasswordCost) -> Result<(), FileError> {
        let id = self.password_lock.id();
        let lock = PasswordLock::new(id, &self.data_key, password, cost, &mut OsRng)?;
        let file = KeysFile {
            lock,
            sealed_keys: self.sealed_keys.clone(),
        };
        replace::replace(&self.paths.keys(), &file.encode(), Previous::Overwrite)?;
        self.password_lock = file.lock;
        Ok(())
    }

    /// Writes other keys data, as after another restore height or language was chosen.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn save_keys(&mut self, section: &KeysSection) -> Result<(), FileError> {
        let file = KeysFile::new(
            self.password_lock.clone(),
            &self.data_key,
            &section.encode(),
            &mut OsRng,
        );
        replace::replace(&self.paths.keys(), &file.encode(), Previous::Keep)?;
        self.sealed_keys = file.sealed_keys;
        Ok(())
    }

    /// Saves everything that changed, what the chain does not know first.
    ///
    /// # Errors
    /// Why it cannot be written; files are whole, old or new, whatever happens.
    pub fn save(&mut self, content: Content<'_>) -> Result<Saved, FileError> {
        let journal = self.save_journal(content)?;
        let state = content.wallet.state().encode_versioned();
        let hash = keccak256(&state);
        if self.cache_content == Some(hash) {
            return Ok(journal);
        }
        let prefix = prefix::encode(FileKind::Cache, self.password_lock.id());
        let bytes = [prefix.as_slice(), &self.data_key.seal(&prefix, &state, &mut OsRng)].concat();
        replace::replace(&self.paths.cache(), &bytes, Previous::Keep)?;
        self.cache_content = Some(hash);
        Ok(Saved::Written)
    }

    /// Saves what the chain does not know, if it changed.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub fn save_journal(&mut self, content: Content<'_>) -> Result<Saved, FileError> {
        let record = content.record().encode_secret();
        let hash = keccak256(&record);
        if self.journal_content == Some(hash) {
            return Ok(Saved::Unchanged);
        }
        self.journal.rewrite(&self.data_key, &record, &mut OsRng)?;
        self.journal_content = Some(hash);
        Ok(Saved::Written)
    }

    /// Adds a transaction that is about to be sent to the journal, and returns when it is on disk.
    ///
    /// # Errors
    /// Why it cannot be written: do not send it then.
    pub fn record_sent(&mut self, content: Content<'_>, id: &Hash) -> Result<(), FileError> {
        match (content.wallet.journal().sent_entry(id), content.unmined.get(id)) {
            (Some(entry), Some(blob)) => self.append(content, &JournalRecordRef::Sent { entry: &entry, blob }),
            _ => self.save_journal(content).map(|_| ()),
        }
    }

    /// Adds what became of a transaction.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn record_relayed(&mut self, content: Content<'_>, id: &Hash, relay: &Relay) -> Result<(), FileError> {
        self.append(content, &JournalRecordRef::Relayed { id, relay })
    }

    /// Adds one record; where the journal is not in order, writes all of it, which has the record in it.
    fn append(&mut self, content: Content<'_>, record: &JournalRecordRef<'_>) -> Result<(), FileError> {
        if !self.journal.can_be_added_to() {
            return self.save_journal(content).map(|_| ());
        }
        self.journal
            .append(&self.data_key, &record.encode_secret(), &mut OsRng)?;
        self.journal_content = None;
        Ok(())
    }
}

impl LockedWallet {
    /// Takes the lock of a wallet and reads its keys file.
    ///
    /// # Errors
    /// [`FileError::Missing`], [`FileError::AlreadyOpen`], or what is wrong with the file.
    pub fn find(paths: WalletPaths) -> Result<Self, FileError> {
        let path = paths.keys();
        if !path.exists() && !backup_of(&path).exists() {
            return Err(FileError::Missing { path });
        }
        let lock = WalletLock::take(&paths)?;
        let read = |path: &Path| match read_if_there(path, keys_file::MAX_BYTES)? {
            Some(bytes) => KeysFile::decode(path, &bytes),
            None => Err(FileError::Missing { path: path.to_owned() }),
        };
        let mut recoveries = Vec::new();
        let keys_file = match read(&path) {
            Ok(file) => file,
            Err(error) => {
                // Without a usable backup what is wrong with the file itself is what matters.
                let Ok(backup) = read(&backup_of(&path)) else {
                    return Err(error);
                };
                recoveries.push(Recovery::KeysFromBackup);
                backup
            }
        };
        Ok(Self {
            paths,
            lock,
            keys_file,
            recoveries,
        })
    }

    /// Where the files are.
    #[must_use]
    pub const fn paths(&self) -> &WalletPaths {
        &self.paths
    }

    /// The key to everything, from the password; takes as long as stretching it does.
    ///
    /// # Errors
    /// [`FileError::WrongPassword`]: ask again.
    pub fn unlock(&self, password: &str) -> Result<SealingKey, FileError> {
        self.keys_file.lock.unlock(password)
    }

    /// Opens everything with the key from [`Self::unlock`].
    ///
    /// # Errors
    /// What is wrong with the keys; whatever is wrong with the other files is in [`OpenedWallet::recoveries`].
    pub fn open(self, data_key: SealingKey) -> Result<OpenedWallet, FileError> {
        let Self {
            paths,
            lock,
            mut keys_file,
            mut recoveries,
        } = self;
        let keys = match open_keys(&paths.keys(), &keys_file, &data_key) {
            Ok(keys) => keys,
            Err(error) => {
                let Some((keys, sealed)) = open_backup_keys(&paths, keys_file.lock.id(), &data_key) else {
                    return Err(error);
                };
                recoveries.push(Recovery::KeysFromBackup);
                keys_file.sealed_keys = sealed;
                keys
            }
        };
        if recoveries.contains(&Recovery::KeysFromBackup) {
            // The backup must survive: the damaged file does not become the backup.
            replace::replace(&paths.keys(), &keys_file.encode(), Previous::Overwrite)?;
        }
        let id = keys_file.lock.id();
        let owner = keys.keys.view_keys().spend;
        let state = open_cache(&paths.cache(), id, &data_key, &owner, &mut recoveries);
        let OpenedJournal { file: journal, content } = open_journal(&paths.journal(), id, &data_key, &mut recoveries)?;
        // A cache that came from the backup is written again, whatever happens.
        let intact = state
            .as_ref()
            .filter(|_| !recoveries.contains(&Recovery::CacheFromBackup));
        let on_disk = content.as_ref().filter(|_| journal.can_be_added_to());
        let file = WalletFile {
            paths,
            _lock: lock,
            password_lock: keys_file.lock,
            sealed_keys: keys_file.sealed_keys,
            data_key,
            journal,
            journal_content: on_disk.map(|content| keccak256(&content.record().encode_secret())),
            cache_content: intact.map(|state| keccak256(&state.encode_versioned())),
        };
        Ok(OpenedWallet {
            file,
            keys,
            state,
            unrecoverable: content,
            recoveries,
        })
    }
}

fn open_keys(path: &Path, file: &KeysFile, data_key: &SealingKey) -> Result<KeysSection, FileError> {
    Ok(KeysSection::decode(&file.open_section(path, data_key)?)?)
}

/// The keys section of the backup, if it belongs to the same wallet.
fn open_backup_keys(paths: &WalletPaths, id: WalletId, data_key: &SealingKey) -> Option<(KeysSection, Vec<u8>)> {
    let path = backup_of(&paths.keys());
    let bytes = read_if_there(&path, keys_file::MAX_BYTES).ok()??;
    let file = KeysFile::decode(&path, &bytes)
        .ok()
        .filter(|file| file.lock.id() == id)?;
    let keys = open_keys(&path, &file, data_key).ok()?;
    Some((keys, file.sealed_keys))
}

/// The state in the cache or its backup.
fn open_cache(
    path: &Path,
    id: WalletId,
    data_key: &SealingKey,
    owner: &PublicKey,
    recoveries: &mut Vec<Recovery>,
) -> Option<WalletState> {
    let read = |path: &Path| -> Result<Option<WalletState>, FileError> {
        let Some(bytes) = read_if_there(path, MAX_CACHE_BYTES)? else {
            return Ok(None);
        };
        let (found, context, sealed) = prefix::split(path, FileKind::Cache, &bytes)?;
        if found != id {
            return Err(FileError::OtherWallet { path: path.to_owned() });
        }
        let advice = "it is made again by scanning";
        let damaged = |_| FileError::Damaged {
            path: path.to_owned(),
            advice,
        };
        let state = data_key.open(context, sealed).map_err(damaged)?;
        Ok(Some(WalletState::decode_versioned(&state, owner)?))
    };
    let reason = match read(path) {
        Ok(Some(state)) => return Some(state),
        Ok(None) => Recovery::CacheMissing,
        Err(error) => Recovery::CacheLost(error.to_string()),
    };
    if let Ok(Some(state)) = read(&backup_of(path)) {
        recoveries.push(Recovery::CacheFromBackup);
        return Some(state);
    }
    recoveries.push(reason);
    None
}

/// The journal or its backup, and the file to write to.
fn open_journal(
    path: &Path,
    id: WalletId,
    data_key: &SealingKey,
    recoveries: &mut Vec<Recovery>,
) -> Result<OpenedJournal, FileError> {
    let read = |path: &Path| -> Result<Option<ReadJournal>, FileError> {
        let bytes = read_if_there(path, journal_file::MAX_BYTES)?;
        bytes
            .map(|bytes| JournalFile::read(path, id, &bytes, data_key))
            .transpose()
    };
    let empty = |content| OpenedJournal {
        file: JournalFile::new(path.to_owned(), id),
        content,
    };
    let reason = match read(path) {
        Ok(None) => None,
        Ok(Some(journal)) => match (journal.replay(), journal.tail) {
            (content @ Some(_), Tail::Clean) => {
                return Ok(OpenedJournal {
                    file: journal.file,
                    content,
                });
            }
            (content @ Some(_), Tail::CutOff) => {
                recoveries.push(Recovery::JournalCutOff);
                return Ok(empty(content));
            }
            _ => Some("it is damaged".to_owned()),
        },
        // A journal that cannot be read now may be readable later: it must not be written over.
        Err(error @ FileError::Io { .. }) => return Err(error),
        Err(error) => Some(error.to_string()),
    };
    if reason.is_some() {
        keep_for_inspection(path)?;
    }
    if let Ok(Some(journal)) = read(&backup_of(path))
        && let Some(content) = journal.replay()
    {
        recoveries.push(Recovery::JournalFromBackup);
        return Ok(empty(Some(content)));
    }
    recoveries.extend(reason.map(Recovery::JournalLost));
    Ok(empty(None))
}

/// What was found of a journal.
struct OpenedJournal {
    file: JournalFile,
    content: Option<Unrecoverable>,
}

/// Copies a damaged file to `<name>.damaged`, so that nothing of it is lost when it is written anew.
fn keep_for_inspection(path: &Path) -> Result<(), FileError> {
    let bytes = read_if_there(path, journal_file::MAX_BYTES)?.unwrap_or_default();
    replace::replace(&append(path, ".damaged"), &bytes, Previous::Keep)
}
