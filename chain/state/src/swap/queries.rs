//! What wallets and signers ask the ledger.

use super::{
    tables::{AllSwaps, SwapBurnRow, SwapBurns, SwapBurnsByRecipient, SwapTotalKey, SwapTotals},
    tally::sums_at,
};
use crate::{
    delta::scan_rows,
    queries,
    table::TableKey,
    view::{TypedView, View, ViewError},
};
use oxen_bridge_rules::swap::{SwapRoom, SwapSums};
use oxen_types::{Amount, Hash, Height, Network, bytes::EthereumAddress};

/// Sums over all burns up to the tip; all zero before the first.
///
/// # Errors
/// The state could not be read.
pub fn sums(view: &dyn View) -> Result<SwapSums, ViewError> {
    Ok(view.get::<AllSwaps>(&())?.unwrap_or_default())
}

/// What the caps leave for the next block; `None` on a network without swap.
///
/// # Errors
/// The state could not be read.
pub fn next_room(view: &dyn View, network: &Network) -> Result<Option<SwapRoom>, ViewError> {
    let Some(parameters) = &network.swap else {
        return Ok(None);
    };
    let next = queries::totals(view)?.tip.next();
    Ok(Some(sums_at(view, network, next)?.room(parameters)))
}

/// A burn by the id of its transaction.
///
/// # Errors
/// The state could not be read.
pub fn burn(view: &dyn View, id: &Hash) -> Result<Option<SwapBurnRow>, ViewError> {
    view.get::<SwapBurns>(id)
}

/// Up to `limit` burns for a recipient, newest first, leaving out the newest `skip`.
///
/// # Errors
/// The state could not be read.
pub fn burns_of_recipient(
    view: &dyn View,
    recipient: &EthereumAddress,
    skip: usize,
    limit: usize,
) -> Result<Vec<(Hash, SwapBurnRow)>, ViewError> {
    let prefix = recipient.as_bytes();
    let rows = scan_rows::<SwapBurnsByRecipient>(view, prefix, prefix, skip.saturating_add(limit))?;
    rows.into_iter()
        .skip(skip)
        .map(|(_, id)| Ok((id, view.expect::<SwapBurns>(&id)?)))
        .collect()
}

/// The lifetime total of a recipient at a height: all burns for it that had matured by then, in atomic SESH. Zero for whoever
/// never had one, and of a height above the tip that of the tip.
///
/// # Errors
/// The state could not be read.
pub fn total_at(view: &(impl View + ?Sized), recipient: &EthereumAddress, height: Height) -> Result<Amount, ViewError> {
    let from = SwapTotalKey {
        recipient: *recipient,
        height,
    };
    let newest = scan_rows::<SwapTotals>(view, recipient.as_bytes(), &from.to_key_bytes(), 1)?;
    Ok(newest.into_iter().next().map_or(Amount::ZERO, |(_, total)| total))
}
