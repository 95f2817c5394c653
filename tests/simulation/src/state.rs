//! States of the chain that share what is equal: the state after a block costs only what the block changed.

use oxen_state::{Change, Delta, MemoryState, TableId, View, ViewError, view::RawEntry};
use rpds::RedBlackTreeMapSync;
use std::{collections::BTreeMap, ops::Bound, sync::Arc};

type Rows = RedBlackTreeMapSync<Vec<u8>, Arc<[u8]>>;

/// The state after one block. Cheap to copy, never changed.
#[derive(Debug, Clone, Default)]
pub struct SharedState {
    tables: BTreeMap<TableId, Rows>,
}

impl SharedState {
    /// Every row of a state in memory.
    ///
    /// # Panics
    /// Never: a state in memory reads.
    #[must_use]
    pub fn copy_of(state: &MemoryState) -> Self {
        let mut tables = BTreeMap::new();
        for table in TableId::ALL {
            let mut rows = Rows::new_sync();
            for (key, row) in state.scan(table, &[], &[], usize::MAX).expect("memory reads") {
                rows.insert_mut(key, Arc::from(row));
            }
            tables.insert(table, rows);
        }
        Self { tables }
    }

    /// The state but for one table.
    #[must_use]
    pub fn without(&self, table: TableId) -> Self {
        let mut other = self.clone();
        other.tables.remove(&table);
        other
    }

    /// The state after these changes.
    #[must_use]
    pub fn with(&self, delta: &Delta) -> Self {
        let mut next = self.clone();
        for (table, key, change) in delta.iter() {
            let rows = next.tables.entry(table).or_insert_with(Rows::new_sync);
            match change {
                Change::Put(row) => {
                    rows.insert_mut(key.to_vec(), Arc::from(row.as_slice()));
                }
                Change::Delete => {
                    rows.remove_mut(key);
                }
            }
        }
        next
    }
}

impl View for SharedState {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        let rows = self.tables.get(&table);
        Ok(rows.and_then(|rows| rows.get(key)).map(|row| row.to_vec()))
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
            .map(|(key, row)| (key.clone(), row.to_vec()))
            .collect())
    }
}

/// The state as one node sees it: what the blocks of its chain made, which it shares with all who have the same tip, and its own
/// checkpoints, which no block makes.
#[derive(Debug, Clone)]
pub struct NodeView<'a> {
    /// After the tip.
    pub state: &'a SharedState,
    /// Rows of [`TableId::Checkpoints`].
    pub checkpoints: &'a BTreeMap<Vec<u8>, Vec<u8>>,
}

impl View for NodeView<'_> {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        match table {
            TableId::Checkpoints => Ok(self.checkpoints.get(key).cloned()),
            _ => self.state.read(table, key),
        }
    }

    fn scan(&self, table: TableId, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<RawEntry>, ViewError> {
        if table != TableId::Checkpoints {
            return self.state.scan(table, prefix, from, limit);
        }
        let start = prefix.max(from);
        let rows = self
            .checkpoints
            .range::<[u8], _>((Bound::Included(start), Bound::Unbounded));
        Ok(rows
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, row)| (key.clone(), row.clone()))
            .collect())
    }
}

/// Makes the changes to rows of checkpoints; there are no others in the delta.
pub(crate) fn change_checkpoints(rows: &mut BTreeMap<Vec<u8>, Vec<u8>>, delta: &Delta) {
    for (table, key, change) in delta.iter() {
        assert_eq!(table, TableId::Checkpoints, "only checkpoints are a node's own");
        match change {
            Change::Put(row) => rows.insert(key.to_vec(), row.clone()),
            Change::Delete => rows.remove(key),
        };
    }
}
