//! What a block changes, and what takes it back.

use crate::{
    table::{Table, TableId, TableKey},
    view::{RawEntry, View, ViewError, decode_row},
};
use parity_scale_codec::{Decode, Encode};
use std::{collections::BTreeMap, ops::Bound};

/// What becomes of one row.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Change {
    /// It is written, whether or not it was there.
    Put(Vec<u8>),
    /// It is removed.
    Delete,
}

/// Changes to rows of every table, to be written together or not at all. In the order of tables and keys, so that equal
/// deltas have equal encodings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Delta {
    changes: BTreeMap<TableId, BTreeMap<Vec<u8>, Change>>,
}

/// The changes that take a [`Delta`] back exactly: the rows it overwrote, and the absence of those it added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Undo(Delta);

impl Undo {
    /// From the changes that restore what was before: for a store that keeps them in a form of its own.
    #[must_use]
    pub const fn from_delta(delta: Delta) -> Self {
        Self(delta)
    }

    /// The changes that restore what was before.
    #[must_use]
    pub const fn as_delta(&self) -> &Delta {
        &self.0
    }

    /// The changes that restore what was before.
    #[must_use]
    pub fn into_delta(self) -> Delta {
        self.0
    }
}

impl Delta {
    /// The change to a row, if there is one.
    #[must_use]
    pub fn change(&self, table: TableId, key: &[u8]) -> Option<&Change> {
        self.changes.get(&table)?.get(key)
    }

    /// Every change, by table and key.
    pub fn iter(&self) -> impl Iterator<Item = (TableId, &[u8], &Change)> {
        self.changes
            .iter()
            .flat_map(|(table, rows)| rows.iter().map(|(key, change)| (*table, key.as_slice(), change)))
    }

    /// Number of rows changed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.values().map(BTreeMap::len).sum()
    }

    /// True when nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.values().all(BTreeMap::is_empty)
    }

    /// Adds `later`, whose changes win.
    pub fn append(&mut self, later: Self) {
        for (table, rows) in later.changes {
            self.changes.entry(table).or_default().extend(rows);
        }
    }

    fn set(&mut self, table: TableId, key: Vec<u8>, change: Change) {
        self.changes.entry(table).or_default().insert(key, change);
    }
}

impl FromIterator<(TableId, Vec<u8>, Change)> for Delta {
    /// Of several changes to one row the last one wins.
    fn from_iter<I: IntoIterator<Item = (TableId, Vec<u8>, Change)>>(changes: I) -> Self {
        let mut delta = Self::default();
        for (table, key, change) in changes {
            delta.set(table, key, change);
        }
        delta
    }
}

/// A view with changes on top: reads see them as if they had been written.
#[derive(Debug, Clone)]
pub struct Overlay<V> {
    base: V,
    delta: Delta,
}

impl<V: View> Overlay<V> {
    /// Nothing changed yet.
    #[must_use]
    pub fn new(base: V) -> Self {
        Self {
            base,
            delta: Delta::default(),
        }
    }

    /// Lays more changes on top.
    pub fn append(&mut self, delta: Delta) {
        self.delta.append(delta);
    }

    /// All changes so far.
    #[must_use]
    pub fn into_delta(self) -> Delta {
        self.delta
    }

    /// Writes a row.
    pub fn put<T: Table>(&mut self, key: &T::Key, row: &T::Row) {
        self.delta.set(T::ID, key.to_key_bytes(), Change::Put(row.encode()));
    }

    /// Writes a row that is already encoded.
    pub fn put_encoded<T: Table>(&mut self, key: &T::Key, row: Vec<u8>) {
        self.delta.set(T::ID, key.to_key_bytes(), Change::Put(row));
    }

    /// Removes a row.
    pub fn delete<T: Table>(&mut self, key: &T::Key) {
        self.delta.set(T::ID, key.to_key_bytes(), Change::Delete);
    }

    /// The changes and what takes them back from the base view.
    ///
    /// # Errors
    /// The database failed while the overwritten rows were read.
    pub fn finish(self) -> Result<(Delta, Undo), ViewError> {
        let mut undo = Delta::default();
        for (table, key, _) in self.delta.iter() {
            let before = self.base.read(table, key)?.map_or(Change::Delete, Change::Put);
            undo.set(table, key.to_vec(), before);
        }
        Ok((self.delta, Undo(undo)))
    }
}

impl<V: View> View for Overlay<V> {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        match self.delta.change(table, key) {
            Some(Change::Put(row)) => Ok(Some(row.clone())),
            Some(Change::Delete) => Ok(None),
            None => self.base.read(table, key),
        }
    }

    fn scan(&self, table: TableId, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<RawEntry>, ViewError> {
        let Some(rows) = self.delta.changes.get(&table).filter(|rows| !rows.is_empty()) else {
            return self.base.scan(table, prefix, from, limit);
        };
        let start = prefix.max(from);
        let changed: BTreeMap<&[u8], &Change> = rows
            .range::<[u8], _>((Bound::Included(start), Bound::Unbounded))
            .map(|(key, change)| (key.as_slice(), change))
            .take_while(|(key, _)| key.starts_with(prefix))
            .collect();
        // Each change can hide at most one entry of the base.
        let base = self
            .base
            .scan(table, prefix, from, limit.saturating_add(changed.len()))?;
        let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = base.into_iter().collect();
        for (key, change) in changed {
            match change {
                Change::Put(row) => merged.insert(key.to_vec(), row.clone()),
                Change::Delete => merged.remove(key),
            };
        }
        Ok(merged.into_iter().take(limit).collect())
    }
}

/// Key and decoded row.
pub type Entry<T> = (Vec<u8>, <T as Table>::Row);

/// Every entry of table `T` whose key starts with `prefix`, decoded, in key order.
///
/// # Errors
/// The database failed, or a row does not decode.
pub fn scan_rows<T: Table>(
    view: &(impl View + ?Sized),
    prefix: &[u8],
    from: &[u8],
    limit: usize,
) -> Result<Vec<Entry<T>>, ViewError> {
    view.scan(T::ID, prefix, from, limit)?
        .into_iter()
        .map(|(key, bytes)| decode_row::<T>(&bytes).map(|row| (key, row)))
        .collect()
}
