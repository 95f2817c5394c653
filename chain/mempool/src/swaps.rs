//! Burns for the swap: the pool holds those that a block may take, now or when the caps have room again (bridge §5.3).

use crate::mempool::{Inner, Mempool};
use oxen_bridge_rules::swap::SwapError;
use oxen_node_api::Source;
use oxen_state::{
    TransactionError, View,
    block::weight::WeightLimits,
    queries,
    swap::{SwapTally, check_swap_transaction},
    transaction::CheckedTransaction,
};
use oxen_types::{Hash, Height, transaction::TransactionType};

impl Mempool {
    /// Refuses a burn that no block after this tip takes. One that waits for the rate cap is taken: it is burned in a later
    /// block or not at all.
    pub(crate) fn check_swap(
        &self,
        view: &dyn View,
        transaction: &CheckedTransaction,
        height: Height,
        limits: &WeightLimits,
    ) -> Result<(), TransactionError> {
        match check_swap_transaction(view, self.parts.chain.network(), transaction, height, limits) {
            Err(TransactionError::Swap(SwapError::RateCapReached { .. })) => Ok(()),
            checked => checked,
        }
    }

    /// Takes out burns that no block takes any more: the ratio changed, or the swap ended. They would keep their inputs for
    /// as long as they wait. What came from a reverted block stays.
    pub(crate) fn drop_overtaken_swaps(&self, inner: &mut Inner, view: &dyn View) -> Vec<Hash> {
        let mut burns = inner
            .contents
            .iter()
            .filter(|waiting| waiting.transaction.transaction().prefix.kind == TransactionType::OxenSwap)
            .filter(|waiting| waiting.source == Source::Submitted)
            .peekable();
        // Seldom does one wait, and the pool is locked: nothing is read before it is needed.
        if burns.peek().is_none() {
            return Vec::new();
        }
        let Ok(tally) = queries::totals(view).and_then(|totals| {
            let limits = WeightLimits::of_next_block(view, &totals)?;
            SwapTally::of_next_block(view, self.parts.chain.network(), totals.tip.next(), &limits)
        }) else {
            return Vec::new();
        };
        let overtaken: Vec<Hash> = burns
            .filter(|waiting| {
                let checked = tally.clone().take(&waiting.transaction);
                checked.is_err_and(|error| !error.may_pass_later())
            })
            .map(|waiting| waiting.transaction.id())
            .collect();
        for id in &overtaken {
            inner.contents.remove(id);
        }
        overtaken
    }
}
