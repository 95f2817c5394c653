//! What a block does to the ledger: its burns are written, and the burns that matured count (bridge §5.3).

use super::{
    queries::total_at,
    tables::{
        AllSwaps, RecipientBurnKey, SwapBlockRow, SwapBlocks, SwapBurnRow, SwapBurns, SwapBurnsByRecipient,
        SwapTotalKey, SwapTotals,
    },
    tally::{SwapTally, sums_at},
};
use crate::{
    block::weight::WeightLimits,
    delta::Overlay,
    error::{BlockError, TransactionError},
    table::TableId,
    transaction::CheckedTransaction,
    view::{TypedView, View, ViewError},
};
use oxen_bridge_rules::swap::{Burn, SwapSums, credited_from, matures_at};
use oxen_types::{
    Hash, Height, Network,
    network::{HardForkVersion, SwapParameters},
    transaction::TransactionType,
};
use std::sync::Arc;

/// Writes the burns among the transactions of the block at `height`, in their order, and credits those that mature in it;
/// `limits` are that block's.
/// Nothing before the fork of the swap, or on a network that has none: there a burn is refused.
///
/// # Errors
/// The rule that a burn breaks, as the transaction's fault, or the state could not be read.
pub fn apply_swaps(
    state: &mut Overlay<&dyn View>,
    network: &Network,
    transactions: &[Arc<CheckedTransaction>],
    height: Height,
    limits: &WeightLimits,
) -> Result<(), BlockError> {
    apply_burns(state, network, transactions, height, limits)?;
    match &network.swap {
        Some(parameters) if network.forks.is_active(HardForkVersion::SWAP, height) => {
            credit_matured(state, network, parameters, height)
        }
        _ => Ok(()),
    }
}

fn apply_burns(
    state: &mut Overlay<&dyn View>,
    network: &Network,
    transactions: &[Arc<CheckedTransaction>],
    height: Height,
    limits: &WeightLimits,
) -> Result<(), BlockError> {
    let is_burn = |one: &Arc<CheckedTransaction>| one.transaction().prefix.kind == TransactionType::OxenSwap;
    if !transactions.iter().any(is_burn) {
        return Ok(());
    }
    let mut tally = SwapTally::of_next_block(&*state, network, height, limits)?;
    let mut block = SwapBlockRow::default();
    for transaction in transactions {
        let id = transaction.id();
        let burn = tally.take(transaction).map_err(|error| BlockError::Transaction {
            id,
            error: Box::new(TransactionError::Swap(error)),
        })?;
        if let (Some(burn), Some(parameters)) = (burn, &network.swap) {
            write_burn(state, &mut block, parameters, id, &burn, height);
        }
    }
    state.put::<SwapBlocks>(&height, &block);
    state.put::<AllSwaps>(&(), tally.sums());
    Ok(())
}

fn write_burn(
    state: &mut Overlay<&dyn View>,
    block: &mut SwapBlockRow,
    parameters: &SwapParameters,
    id: Hash,
    burn: &Burn,
    height: Height,
) {
    let position = u32::try_from(block.burns.len()).unwrap_or(u32::MAX);
    let row = SwapBurnRow {
        height,
        position,
        recipient: burn.recipient,
        burned: burn.burned,
        credited: burn.credited,
        ratio_index: burn.ratio_index,
        nonce: burn.nonce,
        matures: matures_at(height, parameters),
    };
    let key = RecipientBurnKey {
        recipient: burn.recipient,
        height,
        position,
    };
    state.put::<SwapBurns>(&id, &row);
    state.put::<SwapBurnsByRecipient>(&key, &id);
    block.credited = block.credited.saturating_add(burn.credited);
    block.burns.push(id);
}

/// Adds the burns that mature at `height` to the totals of their recipients.
fn credit_matured(
    state: &mut Overlay<&dyn View>,
    network: &Network,
    parameters: &SwapParameters,
    height: Height,
) -> Result<(), BlockError> {
    let Some(burned_at) = credited_from(height, parameters) else {
        return Ok(());
    };
    let Some(block) = state.get::<SwapBlocks>(&burned_at)? else {
        return Ok(());
    };
    let mut sums = sums_at(&*state, network, height)?;
    for id in &block.burns {
        sums = credit(state, sums, id, height)?;
    }
    state.put::<AllSwaps>(&(), &sums);
    Ok(())
}

fn credit(state: &mut Overlay<&dyn View>, sums: SwapSums, id: &Hash, height: Height) -> Result<SwapSums, BlockError> {
    let burn = state.get::<SwapBurns>(id)?.ok_or(ViewError::Missing {
        table: TableId::SwapBurns,
    })?;
    let before = total_at(&*state, &burn.recipient, height)?;
    let total = before.checked_add(burn.credited).ok_or(BlockError::AmountOverflow)?;
    let key = SwapTotalKey {
        recipient: burn.recipient,
        height,
    };
    state.put::<SwapTotals>(&key, &total);
    sums.with_matured(burn.credited).map_err(|_| BlockError::AmountOverflow)
}
