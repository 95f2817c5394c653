//! What a store does with commits, snapshots and rows beside the state.
#![allow(clippy::unwrap_used, reason = "a test")]

mod synthetic;

use oxen_state::{Change, Delta, TableId, TypedView, Undo, View, tables::BlockBlobs};
use oxen_store::{
    AuxiliaryBatch, ChainStore, Commit, CommitError, Durability, MemoryBackend, MempoolEntries, MigrationPlan,
    StoreSettings, Tip,
};
use oxen_types::{Hash, Height, keccak256};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};
use synthetic::{Story, assert_agrees, identity, settings, tell};

fn open(settings: &StoreSettings) -> ChainStore {
    let plan = MigrationPlan::current();
    ChainStore::open_on(MemoryBackend::new(), &identity(), settings, &plan, &mut |_| ()).unwrap()
}

fn tip(height: u64) -> Tip {
    Tip {
        height: Height::new(height),
        id: keccak256(&height.to_le_bytes()),
    }
}

/// The number `height` in the totals, the blocks and the block bytes.
fn delta(height: u64) -> Delta {
    let row = height.to_le_bytes().to_vec();
    let changes = [
        (TableId::Totals, vec![], Change::Put(row.clone())),
        (TableId::Blocks, b"same key".to_vec(), Change::Put(row.clone())),
        (TableId::TransactionProofs, b"same key".to_vec(), Change::Put(row)),
    ];
    changes.into_iter().collect()
}

fn block(height: u64) -> Commit {
    let undo = Undo::from_delta(delta(height));
    Commit::block(height.checked_sub(1).map(tip), tip(height), delta(height), undo)
}

fn undo_heights(store: &ChainStore) -> Vec<u64> {
    let last = store.tip().unwrap().height.index();
    (0..=last + 3)
        .filter(|height| store.undo(Height::new(*height)).unwrap().is_some())
        .collect()
}

#[test]
fn long_stories_leave_what_the_model_says() {
    for seed in 50..54 {
        tell(seed, 150);
    }
}

#[test]
fn a_story_in_rocksdb_leaves_what_the_model_says() {
    let directory = tempfile::tempdir().unwrap();
    let store = ChainStore::open(directory.path(), &identity(), &settings(), &mut |_| ()).unwrap();
    let mut story = Story::new(55);
    for step in 0..120 {
        story.next_step().write_to(&store).unwrap();
        if step % 40 == 20 {
            store.flush().unwrap();
        }
        assert_agrees(&store, &story);
    }
}

#[test]
fn a_commit_must_build_on_the_tip() {
    let store = open(&settings());
    assert!(matches!(
        store.commit(&block(1)),
        Err(CommitError::WrongBase { found: None, .. })
    ));
    store.commit(&block(0)).unwrap();
    store.commit(&block(1)).unwrap();
    let error = store.commit(&block(1)).unwrap_err();
    assert!(matches!(error, CommitError::WrongBase { .. }), "{error:?}");
    assert!(
        error.to_string().contains("at height 0") && error.to_string().contains("at height 1"),
        "{error}"
    );
    let other_branch = Tip {
        height: Height::new(1),
        id: Hash::ZERO,
    };
    let on_other_branch = Commit {
        base: Some(other_branch),
        ..block(2)
    };
    assert!(store.commit(&on_other_branch).is_err());
    assert_eq!(store.tip(), Some(tip(1)));
    store
        .commit(&block(2))
        .expect("a commit that was refused does not stop the store");
}

#[test]
fn heights_of_a_commit_must_add_up() {
    let store = open(&settings());
    let refused = |commit: &Commit| {
        assert!(
            matches!(store.commit(commit), Err(CommitError::HeightsDisagree { .. })),
            "{commit:?}"
        );
    };
    refused(&Commit {
        tip: tip(1),
        ..block(0)
    });
    refused(&Commit {
        reverted: 1,
        ..block(0)
    });
    store.commit(&block(0)).unwrap();
    store.commit(&block(1)).unwrap();
    refused(&Commit {
        tip: tip(3),
        ..block(2)
    });
    refused(&Commit {
        reverted: 1,
        ..block(2)
    });
    refused(&Commit {
        reverted: 2,
        ..block(2)
    });
    refused(&Commit::reorganisation(
        tip(1),
        2,
        vec![Undo::default()],
        tip(0),
        Delta::default(),
    ));
    assert_eq!(store.tip(), Some(tip(1)));
}

