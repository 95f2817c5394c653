//! Whether an output can be spent in the next block, and if not, why and until when (wallet §5.3, chain §4.9).

use crate::{
    output::{OutputStore, OwnedOutput, Spend},
    sent::Journal,
};
use oxen_types::{
    Hash, Height, KeyImage, PublicKey, Timestamp, height::Unlock, network::constants::SPENDABLE_AGE_BLOCKS,
};
use std::collections::BTreeMap;

/// A stake on a service node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StakeLock {
    /// The node.
    pub service_node: PublicKey,
    /// Where the stake becomes free, once its unlock was asked for.
    pub unlock_height: Option<Height>,
}

/// Which outputs stakes lock: see [`crate::Wallet::stake_locks`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StakeLocks {
    /// Contributions of the wallet's address (`get_service_nodes`).
    pub locked: BTreeMap<KeyImage, StakeLock>,
    /// The same by the output's one-time key, for wallets that do not know their key images, and for stakes of which the daemon
    /// said nothing yet.
    pub locked_keys: BTreeMap<PublicKey, StakeLock>,
    /// Stakes of deregistered nodes and where they become free (`get_service_node_blacklisted_key_images`).
    pub blacklisted: BTreeMap<KeyImage, Height>,
}

/// The present, as the caller sees it.
#[derive(Debug, Clone, Copy)]
pub struct ChainView<'a> {
    /// Height of the next block, that is the number of blocks.
    pub chain_height: Height,
    /// The time.
    pub now: Timestamp,
    /// Stakes.
    pub stakes: &'a StakeLocks,
}

/// Whether an output can be spent in the next block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spendability {
    /// It can.
    Ready,
    /// It was, on the chain.
    Spent(Spend),
    /// A transaction that is not mined yet spends it.
    PendingSpend(Hash),
    /// Another output with the same one-time key counts in its place; this one is lost.
    Duplicate,
    /// The user froze it.
    Frozen,
    /// It is staked on a service node.
    Staked(StakeLock),
    /// Its node was deregistered.
    Blacklisted {
        /// Where it becomes free.
        until: Height,
    },
    /// It is too young, or locked by its sender, or a reward.
    LockedUntilHeight(Height),
    /// Its sender locked it.
    LockedUntilTime(Timestamp),
}

impl Spendability {
    /// True when the output is part of the balance.
    #[must_use]
    pub const fn counts(self) -> bool {
        !matches!(self, Self::Spent(_) | Self::PendingSpend(_) | Self::Duplicate)
    }
}

/// The rules with everything they look at.
#[derive(Debug, Clone)]
pub struct SpendRules<'a> {
    view: ChainView<'a>,
    target_block_seconds: u64,
    outputs: &'a OutputStore,
    journal: &'a Journal,
    pending: BTreeMap<KeyImage, Hash>,
}

impl<'a> SpendRules<'a> {
    pub(crate) const fn new(
        view: ChainView<'a>,
        target_block_seconds: u64,
        outputs: &'a OutputStore,
        journal: &'a Journal,
        pending: BTreeMap<KeyImage, Hash>,
    ) -> Self {
        Self {
            view,
            target_block_seconds,
            outputs,
            journal,
            pending,
        }
    }

    /// Judges one output; the first reason that applies.
    #[must_use]
    pub fn judge(&self, output: &OwnedOutput) -> Spendability {
        if let Some(spend) = self.outputs.spend_of(output) {
            return Spendability::Spent(spend);
        }
        let image = output.key_image.as_ref();
        if let Some(transaction) = image.and_then(|image| self.pending.get(image)) {
            return Spendability::PendingSpend(*transaction);
        }
        if !self.outputs.counts(output) {
            return Spendability::Duplicate;
        }
        if self.journal.frozen.contains(&output.key) {
            return Spendability::Frozen;
        }
        let stakes = self.view.stakes;
        let by_image = image.and_then(|image| stakes.locked.get(image));
        if let Some(lock) = by_image.or_else(|| stakes.locked_keys.get(&output.key)) {
            return Spendability::Staked(*lock);
        }
        if let Some(until) = image.and_then(|image| self.view.stakes.blacklisted.get(image)) {
            return Spendability::Blacklisted { until: *until };
        }
        self.judge_locks(output)
    }

    /// Age and unlock time.
    fn judge_locks(&self, output: &OwnedOutput) -> Spendability {
        let of_age = output.height.saturating_add(SPENDABLE_AGE_BLOCKS);
        let (height, time) = match output.unlock_time.unlock() {
            Unlock::AtHeight(height) => (of_age.max(height), None),
            Unlock::AtTime(time) => (of_age, Some(time)),
        };
        match time {
            Some(time) if self.view.now.saturating_add(self.target_block_seconds) < time => {
                Spendability::LockedUntilTime(time)
            }
            _ if self.view.chain_height < height => Spendability::LockedUntilHeight(height),
            _ => Spendability::Ready,
        }
    }

    /// Blocks until the next block can spend at `height`.
    #[must_use]
    pub fn blocks_until(&self, height: Height) -> u64 {
        height.since(self.view.chain_height)
    }

    /// The present.
    #[must_use]
    pub const fn view(&self) -> &ChainView<'a> {
        &self.view
    }
}
