//! What readers take: everything at one block boundary.

use crate::{
    auxiliary::{AuxiliaryEntry, AuxiliaryKey, AuxiliaryTable, corrupt, decode_auxiliary},
    backend::{BackendError, BackendSnapshot},
    column::Column,
    error::StoreError,
    meta::{MetaRow, Tip},
    undo::{decode_undo, undo_height, undo_key},
};
use oxen_state::{TableId, TableKey, Undo, View, ViewError, view::RawEntry};
use oxen_types::Height;
use std::fmt;

/// The database between two commits. Taking one costs about a microsecond and holding it never makes the writer wait; but the
/// database's folder stays locked, and what it sees stays on disk, until it is dropped.
pub struct Snapshot {
    columns: Box<dyn BackendSnapshot>,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("tip", &self.tip()).finish()
    }
}

impl Snapshot {
    pub(crate) fn new(columns: Box<dyn BackendSnapshot>) -> Self {
        Self { columns }
    }

    /// The newest block; none before the genesis block.
    ///
    /// # Errors
    /// The database failed.
    pub fn tip(&self) -> Result<Option<Tip>, StoreError> {
        Tip::read(&*self.columns)
    }

    /// What takes the block at `height` back; none where that is no longer, or not yet, known.
    ///
    /// # Errors
    /// The database failed.
    pub fn undo(&self, height: Height) -> Result<Option<Undo>, StoreError> {
        let row = self.columns.get(Column::Undo.name(), &undo_key(height))?;
        row.map(|bytes| decode_undo(&bytes)).transpose()
    }

    /// The lowest block that can be taken back.
    ///
    /// # Errors
    /// The database failed.
    pub fn oldest_undo(&self) -> Result<Option<Height>, StoreError> {
        let first = self.columns.scan(Column::Undo.name(), &[], &[], 1)?;
        first.first().map(|(key, _)| undo_height(key)).transpose()
    }

    /// A row of a table beside the state.
    ///
    /// # Errors
    /// The database failed.
    pub fn auxiliary<T: AuxiliaryTable>(&self, key: &T::Key) -> Result<Option<T::Row>, StoreError> {
        let row = self.columns.get(Column::Auxiliary(T::ID).name(), &key.to_key_bytes())?;
        row.map(|bytes| decode_auxiliary::<T>(&bytes)).transpose()
    }

    /// Up to `limit` rows of a table beside the state in key order, the first after `after`.
    ///
    /// # Errors
    /// The database failed.
    pub fn scan_auxiliary<T: AuxiliaryTable>(
        &self,
        after: Option<&T::Key>,
        limit: usize,
    ) -> Result<Vec<AuxiliaryEntry<T>>, StoreError> {
        let from = after.map_or_else(Vec::new, |key| {
            let mut next = key.to_key_bytes();
            next.push(0);
            next
        });
        let entries = self.columns.scan(Column::Auxiliary(T::ID).name(), &[], &from, limit)?;
        let decode = |(key, row): RawEntry| {
            Ok((
                T::Key::from_key_bytes(&key).ok_or_else(corrupt::<T>)?,
                decode_auxiliary::<T>(&row)?,
            ))
        };
        entries.into_iter().map(decode).collect()
    }
}

fn view_error(table: TableId, error: BackendError) -> ViewError {
    ViewError::Backend {
        table,
        source: Box::new(error),
    }
}

impl View for Snapshot {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        self.columns
            .get(Column::State(table).name(), key)
            .map_err(|error| view_error(table, error))
    }

    fn scan(&self, table: TableId, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<RawEntry>, ViewError> {
        let column = Column::State(table).name();
        self.columns
            .scan(column, prefix, from, limit)
            .map_err(|error| view_error(table, error))
    }
}
