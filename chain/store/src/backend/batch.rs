//! Rows to write together.

use std::borrow::Cow;

/// What becomes of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation<'a> {
    /// It is written, whether or not it was there.
    Put {
        /// Its column.
        column: &'a str,
        /// Its key.
        key: Cow<'a, [u8]>,
        /// The row.
        row: Cow<'a, [u8]>,
    },
    /// It is removed, if it is there.
    Delete {
        /// Its column.
        column: &'a str,
        /// Its key.
        key: Cow<'a, [u8]>,
    },
}

impl Operation<'_> {
    /// The column concerned.
    #[must_use]
    pub const fn column(&self) -> &str {
        match self {
            Self::Put { column, .. } | Self::Delete { column, .. } => column,
        }
    }
}

/// Rows to write together or not at all, in order: of two operations on one row the later wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch<'a> {
    operations: Vec<Operation<'a>>,
}

impl<'a> Batch<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a row.
    pub fn put(&mut self, column: &'a str, key: impl Into<Cow<'a, [u8]>>, row: impl Into<Cow<'a, [u8]>>) {
        self.operations.push(Operation::Put {
            column,
            key: key.into(),
            row: row.into(),
        });
    }

    /// Removes a row.
    pub fn delete(&mut self, column: &'a str, key: impl Into<Cow<'a, [u8]>>) {
        self.operations.push(Operation::Delete {
            column,
            key: key.into(),
        });
    }

    /// The operations in order.
    #[must_use]
    pub fn operations(&self) -> &[Operation<'a>] {
        &self.operations
    }

    /// Bytes of all keys and rows.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let bytes = |operation: &Operation<'_>| match operation {
            Operation::Put { key, row, .. } => key.len().saturating_add(row.len()) as u64,
            Operation::Delete { key, .. } => key.len() as u64,
        };
        self.operations.iter().map(bytes).sum()
    }

    /// The first `count` operations alone: what a disk that is not atomic could leave behind.
    #[must_use]
    pub fn truncated(&self, count: usize) -> Self {
        Self {
            operations: self.operations.iter().take(count).cloned().collect(),
        }
    }
}
