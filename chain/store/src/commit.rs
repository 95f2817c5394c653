//! What the writer hands in: everything that becomes true together.

use crate::{auxiliary::AuxiliaryBatch, error::StoreError, meta::Tip};
use oxen_state::{Delta, Undo};
use oxen_types::Height;
use thiserror::Error;

/// One step of the chain: blocks taken back from its end and blocks put on, with all their rows, as one atomic write.
///
/// A plain block takes back none and puts on one; a reorganisation does both; popping blocks puts on none; an import may put
/// on many at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The tip this builds on: the commit is refused when the store has another. None for the genesis block.
    pub base: Option<Tip>,
    /// How many blocks are taken back from `base`.
    pub reverted: u64,
    /// What takes each new block back, lowest height first.
    pub applied: Vec<Undo>,
    /// The tip after it: as many blocks above `base` as `reverted` and `applied` say.
    pub tip: Tip,
    /// Changes to rows of the state, of all blocks taken back and put on together.
    pub delta: Delta,
    /// Changes to rows that are no part of the state.
    pub auxiliary: AuxiliaryBatch,
}

impl Commit {
    /// One block on top of `base`.
    #[must_use]
    pub fn block(base: Option<Tip>, tip: Tip, delta: Delta, undo: Undo) -> Self {
        Self {
            base,
            reverted: 0,
            applied: vec![undo],
            tip,
            delta,
            auxiliary: AuxiliaryBatch::default(),
        }
    }

    /// `reverted` blocks taken back and others put in their place, or none.
    #[must_use]
    pub fn reorganisation(base: Tip, reverted: u64, applied: Vec<Undo>, tip: Tip, delta: Delta) -> Self {
        Self {
            base: Some(base),
            reverted,
            applied,
            tip,
            delta,
            auxiliary: AuxiliaryBatch::default(),
        }
    }

    /// The same with rows that are no part of the state, in place of those given before.
    #[must_use]
    pub fn with_auxiliary(mut self, auxiliary: AuxiliaryBatch) -> Self {
        self.auxiliary = auxiliary;
        self
    }

    /// Height of the first block put on, or where it would stand.
    ///
    /// # Errors
    /// [`CommitError::HeightsDisagree`] when base, counts and tip do not fit together.
    pub(crate) fn first_applied(&self) -> Result<Height, CommitError> {
        let first = match self.base {
            // The genesis block is never taken back.
            Some(base) => base
                .height
                .checked_sub(self.reverted)
                .and_then(|fork| fork.checked_add(1)),
            None if self.reverted == 0 => Some(Height::GENESIS),
            None => None,
        };
        first
            .filter(|first| first.checked_add(self.applied.len() as u64) == self.tip.height.checked_add(1))
            .ok_or(CommitError::HeightsDisagree { tip: self.tip.height })
    }
}

/// Why a commit was not made.
#[derive(Debug, Error)]
pub enum CommitError {
    /// The store has another tip than the one the commit builds on; nothing was written.
    #[error("the commit builds on {}, but the chain ends at {}", name(expected), name(found))]
    WrongBase {
        /// What the commit builds on.
        expected: Option<Tip>,
        /// What the store has.
        found: Option<Tip>,
    },
    /// Blocks taken back and put on do not lead to the tip that is named; nothing was written.
    #[error("the blocks of the commit do not lead to its tip at height {tip}")]
    HeightsDisagree {
        /// The tip that is named.
        tip: Height,
    },
    /// The write failed, and nothing more will be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn name(tip: &Option<Tip>) -> String {
    tip.map_or_else(
        || "an empty chain".to_owned(),
        |tip| format!("block {} at height {}", tip.id, tip.height),
    )
}
