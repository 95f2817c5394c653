//! The picker: log-gamma over the age of outputs (wallet §6, chain §4.10).
//!
//! The formula is in doubles, and its results are public in every ring, so it is followed in doubles here too. It decides
//! privacy, never validity.
#![allow(clippy::float_arithmetic)]

use super::distribution::{DistributionError, OutputDistribution};
use oxen_types::{
    GlobalOutputIndex,
    network::constants::{COINBASE_UNLOCK_BLOCKS, RING_SIZE, SPENDABLE_AGE_BLOCKS},
};
use rand::Rng;
use rand_core::{CryptoRng, RngCore};
use rand_distr::{Distribution, Gamma};
use std::collections::BTreeSet;
use thiserror::Error;

/// Shape of the gamma distribution over ln(age in seconds).
const GAMMA_SHAPE: f64 = 19.28;
/// Its scale.
const GAMMA_SCALE: f64 = 1.0 / 1.61;
/// Seconds of the year over which the rate of outputs is averaged.
const YEAR_SECONDS: u64 = 365 * 86_400;
/// Blocks of the window that replaces ages below the unlock time in the corrected profile.
const RECENT_SPEND_BLOCKS: u64 = 15;
/// Draws after which what is missing is drawn uniformly: a very young chain has few outputs of the ages that are asked for.
const MAX_DRAWS: u32 = 20_000;

/// Candidates asked for per input: `(9 + 1) · 1.5 + 1`, and twenty more because coinbases may be locked.
#[allow(clippy::cast_possible_truncation, reason = "small constants")]
pub const CANDIDATES: usize = RING_SIZE + RING_SIZE / 2 + 1 + (COINBASE_UNLOCK_BLOCKS - SPENDABLE_AGE_BLOCKS) as usize;

/// Which curve is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PickerProfile {
    /// As the reference wallet picks: what most rings of the chain look like.
    #[default]
    Reference,
    /// With the corrections that Monero made later (monero #7821, #8872): better on its own, but recognisable.
    Corrected,
}

/// Why nothing can be picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PickError {
    /// The distribution is unusable.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// No output is old enough.
    #[error("no output on the chain is old enough to hide an input: wait for ten more blocks")]
    NoUsableOutputs,
    /// An output that was spent before must be spent with the same ring, and this ring lacks it.
    #[error("the ring remembered for this output does not contain it: forget it with unset_ring")]
    RingWithoutRealOutput,
}

/// Draws candidates from one distribution; all inputs of a transaction should share one.
#[derive(Debug, Clone)]
pub struct DecoyPicker<'a> {
    distribution: &'a OutputDistribution,
    gamma: Gamma<f64>,
    profile: PickerProfile,
    target_block_seconds: u64,
    /// Blocks from which outputs may be picked.
    pickable_blocks: usize,
    /// Outputs in those blocks.
    pickable_outputs: u64,
    /// Outputs that are old enough to be in a ring.
    usable_outputs: u64,
    /// Seconds between two outputs.
    average_output_seconds: f64,
}

impl<'a> DecoyPicker<'a> {
    /// Prepares the curve for a chain with a block every `target_block_seconds`.
    ///
    /// # Errors
    /// [`PickError::Distribution`] when there are too few blocks, [`PickError::NoUsableOutputs`] when none has outputs.
    #[allow(clippy::cast_precision_loss, reason = "the reference computes in doubles")]
    pub fn new(
        distribution: &'a OutputDistribution,
        target_block_seconds: u64,
        profile: PickerProfile,
    ) -> Result<Self, PickError> {
        let age = usize::try_from(SPENDABLE_AGE_BLOCKS).expect("a small constant");
        let cumulative = distribution.cumulative();
        let blocks = cumulative.len();
        if blocks <= age {
            return Err(DistributionError::TooShort { needed: age }.into());
        }
        // The reference leaves one block more out than the ten of the rule (monero #8872).
        let pickable_blocks = match profile {
            PickerProfile::Reference => blocks.saturating_sub(age),
            PickerProfile::Corrected => blocks.saturating_sub(age).saturating_add(1),
        };
        let at = |block: usize| cumulative.get(block).copied().unwrap_or(0);
        let pickable_outputs = at(pickable_blocks.saturating_sub(1));
        if pickable_outputs == 0 {
            return Err(PickError::NoUsableOutputs);
        }
        let year = usize::try_from(YEAR_SECONDS.checked_div(target_block_seconds).unwrap_or(u64::MAX));
        let considered = blocks.min(year.unwrap_or(usize::MAX));
        let before = blocks.checked_sub(considered.saturating_add(1)).map_or(0, at);
        let considered_outputs = distribution.outputs().saturating_sub(before).max(1);
        let seconds = target_block_seconds.saturating_mul(considered as u64);
        Ok(Self {
            distribution,
            gamma: Gamma::new(GAMMA_SHAPE, GAMMA_SCALE).expect("both constants are positive"),
            profile,
            target_block_seconds,
            pickable_blocks,
            pickable_outputs,
            usable_outputs: at(blocks.saturating_sub(age)),
            average_output_seconds: seconds as f64 / considered_outputs as f64,
        })
    }

