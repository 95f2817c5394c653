//! What the chain knows of one service node (staking §4.1).
//!
//! The record is in two parts because they change at different rates: [`ServiceNode`] moves with nearly every block (queue,
//! Pulse order), its [`Stake`] only when somebody contributes. Clones share the stake.

use crate::{
    batching::Recipient,
    quorum::PulseSorter,
    rewards::{Contribution, NodeShares},
    swarm::SwarmId,
};
use oxen_types::{
    Amount, Height, KeyImage, Network, PublicKey,
    bytes::{BlsPublicKey, EthereumAddress},
    extra::Reasons,
};
use parity_scale_codec::{Decode, Encode};
use std::sync::Arc;

/// Place in the order of block leaders: who has waited longest leads (staking §9.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct QueuePosition {
    /// Height of the last event that sent the node to the end: registration, contribution, lead, recommission, IP penalty.
    pub height: Height,
    /// Index of the transaction in that block, or [`Self::NO_TRANSACTION`].
    pub transaction: u32,
}

impl QueuePosition {
    /// The event was no transaction.
    pub const NO_TRANSACTION: u32 = u32::MAX;

    /// Behind everything that happened by transaction in the block at `height`.
    #[must_use]
    pub const fn after_block(height: Height) -> Self {
        Self {
            height,
            transaction: Self::NO_TRANSACTION,
        }
    }
}

/// Whether a node works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Activity {
    /// Its stake is not complete.
    AwaitingContributions,
    /// It is in quorums and earns.
    Active {
        /// Height of the block that activated it last.
        since: Height,
    },
    /// It is suspended.
    Decommissioned {
        /// Height of the block that had activated it.
        active_since: Height,
        /// Height of the block that suspended it.
        since: Height,
    },
}

/// The last time a quorum suspended a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Decommission {
    /// Height of the block with the transaction.
    pub height: Height,
    /// The reasons that all voters gave.
    pub reasons_of_all: Reasons,
    /// The reasons that any voter gave.
    pub reasons_of_any: Reasons,
}

/// A registered service node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceNode {
    /// What changes often.
    pub record: NodeRecord,
    /// Who staked what.
    pub stake: Arc<Stake>,
}

/// The part of [`ServiceNode`] that moves with the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct NodeRecord {
    /// Height of the registering block.
    pub registration_height: Height,
    /// Hard fork number at the registration.
    pub registration_version: u8,
    /// The node expires in the first block above this height; `None` while nobody asked.
    pub requested_unlock_height: Option<Height>,
    /// Place in the order of leaders.
    pub queue: QueuePosition,
    /// Whether it works.
    pub activity: Activity,
    /// How often it was suspended.
    pub decommission_count: u32,
    /// The last time it was suspended.
    pub last_decommission: Option<Decommission>,
    /// Credit in blocks that it held when it was activated last (staking §15.5).
    pub recommission_credit: i64,
    /// Its swarm.
    pub swarm: SwarmId,
    /// Height of the last penalty for a changed address; the registration's at first.
    pub last_ip_change_height: Height,
    /// When it was a Pulse validator last.
    pub pulse_sorter: PulseSorter,
}

/// Who staked what on a node, and what the operator takes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Stake {
    /// What the node must hold, fixed at its registration; atomic OXEN.
    pub requirement: Amount,
    /// Its BLS key, from HF21 on.
    pub bls_key: Option<BlsPublicKey>,
    /// Who runs it; receives the fee up to HF20. From HF21 on the fee goes where the first contributor's rewards go.
    pub operator: Recipient,
    /// The operator's fee in portions of 2⁶⁴ − 4.
    pub operator_portions: u64,
    /// In the order of the registration, then of first contributions; the operator first.
    pub contributors: Vec<NodeContributor>,
    /// Sum of contributed amounts, atomic OXEN.
    pub total_contributed: Amount,
    /// Sum of reserved amounts, atomic OXEN.
    pub total_reserved: Amount,
}

/// Somebody with a part of a node.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct NodeContributor {
    /// Who.
    pub recipient: Recipient,
    /// Who gets the rewards in place of the contributor, from HF21 on.
    pub beneficiary: Option<EthereumAddress>,
    /// Credited, atomic OXEN.
    pub amount: Amount,
    /// Kept for this contributor, atomic OXEN; at least the amount.
    pub reserved: Amount,
    /// The outputs that hold the stake.
    pub locked: Vec<LockedContribution>,
}

/// A staked output, which cannot be spent while the node is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct LockedContribution {
    /// Its key image.
    pub key_image: KeyImage,
    /// Its one-time key.
    pub output_key: PublicKey,
    /// The whole output, which may be more than was credited; atomic OXEN.
    pub amount: Amount,
}

