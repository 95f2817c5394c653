//! What keeps a node from signing two blocks, or two templates, for one height and round (pulse §13).
//!
//! Before the machine has anything signed that commits its node to a block, it asks for a [`GuardRecord`] to be stored, and
//! waits for the answer. The driver stores it so that it outlives the process, unless another record with the same height,
//! round and act is stored already. The machine remembers the records as well, and never asks for two.

use oxen_types::{Hash, Height};
use parity_scale_codec::{Decode, Encode};
use std::collections::BTreeMap;

/// Records that the machine remembers; the driver remembers at least as many.
pub const REMEMBERED_RECORDS: usize = 4096;

/// What a signature commits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum GuardedAct {
    /// A producer's template.
    Template,
    /// A validator's block.
    Block,
}

/// "For this height and round I sign this, and nothing else."
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct GuardRecord {
    /// Height of the block.
    pub height: Height,
    /// The round.
    pub round: u8,
    /// What kind of signature.
    pub act: GuardedAct,
    /// The block id, or the hash that is signed for a template.
    pub id: Hash,
}

impl GuardRecord {
    /// What there can be one record for.
    #[must_use]
    pub const fn key(&self) -> (Height, u8, GuardedAct) {
        (self.height, self.round, self.act)
    }
}

/// The records in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Promises(BTreeMap<(Height, u8, GuardedAct), Hash>);

/// Something else was signed for the height and the round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AlreadyPromised;

impl Promises {
    /// Remembers the record, unless another one stands in its place. When there are too many, those of the lowest heights go,
    /// but not the new one.
    pub(crate) fn promise(&mut self, record: &GuardRecord) -> Result<(), AlreadyPromised> {
        let promised = *self.0.entry(record.key()).or_insert(record.id);
        if promised != record.id {
            return Err(AlreadyPromised);
        }
        while self.0.len() > REMEMBERED_RECORDS {
            let oldest = self.0.keys().find(|key| **key != record.key()).copied();
            oldest.and_then(|key| self.0.remove(&key));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(height: u64, round: u8, id: u8) -> GuardRecord {
        GuardRecord {
            height: Height::new(height),
            round,
            act: GuardedAct::Block,
            id: Hash::new([id; 32]),
        }
    }

    #[test]
    fn there_is_one_record_for_a_height_a_round_and_an_act() {
        let mut promises = Promises::default();
        assert_eq!(promises.promise(&record(5, 0, 1)), Ok(()));
        assert_eq!(promises.promise(&record(5, 0, 1)), Ok(()));
        assert_eq!(promises.promise(&record(5, 0, 2)), Err(AlreadyPromised));
        assert_eq!(promises.promise(&record(5, 1, 2)), Ok(()));
        let template = GuardRecord {
            act: GuardedAct::Template,
            ..record(5, 0, 2)
        };
        assert_eq!(promises.promise(&template), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_the_newest_stays() {
        let mut promises = Promises::default();
        for height in (1..5_000).chain([0]) {
            promises.promise(&record(height, 0, 1)).unwrap();
        }
        assert_eq!(promises.0.len(), REMEMBERED_RECORDS);
        assert_eq!(promises.promise(&record(0, 0, 2)), Err(AlreadyPromised));
        assert_eq!(promises.promise(&record(4_999, 0, 2)), Err(AlreadyPromised));
    }
}