#[test]
fn undo_rows_of_the_newest_blocks_are_kept() {
    let store = open(&StoreSettings {
        undo_blocks: 3,
        ..settings()
    });
    for height in 0..10 {
        store.commit(&block(height)).unwrap();
    }
    assert_eq!(undo_heights(&store), [7, 8, 9]);
    assert_eq!(store.undo(Height::new(8)).unwrap(), Some(Undo::from_delta(delta(8))));
    store
        .commit(&Commit::reorganisation(tip(9), 2, vec![], tip(7), Delta::default()))
        .unwrap();
    assert_eq!(undo_heights(&store), [7], "what was pruned does not come back");
    for height in 8..12 {
        store.commit(&block(height)).unwrap();
    }
    assert_eq!(undo_heights(&store), [9, 10, 11]);
}

#[test]
fn keeping_fewer_undo_rows_than_before_removes_the_rest_little_by_little() {
    let disk = MemoryBackend::new();
    let open = |undo_blocks| {
        let settings = StoreSettings {
            undo_blocks,
            ..settings()
        };
        let plan = MigrationPlan::current();
        ChainStore::open_on(disk.clone(), &identity(), &settings, &plan, &mut |_| ()).unwrap()
    };
    let store = open(10_000);
    for height in 0..2_500 {
        store.commit(&block(height)).unwrap();
    }
    assert_eq!(undo_heights(&store).len(), 2_500);
    drop(store);
    let store = open(2);
    let mut left = Vec::new();
    for height in 2_500..2_505 {
        store.commit(&block(height)).unwrap();
        left.push(undo_heights(&store).len());
    }
    assert_eq!(left, [1_501, 502, 2, 2, 2]);
}

#[test]
fn an_import_of_many_blocks_at_once_keeps_the_newest_undo_rows_only() {
    let store = open(&StoreSettings {
        undo_blocks: 4,
        ..settings()
    });
    store.commit(&block(0)).unwrap();
    let undos = (1..=5_000).map(|height| Undo::from_delta(delta(height))).collect();
    store
        .commit(&Commit::reorganisation(tip(0), 0, undos, tip(5_000), delta(5_000)))
        .unwrap();
    assert_eq!(undo_heights(&store), [4_997, 4_998, 4_999, 5_000]);
    assert_eq!(store.snapshot().oldest_undo().unwrap(), Some(Height::new(4_997)));
    store.commit(&block(5_001)).unwrap();
    assert_eq!(undo_heights(&store), [4_998, 4_999, 5_000, 5_001]);
}

#[test]
fn snapshots_see_one_commit_in_all_tables_while_the_writer_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let rocks = ChainStore::open(directory.path(), &identity(), &settings(), &mut |_| ()).unwrap();
    for store in [rocks, open(&settings())] {
        store.commit(&block(0)).unwrap();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        let snapshot = store.snapshot();
                        let height = snapshot.tip().unwrap().unwrap().height.index().to_le_bytes().to_vec();
                        thread::yield_now();
                        assert_eq!(snapshot.read(TableId::Totals, b"").unwrap(), Some(height.clone()));
                        assert_eq!(
                            snapshot.read(TableId::Blocks, b"same key").unwrap(),
                            Some(height.clone())
                        );
                        let proofs = snapshot.scan(TableId::TransactionProofs, b"same", b"", 2).unwrap();
                        assert_eq!(proofs, [(b"same key".to_vec(), height)]);
                    }
                });
            }
            for height in 1..1_500 {
                store.commit(&block(height)).unwrap();
            }
            done.store(true, Ordering::Relaxed);
        });
    }
}

