//! The handle that a node holds.

use crate::{
    auxiliary::AuxiliaryBatch,
    backend::{Backend, BackendError, Batch, MemoryBackend, RocksBackend, Statistics, Survives},
    column::Column,
    commit::{Commit, CommitError},
    error::StoreError,
    meta::{Identity, MetaRow, Tip},
    migration::{MigrationPlan, MigrationProgress},
    open::{OpenError, prepare},
    settings::{Durability, StoreSettings},
    snapshot::Snapshot,
    undo::add_undo_rows,
};
use oxen_state::{Change, Undo, ViewError, state_digest};
use oxen_types::{Hash, Height};
use std::{
    error::Error,
    fmt, fs,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

/// The folder of the database within a node's data directory. RocksDB's files are alone in it.
pub const DATABASE_FOLDER: &str = "chain";

/// Bytes written after which the room on the disk is looked at again, whatever else happens.
const BYTES_BETWEEN_LOOKS: u64 = 1024 * 1024;

/// The chain's database. A clone is another handle to it; when the last is dropped everything is brought into its final files,
/// so that the next start has nothing to replay.
#[derive(Clone)]
pub struct ChainStore {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Box<dyn Backend>,
    settings: StoreSettings,
    /// Held while a write is made.
    writer: Mutex<Writer>,
    /// The newest block, for readers; held for an instant only.
    tip: Mutex<Option<Tip>>,
    /// A write failed. Changed by the writer alone.
    stopped: AtomicBool,
}

/// What the next write builds on. Changed only after a write is done.
struct Writer {
    /// No undo row is below this height.
    oldest_undo: Option<Height>,
    /// When a commit last waited for the disk.
    last_sync: Option<Instant>,
    /// Bytes written since the room on the disk was looked at.
    unchecked_bytes: u64,
}

impl fmt::Debug for ChainStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainStore")
            .field("tip", &self.tip())
            .finish_non_exhaustive()
    }
}

impl ChainStore {
    /// Opens the database in `data_directory`, or makes one there, for the chain of `identity`. `progress` hears how far
    /// migrations are, if any are needed.
    ///
    /// # Errors
    /// In use, of another network or version, damaged, or the disk failed: [`OpenError`] says what to do.
    pub fn open(
        data_directory: &Path,
        identity: &Identity,
        settings: &StoreSettings,
        progress: &mut dyn FnMut(&MigrationProgress),
    ) -> Result<Self, OpenError> {
        let folder = data_directory.join(DATABASE_FOLDER);
        fs::create_dir_all(&folder).map_err(|source| OpenError::CreateFolder {
            folder: folder.clone(),
            source,
        })?;
        check_room_in(&folder, settings.reserve_bytes)?;
        let columns: Vec<&str> = Column::all().map(Column::name).collect();
        let backend = RocksBackend::open(&folder, &columns, &settings.rocks).map_err(|error| match error {
            source @ BackendError::InUse { .. } => OpenError::InUse { folder, source },
            other => other.into(),
        })?;
        Self::open_on(backend, identity, settings, &MigrationPlan::current(), progress)
    }

    /// A chain in memory.
    ///
    /// # Errors
    /// None that memory could cause.
    pub fn in_memory(identity: &Identity) -> Result<Self, OpenError> {
        let settings = StoreSettings::default();
        Self::open_on(
            MemoryBackend::new(),
            identity,
            &settings,
            &MigrationPlan::current(),
            &mut |_| (),
        )
    }

