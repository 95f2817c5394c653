//! Reading the state: a consistent picture of all tables at one block boundary.

use crate::table::{Table, TableId, TableKey};
use parity_scale_codec::DecodeAll;
use std::error::Error as StdError;
use thiserror::Error;

/// Why the state could not be read. This is never the fault of a block: it means a disk or database fault.
#[derive(Debug, Error)]
pub enum ViewError {
    /// The database failed.
    #[error("the database failed while reading {}", table.name())]
    Backend {
        /// Table being read.
        table: TableId,
        /// What the database said.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A row is not what its table holds.
    #[error("a row of {} does not decode; the database is damaged", table.name())]
    Corrupt {
        /// Table being read.
        table: TableId,
    },
    /// A row that another row promises is missing.
    #[error("a row of {} is missing; the database is damaged", table.name())]
    Missing {
        /// Table being read.
        table: TableId,
    },
}

/// Key and row as bytes.
pub type RawEntry = (Vec<u8>, Vec<u8>);

/// A consistent picture of the state. Reads see one block boundary, whatever is written meanwhile.
pub trait View {
    /// The row under `key`, undecoded.
    ///
    /// # Errors
    /// [`ViewError::Backend`].
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError>;

    /// Up to `limit` entries whose key starts with `prefix` and is at least `from`, in key order.
    ///
    /// # Errors
    /// [`ViewError::Backend`].
    fn scan(&self, table: TableId, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<RawEntry>, ViewError>;
}

impl<V: View + ?Sized> View for &V {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        (**self).read(table, key)
    }

    fn scan(&self, table: TableId, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<RawEntry>, ViewError> {
        (**self).scan(table, prefix, from, limit)
    }
}

impl<V: View + ?Sized> View for std::sync::Arc<V> {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        (**self).read(table, key)
    }

    fn scan(&self, table: TableId, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<RawEntry>, ViewError> {
        (**self).scan(table, prefix, from, limit)
    }
}

/// Typed reading of any [`View`].
pub trait TypedView: View {
    /// The row of table `T` under `key`.
    ///
    /// # Errors
    /// The database failed, or the row does not decode.
    fn get<T: Table>(&self, key: &T::Key) -> Result<Option<T::Row>, ViewError> {
        self.read(T::ID, &key.to_key_bytes())?
            .map(|bytes| decode_row::<T>(&bytes))
            .transpose()
    }

    /// The row of table `T` under `key`, which must exist.
    ///
    /// # Errors
    /// As [`Self::get`], and [`ViewError::Missing`].
    fn expect<T: Table>(&self, key: &T::Key) -> Result<T::Row, ViewError> {
        self.get::<T>(key)?.ok_or(ViewError::Missing { table: T::ID })
    }

    /// True when table `T` has a row under `key`.
    ///
    /// # Errors
    /// The database failed.
    fn contains<T: Table>(&self, key: &T::Key) -> Result<bool, ViewError> {
        Ok(self.read(T::ID, &key.to_key_bytes())?.is_some())
    }
}

impl<V: View + ?Sized> TypedView for V {}

/// Decodes a row of table `T` to its last byte.
///
/// # Errors
/// [`ViewError::Corrupt`].
pub fn decode_row<T: Table>(bytes: &[u8]) -> Result<T::Row, ViewError> {
    T::Row::decode_all(&mut &*bytes).map_err(|_| ViewError::Corrupt { table: T::ID })
}
