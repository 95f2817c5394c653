//! The registry of service nodes: who is registered, in which order they lead, whose stakes are locked (staking §4 to §10).
//!
//! A [`Registry`] is a value: [`update`] makes the next one from a block, sharing with the old one whatever did not change, and
//! says what changed. [`node`] is one node, [`contribution`] what may be staked on it, [`registration`] how it comes to be,
//! [`stake_transaction`] how a staked output is found in a transaction, [`unlock`] and [`state_change`] how it ends.

pub mod contribution;
pub mod node;
pub mod registration;
pub mod stake_transaction;
pub mod state_change;
pub mod unlock;
pub mod update;

pub use contribution::{ContributionRefusal, ContributionRoom, most_accepted, newcomer_minimum, operator_minimum};
pub use node::{
    Activity, BlacklistedStake, Decommission, LockedContribution, NodeContributor, NodeRecord, QueuePosition,
    ServiceNode, Stake,
};
pub use registration::RegistrationError;
pub use state_change::StateChangeError;
pub use unlock::UnlockError;
pub use update::{NodeChange, RegistryBlock, RegistryUpdate, StakingTransaction};

use crate::{
    quorum::{PulseCandidate, is_eligible_for_blink},
    rewards::NodeShares,
};
use oxen_types::{Height, Network, PublicKey};
use rpds::{RedBlackTreeMapSync, VectorSync};
use std::sync::Arc;

/// Every service node in the order of keys, and the stakes of those that were thrown out.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    nodes: RedBlackTreeMapSync<PublicKey, Arc<ServiceNode>>,
    blacklist: VectorSync<BlacklistedStake>,
}

impl Registry {
    /// From the nodes and blacklisted stakes, in the order in which they were blacklisted.
    pub fn new(
        nodes: impl IntoIterator<Item = (PublicKey, Arc<ServiceNode>)>,
        blacklist: impl IntoIterator<Item = BlacklistedStake>,
    ) -> Self {
        Self {
            nodes: nodes.into_iter().collect(),
            blacklist: blacklist.into_iter().collect(),
        }
    }

    /// Number of registered nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.size()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node by its primary key.
    #[must_use]
    pub fn node(&self, key: &PublicKey) -> Option<&Arc<ServiceNode>> {
        self.nodes.get(key)
    }

    /// Every node in the order of keys.
    pub fn nodes(&self) -> impl Iterator<Item = (&PublicKey, &Arc<ServiceNode>)> {
        self.nodes.iter()
    }

    /// Active nodes in the order of keys.
    pub fn active(&self) -> impl Iterator<Item = (&PublicKey, &Arc<ServiceNode>)> {
        self.nodes().filter(|(_, node)| node.is_active())
    }

    /// Suspended nodes in the order of keys.
    pub fn decommissioned(&self) -> impl Iterator<Item = (&PublicKey, &Arc<ServiceNode>)> {
        self.nodes().filter(|(_, node)| node.is_decommissioned())
    }

    /// Stakes of deregistered nodes, in the order in which they were blacklisted.
    pub fn blacklist(&self) -> impl Iterator<Item = &BlacklistedStake> {
        self.blacklist.iter()
    }

    /// Who leads the next block: the active node that has waited longest (staking §9.2); `None` when there is none.
    #[must_use]
    pub fn next_leader(&self) -> Option<PublicKey> {
        self.active()
            .min_by_key(|(key, node)| (node.record.queue, **key))
            .map(|(key, _)| *key)
    }

    /// Active nodes with what orders them for Pulse, in the order of keys.
    #[must_use]
    pub fn pulse_candidates(&self) -> Vec<PulseCandidate> {
        self.active()
            .map(|(key, node)| PulseCandidate {
                key: *key,
                sorter: node.record.pulse_sorter,
            })
            .collect()
    }

    /// Active nodes that a blink quorum of `height` may hold, in the order of keys (staking §12).
    #[must_use]
    pub fn blink_eligible(&self, height: Height) -> Vec<PublicKey> {
        self.active()
            .filter(|(_, node)| is_eligible_for_blink(node.record.requested_unlock_height, height))
            .map(|(key, _)| *key)
            .collect()
    }

    /// How the rewards of each node that earns at `height` are split, in the order of keys.
    #[must_use]
    pub fn payable(&self, height: Height, network: &Network) -> Vec<(PublicKey, NodeShares)> {
        self.nodes()
            .filter(|(_, node)| node.is_payable(height, network))
            .map(|(key, node)| (*key, node.stake.shares()))
            .collect()
    }
}
