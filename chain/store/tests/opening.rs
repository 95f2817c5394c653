//! What is opened, what is refused and how, and how older databases are brought up to date.
#![allow(clippy::unwrap_used, reason = "a test")]

mod synthetic;

use oxen_state::TableId;
use oxen_store::{
    Backend, BackendError, ChainStore, Column, DATABASE_VERSION, DatabaseVersion, FailingBackend, Identity,
    MemoryBackend, Migration, MigrationPlan, MigrationProgress, OpenError, RocksBackend,
    backend::{Batch, Fault, FaultPlan, RocksSettings, Survives},
    migration::{MigrationDatabase, MigrationError},
};
use oxen_types::{Hash, NetworkId};
use std::path::Path;
use synthetic::{Story, assert_agrees, identity, picture, settings, tell};

fn open_on(backend: impl Backend + 'static, plan: &MigrationPlan) -> Result<ChainStore, OpenError> {
    ChainStore::open_on(backend, &identity(), &settings(), plan, &mut |_| ())
}

fn open(directory: &Path) -> Result<ChainStore, OpenError> {
    ChainStore::open(directory, &identity(), &settings(), &mut |_| ())
}

/// A database in memory that holds a few blocks.
fn existing() -> MemoryBackend {
    let disk = MemoryBackend::new();
    let store = open_on(disk.clone(), &MigrationPlan::current()).unwrap();
    for step in tell(41, 5).steps {
        step.write_to(&store).unwrap();
    }
    disk
}

fn put(backend: &impl Backend, column: &str, key: &[u8], row: &[u8]) {
    let mut batch = Batch::new();
    batch.put(column, key, row);
    backend.write(&batch, Survives::ProcessEnd).unwrap();
}

#[test]
fn a_chain_is_there_again_after_opening_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut story = Story::new(42);
    for _ in 0..4 {
        let store = open(directory.path()).unwrap();
        assert_agrees(&store, &story);
        for _ in 0..10 {
            story.next_step().write_to(&store).unwrap();
        }
        assert_agrees(&store, &story);
    }
}

#[test]
fn a_database_in_use_is_refused_by_name_of_its_folder() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    let error = open(directory.path()).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("in use by another process") && text.contains("chain"),
        "{text}"
    );
    drop(store);
    open(directory.path()).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let error = open(&file).unwrap_err();
    assert!(matches!(error, OpenError::CreateFolder { .. }), "{error:?}");
}

#[test]
fn damaged_files_are_reported_as_damage() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()).unwrap());
    let current = directory.path().join("chain").join("CURRENT");
    std::fs::write(current, "MANIFEST-999999\n").unwrap();
    let error = open(directory.path()).unwrap_err();
    assert!(
        matches!(
            &error,
            OpenError::Store(oxen_store::StoreError::Backend(
                BackendError::Corrupt { .. } | BackendError::Io { .. }
            ))
        ),
        "{error:?}"
    );
}

#[test]
fn another_network_and_another_genesis_are_refused_and_both_are_named() {
    let disk = existing();
    let open_as = |identity: &Identity| {
        let plan = MigrationPlan::current();
        ChainStore::open_on(disk.clone(), identity, &settings(), &plan, &mut |_| ()).unwrap_err()
    };
    let network = NetworkId::new([8; 16]);
    let error = open_as(&Identity { network, ..identity() });
    assert!(matches!(error, OpenError::WrongNetwork { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains(&network.to_string()) && text.contains(&identity().network.to_string()),
        "{text}"
    );
    let genesis = Hash::new([8; 32]);
    let error = open_as(&Identity { genesis, ..identity() });
    assert!(matches!(error, OpenError::WrongGenesis { .. }), "{error:?}");
    assert!(error.to_string().contains(&genesis.to_string()), "{error}");
}

#[test]
fn a_table_that_is_new_needs_no_migration() {
    let mut disk = existing();
    let before = picture(&open_on(disk.clone(), &MigrationPlan::current()).unwrap()).unwrap();
    // As if this table had not been there when the database was made; the story does not use it.
    let new_table = Column::State(TableId::DecoyBlacklist).name();
    disk.drop_column(new_table).unwrap();
    let store = open_on(disk.clone(), &MigrationPlan::current()).unwrap();
    assert_eq!(picture(&store).unwrap(), before);
    assert!(disk.columns().contains(&new_table.to_owned()));
}

#[test]
fn the_same_holds_in_rocksdb() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()).unwrap());
    let folder = directory.path().join("chain");
    let new_table = Column::State(TableId::DecoyBlacklist).name();
    let mut backend = RocksBackend::open(&folder, &[], &RocksSettings::default()).unwrap();
    backend.drop_column(new_table).unwrap();
    drop(backend);
    drop(open(directory.path()).unwrap());
    let backend = RocksBackend::open(&folder, &[], &RocksSettings::default()).unwrap();
    assert!(backend.columns().contains(&new_table.to_owned()));
}

