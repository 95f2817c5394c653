//! What a block earns (chain §4.6, HF17 to HF20).

use oxen_types::{
    Amount,
    network::constants::{BASE_BLOCK_REWARD, SERVICE_NODE_BLOCK_REWARD},
    transaction::Weight,
};

/// How much of a block's fees is credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockReward {
    /// What the block must say it earned: the service node reward and the credited fees.
    pub reward: Amount,
    /// Fees after the weight penalty.
    pub credited_fees: Amount,
    /// Fees lost to the penalty.
    pub forfeited_fees: Amount,
}

/// The reward of a block of this weight when fees may be penalised above `median`, itself at least the full reward zone.
/// `None` when the sum overflows.
#[must_use]
pub fn block_reward(weight: Weight, median: Weight, miner_fees: Amount) -> Option<BlockReward> {
    let credited_fees = miner_fees.saturating_sub(penalty(weight, median));
    Some(BlockReward {
        reward: SERVICE_NODE_BLOCK_REWARD.checked_add(credited_fees)?,
        credited_fees,
        forfeited_fees: miner_fees.saturating_sub(credited_fees),
    })
}

/// What a block above the median loses: base reward times the square of the excess, by two floored divisions of a 128-bit
/// product as the reference computes it.
fn penalty(weight: Weight, median: Weight) -> Amount {
    let (weight, median) = (u128::from(weight.bytes()), u128::from(median.bytes()));
    if weight <= median {
        return Amount::ZERO;
    }
    let base = u128::from(BASE_BLOCK_REWARD.atomic());
    let factor = median.saturating_mul(2).saturating_sub(weight).saturating_mul(weight);
    let reduced = base
        .saturating_mul(factor)
        .checked_div(median)
        .and_then(|once| once.checked_div(median))
        .and_then(|twice| u64::try_from(twice).ok())
        .unwrap_or(0);
    BASE_BLOCK_REWARD.saturating_sub(Amount::from_atomic(reduced))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEDIAN: Weight = Weight::new(300_000);

    #[test]
    fn up_to_the_median_all_fees_are_credited() {
        let fees = Amount::from_atomic(1000);
        let earned = block_reward(MEDIAN, MEDIAN, fees).unwrap();
        assert_eq!(earned.reward, Amount::from_atomic(16_500_001_000));
        assert_eq!(earned.forfeited_fees, Amount::ZERO);
    }

    #[test]
    fn the_penalty_grows_with_the_square_of_the_excess_and_only_eats_fees() {
        // 10 % above the median costs 1 % of the base reward.
        let fees = Amount::OXEN;
        let earned = block_reward(Weight::new(330_000), MEDIAN, fees).unwrap();
        assert_eq!(earned.forfeited_fees, Amount::from_atomic(183_333_334));
        assert_eq!(earned.credited_fees, Amount::from_atomic(1_000_000_000 - 183_333_334));
        let twice = block_reward(Weight::new(600_000), MEDIAN, fees).unwrap();
        assert_eq!(twice.reward, SERVICE_NODE_BLOCK_REWARD);
    }
}
