//! What burned OXEN are worth.

use oxen_types::{Amount, network::SwapRatio};

/// Atomic SESH for these atomic OXEN, rounded down: `⌊burned · numerator / denominator⌋` with 128 bits between (bridge §5.2).
/// `None` when the result does not fit 64 bits.
#[must_use]
pub fn convert(burned: Amount, ratio: SwapRatio) -> Option<Amount> {
    let product = u128::from(burned.atomic()).checked_mul(u128::from(ratio.numerator()))?;
    let credited = product.checked_div(u128::from(ratio.denominator()))?;
    u64::try_from(credited).ok().map(Amount::from_atomic)
}
