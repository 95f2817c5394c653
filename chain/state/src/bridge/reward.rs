//! The reward of HF21: read from L2 by each block's maker, bounded by the block before, the least of fifteen (chain §4.8).

use crate::{
    delta::Overlay,
    error::BlockError,
    table::{Table, TableId},
    view::{TypedView, View, ViewError},
};
use oxen_bridge_rules::reward_rate::allowed_rewards;
use oxen_types::{
    Amount, Height, Network,
    block::L2Header,
    network::{
        HardForkVersion,
        constants::{ETHEREUM_INITIAL_REWARD, L2_REWARD_CONSENSUS_BLOCKS},
    },
};
use parity_scale_codec::{Decode, Encode};

/// What the makers of the last blocks read from L2, by height; older ones are dropped.
#[derive(Debug, Clone, Copy)]
pub enum L2Readings {}

impl Table for L2Readings {
    const ID: TableId = TableId::L2Readings;
    type Key = Height;
    type Row = L2Reading;
}

/// What the maker of a block read from L2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct L2Reading {
    /// The L2 block it saw as safe.
    pub l2_height: u64,
    /// Reward rate of the pool, atomic SESH a block, moved by no more than a block may move it.
    pub l2_reward: Amount,
}

/// What the maker of the block at `height` - 1 read; where HF21 begins at `height`, the reward with which it begins and no L2
/// block.
///
/// # Errors
/// The state could not be read.
pub fn reading_before(view: &(impl View + ?Sized), height: Height) -> Result<L2Reading, ViewError> {
    let before = match height.previous() {
        Some(before) => view.get::<L2Readings>(&before)?,
        None => None,
    };
    Ok(before.unwrap_or(L2Reading {
        l2_height: 0,
        l2_reward: ETHEREUM_INITIAL_REWARD,
    }))
}

/// What a block at `height` earns: the least rate that the fifteen blocks before it read, and the initial reward until there
/// are fifteen of HF21.
///
/// # Errors
/// The state could not be read.
pub fn consensus_reward(view: &(impl View + ?Sized), network: &Network, height: Height) -> Result<Amount, ViewError> {
    let begin = network.forks.begins(HardForkVersion::ETHEREUM).unwrap_or(height);
    if height < begin.saturating_add(L2_REWARD_CONSENSUS_BLOCKS) {
        return Ok(ETHEREUM_INITIAL_REWARD);
    }
    let mut least = Amount::from_atomic(u64::MAX);
    for back in 1..=L2_REWARD_CONSENSUS_BLOCKS {
        let reading = view.expect::<L2Readings>(&height.saturating_sub(back))?;
        least = least.min(reading.l2_reward);
    }
    Ok(least)
}

/// Checks the rate that a block says it read.
///
/// # Errors
/// [`BlockError::L2RewardMoved`], or the state could not be read.
pub(crate) fn check_reading(view: &dyn View, height: Height, l2: &L2Header) -> Result<(), BlockError> {
    let allowed = allowed_rewards(reading_before(view, height)?.l2_reward);
    if allowed.contains(&l2.l2_reward) {
        Ok(())
    } else {
        Err(BlockError::L2RewardMoved {
            found: l2.l2_reward,
            least: *allowed.start(),
            most: *allowed.end(),
        })
    }
}

/// Keeps what a block read, for as long as later blocks ask for it.
pub(crate) fn record_reading(state: &mut Overlay<&dyn View>, height: Height, l2: &L2Header) {
    let reading = L2Reading {
        l2_height: l2.l2_height,
        l2_reward: l2.l2_reward,
    };
    state.put::<L2Readings>(&height, &reading);
    if let Some(old) = height.checked_sub(L2_REWARD_CONSENSUS_BLOCKS) {
        state.delete::<L2Readings>(&old);
    }
}
