//! Which blocks were scanned: enough ids to find where another branch starts, without keeping them all.

use oxen_types::{Hash, Height};
use parity_scale_codec::{Decode, Encode};
use std::collections::BTreeMap;

/// Ids kept without gaps below the top.
const DENSE: u64 = 512;
/// Below those, ids of heights that are multiples of this.
const SPARSE: u64 = 256;
/// Ids without gaps in a request.
const HISTORY_DENSE: u64 = 10;

/// Where scanning stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ScannedChain {
    start: Height,
    next: Height,
    ids: BTreeMap<Height, Hash>,
    immutable: Option<Height>,
}

impl ScannedChain {
    pub(crate) const fn starting_at(height: Height) -> Self {
        Self {
            start: height,
            next: height,
            ids: BTreeMap::new(),
            immutable: None,
        }
    }

    /// Where scanning started.
    #[must_use]
    pub const fn start(&self) -> Height {
        self.start
    }

    /// Height of the next block to scan.
    #[must_use]
    pub const fn next(&self) -> Height {
        self.next
    }

    /// The last block that was scanned.
    #[must_use]
    pub fn top(&self) -> Option<(Height, Hash)> {
        self.ids.last_key_value().map(|(height, id)| (*height, *id))
    }

    /// Blocks at or below this are not replaced any more, as far as a daemon said.
    #[must_use]
    pub const fn immutable(&self) -> Option<Height> {
        self.immutable
    }

    /// Notes what the daemon said of checkpoints.
    pub(crate) fn note_immutable(&mut self, height: Height) {
        self.immutable = self.immutable.max(Some(height));
    }

    /// The id of a scanned block, if it is still kept.
    #[must_use]
    pub fn id_at(&self, height: Height) -> Option<Hash> {
        self.ids.get(&height).copied()
    }

    pub(crate) fn push(&mut self, height: Height, id: Hash) {
        self.ids.insert(height, id);
        self.next = height.next();
        if let Some(old) = height.checked_sub(DENSE)
            && old.index() % SPARSE != 0
        {
            self.ids.remove(&old);
        }
    }

    /// Forgets blocks from `height` on.
    pub(crate) fn detach(&mut self, height: Height) {
        self.ids.retain(|known, _| *known < height);
        self.next = self.next.min(height);
    }

    /// Ids to find a common block by, newest first: ten without gaps, then at doubling distances, the oldest last.
    #[must_use]
    pub fn short_history(&self) -> Vec<(Height, Hash)> {
        let mut history = Vec::new();
        let mut below = self.next;
        let mut step = 1;
        while let Some((height, id)) = self.ids.range(..below).next_back() {
            history.push((*height, *id));
            if history.len() as u64 > HISTORY_DENSE {
                step = u64::saturating_mul(step, 2);
            }
            // `below` is exclusive, so a step of 1 is the block before.
            below = height.saturating_sub(step.saturating_sub(1));
            if below == Height::GENESIS {
                break;
            }
        }
        if let Some((height, id)) = self.ids.first_key_value()
            && history.last().is_none_or(|(last, _)| last != height)
        {
            history.push((*height, *id));
        }
        history
    }
}
