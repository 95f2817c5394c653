//! What may be paid for gas: an offer for the next blocks, and the limit above which nothing is signed.

use crate::provider::{Head, L2Error, L2Provider};

/// Wei of a gwei.
pub const GWEI: u128 = 1_000_000_000;
/// A replacement must offer at least a tenth more than what it replaces; an eighth leaves room for rounding.
const RAISE_DIVISOR: u128 = 8;
/// The base fee may double while a transaction waits.
const HEADROOM: u128 = 2;
/// Estimates of gas hold for the block they were made on: a fourth more for those after it.
const GAS_MARGIN_DIVISOR: u64 = 4;

/// Above which gas price, in wei, nothing is signed. Arbitrum's usual price is a hundredth of a gwei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GasPriceLimit(pub u128);

impl Default for GasPriceLimit {
    /// 20 gwei.
    fn default() -> Self {
        Self(20 * GWEI)
    }
}

/// What is offered for a unit of gas, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GasPrice {
    /// At most this, base fee and tip together.
    pub max: u128,
    /// At most this to the block producer.
    pub tip: u128,
}

impl GasPrice {
    /// An offer for the blocks to come.
    ///
    /// # Errors
    /// [`L2Error::GasPrice`] when even the price of the newest block is above the limit, or the provider's.
    pub async fn offer(provider: &L2Provider, limit: GasPriceLimit) -> Result<Self, L2Error> {
        let (head, tip) = (provider.head().await?, provider.tip().await);
        Self::choose(head, tip, limit)
    }

    fn choose(head: Head, tip: u128, limit: GasPriceLimit) -> Result<Self, L2Error> {
        let now = head.base_fee.saturating_add(tip);
        if now > limit.0 {
            return Err(L2Error::GasPrice {
                asked: now,
                limit: limit.0,
            });
        }
        let max = head.base_fee.saturating_mul(HEADROOM).saturating_add(tip).min(limit.0);
        Ok(Self { max, tip: tip.min(max) })
    }

    /// An offer that takes the place of one that waits; none when it would be above the limit.
    #[must_use]
    pub fn raised(self, newest: Self, limit: GasPriceLimit) -> Option<Self> {
        let raise = |price: u128| price.saturating_add(price / RAISE_DIVISOR).saturating_add(1);
        let max = raise(self.max).max(newest.max);
        let tip = raise(self.tip).max(newest.tip).min(max);
        (max <= limit.0).then_some(Self { max, tip })
    }
}

/// The limit of gas for an estimate.
#[must_use]
pub const fn with_margin(gas: u64) -> u64 {
    gas.saturating_add(gas / GAS_MARGIN_DIVISOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn head(base_fee: u128) -> Head {
        Head {
            number: 1,
            timestamp: 1,
            base_fee,
        }
    }

    #[test]
    fn an_offer_has_room_for_a_doubled_base_fee_and_stays_below_the_limit() {
        let limit = GasPriceLimit(1000);
        assert_eq!(GasPrice::choose(head(100), 7, limit), Ok(GasPrice { max: 207, tip: 7 }));
        assert_eq!(
            GasPrice::choose(head(900), 7, limit),
            Ok(GasPrice { max: 1000, tip: 7 })
        );
    }

    #[test]
    fn nothing_is_offered_when_gas_is_dearer_than_the_limit() {
        let refused = GasPrice::choose(head(1000), 1, GasPriceLimit(1000)).unwrap_err();
        assert_eq!(
            refused,
            L2Error::GasPrice {
                asked: 1001,
                limit: 1000
            }
        );
        assert!(refused.to_string().contains("--max-gas-price"));
    }

    #[test]
    fn a_replacement_offers_more_in_both_parts_or_is_none() {
        let old = GasPrice { max: 800, tip: 8 };
        let raised = old.raised(GasPrice { max: 1, tip: 1 }, GasPriceLimit(1000)).unwrap();
        assert_eq!(raised, GasPrice { max: 901, tip: 10 });
        assert_eq!(old.raised(GasPrice { max: 1, tip: 1 }, GasPriceLimit(900)), None);
        let dearer = GasPrice { max: 950, tip: 20 };
        assert_eq!(old.raised(dearer, GasPriceLimit(1000)), Some(dearer));
    }
}
