//! The process ends, or the disk fails, at every single write: whatever is opened again shows the state after some commit, and
//! the chain goes on from there as if nothing had happened.
#![allow(clippy::unwrap_used, reason = "a test")]

mod synthetic;

use oxen_store::{
    Backend, BackendError, ChainStore, CommitError, Durability, FailingBackend, MemoryBackend, MigrationPlan,
    OpenError, RocksBackend, StoreError, StoreSettings,
    backend::{Fault, FaultPlan, RocksSettings},
};
use synthetic::{Story, Told, identity, picture, settings, tell};

/// A disk that outlives the store on it.
trait Disk {
    type Backend: Backend + 'static;
    /// What is on it, as after the process ended.
    fn reopen(&self) -> Self::Backend;
}

impl Disk for MemoryBackend {
    type Backend = Self;
    fn reopen(&self) -> Self {
        self.clone()
    }
}

impl Disk for tempfile::TempDir {
    type Backend = RocksBackend;
    fn reopen(&self) -> RocksBackend {
        RocksBackend::open(self.path(), &[], &RocksSettings::default()).unwrap()
    }
}

fn open(backend: impl Backend + 'static) -> Result<ChainStore, OpenError> {
    ChainStore::open_on(
        backend,
        &identity(),
        &settings(),
        &MigrationPlan::current(),
        &mut |_| (),
    )
}

/// Writes the steps from `from` on until one fails; how many were reported as done.
fn write_until_failure(store: &ChainStore, told: &Told, from: usize) -> usize {
    told.steps[from..]
        .iter()
        .take_while(|step| step.write_to(store).is_ok())
        .count()
}

/// Writes that opening makes before the first step.
fn opening_writes(disk: &impl Disk) -> u64 {
    let plan = FaultPlan::none();
    drop(open(FailingBackend::new(disk.reopen(), plan.clone())).unwrap());
    plan.writes()
}

/// Lets `fault` happen at write `index` of a run on an empty `disk`; what is there then.
fn strike<D: Disk>(disk: &D, told: &Told, index: u64, fault: Fault) -> ChainStore {
    let plan = FaultPlan::at_write(index, fault);
    if let Ok(store) = open(FailingBackend::new(disk.reopen(), plan.clone())) {
        write_until_failure(&store, told, 0);
        assert!(store.is_stopped());
    }
    assert!(plan.has_struck(), "the fault must really have happened");
    open(disk.reopen()).unwrap()
}

/// Goes through every write index and checks where the store opens again, and that it goes on to the same end.
fn survives_at_every_write<D: Disk>(new_disk: impl Fn() -> D, told: &Told, fault: Fault, written: bool) {
    let opening = opening_writes(&new_disk());
    let writes = opening + told.steps.len() as u64;
    for index in 0..writes {
        let disk = new_disk();
        let store = strike(&disk, told, index, fault);
        let boundary = (index + u64::from(written)).saturating_sub(opening) as usize;
        assert_eq!(
            picture(&store).unwrap(),
            told.pictures[boundary],
            "{fault:?} at write {index} of {writes}"
        );
        let left = told.steps.len() - boundary;
        assert_eq!(write_until_failure(&store, told, boundary), left);
        assert_eq!(
            picture(&store).unwrap(),
            *told.pictures.last().unwrap(),
            "the end after write {index}"
        );
    }
}

#[test]
fn memory_killed_before_any_write_opens_at_the_commit_before_it() {
    survives_at_every_write(MemoryBackend::new, &tell(1, 150), Fault::CrashBeforeWrite, false);
}

#[test]
fn memory_killed_after_any_write_opens_at_that_commit() {
    survives_at_every_write(MemoryBackend::new, &tell(2, 150), Fault::CrashAfterWrite, true);
}

#[test]
fn rocksdb_killed_before_any_write_opens_at_the_commit_before_it() {
    survives_at_every_write(
        || tempfile::tempdir().unwrap(),
        &tell(3, 25),
        Fault::CrashBeforeWrite,
        false,
    );
}

#[test]
fn rocksdb_killed_after_any_write_opens_at_that_commit() {
    survives_at_every_write(
        || tempfile::tempdir().unwrap(),
        &tell(4, 25),
        Fault::CrashAfterWrite,
        true,
    );
}

#[test]
fn a_write_that_fails_without_effect_stops_the_store_at_the_commit_before_it() {
    survives_at_every_write(MemoryBackend::new, &tell(5, 60), Fault::ErrorBeforeWrite, false);
}