#[test]
fn tables_of_a_newer_program_are_refused_by_name() {
    let mut disk = existing();
    disk.create_column("from-the-future").unwrap();
    let error = open_on(disk, &MigrationPlan::current()).unwrap_err();
    assert!(matches!(error, OpenError::UnknownColumns { .. }), "{error:?}");
    assert!(error.to_string().contains("from-the-future"), "{error}");
}

#[test]
fn rows_without_a_version_are_not_overwritten() {
    let mut disk = MemoryBackend::new();
    disk.create_column("something").unwrap();
    put(&disk, "something", b"key", b"row");
    let error = open_on(disk, &MigrationPlan::current()).unwrap_err();
    assert!(matches!(error, OpenError::NotAChain), "{error:?}");
}

// Migrations of these tests: 2 → 3 doubles every row of a table of version 2, 3 → 4 gives the table its new name.

const OLD_TABLE: &str = "a-table-of-version-2";
const NEW_TABLE: &str = "checkpoints";
const ROWS: u8 = 10;

/// Tells doubled rows from those that are not yet.
const DOUBLED: u8 = 0xdd;

struct DoubleRows;

impl Migration for DoubleRows {
    fn from(&self) -> DatabaseVersion {
        DatabaseVersion::new(2)
    }

    fn to(&self) -> DatabaseVersion {
        DatabaseVersion::new(3)
    }

    fn describe(&self) -> &'static str {
        "doubles rows"
    }

    fn run(
        &self,
        database: &mut MigrationDatabase<'_>,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<(), MigrationError> {
        let rows = database.scan(OLD_TABLE, &[], usize::MAX)?;
        let total = rows.len() as u64;
        for (done, (key, row)) in rows.into_iter().enumerate() {
            if row.first() != Some(&DOUBLED) {
                let value = *row.first().ok_or(MigrationError::Unreadable { what: "a row" })?;
                let mut batch = Batch::new();
                batch.put(OLD_TABLE, key, vec![DOUBLED, 2 * value]);
                database.write(&batch)?;
            }
            progress(done as u64 + 1, Some(total));
        }
        Ok(())
    }

    fn validate(&self, database: &MigrationDatabase<'_>) -> Result<(), MigrationError> {
        let rows = database.scan(OLD_TABLE, &[], usize::MAX)?;
        if rows.iter().all(|(key, row)| *row == [DOUBLED, 2 * key[0]]) {
            Ok(())
        } else {
            Err(MigrationError::Invalid {
                rule: "every row is twice its key",
            })
        }
    }
}

struct RenameTable;

impl Migration for RenameTable {
    fn from(&self) -> DatabaseVersion {
        DatabaseVersion::new(3)
    }

    fn to(&self) -> DatabaseVersion {
        DatabaseVersion::new(4)
    }

    fn describe(&self) -> &'static str {
        "renames a table"
    }

    fn run(
        &self,
        database: &mut MigrationDatabase<'_>,
        _progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<(), MigrationError> {
        // After an interruption the old table may be gone already.
        database.create_column(OLD_TABLE)?;
        let rows = database.scan(OLD_TABLE, &[], usize::MAX)?;
        let mut batch = Batch::new();
        for (key, row) in rows {
            batch.put(NEW_TABLE, key, row);
        }
        database.write(&batch)?;
        database.drop_column(OLD_TABLE)?;
        Ok(())
    }

    fn validate(&self, database: &MigrationDatabase<'_>) -> Result<(), MigrationError> {
        if database.get(NEW_TABLE, &[1])?.is_some() {
            Ok(())
        } else {
            Err(MigrationError::Invalid {
                rule: "the new table has the old rows",
            })
        }
    }
}

fn plan() -> MigrationPlan {
    MigrationPlan::new(vec![Box::new(DoubleRows), Box::new(RenameTable)]).unwrap()
}

/// A database of version 2 with the table that later versions change.
fn old_database() -> MemoryBackend {
    let mut disk = existing();
    disk.create_column(OLD_TABLE).unwrap();
    for number in 0..ROWS {
        put(&disk, OLD_TABLE, &[number], &[number]);
    }
    disk
}

