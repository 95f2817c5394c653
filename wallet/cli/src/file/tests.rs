//! Wallet files under everything that can happen to them.

use super::{
    Content, FileError, LockedWallet, OpenedWallet, PasswordCost, Recovery, Saved, Unmined, WalletFile, WalletPaths,
    replace::backup_of,
};
use crate::preferences::Preferences;
use oxen_crypto::mnemonic::Language;
use oxen_types::{Hash, Height, Network};
use oxen_wallet_core::{
    KeysSection, Lookahead, Wallet, WalletKeys, keys::Birthday, state::WalletState, wallet::WalletNetwork,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const CHEAP: PasswordCost = PasswordCost {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};
const ID: Hash = Hash::new([7; 32]);

fn section(seed: u64) -> KeysSection {
    KeysSection {
        keys: WalletKeys::generate(&mut ChaCha20Rng::seed_from_u64(seed)),
        birthday: Birthday {
            height: Height::new(5),
            created: None,
        },
        language: Language::English,
        network: "regtest".to_owned(),
    }
}

/// A wallet in a folder of its own.
struct Fixture {
    folder: tempfile::TempDir,
    wallet: Wallet,
    preferences: Preferences,
    unmined: Unmined,
}

impl Fixture {
    fn new() -> Self {
        let section = section(1);
        let owner = section.keys.view_keys().spend;
        let state = WalletState::new(
            owner,
            section.birthday.height,
            Lookahead {
                accounts: 1,
                addresses: 1,
            },
        );
        let network = WalletNetwork::from(&Network::regtest());
        Self {
            folder: tempfile::tempdir().unwrap(),
            wallet: Wallet::new(network, &section, state),
            preferences: Preferences::default(),
            unmined: BTreeMap::new(),
        }
    }

    fn paths(&self) -> WalletPaths {
        WalletPaths::new(&self.folder.path().join("wallet"))
    }

    fn create(&self) -> WalletFile {
        WalletFile::create(self.paths(), &section(1), "password", CHEAP).unwrap()
    }

    fn content(&self) -> Content<'_> {
        Content {
            wallet: &self.wallet,
            preferences: &self.preferences,
            unmined: &self.unmined,
        }
    }

    fn note(&mut self, text: &str) {
        self.wallet.journal_mut().set_note(ID, text);
    }

    fn open(&self) -> Result<OpenedWallet, FileError> {
        let locked = LockedWallet::find(self.paths())?;
        let key = locked.unlock("password")?;
        locked.open(key)
    }
}

/// The note that a wallet came back with.
fn note_of(opened: &OpenedWallet) -> &str {
    opened.unrecoverable.as_ref().map_or("", |kept| kept.journal.note(&ID))
}

/// A saved wallet with the notes `first` (then saved) and `second` (saved again), closed.
fn saved_twice() -> Fixture {
    let mut fixture = Fixture::new();
    let mut file = fixture.create();
    fixture.note("first");
    assert_eq!(file.save(fixture.content()).unwrap(), Saved::Written);
    fixture.note("second");
    assert_eq!(file.save(fixture.content()).unwrap(), Saved::Written);
    fixture
}

#[test]
fn what_was_saved_comes_back() {
    let fixture = saved_twice();
    let opened = fixture.open().unwrap();
    assert_eq!(opened.keys, section(1));
    assert_eq!(
        (note_of(&opened), opened.state.as_ref()),
        ("second", Some(fixture.wallet.state()))
    );
    assert!(opened.recoveries.is_empty());
}

#[test]
fn what_did_not_change_is_not_written_again() {
    let fixture = saved_twice();
    let OpenedWallet { mut file, state, .. } = fixture.open().unwrap();
    assert!(state.is_some());
    assert_eq!(file.save(fixture.content()).unwrap(), Saved::Unchanged);
}

