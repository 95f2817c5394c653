//! Transaction fees by weight and outputs (chain §4.11). From HF19 on no rule of the chain enforces them: they are what pools
//! relay and wallets pay.

use crate::block::{median::median, weight::WeightLimits};
use crate::{
    queries::block_rows,
    tables::TotalsRow,
    view::{View, ViewError},
};
use oxen_types::{
    Amount,
    network::constants::{
        BASE_BLOCK_REWARD, FEE_PER_OUTPUT, FEE_QUANTIZATION, FEE_REFERENCE_WEIGHT, FULL_REWARD_ZONE_WEIGHT,
        WEIGHT_WINDOW_BLOCKS,
    },
    transaction::Weight,
};

/// What a transaction pays at the base priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeRate {
    /// Atomic OXEN for each byte of weight.
    pub per_byte: Amount,
    /// Atomic OXEN for each output.
    pub per_output: Amount,
}

impl FeeRate {
    /// The rate while blocks up to `median` carry no penalty: a reference transaction pays about what its share of a full
    /// block costs the producer.
    #[must_use]
    pub fn at_median(median: Weight) -> Self {
        let median = median.bytes().max(FULL_REWARD_ZONE_WEIGHT);
        let per_byte = BASE_BLOCK_REWARD
            .atomic()
            .saturating_mul(FEE_REFERENCE_WEIGHT)
            .checked_div(FULL_REWARD_ZONE_WEIGHT)
            .and_then(|fee| fee.checked_div(median))
            .map_or(0, |fee| fee / 5);
        Self {
            per_byte: Amount::from_atomic(per_byte),
            per_output: FEE_PER_OUTPUT,
        }
    }

    /// The rate for the block after the tip.
    #[must_use]
    pub fn of_next_block(limits: &WeightLimits) -> Self {
        Self::at_median(limits.median.min(limits.long_term))
    }

    /// What a transaction of this weight and number of outputs pays, rounded up to the quantum.
    #[must_use]
    pub fn fee(&self, weight: Weight, outputs: usize) -> Amount {
        let by_weight = weight.bytes().saturating_mul(self.per_byte.atomic());
        let by_outputs = (outputs as u64).saturating_mul(self.per_output.atomic());
        let fee = by_weight.saturating_add(by_outputs);
        Amount::from_atomic(fee.div_ceil(FEE_QUANTIZATION).saturating_mul(FEE_QUANTIZATION))
    }

    /// The least that pools relay: two percent below [`Self::fee`], so that a median that moves between building and sending
    /// refuses nobody.
    #[must_use]
    pub fn least_fee(&self, weight: Weight, outputs: usize) -> Amount {
        let fee = self.fee(weight, outputs).atomic();
        Amount::from_atomic(fee.saturating_sub(fee / 50))
    }
}

/// The rate that will still be enough after `grace_blocks` more blocks, taking those to be as heavy as a full reward zone.
///
/// # Errors
/// The state could not be read.
pub fn estimate(view: &dyn View, totals: &TotalsRow, grace_blocks: u64) -> Result<FeeRate, ViewError> {
    let limits = WeightLimits::of_next_block(view, totals)?;
    let grace = usize::try_from(grace_blocks)
        .unwrap_or(usize::MAX)
        .min(WEIGHT_WINDOW_BLOCKS);
    let known = WEIGHT_WINDOW_BLOCKS.saturating_sub(grace);
    let first = totals.tip.next().saturating_sub(known as u64);
    let mut weights: Vec<u64> = block_rows(view, first, known)?
        .into_iter()
        .map(|row| row.weight.bytes())
        .collect();
    weights.resize(weights.len().saturating_add(grace), FULL_REWARD_ZONE_WEIGHT);
    Ok(FeeRate::at_median(Weight::new(median(weights)).min(limits.long_term)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_at_the_smallest_median_is_the_known_one() {
        let rate = FeeRate::at_median(Weight::new(0));
        assert_eq!(rate.per_byte.atomic(), 122);
        assert_eq!(rate.per_output.atomic(), 5_000_000);
        assert!(FeeRate::at_median(Weight::new(3_000_000)).per_byte.atomic() < 122 / 9);
    }

    #[test]
    fn fees_are_rounded_up_to_the_quantum_and_pools_forgive_two_percent() {
        let rate = FeeRate::at_median(Weight::new(0));
        assert_eq!(rate.fee(Weight::new(1_501), 2).atomic(), 10_183_130);
        assert_eq!(rate.least_fee(Weight::new(1_501), 2).atomic(), 10_183_130 - 203_662);
    }
}
