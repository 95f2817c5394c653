//! The registry of service nodes: who is registered, in which order they lead, whose stakes are locked (staking §4 to §10).
//!
//! A [`Registry`] is a value: [`update`] makes the next one from a block, sharing with the old one whatever did not change, and
//! says what changed. [`node`] is one node, [`contribution`] what may be staked on it, [`registration`] how it comes to be,
//! [`stake_transaction`] how a staked output is found in a transaction, [`unlock`] and [`state_change`] how it ends. [`l2_node`]
//! is a node whose stake is on L2, [`conversion`] how those with OXEN become such.

pub mod contribution;
pub mod conversion;
pub mod l2_node;
pub mod node;
pub mod registration;
pub mod stake_transaction;
pub mod state_change;
pub mod unlock;
pub mod update;

pub use contribution::{ContributionRefusal, ContributionRoom, most_accepted, newcomer_minimum, operator_minimum};
pub use conversion::{Conversion, UnpaidRewards};
pub use l2_node::{L2RegistrationError, Removal, RemovedNode, StakeReturn, UnregisteredStake};
pub use node::{
    Activity, BlacklistedStake, Decommission, LockedContribution, NodeContributor, NodeRecord, QueuePosition,
    ServiceNode, Stake,
};
pub use registration::RegistrationError;
pub use state_change::StateChangeError;
pub use unlock::UnlockError;
pub use update::{ConfirmedEvent, NodeChange, RegistryBlock, RegistryUpdate, RequirementChange, StakingTransaction};

use crate::{
    quorum::{PulseCandidate, is_eligible_for_blink},
    rewards::NodeShares,
};
use oxen_types::{Amount, Height, Network, PublicKey, bytes::BlsPublicKey};
use rpds::{RedBlackTreeMapSync, VectorSync};
use std::sync::Arc;

/// Every service node in the order of keys, and the stakes of those that were thrown out.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    nodes: RedBlackTreeMapSync<PublicKey, Arc<ServiceNode>>,
    blacklist: VectorSync<BlacklistedStake>,
    bridge: BridgeStakes,
}

/// What the registry knows of stakes on L2 beside its nodes; empty before HF21.
#[derive(Debug, Clone, Default)]
pub struct BridgeStakes {
    /// Nodes that left and whose stake the contract still holds, by BLS key.
    pub removed: RedBlackTreeMapSync<BlsPublicKey, Arc<RemovedNode>>,
    /// Stakes of registrations that were confirmed but made no node, by BLS key.
    pub unregistered: RedBlackTreeMapSync<BlsPublicKey, Arc<UnregisteredStake>>,
    /// What nodes that are registered from now on must hold, where the contract said so; atomic SESH.
    pub requirement: Option<Amount>,
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
            bridge: BridgeStakes::default(),
        }
    }

    /// With what is known of stakes on L2 beside the nodes.
    #[must_use]
    pub fn with_bridge(mut self, bridge: BridgeStakes) -> Self {
        self.bridge = bridge;
        self
    }

    /// What is known of stakes on L2 beside the nodes.
    #[must_use]
    pub const fn bridge(&self) -> &BridgeStakes {
        &self.bridge
    }

    /// The registered node with this BLS key.
    #[must_use]
    pub fn node_by_bls_key(&self, bls_key: &BlsPublicKey) -> Option<(&PublicKey, &Arc<ServiceNode>)> {
        self.nodes()
            .find(|(_, node)| node.stake.bls_key.as_ref() == Some(bls_key))
    }

    /// What a node that is registered on L2 now must hold; atomic SESH.
    #[must_use]
    pub fn sent_requirement(&self, network: &Network) -> Amount {
        self.bridge.requirement.unwrap_or(network.staking.sent_requirement)
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