#[test]
fn a_wrong_password_is_noticed_at_once_and_another_try_is_possible() {
    let fixture = saved_twice();
    let locked = LockedWallet::find(fixture.paths()).unwrap();
    assert!(matches!(locked.unlock("passwort"), Err(FileError::WrongPassword)));
    let key = locked.unlock("password").unwrap();
    assert!(locked.open(key).is_ok());
}

#[test]
fn an_open_wallet_cannot_be_opened_again_and_a_closed_one_can() {
    let fixture = saved_twice();
    let opened = fixture.open().unwrap();
    assert!(matches!(fixture.open(), Err(FileError::AlreadyOpen { .. })));
    drop(opened);
    assert!(fixture.open().is_ok());
}

#[test]
fn nothing_is_created_over_something() {
    let fixture = saved_twice();
    let refused = WalletFile::create(fixture.paths(), &section(2), "", CHEAP);
    assert!(matches!(refused, Err(FileError::Exists { .. })));
    // Not even over a cache whose keys are elsewhere.
    fs::remove_file(fixture.paths().keys()).unwrap();
    let refused = WalletFile::create(fixture.paths(), &section(2), "", CHEAP);
    assert!(matches!(refused, Err(FileError::Exists { .. })));
}

/// Everything that a crash can leave of replacing one file: the draft in every length, the backup made or not.
fn crashes(path: &Path, old: &[u8], new: &[u8], mut check: impl FnMut(&str)) {
    let draft = PathBuf::from(format!("{}.new", path.display()));
    for length in (0..=new.len()).step_by(17).chain([new.len()]) {
        fs::write(path, old).unwrap();
        fs::write(&draft, &new[..length]).unwrap();
        check(&format!("draft of {length} bytes"));
    }
    fs::write(backup_of(path), old).unwrap();
    check("backup made");
    fs::rename(&draft, path).unwrap();
    check("replaced");
}

#[test]
fn a_crash_at_any_moment_of_saving_leaves_the_old_or_the_new_state() {
    let mut fixture = saved_twice();
    let files = |fixture: &Fixture| {
        [
            fixture.paths().journal(),
            fixture.paths().cache(),
            fixture.paths().keys(),
        ]
        .map(|path| fs::read(path).unwrap())
    };
    let [old_journal, old_cache, keys] = files(&fixture);
    fixture.note("third");
    let OpenedWallet { mut file, .. } = fixture.open().unwrap();
    file.save(fixture.content()).unwrap();
    drop(file);
    let [new_journal, new_cache, _] = files(&fixture);
    // The journal is replaced first, then the cache.
    fs::write(fixture.paths().cache(), &old_cache).unwrap();
    let check = |expected: &[&str]| {
        let opened = fixture.open().unwrap();
        assert!(expected.contains(&note_of(&opened)), "{}", note_of(&opened));
        assert!(
            opened.state.is_some() && opened.recoveries.is_empty(),
            "{:?}",
            opened.recoveries
        );
    };
    crashes(&fixture.paths().journal(), &old_journal, &new_journal, |_| {
        check(&["second", "third"])
    });
    crashes(&fixture.paths().cache(), &old_cache, &new_cache, |_| check(&["third"]));
    assert_eq!(
        fs::read(fixture.paths().keys()).unwrap(),
        keys,
        "saving does not touch the keys"
    );
}

#[test]
fn any_flipped_bit_of_the_cache_costs_the_cache_only() {
    let fixture = saved_twice();
    let path = fixture.paths().cache();
    let whole = fs::read(&path).unwrap();
    fs::remove_file(backup_of(&path)).unwrap();
    for bit in (0..whole.len() * 8).step_by(13) {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, changed).unwrap();
        let opened = fixture.open().unwrap();
        assert!(
            opened.state.is_none() && matches!(opened.recoveries[..], [Recovery::CacheLost(_)]),
            "bit {bit}"
        );
        assert_eq!(note_of(&opened), "second");
    }
}