fn assert_migrated(disk: &MemoryBackend) {
    let rows = disk.snapshot().scan(NEW_TABLE, &[], &[], usize::MAX).unwrap();
    let expected: Vec<_> = (0..ROWS)
        .map(|number| (vec![number], vec![DOUBLED, 2 * number]))
        .collect();
    assert_eq!(rows, expected);
    assert!(!disk.columns().contains(&OLD_TABLE.to_owned()));
}

#[test]
fn migrations_run_in_order_once_and_say_how_far_they_are() {
    assert_eq!(
        DATABASE_VERSION,
        DatabaseVersion::new(2),
        "these tests go on from version 2"
    );
    let disk = old_database();
    let mut heard: Vec<MigrationProgress> = Vec::new();
    let open = |heard: &mut Vec<MigrationProgress>| {
        ChainStore::open_on(disk.clone(), &identity(), &settings(), &plan(), &mut |progress| {
            heard.push(*progress)
        })
    };
    let store = open(&mut heard).unwrap();
    assert_eq!(store.tip(), open_story_tip());
    drop(store);
    assert_migrated(&disk);
    let steps: Vec<_> = heard.iter().map(|progress| (progress.step, progress.steps)).collect();
    assert_eq!((steps.first(), steps.last()), (Some(&(1, 2)), Some(&(2, 2))));
    assert!(heard.iter().any(|progress| {
        progress.description == "doubles rows" && progress.rows_done == 10 && progress.rows == Some(10)
    }));
    heard.clear();
    open(&mut heard).unwrap();
    assert!(heard.is_empty(), "a second opening has nothing to do");
}

fn open_story_tip() -> Option<oxen_store::Tip> {
    open_on(existing(), &MigrationPlan::current()).unwrap().tip()
}

#[test]
fn a_newer_database_is_refused_and_both_versions_are_named() {
    let disk = old_database();
    drop(open_on(disk.clone(), &plan()).unwrap());
    let error = open_on(disk, &MigrationPlan::current()).unwrap_err();
    assert!(matches!(error, OpenError::NewerVersion { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("version 4") && text.contains("up to 2"), "{text}");
}

#[test]
fn a_database_older_than_every_migration_is_refused() {
    let late_plan = MigrationPlan::new(vec![Box::new(RenameTable)]).unwrap();
    let error = open_on(old_database(), &late_plan).unwrap_err();
    assert!(matches!(error, OpenError::TooOld { .. }), "{error:?}");
}

#[test]
fn a_migration_interrupted_at_any_write_is_finished_by_the_next_start() {
    let whole = FaultPlan::none();
    open_on(FailingBackend::new(old_database(), whole.clone()), &plan()).unwrap();
    assert!(whole.writes() > u64::from(ROWS));
    for index in 0..whole.writes() {
        for fault in [Fault::CrashBeforeWrite, Fault::CrashAfterWrite] {
            let disk = old_database();
            let faults = FaultPlan::at_write(index, fault);
            open_on(FailingBackend::new(disk.clone(), faults.clone()), &plan()).unwrap_err();
            assert!(faults.has_struck());
            open_on(disk.clone(), &plan()).unwrap();
            assert_migrated(&disk);
        }
    }
}

#[test]
fn a_database_left_in_the_middle_of_a_migration_is_newer_for_an_older_program() {
    let disk = old_database();
    // Write 0 announces the migration, write 3 is in its middle.
    let faults = FaultPlan::at_write(3, Fault::CrashBeforeWrite);
    open_on(FailingBackend::new(disk.clone(), faults), &plan()).unwrap_err();
    let error = open_on(disk, &MigrationPlan::current()).unwrap_err();
    assert!(
        matches!(error, OpenError::NewerVersion { found, .. } if found == DatabaseVersion::new(3)),
        "{error:?}"
    );
}

#[test]
fn a_migration_that_does_not_validate_leaves_the_old_version() {
    let disk = old_database();
    put(&disk, OLD_TABLE, &[3], &[DOUBLED, 99]);
    let error = open_on(disk.clone(), &plan()).unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::Migration {
                source: MigrationError::Invalid { .. },
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("every row is twice its key"), "{error}");
    put(&disk, OLD_TABLE, &[3], &[3]);
    open_on(disk.clone(), &plan()).unwrap();
    assert_migrated(&disk);
}
