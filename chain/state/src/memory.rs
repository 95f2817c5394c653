//! The state in memory: for tests, tools and short-lived chains.

use crate::{
    delta::{Change, Delta},
    table::TableId,
    view::{RawEntry, View, ViewError},
};
use std::{collections::BTreeMap, ops::Bound};

/// All tables in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryState {
    tables: BTreeMap<TableId, BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl MemoryState {
    /// No rows at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the changes.
    pub fn commit(&mut self, delta: &Delta) {
        for (table, key, change) in delta.iter() {
            let rows = self.tables.entry(table).or_default();
            match change {
                Change::Put(row) => rows.insert(key.to_vec(), row.clone()),
                Change::Delete => rows.remove(key),
            };
        }
        self.tables.retain(|_, rows| !rows.is_empty());
    }
}

impl View for MemoryState {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.tables.get(&table).and_then(|rows| rows.get(key)).cloned())
    }

    fn scan(&self, table: TableId, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<RawEntry>, ViewError> {
        let start = prefix.max(from);
        let Some(rows) = self.tables.get(&table) else {
            return Ok(Vec::new());
        };
        Ok(rows
            .range::<[u8], _>((Bound::Included(start), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, row)| (key.clone(), row.clone()))
            .collect())
    }
}
