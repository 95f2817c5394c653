//! RocksDB.

mod fault;
mod snapshot;
mod tuning;

pub use tuning::RocksSettings;

use super::{Backend, BackendError, BackendSnapshot, Batch, ColumnStatistics, Operation, Statistics, Survives};
use fault::describe;
use rocksdb::{ColumnFamily, ColumnFamilyDescriptor, DB, WriteBatch, WriteOptions, properties};
use snapshot::RocksSnapshot;
use std::{collections::BTreeSet, fmt, path::Path, sync::Arc};
use tuning::Tuning;

/// RocksDB keeps a column of this name for itself; ours never use it.
const UNUSED_COLUMN: &str = "default";

/// A RocksDB database. Its folder is locked until the backend and the last of its snapshots are dropped.
pub struct RocksBackend {
    database: Arc<DB>,
    /// Names of all columns, because the library does not tell them.
    columns: BTreeSet<String>,
    tuning: Tuning,
}

impl fmt::Debug for RocksBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RocksBackend")
            .field("folder", &self.database.path())
            .finish_non_exhaustive()
    }
}

impl RocksBackend {
    /// Opens the database in `folder`, which exists. Where there is none yet, one with `new_columns` is made; where there is
    /// one, it keeps the columns it has.
    ///
    /// # Errors
    /// In use by another process, damaged, or the disk failed.
    pub fn open(folder: &Path, new_columns: &[&str], settings: &RocksSettings) -> Result<Self, BackendError> {
        let tuning = Tuning::new(settings);
        let options = tuning.database();
        // RocksDB writes CURRENT last when it makes a database: without it there is none.
        let mut columns: BTreeSet<String> = if folder.join("CURRENT").exists() {
            DB::list_cf(&options, folder).map_err(describe)?.into_iter().collect()
        } else {
            new_columns.iter().map(|name| (*name).to_owned()).collect()
        };
        let descriptors: Vec<ColumnFamilyDescriptor> = columns
            .iter()
            .map(|name| ColumnFamilyDescriptor::new(name, tuning.column(name)))
            .collect();
        let database = DB::open_cf_descriptors(&options, folder, descriptors).map_err(describe)?;
        columns.remove(UNUSED_COLUMN);
        Ok(Self {
            database: Arc::new(database),
            columns,
            tuning,
        })
    }

    fn exclusive(&mut self) -> Result<&mut DB, BackendError> {
        Arc::get_mut(&mut self.database).ok_or(BackendError::SnapshotHeld)
    }

    fn column_bytes(&self, family: &ColumnFamily) -> Result<u64, BackendError> {
        let mut sum = 0_u64;
        for property in [
            properties::LIVE_SST_FILES_SIZE.to_owned(),
            c"rocksdb.live-blob-file-size".to_owned(),
        ] {
            let bytes = self
                .database
                .property_int_value_cf(family, &property)
                .map_err(describe)?;
            sum = sum.saturating_add(bytes.unwrap_or(0));
        }
        Ok(sum)
    }
}

/// The column by name.
fn family<'a>(database: &'a DB, name: &str) -> Result<&'a ColumnFamily, BackendError> {
    database.cf_handle(name).ok_or_else(|| BackendError::NoSuchColumn {
        column: name.to_owned(),
    })
}

/// Sum of the sizes of the files in `folder`. A file that disappears meanwhile counts nothing.
fn folder_bytes(folder: &Path) -> std::io::Result<u64> {
    let mut sum = 0_u64;
    for entry in std::fs::read_dir(folder)? {
        let size = entry?.metadata().map_or(0, |metadata| metadata.len());
        sum = sum.saturating_add(size);
    }
    Ok(sum)
}

impl Backend for RocksBackend {
    fn columns(&self) -> Vec<String> {
        self.columns.iter().cloned().collect()
    }

    fn create_column(&mut self, name: &str) -> Result<(), BackendError> {
        if self.columns.contains(name) {
            return Ok(());
        }
        let options = self.tuning.column(name);
        self.exclusive()?.create_cf(name, &options).map_err(describe)?;
        self.columns.insert(name.to_owned());
        Ok(())
    }

    fn drop_column(&mut self, name: &str) -> Result<(), BackendError> {
        if !self.columns.contains(name) {
            return Ok(());
        }
        self.exclusive()?.drop_cf(name).map_err(describe)?;
        self.columns.remove(name);
        Ok(())
    }

    fn write(&self, batch: &Batch<'_>, survives: Survives) -> Result<(), BackendError> {
        let mut rows = WriteBatch::default();
        for operation in batch.operations() {
            let family = family(&self.database, operation.column())?;
            match operation {
                Operation::Put { key, row, .. } => rows.put_cf(family, key, row),
                Operation::Delete { key, .. } => rows.delete_cf(family, key),
            }
        }
        let mut options = WriteOptions::default();
        options.set_sync(survives == Survives::PowerLoss);
        self.database.write_opt(rows, &options).map_err(describe)
    }

    fn snapshot(&self) -> Box<dyn BackendSnapshot> {
        Box::new(RocksSnapshot::take(Arc::clone(&self.database)))
    }

    fn flush(&self) -> Result<(), BackendError> {
        for name in &self.columns {
            self.database
                .flush_cf(family(&self.database, name)?)
                .map_err(describe)?;
        }
        self.database.flush_wal(true).map_err(describe)
    }

    fn available_bytes(&self) -> Result<Option<u64>, BackendError> {
        let available = fs2::available_space(self.database.path());
        available.map(Some).map_err(|error| BackendError::Io {
            source: Box::new(error),
        })
    }

    fn statistics(&self) -> Result<Statistics, BackendError> {
        let mut statistics = Statistics {
            disk_bytes: folder_bytes(self.database.path()).map_err(|error| BackendError::Io {
                source: Box::new(error),
            })?,
            memory_bytes: self.tuning.cache_bytes() as u64,
            columns: Vec::new(),
        };
        for name in &self.columns {
            let family = family(&self.database, name)?;
            let unwritten = self
                .database
                .property_int_value_cf(family, properties::SIZE_ALL_MEM_TABLES)
                .map_err(describe)?;
            statistics.memory_bytes = statistics.memory_bytes.saturating_add(unwritten.unwrap_or(0));
            let disk_bytes = self.column_bytes(family)?;
            statistics.columns.push(ColumnStatistics {
                name: name.clone(),
                disk_bytes,
            });
        }
        Ok(statistics)
    }
}
