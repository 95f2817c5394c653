//! RocksDB's files cut off or damaged, as loss of power or a bad disk leaves them. Whatever is wrong with the write-ahead log, the
//! database opens to the state after some commit; what is wrong with other files is reported, never read as if it were right.
#![allow(clippy::unwrap_used, reason = "a test")]

mod synthetic;

use oxen_store::{Backend, ChainStore, MigrationPlan, RocksBackend, backend::RocksSettings};
use std::{
    fs,
    path::{Path, PathBuf},
};
use synthetic::{Told, identity, picture, settings, tell};

fn open(folder: &Path) -> ChainStore {
    let backend = RocksBackend::open(folder, &[], &RocksSettings::default()).unwrap();
    ChainStore::open_on(
        backend,
        &identity(),
        &settings(),
        &MigrationPlan::current(),
        &mut |_| (),
    )
    .unwrap()
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The log with the rows in it.
fn log_of(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let logs = entries.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    logs.max_by_key(|path| fs::metadata(path).unwrap().len())
        .expect("there is a log")
}

/// What a store with these steps leaves on disk when its process is killed.
fn killed(told: &Told) -> tempfile::TempDir {
    let (folder, image) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path());
    // What opening wrote stands in files; the steps stand in the log alone.
    store.flush().unwrap();
    for step in &told.steps {
        step.write_to(&store).unwrap();
    }
    copy_files(folder.path(), image.path());
    image
}

/// Opens a copy of `image` whose log was changed by `damage`, and says after which step it opens.
fn opens_after(told: &Told, image: &Path, damage: impl FnOnce(&mut Vec<u8>)) -> usize {
    let folder = tempfile::tempdir().unwrap();
    copy_files(image, folder.path());
    let log = log_of(folder.path());
    let mut bytes = fs::read(&log).unwrap();
    damage(&mut bytes);
    fs::write(&log, bytes).unwrap();
    let seen = picture(&open(folder.path())).unwrap();
    told.pictures
        .iter()
        .rposition(|picture| *picture == seen)
        .expect("a state after some commit")
}

#[test]
fn a_killed_process_loses_nothing() {
    let told = tell(21, 30);
    let image = killed(&told);
    assert_eq!(opens_after(&told, image.path(), |_| ()), told.steps.len());
}

#[test]
fn a_log_cut_off_anywhere_opens_at_a_commit() {
    let told = tell(22, 30);
    let image = killed(&told);
    let length = fs::metadata(log_of(image.path())).unwrap().len() as usize;
    let mut boundaries = Vec::new();
    for part in 0..40 {
        let cut = length * part / 40;
        boundaries.push(opens_after(&told, image.path(), |bytes| bytes.truncate(cut)));
    }
    boundaries.push(opens_after(&told, image.path(), |bytes| bytes.truncate(length - 1)));
    assert!(boundaries.is_sorted(), "{boundaries:?}");
    assert_eq!(boundaries.first(), Some(&0));
    assert_eq!(
        boundaries.last(),
        Some(&(told.steps.len() - 1)),
        "one byte less is one commit less"
    );
}

#[test]
fn a_log_damaged_in_the_middle_opens_at_a_commit_before_the_damage() {
    let told = tell(23, 30);
    let image = killed(&told);
    let length = fs::metadata(log_of(image.path())).unwrap().len() as usize;
    for part in 0..20 {
        let place = length * part / 20;
        let after = opens_after(&told, image.path(), |bytes| bytes[place] ^= 0x40);
        assert!(after < told.steps.len(), "the damage at {place} was not noticed");
    }
}

#[test]
fn a_store_that_was_closed_has_no_log_to_replay() {
    let told = tell(24, 10);
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for step in &told.steps {
        step.write_to(&store).unwrap();
    }
    drop(store);
    assert_eq!(fs::metadata(log_of(folder.path())).unwrap().len(), 0);
    // Even without its log it is whole.
    fs::remove_file(log_of(folder.path())).unwrap();
    assert_eq!(picture(&open(folder.path())).unwrap(), *told.pictures.last().unwrap());
    let backend = RocksBackend::open(folder.path(), &[], &RocksSettings::default()).unwrap();
    assert!(
        backend
            .statistics()
            .unwrap()
            .columns
            .iter()
            .any(|column| column.disk_bytes > 0)
    );
}

#[test]
fn damage_in_a_file_is_reported_and_never_read_as_a_row() {
    let told = tell(25, 20);
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for step in &told.steps {
        step.write_to(&store).unwrap();
    }
    drop(store);
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap());
    let tables: Vec<_> = files
        .map(|file| file.file_name())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "sst"))
        .collect();
    assert!(tables.len() > 5);
    for table in tables {
        let copy = tempfile::tempdir().unwrap();
        copy_files(folder.path(), copy.path());
        let mut bytes = fs::read(copy.path().join(&table)).unwrap();
        bytes[20] ^= 0x40;
        fs::write(copy.path().join(&table), bytes).unwrap();
        let error = read_everything(copy.path()).expect_err("the damage was not noticed");
        assert!(error.contains("is damaged"), "{}: {error}", table.display());
    }
    read_everything(folder.path()).expect("without damage everything is read");
}

/// Opens the database and reads all of it; the texts of what goes wrong.
fn read_everything(folder: &Path) -> Result<(), String> {
    let backend = RocksBackend::open(folder, &[], &RocksSettings::default()).map_err(|error| error.to_string())?;
    let snapshot = backend.snapshot();
    for column in backend.columns() {
        snapshot
            .scan(&column, &[], &[], usize::MAX)
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}