#[test]
fn a_write_that_is_done_but_reported_as_failed_stops_the_store_at_that_commit() {
    survives_at_every_write(MemoryBackend::new, &tell(6, 60), Fault::ErrorAfterWrite, true);
}

#[test]
fn a_full_disk_stops_the_store_and_space_lets_it_go_on() {
    survives_at_every_write(MemoryBackend::new, &tell(7, 60), Fault::DiskFull, false);
}

#[test]
fn a_disk_that_tears_writes_is_noticed_by_these_tests() {
    let told = tell(8, 40);
    let opening = opening_writes(&MemoryBackend::new());
    let mut torn = 0;
    for index in 0..told.steps.len() as u64 {
        let store = strike(
            &MemoryBackend::new(),
            &told,
            opening + index,
            Fault::TornWrite { operations: 3 },
        );
        let seen = picture(&store);
        torn += usize::from(!seen.is_ok_and(|seen| told.pictures.contains(&seen)));
    }
    assert!(
        torn > told.steps.len() / 2,
        "only {torn} torn writes would have been noticed"
    );
}

#[test]
fn after_a_failed_write_nothing_is_written_until_the_store_is_opened_again() {
    let told = tell(9, 10);
    let disk = MemoryBackend::new();
    let plan = FaultPlan::none();
    let store = open(FailingBackend::new(disk.clone(), plan.clone())).unwrap();
    told.steps[0].write_to(&store).unwrap();
    plan.strike_next(Fault::DiskFull);
    let error = told.steps[1].write_to(&store).unwrap_err();
    assert!(matches!(
        error,
        CommitError::Store(StoreError::Backend(BackendError::DiskFull { .. }))
    ));
    assert!(error.to_string().contains("free some space"), "{error}");
    let writes = plan.writes();
    assert!(matches!(
        told.steps[1].write_to(&store),
        Err(CommitError::Store(StoreError::Stopped))
    ));
    assert_eq!(plan.writes(), writes, "the backend is not even asked");
    assert_eq!(picture(&store).unwrap(), told.pictures[1], "reading goes on");
}

#[test]
fn a_read_that_fails_is_an_error_and_stops_nothing() {
    let told = tell(10, 10);
    let plan = FaultPlan::none();
    let store = open(FailingBackend::new(MemoryBackend::new(), plan.clone())).unwrap();
    assert_eq!(write_until_failure(&store, &told, 0), told.steps.len());
    plan.fail_reads();
    assert!(store.state_digest().is_err());
    assert!(matches!(
        store.snapshot().tip(),
        Err(StoreError::Backend(BackendError::Io { .. }))
    ));
    assert!(!store.is_stopped());
}

#[test]
fn a_nearly_full_disk_refuses_commits_and_goes_on_when_there_is_room() {
    let told = tell(11, 10);
    let disk = MemoryBackend::new();
    let plan = FaultPlan::none();
    let settings = StoreSettings {
        durability: Durability::EveryCommit,
        ..settings()
    };
    let backend = FailingBackend::new(disk.clone(), plan.clone());
    let store = ChainStore::open_on(backend, &identity(), &settings, &MigrationPlan::current(), &mut |_| ()).unwrap();
    plan.set_available_bytes(settings.reserve_bytes - 1);
    let error = told.steps[0].write_to(&store).unwrap_err();
    assert!(
        matches!(error, CommitError::Store(StoreError::DiskNearlyFull { .. })),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("127 MiB are free") && error.to_string().contains("128 MiB must be"),
        "{error}"
    );
    assert_eq!(picture(&store).unwrap(), told.pictures[0], "nothing was written");
    assert!(!store.is_stopped());
    plan.set_available_bytes(settings.reserve_bytes);
    assert_eq!(write_until_failure(&store, &told, 0), told.steps.len());
    assert_eq!(picture(&store).unwrap(), *told.pictures.last().unwrap());
}

#[test]
fn room_is_looked_at_before_much_is_written_even_if_nothing_waits_for_the_disk() {
    let plan = FaultPlan::none();
    let store = open(FailingBackend::new(MemoryBackend::new(), plan.clone())).unwrap();
    let mut story = Story::new(12);
    for _ in 0..5 {
        // The first commit waits for the disk, later ones do not.
        story.next_step().write_to(&store).unwrap();
    }
    assert!(store.tip().is_some());
    plan.set_available_bytes(0);
    let written = (0..1_000)
        .take_while(|_| story.next_step().write_to(&store).is_ok())
        .count();
    assert!(
        (10..1_000).contains(&written),
        "{written} writes of a few kilobytes each"
    );
}
