//! What a block does to the registry, in the exact order of the reference (staking §9.1).

use super::{
    Registry,
    conversion::UnpaidRewards,
    l2_node::{Removal, RemovedNode, StakeReturn, UnregisteredStake},
    node::{Activity, BlacklistedStake, LockedContribution, QueuePosition, ServiceNode},
    registration::RegistrationTerms,
    stake_transaction::{StakedOutput, staked_output},
    unlock::requested_unlock,
};
use crate::{
    quorum::{
        PulseSorter, Quorum, QuorumKind, blink_quorum, checkpointing_quorum, has_blink_quorum,
        has_checkpointing_quorum, obligations_quorum,
    },
    swarm::update_swarms,
};
use oxen_types::{
    Amount, Hash, Height, Network, PublicKey, Transaction,
    bytes::{BlsPublicKey, EthereumAddress},
    extra::{Extra, KeyImageUnlock, L2EventKind, NewState, StateChange},
    network::HardForkVersion,
};
use parity_scale_codec::{Decode, Encode};
use std::{collections::BTreeMap, sync::Arc};

/// A block as the registry sees it.
#[derive(Debug, Clone, Copy)]
pub struct RegistryBlock<'a> {
    /// Its height.
    pub height: Height,
    /// Its id, which seeds quorums and swarms.
    pub id: Hash,
    /// Its hard fork.
    pub version: HardForkVersion,
    /// The Pulse quorum of its round, whether or not that made it.
    pub pulse_quorum: Option<&'a Quorum>,
    /// What happened on L2 and is confirmed by this block's votes, in the order of the reports' ids.
    pub confirmed: &'a [ConfirmedEvent],
    /// Rewards of OXEN addresses that were not paid: given in the first block of HF21, and in no other.
    pub conversion: Option<&'a UnpaidRewards>,
    /// Its transactions of the registry's kinds, in order.
    pub transactions: &'a [StakingTransaction<'a>],
}

/// Something that happened on L2, once the network believes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedEvent {
    /// The transaction that reported it.
    pub report: Hash,
    /// The L2 block in which it happened.
    pub l2_height: u64,
    /// What happened.
    pub event: L2EventKind,
}

/// A transaction that may change the registry. It is valid; whether it has an effect is decided here.
#[derive(Debug, Clone, Copy)]
pub enum StakingTransaction<'a> {
    /// A registration or a contribution.
    Stake {
        /// Position among the block's transactions, the coinbase not counted.
        index: u32,
        /// The transaction.
        transaction: &'a Transaction,
    },
    /// A contributor asks for the stakes back.
    Unlock {
        /// The node.
        node: PublicKey,
        /// The request.
        unlock: &'a KeyImageUnlock,
    },
    /// A quorum's decision, whose votes were verified.
    StateChange {
        /// The node it is about.
        node: PublicKey,
        /// The decision.
        change: &'a StateChange,
    },
}

/// The quorums that the state after a block has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct StateQuorums {
    /// Tests nodes.
    pub obligations: Quorum,
    /// Votes on the block eleven heights above; `None` at heights without, empty where too few nodes are active.
    pub checkpointing: Option<Quorum>,
    /// Approves blinks; `None` at heights without, empty where too few nodes are eligible.
    pub blink: Option<Quorum>,
    /// Was to make this block.
    pub pulse: Option<Quorum>,
}

impl StateQuorums {
    /// The quorum of a kind.
    #[must_use]
    pub const fn get(&self, kind: QuorumKind) -> Option<&Quorum> {
        match kind {
            QuorumKind::Obligations => Some(&self.obligations),
            QuorumKind::Checkpointing => self.checkpointing.as_ref(),
            QuorumKind::Blink => self.blink.as_ref(),
            QuorumKind::Pulse => self.pulse.as_ref(),
        }
    }
}

/// A node before and after a block. `None` where it is not registered. This is also what takes the change back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeChange {
    /// Before.
    pub before: Option<Arc<ServiceNode>>,
    /// After.
    pub after: Option<Arc<ServiceNode>>,
}

/// The registry after a block, and how it differs from the one before.
#[derive(Debug, Clone)]
pub struct RegistryUpdate {
    /// After the block.
    pub registry: Registry,
    /// Every node that changed, in the order of keys.
    pub nodes: BTreeMap<PublicKey, NodeChange>,
    /// Stakes that were blacklisted, in order.
    pub blacklisted: Vec<BlacklistedStake>,
    /// Stakes that are free again after their blacklisting.
    pub released: Vec<BlacklistedStake>,
    /// Quorums of the new state.
    pub quorums: StateQuorums,
    /// Stake that goes back to somebody, in the order of reports and contributors.
    pub returned: Vec<StakeReturn>,
    /// Nodes that left or were settled, by BLS key: `None` when they are settled.
    pub removed: BTreeMap<BlsPublicKey, Option<Arc<RemovedNode>>>,
    /// Registrations that made no node, by BLS key: `None` when they are settled.
    pub unregistered: BTreeMap<BlsPublicKey, Option<Arc<UnregisteredStake>>>,
    /// What nodes that are registered from now on must hold.
    pub requirement: RequirementChange,
    /// What accrues by the conversion of OXEN, in the first block of HF21.
    pub credits: Option<BTreeMap<EthereumAddress, Amount>>,
}

