//! One suite for every backend: what the store relies on.
#![allow(clippy::unwrap_used, reason = "a test")]

use oxen_store::{
    Backend, BackendError, FailingBackend, MemoryBackend, RocksBackend,
    backend::{Batch, FaultPlan, RocksSettings, Survives},
};
use oxen_types::keccak256;
use proptest::{prelude::*, test_runner::TestRunner};
use std::{collections::BTreeMap, sync::atomic::AtomicBool, sync::atomic::Ordering, thread};
use tempfile::TempDir;

const A: &str = "a";
const B: &str = "b";

fn write(backend: &impl Backend, batch: &Batch<'_>) {
    backend
        .write(batch, Survives::ProcessEnd)
        .expect("the batch is written");
}

fn put(backend: &impl Backend, column: &str, key: &[u8], row: &[u8]) {
    let mut batch = Batch::new();
    batch.put(column, key, row);
    write(backend, &batch);
}

fn get(backend: &impl Backend, column: &str, key: &[u8]) -> Option<Vec<u8>> {
    backend.snapshot().get(column, key).expect("the row is read")
}

fn rows_come_change_and_go(backend: impl Backend) {
    assert_eq!(get(&backend, A, b"key"), None);
    put(&backend, A, b"key", b"one");
    put(&backend, A, b"key", b"two");
    put(&backend, A, b"", b"");
    assert_eq!(get(&backend, A, b"key").as_deref(), Some(b"two".as_slice()));
    assert_eq!(
        get(&backend, A, b"").as_deref(),
        Some(b"".as_slice()),
        "empty keys and rows are keys and rows"
    );
    assert_eq!(get(&backend, B, b"key"), None, "columns are apart");
    let mut batch = Batch::new();
    batch.delete(A, b"key".as_slice());
    batch.delete(A, b"never there".as_slice());
    write(&backend, &batch);
    assert_eq!(get(&backend, A, b"key"), None);
}

fn of_two_operations_on_a_row_the_later_wins(backend: impl Backend) {
    let mut batch = Batch::new();
    batch.put(A, b"put".as_slice(), b"one".as_slice());
    batch.put(A, b"put".as_slice(), b"two".as_slice());
    batch.put(A, b"deleted".as_slice(), b"one".as_slice());
    batch.delete(A, b"deleted".as_slice());
    batch.delete(A, b"revived".as_slice());
    batch.put(A, b"revived".as_slice(), b"one".as_slice());
    write(&backend, &batch);
    assert_eq!(get(&backend, A, b"put").as_deref(), Some(b"two".as_slice()));
    assert_eq!(get(&backend, A, b"deleted"), None);
    assert_eq!(get(&backend, A, b"revived").as_deref(), Some(b"one".as_slice()));
}

fn a_batch_that_names_an_unknown_column_writes_nothing(backend: impl Backend) {
    let mut batch = Batch::new();
    batch.put(A, b"key".as_slice(), b"row".as_slice());
    batch.put("nowhere", b"key".as_slice(), b"row".as_slice());
    let result = backend.write(&batch, Survives::ProcessEnd);
    assert!(matches!(result, Err(BackendError::NoSuchColumn { column }) if column == "nowhere"));
    assert_eq!(get(&backend, A, b"key"), None);
    let snapshot = backend.snapshot();
    assert!(matches!(
        snapshot.get("nowhere", b"key"),
        Err(BackendError::NoSuchColumn { .. })
    ));
    assert!(matches!(
        snapshot.scan("nowhere", b"", b"", 1),
        Err(BackendError::NoSuchColumn { .. })
    ));
}

fn a_snapshot_sees_one_moment(backend: impl Backend) {
    put(&backend, A, b"changed", b"before");
    put(&backend, A, b"deleted", b"before");
    let snapshot = backend.snapshot();
    let mut batch = Batch::new();
    batch.put(A, b"changed".as_slice(), b"after".as_slice());
    batch.delete(A, b"deleted".as_slice());
    batch.put(A, b"new".as_slice(), b"after".as_slice());
    write(&backend, &batch);
    backend.flush().expect("files are written while the snapshot is held");
    assert_eq!(
        snapshot.get(A, b"changed").unwrap().as_deref(),
        Some(b"before".as_slice())
    );
    assert_eq!(snapshot.get(A, b"new").unwrap(), None);
    let seen = snapshot.scan(A, b"", b"", 10).unwrap();
    assert_eq!(
        seen,
        [
            (b"changed".to_vec(), b"before".to_vec()),
            (b"deleted".to_vec(), b"before".to_vec())
        ]
    );
    drop(snapshot);
    assert_eq!(get(&backend, A, b"changed").as_deref(), Some(b"after".as_slice()));
}

fn a_snapshot_never_sees_half_a_batch_nor_stops_the_writer(backend: impl Backend) {
    let done = AtomicBool::new(false);
    put(&backend, A, b"n", &0_u64.to_le_bytes());
    put(&backend, B, b"n", &0_u64.to_le_bytes());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut held = Vec::new();
                while !done.load(Ordering::Relaxed) {
                    let snapshot = backend.snapshot();
                    let in_a = snapshot.get(A, b"n").unwrap();
                    thread::yield_now();
                    assert_eq!(in_a, snapshot.get(B, b"n").unwrap());
                    held.push(snapshot);
                    held.truncate(100);
                }
            });
        }
        for number in 1..1000_u64 {
            let mut batch = Batch::new();
            batch.put(A, b"n".as_slice(), number.to_le_bytes().to_vec());
            batch.put(B, b"n".as_slice(), number.to_le_bytes().to_vec());
            write(&backend, &batch);
        }
        done.store(true, Ordering::Relaxed);
    });
}

