//! How far the reward rate that a block says it read from L2 may be from that of the block before (chain §4.8).

use oxen_types::{
    Amount,
    network::constants::{L2_REWARD_MAX_DECREASE_DIVISOR, L2_REWARD_MAX_INCREASE_DIVISOR},
};
use std::ops::RangeInclusive;

/// What the next block may say the reward rate is, after one that said `before`: the divisions round down. Atomic SESH.
#[must_use]
pub const fn allowed_rewards(before: Amount) -> RangeInclusive<Amount> {
    before.saturating_sub(down_step(before))..=before.saturating_add(up_step(before))
}

/// By how much the rate may rise in one block.
pub(crate) const fn up_step(before: Amount) -> Amount {
    Amount::from_atomic(before.atomic() / L2_REWARD_MAX_INCREASE_DIVISOR)
}

/// By how much the rate may fall in one block.
pub(crate) const fn down_step(before: Amount) -> Amount {
    Amount::from_atomic(before.atomic() / L2_REWARD_MAX_DECREASE_DIVISOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_rises_by_a_fifty_thousandth_and_falls_by_a_twenty_five_thousandth() {
        let allowed = allowed_rewards(Amount::from_atomic(22_983_257_229));
        assert_eq!(allowed.start().atomic(), 22_983_257_229 - 919_330);
        assert_eq!(allowed.end().atomic(), 22_983_257_229 + 459_665);
    }

    #[test]
    fn a_small_rate_stands_still() {
        let allowed = allowed_rewards(Amount::from_atomic(24_999));
        assert_eq!((allowed.start().atomic(), allowed.end().atomic()), (24_999, 24_999));
    }

    #[test]
    fn the_largest_rate_does_not_overflow() {
        let most = Amount::from_atomic(u64::MAX);
        assert!(allowed_rewards(most).contains(&most));
    }
}