    /// As [`Self::open`], on any backend and with any migrations.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_on(
        mut backend: impl Backend + 'static,
        identity: &Identity,
        settings: &StoreSettings,
        plan: &MigrationPlan,
        progress: &mut dyn FnMut(&MigrationProgress),
    ) -> Result<Self, OpenError> {
        prepare(&mut backend, identity, plan, progress)?;
        let snapshot = Snapshot::new(backend.snapshot());
        let writer = Writer {
            oldest_undo: snapshot.oldest_undo()?,
            last_sync: None,
            unchecked_bytes: 0,
        };
        let tip = snapshot.tip()?;
        drop(snapshot);
        Ok(Self {
            inner: Arc::new(Inner {
                backend: Box::new(backend),
                settings: *settings,
                writer: Mutex::new(writer),
                tip: Mutex::new(tip),
                stopped: AtomicBool::new(false),
            }),
        })
    }

    /// The newest block; none before the genesis block is committed. Never waits for the writer.
    #[must_use]
    pub fn tip(&self) -> Option<Tip> {
        *self.inner.tip()
    }

    /// Everything as it is after the last commit. Never waits for the writer.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(Snapshot::new(self.inner.backend.snapshot()))
    }

    /// Makes a commit: all of it, or nothing where an error is reported as such.
    ///
    /// # Errors
    /// It does not build on the tip or the disk is nearly full, and nothing was written; or the write failed, and nothing is
    /// written any more.
    pub fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        let mut writer = self.inner.writer();
        self.inner.check_not_stopped()?;
        let found = self.tip();
        if commit.base != found {
            return Err(CommitError::WrongBase {
                expected: commit.base,
                found,
            });
        }
        let first_applied = commit.first_applied()?;
        let mut batch = Batch::new();
        add_rows(&mut batch, commit);
        let oldest_undo = add_undo_rows(
            &mut batch,
            commit,
            first_applied,
            writer.oldest_undo,
            self.undo_blocks(),
        );
        commit.tip.put(&mut batch);
        commit.auxiliary.add_to(&mut batch);
        self.inner.write(&mut writer, &batch)?;
        *self.inner.tip() = Some(commit.tip);
        writer.oldest_undo = oldest_undo;
        Ok(())
    }

    /// Changes rows that are no part of the state, all or nothing. They survive the end of the process; loss of power may cost
    /// the last of them, as it may cost a transaction of the pool nothing depends on.
    ///
    /// # Errors
    /// The disk is nearly full, and nothing was written; or the write failed, and nothing is written any more.
    pub fn write_auxiliary(&self, changes: &AuxiliaryBatch) -> Result<(), StoreError> {
        let mut writer = self.inner.writer();
        self.inner.check_not_stopped()?;
        let mut batch = Batch::new();
        changes.add_to(&mut batch);
        self.inner.write_surviving(&mut writer, &batch, Survives::ProcessEnd)
    }

    /// As [`Self::write_auxiliary`], and loss of power costs nothing either: returns when the disk has it.
    ///
    /// # Errors
    /// As [`Self::write_auxiliary`].
    pub fn write_auxiliary_durably(&self, changes: &AuxiliaryBatch) -> Result<(), StoreError> {
        let mut writer = self.inner.writer();
        self.inner.check_not_stopped()?;
        let mut batch = Batch::new();
        changes.add_to(&mut batch);
        self.inner.write_surviving(&mut writer, &batch, Survives::PowerLoss)
    }

    /// What takes the block at `height` back; none where that is no longer, or not yet, known.
    ///
    /// # Errors
    /// The database failed.
    pub fn undo(&self, height: Height) -> Result<Option<Undo>, StoreError> {
        self.snapshot().undo(height)
    }

    /// True after a write has failed: nothing is written until the database is opened again.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.inner.stopped.load(Ordering::Relaxed)
    }

    /// Brings everything into its final files, which loss of power cannot harm.
    ///
    /// # Errors
    /// The disk failed.
    pub fn flush(&self) -> Result<(), StoreError> {
        Ok(self.inner.backend.flush()?)
    }

    /// One hash over the state, to compare it with another. Reads all of it.
    ///
    /// # Errors
    /// The database failed.
    pub fn state_digest(&self) -> Result<Hash, ViewError> {
        state_digest(&self.snapshot())
    }

    /// Room that the database takes, column by column.
    ///
    /// # Errors
    /// The disk failed.
    pub fn statistics(&self) -> Result<Statistics, StoreError> {
        Ok(self.inner.backend.statistics()?)
    }

    /// How it works.
    #[must_use]
    pub fn settings(&self) -> &StoreSettings {
        &self.inner.settings
    }

    fn undo_blocks(&self) -> u64 {
        self.inner.settings.undo_blocks.max(1)
    }
}

