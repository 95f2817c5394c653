//! Parameters of the swap from OXEN to SESH (bridge §5.2, §5.3).
//!
//! A network either has all of them or no swap. Nobody has decided them for the public networks.

use super::parameters::coins;
use crate::{amount::Amount, bytes::EthereumAddress, height::Height};
use thiserror::Error;

/// How many SESH one OXEN is worth: a fraction above zero of what both coins count in, which is 10⁻⁹.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapRatio {
    numerator: u64,
    denominator: u64,
}

impl SwapRatio {
    /// 54 SESH for 100 OXEN, as stakes were converted at HF21 (bridge §5.2).
    pub const OF_STAKES: Self = Self {
        numerator: 54,
        denominator: 100,
    };

    /// A ratio; `None` when either number is zero.
    #[must_use]
    pub const fn new(numerator: u64, denominator: u64) -> Option<Self> {
        if numerator == 0 || denominator == 0 {
            None
        } else {
            Some(Self { numerator, denominator })
        }
    }

    /// Atomic SESH.
    #[must_use]
    pub const fn numerator(self) -> u64 {
        self.numerator
    }

    /// Atomic OXEN; never zero.
    #[must_use]
    pub const fn denominator(self) -> u64 {
        self.denominator
    }
}

/// From which height on a ratio holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapRatioPeriod {
    /// First height of the ratio. The first period may begin before the fork: the swap itself begins there.
    pub from_height: Height,
    /// The ratio until the next period.
    pub ratio: SwapRatio,
}

/// The ratio that holds at a height, and its position, which a burn must name (bridge §5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapRatioInForce {
    /// Position in the table, from 0.
    pub index: u64,
    /// The period.
    pub period: SwapRatioPeriod,
}

/// Why a list of periods is no table of ratios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SwapRatioTableError {
    /// No entry.
    #[error("there is no ratio: give at least one period")]
    Empty,
    /// A period does not begin above the one before it.
    #[error("the ratio from height {height} on must begin above the one before it")]
    HeightsNotAscending {
        /// Where the later period begins.
        height: Height,
    },
}

/// The ratios of a network by height; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapRatioTable {
    first: SwapRatioPeriod,
    later: Vec<SwapRatioPeriod>,
}

impl SwapRatioTable {
    /// One ratio for good.
    #[must_use]
    pub const fn always(ratio: SwapRatio) -> Self {
        Self {
            first: SwapRatioPeriod {
                from_height: Height::GENESIS,
                ratio,
            },
            later: Vec::new(),
        }
    }

    /// Checks and takes the periods.
    ///
    /// # Errors
    /// See [`SwapRatioTableError`].
    pub fn new(periods: &[SwapRatioPeriod]) -> Result<Self, SwapRatioTableError> {
        let (first, later) = periods.split_first().ok_or(SwapRatioTableError::Empty)?;
        for (before, after) in periods.iter().zip(later) {
            if after.from_height <= before.from_height {
                return Err(SwapRatioTableError::HeightsNotAscending {
                    height: after.from_height,
                });
            }
        }
        Ok(Self {
            first: *first,
            later: later.to_vec(),
        })
    }

    /// The periods, lowest height first; never empty.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &SwapRatioPeriod> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// The ratio that a block at `height` converts at; `None` below the first period.
    #[must_use]
    pub fn at(&self, height: Height) -> Option<SwapRatioInForce> {
        (0..)
            .zip(self.iter())
            .take_while(|(_, period)| period.from_height <= height)
            .last()
            .map(|(index, period)| SwapRatioInForce { index, period: *period })
    }
}

/// The swap of a network that has one. Amounts of OXEN and of SESH are atomic units, both 10⁻⁹.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapParameters {
    /// The contract on L2 that pays: `OxenSwap`.
    pub contract: EthereumAddress,
    /// The token it pays, which nobody can claim for; `None` where it is not known.
    pub token: Option<EthereumAddress>,
    /// The factory of contribution contracts, which nobody can claim for; `None` where it is not known.
    pub factory: Option<EthereumAddress>,
    /// What an OXEN is worth.
    pub ratios: SwapRatioTable,
    /// Least that one transaction burns (MIN_BURN).
    pub least_burn: Amount,
    /// Most that one transaction burns (MAX_BURN_TX).
    pub most_burn: Amount,
    /// SESH over all burns together (POOL_CAP).
    pub pool_cap: Amount,
    /// SESH over [`Self::rate_window_blocks`] blocks in a row (RATE_CAP).
    pub rate_cap: Amount,
    /// Blocks of the window, the newest included; never 0.
    pub rate_window_blocks: u64,
    /// Blocks after which a burn counts for the recipient's total.
    pub maturity_blocks: u64,
    /// First height that takes no burn any more (END_HEIGHT); `None` when no end is decided.
    pub end_height: Option<Height>,
}

impl SwapParameters {
    /// What the design recommends, paid by this contract (bridge §5.3): 54 for 100, 2 to 1,000,000 OXEN a burn, 30,000,000 SESH
    /// in all and 1,000,000 in 720 blocks, 30 blocks to mature.
    #[must_use]
    pub const fn recommended(contract: EthereumAddress) -> Self {
        Self {
            contract,
            token: None,
            factory: None,
            ratios: SwapRatioTable::always(SwapRatio::OF_STAKES),
            least_burn: coins(2),
            most_burn: coins(1_000_000),
            pool_cap: coins(30_000_000),
            rate_cap: coins(1_000_000),
            rate_window_blocks: 720,
            maturity_blocks: 30,
            end_height: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(height: u64, numerator: u64, denominator: u64) -> SwapRatioPeriod {
        SwapRatioPeriod {
            from_height: Height::new(height),
            ratio: SwapRatio::new(numerator, denominator).expect("above zero"),
        }
    }

    #[test]
    fn a_height_has_the_last_ratio_that_began() {
        let table = SwapRatioTable::new(&[period(10, 54, 100), period(20, 378, 1_000)]).expect("ascending");
        let at = |height| {
            table
                .at(Height::new(height))
                .map(|ratio| (ratio.index, ratio.period.ratio))
        };
        assert_eq!(at(9), None);
        assert_eq!(at(10), Some((0, SwapRatio::OF_STAKES)));
        assert_eq!(at(19), Some((0, SwapRatio::OF_STAKES)));
        assert_eq!(at(20), Some((1, SwapRatio::new(378, 1_000).expect("above zero"))));
        assert_eq!(at(u64::MAX).map(|(index, _)| index), Some(1));
    }

    #[test]
    fn each_rule_of_the_ratios_has_its_error() {
        assert_eq!(SwapRatioTable::new(&[]), Err(SwapRatioTableError::Empty));
        let again = [period(10, 54, 100), period(10, 1, 2)];
        let height = Height::new(10);
        assert_eq!(
            SwapRatioTable::new(&again),
            Err(SwapRatioTableError::HeightsNotAscending { height })
        );
        assert_eq!(SwapRatio::new(0, 1), None);
        assert_eq!(SwapRatio::new(1, 0), None);
    }
}
