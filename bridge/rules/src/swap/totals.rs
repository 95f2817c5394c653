//! When a burn counts for the total of its recipient, and which totals are answered for (bridge §5.3).

use oxen_types::{Height, network::SwapParameters};

/// Totals of at least this many blocks below the newest one are known (bridge §5.3). A signer answers for these.
pub const TOTALS_WINDOW_BLOCKS: u64 = 65;

/// The height whose block adds a burn of this height to the total of its recipient.
#[must_use]
pub const fn matures_at(burned_at: Height, parameters: &SwapParameters) -> Height {
    burned_at.saturating_add(parameters.maturity_blocks)
}

/// The height whose burns the block at `height` adds to the totals; `None` while there can be none.
#[must_use]
pub const fn credited_from(height: Height, parameters: &SwapParameters) -> Option<Height> {
    height.checked_sub(parameters.maturity_blocks)
}

/// Whether a node whose newest block is `tip` and whose newest immutable block is `immutable` signs totals of `height`.
#[must_use]
pub fn is_signable(height: Height, tip: Height, immutable: Height) -> bool {
    height <= immutable && height <= tip && tip.since(height) <= TOTALS_WINDOW_BLOCKS
}