fn columns_are_made_and_dropped(mut backend: impl Backend) {
    assert_eq!(backend.columns(), [A, B]);
    backend.create_column("new").unwrap();
    put(&backend, "new", b"key", b"row");
    backend.create_column("new").unwrap();
    assert_eq!(
        get(&backend, "new", b"key").as_deref(),
        Some(b"row".as_slice()),
        "making it again changes nothing"
    );
    backend.drop_column("new").unwrap();
    backend.drop_column("never there").unwrap();
    assert_eq!(backend.columns(), [A, B]);
    backend.create_column("new").unwrap();
    assert_eq!(
        get(&backend, "new", b"key"),
        None,
        "a dropped column takes its rows along"
    );
}

fn statistics_name_every_column(backend: impl Backend) {
    for number in 0..100_u8 {
        put(&backend, A, &[number], &keccak256(&[number]).to_bytes().repeat(4));
    }
    backend.flush().unwrap();
    let statistics = backend.statistics().unwrap();
    let names: Vec<&str> = statistics.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, [A, B]);
    assert!(
        statistics.disk_bytes + statistics.memory_bytes >= 100 * 33,
        "{statistics:?}"
    );
}

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn small_bytes() -> impl Strategy<Value = Vec<u8>> {
    // Few distinct bytes, 0 and 0xff among them, so that prefixes meet keys.
    prop::collection::vec(prop::sample::select(vec![0_u8, 1, 0xfe, 0xff]), 0..4)
}

fn scans_agree_with_a_sorted_map(backend: impl Backend) {
    let rows = prop::collection::btree_map(small_bytes(), small_bytes(), 0..30);
    let scans = prop::collection::vec((small_bytes(), small_bytes(), 0_usize..12), 1..10);
    TestRunner::default()
        .run(&(rows, scans), |(rows, scans): (Model, _)| {
            let mut batch = Batch::new();
            for (key, _) in backend.snapshot().scan(A, &[], &[], usize::MAX).unwrap() {
                batch.delete(A, key);
            }
            for (key, row) in &rows {
                batch.put(A, key, row);
            }
            write(&backend, &batch);
            let snapshot = backend.snapshot();
            for (prefix, from, limit) in scans {
                let expected: Vec<(Vec<u8>, Vec<u8>)> = rows
                    .iter()
                    .filter(|(key, _)| key.starts_with(&prefix) && **key >= from)
                    .take(limit)
                    .map(|(key, row)| (key.clone(), row.clone()))
                    .collect();
                prop_assert_eq!(snapshot.scan(A, &prefix, &from, limit).unwrap(), expected);
            }
            Ok(())
        })
        .unwrap();
}

fn rocks(folder: &TempDir) -> RocksBackend {
    RocksBackend::open(folder.path(), &[A, B], &RocksSettings::default()).unwrap()
}

fn memory() -> MemoryBackend {
    let mut backend = MemoryBackend::new();
    backend.create_column(A).unwrap();
    backend.create_column(B).unwrap();
    backend
}

macro_rules! on_every_backend {
    ($($test:ident),* $(,)?) => {
        mod in_memory {
            $(#[test] fn $test() { super::$test(super::memory()); })*
        }
        mod in_rocksdb {
            $(#[test] fn $test() {
                let folder = tempfile::tempdir().unwrap();
                super::$test(super::rocks(&folder));
            })*
        }
        mod in_a_failing_backend_that_does_not_fail {
            $(#[test] fn $test() {
                super::$test(super::FailingBackend::new(super::memory(), super::FaultPlan::none()));
            })*
        }
    };
}

on_every_backend!(
    rows_come_change_and_go,
    of_two_operations_on_a_row_the_later_wins,
    a_batch_that_names_an_unknown_column_writes_nothing,
    a_snapshot_sees_one_moment,
    a_snapshot_never_sees_half_a_batch_nor_stops_the_writer,
    columns_are_made_and_dropped,
    statistics_name_every_column,
    scans_agree_with_a_sorted_map,
);

#[test]
fn rocksdb_keeps_columns_as_they_are_while_a_snapshot_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = rocks(&folder);
    let snapshot = backend.snapshot();
    assert!(matches!(backend.create_column("new"), Err(BackendError::SnapshotHeld)));
    assert!(matches!(backend.drop_column(A), Err(BackendError::SnapshotHeld)));
    drop(snapshot);
    backend.create_column("new").unwrap();
}

#[test]
fn a_snapshot_of_rocksdb_outlives_its_backend() {
    let folder = tempfile::tempdir().unwrap();
    let backend = rocks(&folder);
    put(&backend, A, b"key", b"row");
    let snapshot = backend.snapshot();
    drop(backend);
    assert_eq!(snapshot.get(A, b"key").unwrap().as_deref(), Some(b"row".as_slice()));
    let again = RocksBackend::open(folder.path(), &[], &RocksSettings::default());
    assert!(
        matches!(again, Err(BackendError::InUse { .. })),
        "the folder is locked as long as the snapshot lives"
    );
    drop(snapshot);
    assert_eq!(get(&rocks(&folder), A, b"key").as_deref(), Some(b"row".as_slice()));
}
