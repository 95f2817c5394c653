//! Burns checked one after the other, each with those before it counted (bridge §5.3).

use super::tables::{AllSwaps, SwapBlocks};
use crate::{
    block::weight::WeightLimits,
    delta::scan_rows,
    error::TransactionError,
    fees::FeeRate,
    transaction::CheckedTransaction,
    view::{TypedView, View, ViewError},
};
use oxen_bridge_rules::swap::{Burn, BurnRequest, SwapContext, SwapError, SwapSums, check_burn, left_window};
use oxen_types::{Amount, Height, Network, network::SwapParameters, transaction::TransactionType};

/// What the burns of the next block may still take, while they are chosen or checked in order.
#[derive(Debug, Clone)]
pub struct SwapTally<'a> {
    network: &'a Network,
    height: Height,
    fees: FeeRate,
    sums: SwapSums,
}

impl<'a> SwapTally<'a> {
    /// For the block at `height`, the next one of `view`, before any of its burns; `limits` are that block's.
    ///
    /// # Errors
    /// The state could not be read.
    pub fn of_next_block(
        view: &dyn View,
        network: &'a Network,
        height: Height,
        limits: &WeightLimits,
    ) -> Result<Self, ViewError> {
        Ok(Self {
            network,
            height,
            fees: FeeRate::of_next_block(limits),
            sums: sums_at(view, network, height)?,
        })
    }

    /// Counts a burn; other transactions are none.
    ///
    /// # Errors
    /// The rule it breaks; then nothing is counted.
    pub fn take(&mut self, transaction: &CheckedTransaction) -> Result<Option<Burn>, SwapError> {
        let prefix = &transaction.transaction().prefix;
        if prefix.kind != TransactionType::OxenSwap {
            return Ok(None);
        }
        let request = BurnRequest {
            extra: &prefix.parse_extra(),
            fee: transaction.fee(),
        };
        let context = SwapContext {
            network: self.network,
            height: self.height,
            minimum_fee: self.fees.least_fee(transaction.weight(), prefix.outputs.len()),
        };
        let burn = check_burn(&request, &context)?;
        let parameters = self.network.swap.as_ref().ok_or(SwapError::NoSwap)?;
        self.sums = self.sums.with(&burn, parameters)?;
        Ok(Some(burn))
    }

    /// The sums with everything that was taken.
    #[must_use]
    pub const fn sums(&self) -> &SwapSums {
        &self.sums
    }
}

/// Checks a burn for the block at `height`, the next one of `view`, which holds no other; other transactions pass.
///
/// # Errors
/// The rule it breaks, or the state could not be read.
pub fn check_swap_transaction(
    view: &dyn View,
    network: &Network,
    transaction: &CheckedTransaction,
    height: Height,
    limits: &WeightLimits,
) -> Result<(), TransactionError> {
    if transaction.transaction().prefix.kind == TransactionType::OxenSwap {
        SwapTally::of_next_block(view, network, height, limits)?.take(transaction)?;
    }
    Ok(())
}

/// The sums with a rate window that ends at `height`, which is above the tip of `view`.
pub(super) fn sums_at(view: &dyn View, network: &Network, height: Height) -> Result<SwapSums, ViewError> {
    let sums = view.get::<AllSwaps>(&())?.unwrap_or_default();
    let Some(parameters) = &network.swap else {
        return Ok(sums);
    };
    let leaving = leaving(view, parameters, sums.window_end, height)?;
    Ok(sums.with_window_at(height, leaving))
}

/// What was credited in the blocks that are in the window that ends at `before` and not in that which ends at `height`. Rows
/// exist only for blocks with burns, and each of them leaves once.
fn leaving(view: &dyn View, parameters: &SwapParameters, before: Height, height: Height) -> Result<Amount, ViewError> {
    let Some(last) = left_window(height, parameters) else {
        return Ok(Amount::ZERO);
    };
    let first = left_window(before, parameters).map_or(Height::GENESIS, Height::next);
    let last = last.min(before);
    if last < first {
        return Ok(Amount::ZERO);
    }
    let count = usize::try_from(last.since(first))
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    let rows = scan_rows::<SwapBlocks>(view, &[], &first.index().to_be_bytes(), count)?;
    let end = last.index().to_be_bytes();
    Ok(rows
        .into_iter()
        .take_while(|(key, _)| key.as_slice() <= end.as_slice())
        .fold(Amount::ZERO, |sum, (_, row)| sum.saturating_add(row.credited)))
}