#[test]
fn a_snapshot_that_is_held_changes_nothing_for_the_writer() {
    let store = open(&settings());
    store.commit(&block(0)).unwrap();
    let held: Vec<_> = (1..200)
        .map(|height| {
            let snapshot = store.snapshot();
            store.commit(&block(height)).unwrap();
            snapshot
        })
        .collect();
    for (height, snapshot) in held.iter().enumerate() {
        assert_eq!(snapshot.tip().unwrap(), Some(tip(height as u64)));
    }
}

#[test]
fn rows_beside_the_state_are_no_part_of_the_digest() {
    let store = open(&settings());
    store.commit(&block(0)).unwrap();
    let digest = store.state_digest().unwrap();
    let (first, second) = (Hash::new([1; 32]), Hash::new([2; 32]));
    let mut batch = AuxiliaryBatch::new();
    batch.put::<MempoolEntries>(&second, &b"two".to_vec());
    batch.put::<MempoolEntries>(&first, &b"one".to_vec());
    store.write_auxiliary(&batch).unwrap();
    let snapshot = store.snapshot();
    assert_eq!(
        snapshot.auxiliary::<MempoolEntries>(&first).unwrap(),
        Some(b"one".to_vec())
    );
    let page = snapshot.scan_auxiliary::<MempoolEntries>(None, 1).unwrap();
    assert_eq!(page, [(first, b"one".to_vec())]);
    let page = snapshot.scan_auxiliary::<MempoolEntries>(Some(&first), 10).unwrap();
    assert_eq!(page, [(second, b"two".to_vec())]);
    let mut mined = AuxiliaryBatch::new();
    mined.delete::<MempoolEntries>(&first);
    assert_eq!(store.state_digest().unwrap(), digest);
    store.commit(&block(1).with_auxiliary(mined)).unwrap();
    assert_eq!(store.snapshot().auxiliary::<MempoolEntries>(&first).unwrap(), None);
    assert_ne!(store.state_digest().unwrap(), digest);
}

#[test]
fn rows_are_read_by_their_types() {
    let store = open(&settings());
    let height = Height::GENESIS;
    let mut overlay = oxen_state::Overlay::new(store.snapshot());
    overlay.put::<BlockBlobs>(&height, &b"bytes".to_vec());
    let (delta, undo) = overlay.finish().unwrap();
    store.commit(&Commit::block(None, tip(0), delta, undo)).unwrap();
    assert_eq!(store.snapshot().expect::<BlockBlobs>(&height).unwrap(), b"bytes");
}

#[test]
fn every_durability_writes_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let choices = [
        Durability::EveryCommit,
        Durability::Interval(Duration::ZERO),
        Durability::Interval(Duration::from_millis(1)),
        Durability::Interval(Duration::MAX),
    ];
    let mut height = 0;
    for durability in choices {
        let settings = StoreSettings {
            durability,
            ..settings()
        };
        let store = ChainStore::open(directory.path(), &identity(), &settings, &mut |_| ()).unwrap();
        for _ in 0..5 {
            store.commit(&block(height)).unwrap();
            height += 1;
        }
    }
    let store = ChainStore::open(directory.path(), &identity(), &settings(), &mut |_| ()).unwrap();
    assert_eq!(store.tip(), Some(tip(19)));
}

#[test]
fn statistics_tell_proofs_from_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let store = ChainStore::open(directory.path(), &identity(), &settings(), &mut |_| ()).unwrap();
    let proofs: Delta = (0..100_u8)
        .map(|number| {
            (
                TableId::TransactionProofs,
                vec![number; 32],
                Change::Put(vec![number; 10_000]),
            )
        })
        .collect();
    store
        .commit(&Commit::block(None, tip(0), proofs, Undo::default()))
        .unwrap();
    store.flush().unwrap();
    let statistics = store.statistics().unwrap();
    let bytes = |name| {
        statistics
            .columns
            .iter()
            .find(|column| column.name == name)
            .unwrap()
            .disk_bytes
    };
    assert!(bytes("transaction-proofs") > 1_000_000, "{statistics:?}");
    assert!(bytes("totals") < 10_000, "{statistics:?}");
    assert!(
        statistics.disk_bytes > 1_000_000 && statistics.memory_bytes < 100_000_000,
        "{statistics:?}"
    );
}