    /// One draw; none when it lies before the beginning of the chain.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "casting from a double saturates, as the formula needs"
    )]
    pub fn pick(&self, rng: &mut (impl RngCore + CryptoRng)) -> Option<GlobalOutputIndex> {
        let mut age = self.gamma.sample(rng).exp();
        if self.profile == PickerProfile::Corrected {
            let unlock = self.target_block_seconds.saturating_mul(SPENDABLE_AGE_BLOCKS) as f64;
            let recent = self.target_block_seconds.saturating_mul(RECENT_SPEND_BLOCKS).max(1);
            age = if age > unlock {
                age - unlock
            } else {
                rng.gen_range(0..recent) as f64
            };
        }
        let from_newest = (age / self.average_output_seconds) as u64;
        let index = self.pickable_outputs.checked_sub(1)?.checked_sub(from_newest)?;
        self.pick_in_block_of(index, rng)
    }

    /// A uniform draw among the outputs of the block that made the output `index`.
    fn pick_in_block_of(&self, index: u64, rng: &mut (impl RngCore + CryptoRng)) -> Option<GlobalOutputIndex> {
        let pickable = self.distribution.cumulative().get(..self.pickable_blocks)?;
        // The first block after which at least `index` outputs exist, as the reference searches: where a block's first output
        // is drawn this finds the block before.
        let block = pickable.partition_point(|outputs| *outputs < index);
        let end = *pickable.get(block)?;
        let start = block
            .checked_sub(1)
            .and_then(|before| pickable.get(before))
            .copied()
            .unwrap_or(0);
        (end > start).then(|| GlobalOutputIndex::new(rng.gen_range(start..end)))
    }

    /// The candidates to ask the daemon for, the real output among them, in order: at most [`CANDIDATES`].
    ///
    /// `known_ring` is the ring of an earlier attempt to spend the same output, which must be repeated. Outputs of `avoided`
    /// (the daemon's blacklist, outputs known to be spent) are taken only when there are not enough others.
    ///
    /// # Errors
    /// [`PickError::Distribution`] when the daemon does not know the real output, [`PickError::RingWithoutRealOutput`].
    pub fn candidates(
        &self,
        real: GlobalOutputIndex,
        known_ring: Option<&[GlobalOutputIndex]>,
        avoided: &BTreeSet<GlobalOutputIndex>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Vec<GlobalOutputIndex>, PickError> {
        self.distribution.check_knows(real)?;
        let mut chosen = BTreeSet::from([real]);
        if let Some(ring) = known_ring {
            if !ring.contains(&real) {
                return Err(PickError::RingWithoutRealOutput);
            }
            chosen.extend(ring.iter().filter(|member| member.index() < self.usable_outputs));
        }
        if self.usable_outputs <= CANDIDATES as u64 {
            chosen.extend((0..self.usable_outputs).map(GlobalOutputIndex::new));
            return Ok(chosen.into_iter().collect());
        }
        self.draw_until_full(&mut chosen, avoided, rng);
        self.fill_uniformly(&mut chosen, avoided, rng);
        Ok(chosen.into_iter().collect())
    }

    /// Follows the curve until there are enough, or it is plain that it will not give enough.
    fn draw_until_full(
        &self,
        chosen: &mut BTreeSet<GlobalOutputIndex>,
        avoided: &BTreeSet<GlobalOutputIndex>,
        rng: &mut (impl RngCore + CryptoRng),
    ) {
        for _ in 0..MAX_DRAWS {
            if chosen.len() >= CANDIDATES {
                return;
            }
            match self.pick(rng) {
                Some(index) if index.index() < self.usable_outputs && !avoided.contains(&index) => {
                    chosen.insert(index);
                }
                _ => {}
            }
        }
    }

    /// Takes what is missing from anywhere: first outputs that are not avoided, then any. Ends because every pass tries each
    /// output at most once.
    fn fill_uniformly(
        &self,
        chosen: &mut BTreeSet<GlobalOutputIndex>,
        avoided: &BTreeSet<GlobalOutputIndex>,
        rng: &mut (impl RngCore + CryptoRng),
    ) {
        if chosen.len() >= CANDIDATES {
            return;
        }
        let start = rng.gen_range(0..self.usable_outputs);
        let around = (start..self.usable_outputs).chain(0..start).map(GlobalOutputIndex::new);
        for index in around.clone().filter(|index| !avoided.contains(index)).chain(around) {
            if chosen.len() >= CANDIDATES {
                return;
            }
            chosen.insert(index);
        }
    }
}
