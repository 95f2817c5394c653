//! Blocks that may not be replaced (chain §4.12).

use crate::{
    delta::scan_rows,
    error::BlockError,
    tables::Checkpoints,
    view::{TypedView, View, ViewError},
};
use oxen_types::{Hash, Height, Network};
use std::collections::BTreeSet;

/// Checks a block against the hard-coded checkpoints and those of service nodes.
///
/// # Errors
/// [`BlockError::CheckpointMismatch`], or the state could not be read.
pub fn check_checkpoint(view: &dyn View, network: &Network, height: Height, id: &Hash) -> Result<(), BlockError> {
    let hard_coded = network
        .checkpoints
        .iter()
        .find(|known| known.height == height)
        .map(|known| known.block_id);
    let service_node = view.get::<Checkpoints>(&height)?.map(|row| row.0.block_id);
    if hard_coded.or(service_node).is_some_and(|expected| expected != *id) {
        return Err(BlockError::CheckpointMismatch { height });
    }
    Ok(())
}

/// The height at and below which blocks are final, looking down from `tip`: the nearest checkpoint if it is hard-coded, else
/// the next older one of any kind; none while there is only one service node checkpoint.
///
/// # Errors
/// The state could not be read.
pub fn immutable_height(view: &dyn View, network: &Network, tip: Height) -> Result<Option<Height>, ViewError> {
    let hard_coded = network
        .checkpoints
        .iter()
        .rev()
        .map(|known| known.height)
        .find(|height| *height <= tip);
    let mut service_node = newest_two(view, tip)?.into_iter().rev();
    let Some(nearest) = service_node.next() else {
        return Ok(hard_coded);
    };
    if hard_coded.is_some_and(|known| known >= nearest) {
        return Ok(hard_coded);
    }
    Ok(service_node.next().max(hard_coded))
}

/// Number of heights from `first` to `last`, both included, that have a checkpoint: one whose block is known and signed by
/// service nodes as well counts once.
///
/// # Errors
/// The state could not be read.
pub fn count_checkpoints(view: &dyn View, network: &Network, first: Height, last: Height) -> Result<u64, ViewError> {
    let hard_coded = network
        .checkpoints
        .iter()
        .map(|known| known.height)
        .filter(|height| *height >= first && *height <= last);
    let mut heights: BTreeSet<Height> = heights_between(view, first, last)?.into_iter().collect();
    heights.extend(hard_coded);
    Ok(heights.len() as u64)
}

/// At least the two newest service node checkpoints up to `tip` if there are two, ascending. Looks back ever further, because
/// after an outage of the quorums they can be far behind.
fn newest_two(view: &dyn View, tip: Height) -> Result<Vec<Height>, ViewError> {
    let mut look_back = 64_u64;
    loop {
        let first = tip.saturating_sub(look_back);
        let heights = heights_between(view, first, tip)?;
        if heights.len() >= 2 || first == Height::GENESIS {
            return Ok(heights);
        }
        look_back = look_back.saturating_mul(4);
    }
}

/// Heights of service node checkpoints from `first` to `last`, ascending.
fn heights_between(view: &dyn View, first: Height, last: Height) -> Result<Vec<Height>, ViewError> {
    let span = usize::try_from(last.since(first).saturating_add(1)).unwrap_or(usize::MAX);
    let rows = scan_rows::<Checkpoints>(view, &[], &first.index().to_be_bytes(), span)?;
    Ok(rows
        .into_iter()
        .map(|(_, row)| row.0.height)
        .filter(|height| *height <= last)
        .collect())
}
