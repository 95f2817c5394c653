//! What is stored where: every column of the database and its name.

use crate::auxiliary::AuxiliaryId;
use oxen_state::TableId;

/// A column of the database. Keys sort by byte order within it; what keys and rows are depends on the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A table of the state, part of the digest. A table that is new here needs no migration: its column is made at opening.
    State(TableId),
    /// What takes each of the newest blocks back, by height.
    Undo,
    /// Version, network, tip.
    Meta,
    /// A table that is no part of the state.
    Auxiliary(AuxiliaryId),
}

impl Column {
    /// Every column that this version uses.
    pub fn all() -> impl Iterator<Item = Self> {
        TableId::ALL
            .into_iter()
            .map(Self::State)
            .chain([Self::Undo, Self::Meta])
            .chain(AuxiliaryId::ALL.into_iter().map(Self::Auxiliary))
    }

    /// The name in the database; never changed without a migration. Names of the state's tables are their own, all others
    /// begin with `node-`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::State(table) => table.name(),
            Self::Undo => "node-undo",
            Self::Meta => "node-meta",
            Self::Auxiliary(AuxiliaryId::AlternativeBlocks) => "node-alternative-blocks",
            Self::Auxiliary(AuxiliaryId::MempoolEntries) => "node-mempool",
            Self::Auxiliary(AuxiliaryId::UptimeProofs) => "node-uptime-proofs",
            Self::Auxiliary(AuxiliaryId::Blinks) => "node-blinks",
            Self::Auxiliary(AuxiliaryId::PulseGuard) => "node-pulse-guard",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_columns_share_a_name() {
        let names: BTreeSet<&str> = Column::all().map(Column::name).collect();
        assert_eq!(names.len(), Column::all().count());
        assert!(
            !names.contains("default"),
            "RocksDB keeps a column of that name for itself"
        );
    }

    #[test]
    fn no_table_of_the_state_is_named_like_a_column_of_the_store() {
        for table in TableId::ALL {
            assert!(!table.name().starts_with("node-"), "{}", table.name());
        }
    }
}
