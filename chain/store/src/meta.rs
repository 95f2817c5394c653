//! What the database says about itself: its version, whose chain it holds, and up to which block.

use crate::{
    backend::{BackendSnapshot, Batch},
    column::Column,
    error::StoreError,
};
use oxen_types::{Hash, Height, NetworkId};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::fmt;

/// Version of the rows and columns this program reads and writes. A change of it needs a [`crate::Migration`]; a new table
/// does not.
pub const DATABASE_VERSION: DatabaseVersion = DatabaseVersion::new(2);

/// A version of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct DatabaseVersion(u32);

impl DatabaseVersion {
    /// From its number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for DatabaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whose chain a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Identity {
    /// The network (chain §7.3).
    pub network: NetworkId,
    /// Id of its genesis block.
    pub genesis: Hash,
}

/// The newest block of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Tip {
    /// Its height.
    pub height: Height,
    /// Its id.
    pub id: Hash,
}

/// The version row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct FormatRow {
    /// What the database was brought to last.
    pub version: DatabaseVersion,
    /// What it is being brought to: present from the first change of a migration to its last, so that no program takes what
    /// is half new for old.
    pub migrating_to: Option<DatabaseVersion>,
}

impl FormatRow {
    /// The newest version that any row may be of.
    pub(crate) fn newest(&self) -> DatabaseVersion {
        self.migrating_to.map_or(self.version, |to| to.max(self.version))
    }
}

/// A row of the meta column.
pub(crate) trait MetaRow: Encode + Decode {
    /// Its key.
    const KEY: &'static [u8];
    /// What it is, for an error.
    const WHAT: &'static str;

    /// Reads it.
    fn read(snapshot: &dyn BackendSnapshot) -> Result<Option<Self>, StoreError> {
        let row = snapshot.get(Column::Meta.name(), Self::KEY)?;
        row.map(|bytes| Self::decode_all(&mut &*bytes))
            .transpose()
            .map_err(|_| StoreError::Corrupt { what: Self::WHAT })
    }

    /// Adds writing it to `batch`.
    fn put(&self, batch: &mut Batch<'_>) {
        batch.put(Column::Meta.name(), Self::KEY, self.encode());
    }
}

impl MetaRow for FormatRow {
    const KEY: &'static [u8] = b"version";
    const WHAT: &'static str = "the version row";
}

impl MetaRow for Identity {
    const KEY: &'static [u8] = b"identity";
    const WHAT: &'static str = "the network row";
}

impl MetaRow for Tip {
    const KEY: &'static [u8] = b"tip";
    const WHAT: &'static str = "the tip row";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_bytes_that_databases_already_hold() {
        let tip = Tip {
            height: Height::new(0x0102),
            id: Hash::new([7; 32]),
        };
        assert_eq!(tip.encode(), [[2, 1, 0, 0, 0, 0, 0, 0].as_slice(), &[7; 32]].concat());
        let identity = Identity {
            network: NetworkId::new([3; 16]),
            genesis: Hash::new([4; 32]),
        };
        assert_eq!(identity.encode(), [[3; 16].as_slice(), &[4; 32]].concat());
        let format = FormatRow {
            version: DatabaseVersion::new(1),
            migrating_to: None,
        };
        assert_eq!(format.encode(), [1, 0, 0, 0, 0]);
        let migrating = FormatRow {
            migrating_to: Some(DatabaseVersion::new(2)),
            ..format
        };
        assert_eq!(migrating.encode(), [1, 0, 0, 0, 1, 2, 0, 0, 0]);
    }
}
