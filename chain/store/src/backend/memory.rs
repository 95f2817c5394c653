//! Everything in memory: for tests, simulations and chains that nobody needs tomorrow.

use super::{Backend, BackendError, BackendSnapshot, Batch, ColumnStatistics, Operation, Statistics, Survives};
use oxen_state::view::RawEntry;
use rpds::RedBlackTreeMapSync;
use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// A map that shares what is equal with its copies: a snapshot costs a handful of counters, a write copies only the path to
/// the rows it changes.
type Rows = RedBlackTreeMapSync<Vec<u8>, Arc<[u8]>>;
type Columns = BTreeMap<String, Rows>;

/// Columns in memory. A clone is another handle to the same rows, as two handles to one disk are: what a store that "crashed"
/// on one has written can be opened again on the other.
#[derive(Debug, Clone, Default)]
pub struct MemoryBackend {
    columns: Arc<RwLock<Columns>>,
}

impl MemoryBackend {
    /// No columns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another memory with the same rows, which then go their own ways.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            columns: Arc::new(RwLock::new(self.read().clone())),
        }
    }

    // Nothing panics while it holds the lock, so a poisoned one is as good as any.
    fn read(&self) -> RwLockReadGuard<'_, Columns> {
        self.columns.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, Columns> {
        self.columns.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rows<'a>(columns: &'a Columns, name: &str) -> Result<&'a Rows, BackendError> {
    columns.get(name).ok_or_else(|| BackendError::NoSuchColumn {
        column: name.to_owned(),
    })
}

impl Backend for MemoryBackend {
    fn columns(&self) -> Vec<String> {
        self.read().keys().cloned().collect()
    }

    fn create_column(&mut self, name: &str) -> Result<(), BackendError> {
        self.exclusive().entry(name.to_owned()).or_insert_with(Rows::new_sync);
        Ok(())
    }

    fn drop_column(&mut self, name: &str) -> Result<(), BackendError> {
        self.exclusive().remove(name);
        Ok(())
    }

    fn write(&self, batch: &Batch<'_>, _survives: Survives) -> Result<(), BackendError> {
        let mut columns = self.exclusive();
        for operation in batch.operations() {
            rows(&columns, operation.column())?;
        }
        for operation in batch.operations() {
            let Some(rows) = columns.get_mut(operation.column()) else {
                continue;
            };
            match operation {
                Operation::Put { key, row, .. } => rows.insert_mut(key.to_vec(), Arc::from(row.as_ref())),
                Operation::Delete { key, .. } => {
                    // Asked first, because removing nothing would still copy the path to it.
                    if rows.contains_key(key.as_ref()) {
                        rows.remove_mut(key.as_ref());
                    }
                }
            }
        }
        Ok(())
    }

    fn snapshot(&self) -> Box<dyn BackendSnapshot> {
        Box::new(MemorySnapshot {
            columns: self.read().clone(),
        })
    }

    fn flush(&self) -> Result<(), BackendError> {
        Ok(())
    }

    fn available_bytes(&self) -> Result<Option<u64>, BackendError> {
        Ok(None)
    }

    fn statistics(&self) -> Result<Statistics, BackendError> {
        let columns = self.read();
        let size = |rows: &Rows| {
            rows.iter()
                .map(|(key, row)| key.len().saturating_add(row.len()) as u64)
                .sum::<u64>()
        };
        Ok(Statistics {
            disk_bytes: 0,
            memory_bytes: columns.values().map(size).sum(),
            columns: columns
                .keys()
                .map(|name| ColumnStatistics {
                    name: name.clone(),
                    disk_bytes: 0,
                })
                .collect(),
        })
    }
}

/// The columns as they were.
struct MemorySnapshot {
    columns: Columns,
}

impl BackendSnapshot for MemorySnapshot {
    fn get(&self, column: &str, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        Ok(rows(&self.columns, column)?.get(key).map(|row| row.to_vec()))
    }

    fn scan(&self, column: &str, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<RawEntry>, BackendError> {
        let start = prefix.max(from);
        Ok(rows(&self.columns, column)?
            .range::<[u8], _>((Bound::Included(start), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, row)| (key.clone(), row.to_vec()))
            .collect())
    }
}