/// Refuses to open a database where too little is free on the disk.
fn check_room_in(folder: &Path, reserve: u64) -> Result<(), OpenError> {
    match fs2::available_space(folder) {
        Ok(available) if available < reserve => Err(StoreError::DiskNearlyFull { available, reserve }.into()),
        Ok(_) => Ok(()),
        Err(error) => Err(BackendError::Io {
            source: Box::new(error),
        }
        .into()),
    }
}

impl Inner {
    // A writer that panicked has changed nothing here, because it changes this last.
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tip(&self) -> MutexGuard<'_, Option<Tip>> {
        self.tip.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_not_stopped(&self) -> Result<(), StoreError> {
        if self.stopped.load(Ordering::Relaxed) {
            Err(StoreError::Stopped)
        } else {
            Ok(())
        }
    }

    /// Writes as durably as was chosen.
    fn write(&self, writer: &mut Writer, batch: &Batch<'_>) -> Result<(), StoreError> {
        let due = match self.settings.durability {
            Durability::EveryCommit => true,
            Durability::Interval(interval) => writer.last_sync.is_none_or(|last| last.elapsed() >= interval),
        };
        let survives = if due { Survives::PowerLoss } else { Survives::ProcessEnd };
        self.write_surviving(writer, batch, survives)?;
        if due {
            writer.last_sync = Some(Instant::now());
        }
        Ok(())
    }

    /// Refuses when too little is free on the disk. Looks with every write that waits for the disk anyway, and otherwise now
    /// and then.
    fn check_room(&self, writer: &mut Writer, batch: &Batch<'_>, survives: Survives) -> Result<(), StoreError> {
        writer.unchecked_bytes = writer.unchecked_bytes.saturating_add(batch.bytes());
        if survives == Survives::ProcessEnd && writer.unchecked_bytes < BYTES_BETWEEN_LOOKS {
            return Ok(());
        }
        let reserve = self.settings.reserve_bytes;
        match self.backend.available_bytes()? {
            Some(available) if available < reserve => Err(StoreError::DiskNearlyFull { available, reserve }),
            _ => {
                writer.unchecked_bytes = 0;
                Ok(())
            }
        }
    }

    /// Writes, and stops for good when that fails.
    fn write_surviving(&self, writer: &mut Writer, batch: &Batch<'_>, survives: Survives) -> Result<(), StoreError> {
        self.check_room(writer, batch, survives)?;
        self.backend.write(batch, survives).map_err(|error| {
            self.stopped.store(true, Ordering::Relaxed);
            let cause: &(dyn Error + 'static) = &error;
            tracing::error!(
                cause,
                "a write to the database failed; nothing more is written until the node starts again"
            );
            StoreError::Backend(error)
        })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.check_not_stopped().is_err() {
            return;
        }
        if let Err(error) = self.backend.flush() {
            // Everything is in the log: the next start takes a moment longer, and that is all.
            let cause: &(dyn Error + 'static) = &error;
            tracing::warn!(
                cause,
                "the database could not be brought into its final files at its end"
            );
        }
    }
}

/// Adds the rows of the state.
fn add_rows<'a>(batch: &mut Batch<'a>, commit: &'a Commit) {
    for (table, key, change) in commit.delta.iter() {
        let column = Column::State(table).name();
        match change {
            Change::Put(row) => batch.put(column, key, row),
            Change::Delete => batch.delete(column, key),
        }
    }
}
