//! Tables beside the state: what a node remembers but no rule of the chain depends on. They are no part of the digest, and no
//! undo row brings them back.

use crate::{backend::Batch, column::Column, error::StoreError};
use oxen_state::TableKey;
use oxen_types::{Hash, Height, PublicKey};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::collections::BTreeMap;

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuxiliaryId {
    /// [`AlternativeBlocks`].
    AlternativeBlocks,
    /// [`MempoolEntries`].
    MempoolEntries,
    /// [`UptimeProofs`].
    UptimeProofs,
    /// [`Blinks`].
    Blinks,
    /// [`PulseGuard`].
    PulseGuard,
}

impl AuxiliaryId {
    /// Every table.
    pub const ALL: [Self; 5] = [
        Self::AlternativeBlocks,
        Self::MempoolEntries,
        Self::UptimeProofs,
        Self::Blinks,
        Self::PulseGuard,
    ];
}

/// A table beside the state: which one, and what its keys and rows are.
pub trait AuxiliaryTable {
    /// Which table.
    const ID: AuxiliaryId;
    /// Its key.
    type Key: AuxiliaryKey;
    /// Its row.
    type Row: Encode + Decode;
}

/// Key and row of a table.
pub type AuxiliaryEntry<T> = (<T as AuxiliaryTable>::Key, <T as AuxiliaryTable>::Row);

/// A key that can be read back from its bytes.
pub trait AuxiliaryKey: TableKey + Sized {
    /// The key that has these bytes.
    fn from_key_bytes(bytes: &[u8]) -> Option<Self>;
}

impl AuxiliaryKey for Hash {
    fn from_key_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().map(Self::new).ok()
    }
}

impl AuxiliaryKey for PublicKey {
    fn from_key_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().map(Self::new).ok()
    }
}

/// Blocks that stand beside the main chain, by id.
#[derive(Debug, Clone, Copy)]
pub enum AlternativeBlocks {}

impl AuxiliaryTable for AlternativeBlocks {
    const ID: AuxiliaryId = AuxiliaryId::AlternativeBlocks;
    type Key = Hash;
    type Row = AlternativeBlock;
}

/// A block that stands beside the main chain.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AlternativeBlock {
    /// Its height.
    pub height: Height,
    /// The block and what belongs to it, in a form that its writer knows.
    pub bytes: Vec<u8>,
}

/// Transactions that wait for a block, by id, in a form that the pool knows.
#[derive(Debug, Clone, Copy)]
pub enum MempoolEntries {}

impl AuxiliaryTable for MempoolEntries {
    const ID: AuxiliaryId = AuxiliaryId::MempoolEntries;
    type Key = Hash;
    type Row = Vec<u8>;
}

/// What is remembered of a service node's uptime proofs, by primary key, in a form that the prober knows.
#[derive(Debug, Clone, Copy)]
pub enum UptimeProofs {}

impl AuxiliaryTable for UptimeProofs {
    const ID: AuxiliaryId = AuxiliaryId::UptimeProofs;
    type Key = PublicKey;
    type Row = Vec<u8>;
}

/// Approved blinks, by the transaction's id, in a form that the pool knows.
#[derive(Debug, Clone, Copy)]
pub enum Blinks {}

impl AuxiliaryTable for Blinks {
    const ID: AuxiliaryId = AuxiliaryId::Blinks;
    type Key = Hash;
    type Row = Vec<u8>;
}

/// What this node has promised to sign for a height and round of Pulse, so that it signs nothing else (pulse §13).
#[derive(Debug, Clone, Copy)]
pub enum PulseGuard {}

impl AuxiliaryTable for PulseGuard {
    const ID: AuxiliaryId = AuxiliaryId::PulseGuard;
    type Key = GuardKey;
    type Row = Hash;
}

/// What there can be one promise for. Keys sort by height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GuardKey {
    /// Height of the block.
    pub height: Height,
    /// The round.
    pub round: u8,
    /// What kind of signature, by a number that the guard knows.
    pub act: u8,
}

impl TableKey for GuardKey {
    fn to_key_bytes(&self) -> Vec<u8> {
        [&self.height.index().to_be_bytes()[..], &[self.round, self.act]].concat()
    }
}

impl AuxiliaryKey for GuardKey {
    fn from_key_bytes(bytes: &[u8]) -> Option<Self> {
        let (height, rest) = bytes.split_first_chunk::<8>()?;
        let [round, act] = *rest else { return None };
        Some(Self {
            height: Height::new(u64::from_be_bytes(*height)),
            round,
            act,
        })
    }
}

/// Changes to rows of these tables, to be written together or not at all. Of two changes to one row the later wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuxiliaryBatch {
    /// The row, or none where it is removed.
    changes: BTreeMap<(AuxiliaryId, Vec<u8>), Option<Vec<u8>>>,
}

impl AuxiliaryBatch {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a row.
    pub fn put<T: AuxiliaryTable>(&mut self, key: &T::Key, row: &T::Row) {
        self.changes.insert((T::ID, key.to_key_bytes()), Some(row.encode()));
    }

    /// Removes a row, if it is there.
    pub fn delete<T: AuxiliaryTable>(&mut self, key: &T::Key) {
        self.changes.insert((T::ID, key.to_key_bytes()), None);
    }

    /// True when nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Number of rows changed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Adds the changes to `batch`.
    pub(crate) fn add_to<'a>(&'a self, batch: &mut Batch<'a>) {
        for ((table, key), row) in &self.changes {
            let column = Column::Auxiliary(*table).name();
            match row {
                Some(row) => batch.put(column, key, row),
                None => batch.delete(column, key),
            }
        }
    }
}

/// Decodes a row to its last byte.
pub(crate) fn decode_auxiliary<T: AuxiliaryTable>(bytes: &[u8]) -> Result<T::Row, StoreError> {
    T::Row::decode_all(&mut &*bytes).map_err(|_| corrupt::<T>())
}

/// The error for a row or key that does not decode.
pub(crate) const fn corrupt<T: AuxiliaryTable>() -> StoreError {
    StoreError::Corrupt {
        what: match T::ID {
            AuxiliaryId::AlternativeBlocks => "an alternative block",
            AuxiliaryId::MempoolEntries => "a transaction of the pool",
            AuxiliaryId::UptimeProofs => "an uptime proof",
            AuxiliaryId::Blinks => "a blink",
            AuxiliaryId::PulseGuard => "a promise of Pulse",
        },
    }
}