/// Whether the contract said anew what nodes must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequirementChange {
    /// It did not.
    Kept,
    /// This much, atomic SESH.
    Set(Amount),
    /// As much as the network's parameters say.
    Default,
}

impl Registry {
    /// The registry after `block`.
    #[must_use]
    pub fn update(&self, block: &RegistryBlock<'_>, network: &Network) -> RegistryUpdate {
        let mut step = Step {
            network,
            block,
            registry: self.clone(),
            changed: BTreeMap::new(),
            blacklisted: Vec::new(),
            swarms: SwarmUpdate::NotNeeded,
            returned: Vec::new(),
            removed: BTreeMap::new(),
            unregistered: BTreeMap::new(),
            requirement: RequirementChange::Kept,
            credits: None,
        };
        let leader = self.next_leader();
        step.rotate_validators();
        step.drop_open_nodes();
        step.convert();
        let released = step.release_blacklist();
        step.expire();
        step.rotate_leader(leader);
        for event in step.in_order(block.confirmed) {
            step.apply_event(event);
        }
        for transaction in block.transactions {
            step.apply_transaction(transaction);
        }
        let active: Vec<PublicKey> = step.registry.active().map(|(key, _)| *key).collect();
        if step.swarms == SwarmUpdate::Needed {
            step.update_swarms();
        }
        let quorums = step.quorums(&active);
        let Step {
            registry,
            changed,
            blacklisted,
            returned,
            removed,
            unregistered,
            requirement,
            credits,
            ..
        } = step;
        let nodes = changed
            .into_iter()
            .map(|(key, before)| {
                let after = registry.node(&key).cloned();
                (key, NodeChange { before, after })
            })
            .filter(|(_, change)| change.before != change.after)
            .collect();
        RegistryUpdate {
            registry,
            nodes,
            blacklisted,
            released,
            quorums,
            returned,
            removed,
            unregistered,
            requirement,
            credits,
        }
    }
}

/// Whether the block changed the active nodes (staking §13.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SwarmUpdate {
    Needed,
    NotNeeded,
}

/// The registry while a block is applied.
struct Step<'a> {
    network: &'a Network,
    block: &'a RegistryBlock<'a>,
    registry: Registry,
    /// What each changed node was before the block.
    changed: BTreeMap<PublicKey, Option<Arc<ServiceNode>>>,
    blacklisted: Vec<BlacklistedStake>,
    swarms: SwarmUpdate,
    returned: Vec<StakeReturn>,
    removed: BTreeMap<BlsPublicKey, Option<Arc<RemovedNode>>>,
    unregistered: BTreeMap<BlsPublicKey, Option<Arc<UnregisteredStake>>>,
    requirement: RequirementChange,
    credits: Option<BTreeMap<EthereumAddress, Amount>>,
}

