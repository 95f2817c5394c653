//! How many outputs the chain had after each block: what decoys are chosen from. Reading it anew takes a row of every block.

use super::lock;
use oxen_node_api::Snapshot;
use oxen_state::{ViewError, queries};
use oxen_types::{Hash, Height};
use std::sync::{Arc, Mutex};

/// Block rows read at once.
const PAGE: usize = 10_000;
/// How deep a reorganisation may be without everything being read anew.
const REMEMBERED_IDS: usize = 100;

#[derive(Default)]
struct Counts {
    /// Outputs after each block from the first one on.
    cumulative: Arc<Vec<u64>>,
    /// Ids of the last blocks, oldest first; the newest belongs to the last count.
    ids: Vec<Hash>,
}

/// The counts up to the newest block that was asked for.
#[derive(Default)]
pub(crate) struct OutputCountCache(Mutex<Counts>);

impl OutputCountCache {
    /// Outputs after each block of the snapshot, from the first block on.
    pub(crate) fn of(&self, snapshot: &Snapshot) -> Result<Arc<Vec<u64>>, ViewError> {
        let tip = queries::totals(&**snapshot)?.tip;
        let mut counts = lock(&self.0);
        let cached = counts.cumulative.len() as u64;
        if cached > tip.next().index() {
            // The snapshot is older than what is kept: leave that for those who come later.
            return Counts::default().extended(snapshot).map(|counts| counts.cumulative);
        }
        let kept = std::mem::take(&mut *counts);
        *counts = kept.without_replaced(snapshot)?.extended(snapshot)?;
        Ok(Arc::clone(&counts.cumulative))
    }
}

impl Counts {
    /// Drops the counts of blocks that the snapshot does not have.
    fn without_replaced(mut self, snapshot: &Snapshot) -> Result<Self, ViewError> {
        while let Some(id) = self.ids.last() {
            let Some(height) = self.cumulative.len().checked_sub(1) else {
                break;
            };
            let row = queries::block_row(&**snapshot, Height::new(height as u64))?;
            if row.is_some_and(|row| row.id == *id) {
                return Ok(self);
            }
            self.ids.pop();
            Arc::make_mut(&mut self.cumulative).pop();
        }
        Ok(Self::default())
    }

    /// Adds the counts of the blocks above.
    fn extended(mut self, snapshot: &Snapshot) -> Result<Self, ViewError> {
        loop {
            let next = Height::new(self.cumulative.len() as u64);
            let rows = queries::block_rows(&**snapshot, next, PAGE)?;
            if rows.is_empty() {
                break;
            }
            let cumulative = Arc::make_mut(&mut self.cumulative);
            for row in &rows {
                cumulative.push(row.outputs_end);
                self.ids.push(row.id);
            }
            let surplus = self.ids.len().saturating_sub(REMEMBERED_IDS);
            self.ids.drain(..surplus);
            if rows.len() < PAGE {
                break;
            }
        }
        Ok(self)
    }
}
