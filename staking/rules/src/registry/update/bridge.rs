//! What the forks to L2 and confirmed events do to the registry (staking §18, §19).

use super::{ConfirmedEvent, RequirementChange, Step, SwarmUpdate};
use crate::registry::{
    conversion::convert,
    l2_node::{ConfirmedExit, Removal, RemovedNode, UnregisteredStake, bls_key_of, register_l2_node},
    node::ServiceNode,
};
use oxen_types::{
    Amount, PublicKey,
    bytes::BlsPublicKey,
    extra::L2EventKind,
    network::{HardForkVersion, L2Settlement},
};
use std::sync::Arc;

impl Step<'_> {
    /// Step 4: where HF20 begins, nodes that are not funded go, and their stakes are free (staking §18).
    pub(super) fn drop_open_nodes(&mut self) {
        let begin = self.network.forks.begins(HardForkVersion::ETHEREUM_TRANSITION);
        if begin != Some(self.block.height) {
            return;
        }
        let open: Vec<PublicKey> = self
            .registry
            .nodes()
            .filter(|(_, node)| !node.is_fully_funded())
            .map(|(key, _)| *key)
            .collect();
        for key in open {
            self.set(key, None);
        }
    }

    /// In the first block of HF21 stakes become SESH.
    pub(super) fn convert(&mut self) {
        let Some(unpaid) = self.block.conversion else { return };
        let requirement = self.registry.sent_requirement(self.network);
        let conversion = convert(&self.registry, unpaid, requirement, self.network);
        for (key, node) in conversion.nodes {
            self.set(key, Some(ServiceNode::clone(&node)));
        }
        for stake in conversion.blacklisted {
            self.registry.blacklist.push_back_mut(stake);
            self.blacklisted.push(stake);
        }
        self.credits = Some(conversion.credits);
    }

    /// A node leaves. One whose stake is on L2 is remembered until the contract has let it go.
    pub(super) fn remove(&mut self, key: PublicKey, removal: Removal) {
        if let Some(node) = self.registry.node(&key).cloned()
            && let Some(bls_key) = node.stake.bls_key
        {
            let removed = RemovedNode::new(key, &node, removal, self.block.height, self.network);
            self.set_removed(bls_key, Some(Arc::new(removed)));
        }
        self.set(key, None);
    }

    fn set_removed(&mut self, key: BlsPublicKey, node: Option<Arc<RemovedNode>>) {
        match &node {
            Some(node) => self.registry.bridge.removed.insert_mut(key, Arc::clone(node)),
            None => {
                self.registry.bridge.removed.remove_mut(&key);
            }
        }
        self.removed.insert(key, node);
    }

    fn set_unregistered(&mut self, key: BlsPublicKey, stake: Option<Arc<UnregisteredStake>>) {
        match &stake {
            Some(stake) => self.registry.bridge.unregistered.insert_mut(key, Arc::clone(stake)),
            None => {
                self.registry.bridge.unregistered.remove_mut(&key);
            }
        }
        self.unregistered.insert(key, stake);
    }

    /// What is confirmed, in the order in which it takes effect. That of the reports' ids, as the reference has it, says nothing of
    /// what came first: a node that left and whose key came again would end the new one. Where nothing is lost it is that of L2.
    pub(super) fn in_order<'c>(&self, confirmed: &'c [ConfirmedEvent]) -> Vec<&'c ConfirmedEvent> {
        let mut events: Vec<&ConfirmedEvent> = confirmed.iter().collect();
        if self.loses_nothing() {
            events.sort_by_key(|one| (one.l2_height, place_in_l2_block(&one.event)));
        }
        events
    }

    /// Step 8.
    pub(super) fn apply_event(&mut self, confirmed: &ConfirmedEvent) {
        match &confirmed.event {
            L2EventKind::NewServiceNode { .. } => self.register_on_l2(confirmed),
            L2EventKind::ExitRequest { bls_key } => self.request_exit(bls_key),
            L2EventKind::Exit {
                bls_key,
                returned_amount,
            } => self.exit(
                bls_key,
                &ConfirmedExit {
                    report: confirmed.report,
                    returned: *returned_amount,
                    height: self.block.height,
                },
            ),
            // 0 brings the network's own requirement back.
            L2EventKind::StakingRequirementUpdated { staking_requirement } => {
                let requirement = Some(*staking_requirement).filter(|amount| !amount.is_zero());
                self.registry.bridge.requirement = requirement;
                self.requirement = requirement.map_or(RequirementChange::Default, RequirementChange::Set);
            }
            L2EventKind::PurgeMissingServiceNode { bls_key } => self.purge(bls_key),
        }
    }

    fn loses_nothing(&self) -> bool {
        self.network.l2.settlement == L2Settlement::NothingLost
    }

    fn register_on_l2(&mut self, confirmed: &ConfirmedEvent) {
        let requirement = self.registry.sent_requirement(self.network);
        let made = register_l2_node(
            &confirmed.event,
            self.block.height,
            self.block.version,
            requirement,
            self.network,
        );
        let new = made
            .ok()
            .filter(|(key, node)| self.is_new(key, node.stake.bls_key.as_ref()));
        self.settle_earlier(confirmed);
        match new {
            Some((key, node)) => {
                self.set(key, Some(node));
                self.swarms = SwarmUpdate::Needed;
            }
            None => self.remember_stake(confirmed),
        }
    }

    /// The contract takes a key again only after it let the earlier node of that key go. Where nothing is lost, an exit that was
    /// never confirmed is made up for here.
    fn settle_earlier(&mut self, confirmed: &ConfirmedEvent) {
        let Some(bls_key) = bls_key_of(&confirmed.event).filter(|_| self.loses_nothing()) else {
            return;
        };
        let exit = ConfirmedExit {
            report: confirmed.report,
            returned: Amount::from_atomic(u64::MAX),
            height: self.block.height,
        };
        if let Some(node) = self.registry.bridge.removed.get(bls_key).cloned() {
            self.returned
                .extend(exit.settle(&node, self.network).into_iter().flatten());
            self.set_removed(*bls_key, None);
        } else if let Some(stake) = self.registry.bridge.unregistered.get(bls_key).cloned() {
            self.returned.extend(exit.refund(&stake).into_iter().flatten());
            self.set_unregistered(*bls_key, None);
        }
    }

    fn is_new(&self, key: &PublicKey, bls_key: Option<&BlsPublicKey>) -> bool {
        let bls_key_is_known = bls_key.is_some_and(|key| self.registry.node_by_bls_key(key).is_some());
        self.registry.node(key).is_none() && !bls_key_is_known
    }

    /// The contract holds stakes of a node that we cannot register. The network believes the report, so we know whose they are.
    /// A report about a key that has a node says nothing new: the contract has a key once.
    fn remember_stake(&mut self, confirmed: &ConfirmedEvent) {
        let L2EventKind::NewServiceNode {
            bls_key, contributors, ..
        } = &confirmed.event
        else {
            return;
        };
        let is_registered = self.registry.node_by_bls_key(bls_key).is_some();
        if !self.loses_nothing() || is_registered {
            return;
        }
        let stake = UnregisteredStake {
            report: confirmed.report,
            height: self.block.height,
            stakes: contributors.iter().map(|one| (one.address, one.amount)).collect(),
        };
        self.set_unregistered(*bls_key, Some(Arc::new(stake)));
    }

    fn request_exit(&mut self, bls_key: &BlsPublicKey) {
        let Some((key, node)) = self.registry.node_by_bls_key(bls_key) else {
            return;
        };
        let key = *key;
        if node.record.requested_unlock_height.is_none() {
            let at = self.block.height.saturating_add(self.network.staking.unlock_blocks);
            self.change(&key, |node| node.record.requested_unlock_height = Some(at));
        }
    }

    fn exit(&mut self, bls_key: &BlsPublicKey, exit: &ConfirmedExit) {
        if let Some(node) = self.registry.bridge.removed.get(bls_key).cloned() {
            if let Some(returned) = exit.settle(&node, self.network) {
                self.returned.extend(returned);
                self.set_removed(*bls_key, None);
            }
        } else if self.loses_nothing() {
            self.exit_of_others(bls_key, exit);
        }
    }

    /// The contract let a node go that is registered here, or one that never was.
    fn exit_of_others(&mut self, bls_key: &BlsPublicKey, exit: &ConfirmedExit) {
        if let Some((key, node)) = self.registry.node_by_bls_key(bls_key) {
            let (key, was_active) = (*key, node.is_active());
            let mut removed = RemovedNode::new(key, node, Removal::Expired, exit.height, self.network);
            // It was slashed, if it was, by what the contract knows: no time of ours has to pass first.
            removed.liquidation_height = exit.height;
            if let Some(returned) = exit.settle(&removed, self.network) {
                self.returned.extend(returned);
                self.set(key, None);
                if was_active {
                    self.swarms = SwarmUpdate::Needed;
                }
            }
        } else if let Some(stake) = self.registry.bridge.unregistered.get(bls_key).cloned()
            && let Some(returned) = exit.refund(&stake)
        {
            self.returned.extend(returned);
            self.set_unregistered(*bls_key, None);
        }
    }

    /// The contract does not list the node. The reference forgets it, and with it the stake (bridge §7.2, item 13).
    fn purge(&mut self, bls_key: &BlsPublicKey) {
        let Some((key, node)) = self.registry.node_by_bls_key(bls_key) else {
            return;
        };
        let (key, was_active) = (*key, node.is_active());
        if self.loses_nothing() {
            self.remove(key, Removal::Purged);
        } else {
            self.set(key, None);
        }
        if was_active {
            self.swarms = SwarmUpdate::Needed;
        }
    }
}

/// In one block of L2 a key leaves before it comes again, and only who came can ask to leave.
const fn place_in_l2_block(event: &L2EventKind) -> u8 {
    match event {
        L2EventKind::Exit { .. } => 0,
        L2EventKind::NewServiceNode { .. } | L2EventKind::StakingRequirementUpdated { .. } => 1,
        L2EventKind::ExitRequest { .. } | L2EventKind::PurgeMissingServiceNode { .. } => 2,
    }
}
