//! When a burn counts for the total of its recipient (bridge §5.3).

use oxen_types::{Height, network::SwapParameters};

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
