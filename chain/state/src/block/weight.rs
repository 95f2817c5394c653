//! How heavy a block may be, from the weights of those before it (chain §4.5).

use super::median::median;
use crate::{
    tables::{Blocks, TotalsRow},
    view::{View, ViewError},
};
use oxen_types::{
    Height,
    network::constants::{
        FULL_REWARD_ZONE_WEIGHT, LONG_TERM_WEIGHT_WINDOW_BLOCKS, SHORT_TERM_SURGE_FACTOR, WEIGHT_WINDOW_BLOCKS,
    },
    transaction::Weight,
};

/// The medians that bound the next block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightLimits {
    /// Median of the long-term weights, at least the full reward zone.
    pub long_term: Weight,
    /// The median that fees are penalised above.
    pub median: Weight,
}

impl WeightLimits {
    /// Limits of the block after the tip.
    ///
    /// # Errors
    /// The state could not be read.
    pub fn of_next_block(view: &dyn View, totals: &TotalsRow) -> Result<Self, ViewError> {
        let long_term = long_term_median(view, totals)?;
        let short_term = last_weights(view, totals.tip, WEIGHT_WINDOW_BLOCKS, |row| row.weight)?;
        let median = median(short_term)
            .max(FULL_REWARD_ZONE_WEIGHT)
            .min(SHORT_TERM_SURGE_FACTOR.saturating_mul(long_term))
            .max(FULL_REWARD_ZONE_WEIGHT);
        Ok(Self {
            long_term: Weight::new(long_term),
            median: Weight::new(median),
        })
    }

    /// Twice the median, which a block must stay below: at this weight the penalty takes the whole base reward.
    #[must_use]
    pub const fn limit(&self) -> Weight {
        Weight::new(self.median.bytes().saturating_mul(2))
    }

    /// A block's weight as the long-term median will see it: at most 1.4 times that median.
    #[must_use]
    pub fn long_term_weight(&self, weight: Weight) -> Weight {
        let ceiling = self
            .long_term
            .bytes()
            .saturating_add(self.long_term.bytes().saturating_mul(2) / 5);
        weight.min(Weight::new(ceiling))
    }
}

/// True for a long-term weight that counts as heavy in [`TotalsRow::heavy_blocks`].
#[must_use]
pub const fn is_heavy(long_term_weight: Weight) -> bool {
    long_term_weight.bytes() > FULL_REWARD_ZONE_WEIGHT
}

/// The height that leaves the long-term window when the block at `height` enters it.
#[must_use]
pub const fn leaving_window(height: Height) -> Option<Height> {
    height.checked_sub(LONG_TERM_WEIGHT_WINDOW_BLOCKS as u64)
}

/// The long-term median, at least the full reward zone. While fewer than half the blocks of the window are heavier than
/// that zone, so is the median, and the window need not be read.
fn long_term_median(view: &dyn View, totals: &TotalsRow) -> Result<u64, ViewError> {
    let blocks = totals.tip.next().index().min(LONG_TERM_WEIGHT_WINDOW_BLOCKS as u64);
    if totals.heavy_blocks.saturating_mul(2) < blocks {
        return Ok(FULL_REWARD_ZONE_WEIGHT);
    }
    let window = last_weights(view, totals.tip, LONG_TERM_WEIGHT_WINDOW_BLOCKS, |row| {
        row.long_term_weight
    })?;
    Ok(median(window).max(FULL_REWARD_ZONE_WEIGHT))
}

/// A weight of each of the last `count` blocks up to `tip`.
fn last_weights(
    view: &dyn View,
    tip: Height,
    count: usize,
    weight: impl Fn(&crate::tables::BlockRow) -> Weight,
) -> Result<Vec<u64>, ViewError> {
    let first = tip.next().saturating_sub(count as u64);
    let mut weights = Vec::with_capacity(count.min(tip.since(first).saturating_add(1) as usize));
    for (_, row) in crate::delta::scan_rows::<Blocks>(view, &[], &first.index().to_be_bytes(), count)? {
        weights.push(weight(&row).bytes());
    }
    Ok(weights)
}