/// A stake that stays locked after its node was deregistered (staking §8.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct BlacklistedStake {
    /// Its key image.
    pub key_image: KeyImage,
    /// The block at this height lets it go; the one above may spend it. [`Self::FOR_EVER`] of a stake that became SESH.
    pub unlock_height: Height,
    /// Atomic OXEN.
    pub amount: Amount,
}

impl BlacklistedStake {
    /// No block lets it go.
    pub const FOR_EVER: Height = Height::new(u64::MAX);
}

impl Stake {
    /// The stake is complete.
    #[must_use]
    pub fn is_fully_funded(&self) -> bool {
        self.total_contributed >= self.requirement
    }

    /// A node whose stakers could not go on with it at HF21: nobody earns from it, and the network lets it go.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.contributors.is_empty()
    }

    /// Outputs that hold it.
    pub fn locked(&self) -> impl Iterator<Item = &LockedContribution> {
        self.contributors.iter().flat_map(|contributor| &contributor.locked)
    }

    /// Number of outputs that hold it.
    #[must_use]
    pub fn locked_count(&self) -> usize {
        self.locked().count()
    }

    /// The part of this address.
    #[must_use]
    pub fn contributor(&self, recipient: &Recipient) -> Option<&NodeContributor> {
        self.contributors
            .iter()
            .find(|contributor| contributor.recipient == *recipient)
    }

    /// How rewards are split.
    #[must_use]
    pub fn shares(&self) -> NodeShares {
        let operator = match (self.operator, self.contributors.first()) {
            (Recipient::Ethereum(_), Some(first)) => first.earner(),
            (operator, _) => operator,
        };
        NodeShares {
            operator_portions: self.operator_portions,
            operator,
            contributions: self
                .contributors
                .iter()
                .map(|contributor| Contribution {
                    recipient: contributor.earner(),
                    amount: contributor.amount,
                })
                .collect(),
        }
    }
}

impl NodeContributor {
    /// Who gets this contributor's rewards.
    #[must_use]
    pub fn earner(&self) -> Recipient {
        self.beneficiary.map_or(self.recipient, Recipient::Ethereum)
    }
}

impl ServiceNode {
    /// In quorums and the reward queue: fully funded and not suspended.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.record.activity, Activity::Active { .. })
    }

    /// Suspended.
    #[must_use]
    pub const fn is_decommissioned(&self) -> bool {
        matches!(self.record.activity, Activity::Decommissioned { .. })
    }

    /// The stake is complete.
    #[must_use]
    pub fn is_fully_funded(&self) -> bool {
        self.stake.is_fully_funded()
    }

    /// Earns in the block at `height` (staking §4.1).
    #[must_use]
    pub fn is_payable(&self, height: Height, network: &Network) -> bool {
        match self.record.activity {
            Activity::Active { since } => {
                height >= since.saturating_add(network.batching.payable_after_blocks) && !self.stake.is_abandoned()
            }
            _ => false,
        }
    }

    /// When the present state began: activation, suspension, or the last contribution (rpc §3.7 `state_height`).
    #[must_use]
    pub const fn state_height(&self) -> Height {
        match self.record.activity {
            Activity::AwaitingContributions => self.record.queue.height,
            Activity::Active { since } | Activity::Decommissioned { since, .. } => since,
        }
    }

    /// A quorum at `height` may vote on it (staking §15.6).
    #[must_use]
    pub fn can_be_voted_on(&self, height: Height) -> bool {
        let changed = match self.record.activity {
            Activity::AwaitingContributions => return false,
            Activity::Active { since } | Activity::Decommissioned { since, .. } => since,
        };
        height > self.record.registration_height && height > changed
    }

    /// Decommission credit in blocks while the newest block is at `height` (staking §15.5); negative once it is used up.
    #[must_use]
    pub fn decommission_credit(&self, height: Height, network: &Network) -> i64 {
        let (up, down) = match self.record.activity {
            Activity::AwaitingContributions => (0, 0),
            Activity::Active { since } => (height.since(since), 0),
            Activity::Decommissioned { active_since, since } => (since.since(active_since), height.since(since)),
        };
        let parameters = &network.decommission;
        let earned = u128::from(up)
            .saturating_mul(u128::from(parameters.credit_blocks_per_day))
            .checked_div(u128::from(network.blocks_per_day()))
            .and_then(|blocks| i64::try_from(blocks).ok())
            .unwrap_or(i64::MAX);
        let most = i64::try_from(parameters.max_credit_blocks).unwrap_or(i64::MAX);
        self.record
            .recommission_credit
            .saturating_add(earned)
            .min(most)
            .saturating_sub(i64::try_from(down).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests;