impl Step<'_> {
    /// Writes a node, or removes it.
    fn set(&mut self, key: PublicKey, node: Option<ServiceNode>) {
        let before = self.registry.node(&key).cloned();
        self.changed.entry(key).or_insert(before);
        match node {
            Some(node) => self.registry.nodes.insert_mut(key, Arc::new(node)),
            None => {
                self.registry.nodes.remove_mut(&key);
            }
        }
    }

    /// Changes the record of a node that is registered.
    fn change(&mut self, key: &PublicKey, change: impl FnOnce(&mut ServiceNode)) {
        if let Some(node) = self.registry.node(key) {
            let mut node = ServiceNode::clone(node);
            change(&mut node);
            self.set(*key, Some(node));
        }
    }

    /// Step 2: the validators of the round go to the back, at the height before (staking §22, quirk 3).
    fn rotate_validators(&mut self) {
        let Some(quorum) = self.block.pulse_quorum else { return };
        let height = self.block.height.saturating_sub(1);
        for (index, validator) in (0_u8..).zip(&quorum.validators) {
            self.change(validator, |node| {
                node.record.pulse_sorter = PulseSorter { height, index }
            });
        }
    }

    /// Step 5.
    fn release_blacklist(&mut self) -> Vec<BlacklistedStake> {
        let height = self.block.height;
        let (kept, released): (Vec<BlacklistedStake>, Vec<BlacklistedStake>) = self
            .registry
            .blacklist()
            .copied()
            .partition(|stake| height < stake.unlock_height);
        if !released.is_empty() {
            self.registry.blacklist = kept.into_iter().collect();
        }
        released
    }

    /// Step 6.
    fn expire(&mut self) {
        let height = self.block.height;
        let expired: Vec<(PublicKey, bool)> = self
            .registry
            .nodes()
            .filter(|(_, node)| node.record.requested_unlock_height.is_some_and(|last| height > last))
            .map(|(key, node)| (*key, node.is_active()))
            .collect();
        for (key, was_active) in expired {
            if was_active {
                self.swarms = SwarmUpdate::Needed;
            }
            self.remove(key, Removal::Expired);
        }
    }

    /// Step 7.
    fn rotate_leader(&mut self, leader: Option<PublicKey>) {
        if let Some(leader) = leader {
            let height = self.block.height;
            self.change(&leader, |node| node.record.queue = QueuePosition::after_block(height));
        }
    }

    /// Step 10.
    fn apply_transaction(&mut self, transaction: &StakingTransaction<'_>) {
        let stakes_are_oxen = self.block.version < HardForkVersion::ETHEREUM;
        match transaction {
            StakingTransaction::Stake { .. } | StakingTransaction::Unlock { .. } if !stakes_are_oxen => {}
            StakingTransaction::Stake { index, transaction } => self.stake(*index, transaction),
            StakingTransaction::Unlock { node, unlock } => self.unlock(node, unlock),
            StakingTransaction::StateChange { node, change } => self.change_state(*node, change),
        }
    }

    fn stake(&mut self, index: u32, transaction: &Transaction) {
        let extra = Extra::parse_or_empty(&transaction.prefix.extra);
        let Ok(stake) = staked_output(transaction, &extra) else {
            return;
        };
        let place = QueuePosition {
            height: self.block.height,
            transaction: index,
        };
        self.register(&extra, &stake, place);
        self.contribute(&stake, place);
    }

    fn register(&mut self, extra: &Extra, stake: &StakedOutput, place: QueuePosition) {
        let Some(registration) = extra.registration() else {
            return;
        };
        let requirement = self.network.staking.oxen_requirement;
        let version = self.block.version;
        let node = RegistrationTerms::check(registration, &stake.node, version, requirement)
            .and_then(|terms| terms.register(stake, place, version, requirement, self.network));
        if let Ok(node) = node
            && self.registry.node(&stake.node).is_none()
        {
            self.set(stake.node, Some(node));
        }
    }

    fn contribute(&mut self, stake: &StakedOutput, place: QueuePosition) {
        let Some(node) = self.registry.node(&stake.node) else {
            return;
        };
        let mut node = ServiceNode::clone(node);
        if Arc::make_mut(&mut node.stake)
            .contribute(stake.contributor, stake.output)
            .is_err()
        {
            return;
        }
        node.record.queue = place;
        if node.is_fully_funded() {
            node.record.activity = Activity::Active {
                since: self.block.height,
            };
            self.swarms = SwarmUpdate::Needed;
        }
        self.set(stake.node, Some(node));
    }

    fn unlock(&mut self, key: &PublicKey, unlock: &KeyImageUnlock) {
        let Some(node) = self.registry.node(key) else { return };
        let at = requested_unlock(node, unlock, self.block.height, self.block.version, self.network);
        if at.is_some() {
            self.change(key, |node| node.record.requested_unlock_height = at);
        }
    }

    fn change_state(&mut self, key: PublicKey, change: &StateChange) {
        let Some(node) = self.registry.node(&key).cloned() else {
            return;
        };
        if change.state == NewState::Deregister {
            self.blacklist(node.stake.locked());
            self.remove(key, Removal::Deregistered);
        } else if let Some(changed) = node.changed(change, self.block.height, self.network) {
            self.set(key, Some(changed));
        } else {
            return;
        }
        self.swarms = SwarmUpdate::Needed;
    }

    fn blacklist<'s>(&mut self, stakes: impl Iterator<Item = &'s LockedContribution>) {
        let unlock_height = self
            .block
            .height
            .saturating_add(self.network.staking.deregistration_lock_blocks);
        for stake in stakes {
            let stake = BlacklistedStake {
                key_image: stake.key_image,
                unlock_height,
                amount: stake.amount,
            };
            self.registry.blacklist.push_back_mut(stake);
            self.blacklisted.push(stake);
        }
    }

    /// Step 11.
    fn update_swarms(&mut self) {
        let seed = self.block.id.as_bytes().first_chunk::<8>().copied().unwrap_or_default();
        let active = self.registry.active().map(|(key, node)| (key, &node.record.swarm));
        let moved = update_swarms(active, u64::from_le_bytes(seed));
        for (key, swarm) in moved {
            self.change(&key, |node| node.record.swarm = swarm);
        }
    }

    /// Step 12.
    fn quorums(&self, active: &[PublicKey]) -> StateQuorums {
        let (height, seed) = (self.block.height, &self.block.id);
        let decommissioned: Vec<PublicKey> = self.registry.decommissioned().map(|(key, _)| *key).collect();
        StateQuorums {
            obligations: obligations_quorum(active, &decommissioned, seed),
            checkpointing: has_checkpointing_quorum(height).then(|| checkpointing_quorum(active, seed)),
            blink: has_blink_quorum(height).then(|| blink_quorum(&self.registry.blink_eligible(height), seed)),
            pulse: self.block.pulse_quorum.cloned(),
        }
    }
}

mod bridge;
#[cfg(test)]
mod tests;