#[test]
fn a_damaged_cache_comes_from_its_backup_and_is_whole_again_after_saving() {
    let fixture = saved_twice();
    let path = fixture.paths().cache();
    fs::write(&path, b"garbage").unwrap();
    let OpenedWallet {
        mut file,
        state,
        recoveries,
        ..
    } = fixture.open().unwrap();
    assert_eq!((state.is_some(), recoveries), (true, vec![Recovery::CacheFromBackup]));
    file.save(fixture.content()).unwrap();
    drop(file);
    assert!(fixture.open().unwrap().recoveries.is_empty());
}

#[test]
fn damaged_keys_come_from_their_backup_and_the_backup_survives() {
    let fixture = saved_twice();
    let path = fixture.paths().keys();
    let whole = fs::read(&path).unwrap();
    fs::write(backup_of(&path), &whole).unwrap();
    for damage in [60, 130, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[damage] ^= 1;
        fs::write(&path, changed).unwrap();
        let opened = fixture.open().unwrap();
        assert_eq!(
            (opened.recoveries, opened.keys),
            (vec![Recovery::KeysFromBackup], section(1))
        );
        assert_eq!(fs::read(&path).unwrap(), fs::read(backup_of(&path)).unwrap());
    }
    fs::write(&path, b"").unwrap();
    fs::write(backup_of(&path), b"").unwrap();
    let refused = fixture.open().unwrap_err().to_string();
    assert!(refused.contains("is not a wallet of this program"), "{refused}");
}

#[test]
fn a_damaged_journal_comes_from_its_backup_and_is_kept_for_inspection() {
    let fixture = saved_twice();
    let path = fixture.paths().journal();
    let mut changed = fs::read(&path).unwrap();
    changed[40] ^= 1;
    fs::write(&path, &changed).unwrap();
    let opened = fixture.open().unwrap();
    // One bad frame at the very end may be one that a crash cut off: there is no everything, so the backup is taken.
    assert_eq!(note_of(&opened), "first");
    assert_eq!(opened.recoveries, [Recovery::JournalFromBackup]);
    let kept = fixture.folder.path().join("wallet.journal.damaged");
    assert_eq!(fs::read(kept).unwrap(), changed);
}

#[test]
fn the_journal_of_another_wallet_is_not_taken() {
    let fixture = saved_twice();
    let other = Fixture::new();
    let mut file = other.create();
    file.save(other.content()).unwrap();
    fs::copy(other.paths().journal(), fixture.paths().journal()).unwrap();
    fs::remove_file(backup_of(&fixture.paths().journal())).unwrap();
    let opened = fixture.open().unwrap();
    assert!(opened.unrecoverable.is_none());
    assert!(matches!(&opened.recoveries[..], [Recovery::JournalLost(reason)] if reason.contains("another wallet")));
}

#[test]
fn a_new_password_leaves_the_other_files_as_they_are() {
    let fixture = saved_twice();
    let OpenedWallet { mut file, .. } = fixture.open().unwrap();
    let before = [fixture.paths().journal(), fixture.paths().cache()].map(|path| fs::read(path).unwrap());
    file.change_password("new", CHEAP).unwrap();
    assert!(matches!(file.check_password("password"), Err(FileError::WrongPassword)));
    drop(file);
    let after = [fixture.paths().journal(), fixture.paths().cache()].map(|path| fs::read(path).unwrap());
    assert_eq!(before, after);
    let locked = LockedWallet::find(fixture.paths()).unwrap();
    assert!(matches!(locked.unlock("password"), Err(FileError::WrongPassword)));
    let key = locked.unlock("new").unwrap();
    assert_eq!(note_of(&locked.open(key).unwrap()), "second");
}

#[test]
fn a_file_of_another_program_is_refused_with_advice() {
    let fixture = Fixture::new();
    fs::write(fixture.paths().keys(), [1; 500]).unwrap();
    let refused = fixture.open().unwrap_err().to_string();
    assert!(refused.contains("25 seed words"), "{refused}");
}
