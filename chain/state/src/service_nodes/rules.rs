//! The registry in the state transition.

use super::{
    BlockDuties, EarningNode, PayableChange, Producer, RewardDuties, ServiceNodeRules,
    check::{changed_node_of, check_transaction, check_unlock_is_due},
    quorums::pulse_quorum,
    registry::{self, RegistryCache},
};
use crate::{
    bridge::events::{add_reports, count_votes},
    delta::Overlay,
    error::TransactionError,
    rewards::balances_after,
    transaction::CheckedTransaction,
    view::{View, ViewError},
};
use oxen_staking_rules::{
    Registry, ServiceNode,
    quorum::Quorum,
    registry::{NodeChange, RegistryBlock, RegistryUpdate, StakingTransaction, UnpaidRewards},
};
use oxen_types::{
    Block, Hash, Height, Network, PublicKey, extra::Extra, network::HardForkVersion, transaction::TransactionType,
};
use std::sync::{Arc, Mutex, PoisonError};

/// The rules of service nodes on a network. Results depend on the arguments alone; what is kept between calls only makes them
/// faster.
#[derive(Debug)]
pub struct StakingRules {
    network: Arc<Network>,
    registries: RegistryCache,
    last_quorum: Mutex<Option<RoundQuorum>>,
}

/// A Pulse quorum, which every check of a block asks for again.
#[derive(Debug)]
struct RoundQuorum {
    parent: Hash,
    round: u8,
    quorum: Option<Quorum>,
}

impl StakingRules {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(network: Arc<Network>) -> Self {
        Self {
            network,
            registries: RegistryCache::default(),
            last_quorum: Mutex::default(),
        }
    }

    /// The registry after the newest block of `view`. Cheap unless that block is none of the last few.
    ///
    /// # Errors
    /// The state could not be read.
    pub fn registry(&self, view: &dyn View) -> Result<Arc<Registry>, ViewError> {
        Ok(self.registries.at_tip(view)?.1)
    }

    /// The Pulse quorum that makes the next block of `view` in `round`; `None` when it must be mined.
    ///
    /// # Errors
    /// The state could not be read.
    pub fn next_pulse_quorum(&self, view: &dyn View, height: Height, round: u8) -> Result<Option<Quorum>, ViewError> {
        let (parent, registry) = self.registries.at_tip(view)?;
        self.quorum_of(view, parent, &registry, height, round)
    }

    fn quorum_of(
        &self,
        view: &dyn View,
        parent: Hash,
        registry: &Registry,
        height: Height,
        round: u8,
    ) -> Result<Option<Quorum>, ViewError> {
        let last = || self.last_quorum.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last().as_ref().filter(|one| one.parent == parent && one.round == round) {
            return Ok(known.quorum.clone());
        }
        // Not under the lock: front ends ask, too, and must not hold up the writer.
        let quorum = pulse_quorum(view, &self.network, registry, height, round)?;
        *last() = Some(RoundQuorum {
            parent,
            round,
            quorum: quorum.clone(),
        });
        Ok(quorum)
    }
}

impl ServiceNodeRules for StakingRules {
    fn block_duties(&self, view: &dyn View, height: Height, round: u8) -> Result<BlockDuties, ViewError> {
        let (parent, registry) = self.registries.at_tip(view)?;
        Ok(BlockDuties {
            leader: registry.next_leader().unwrap_or(PublicKey::ZERO),
            quorum: self.quorum_of(view, parent, &registry, height, round)?,
        })
    }

    fn check_transaction(
        &self,
        view: &dyn View,
        transaction: &CheckedTransaction,
        height: Height,
    ) -> Result<(), TransactionError> {
        let registry = match transaction.transaction().prefix.kind {
            TransactionType::StateChange | TransactionType::KeyImageUnlock => self.registry(view)?,
            _ => Arc::default(),
        };
        check_transaction(view, &registry, transaction, height)
    }

    fn check_policy(
        &self,
        view: &dyn View,
        transaction: &CheckedTransaction,
        height: Height,
    ) -> Result<(), TransactionError> {
        let batching = self.network.forks.version_at(height).version == HardForkVersion::REWARD_BATCHING;
        if batching && transaction.transaction().prefix.kind == TransactionType::KeyImageUnlock {
            let registry = self.registry(view)?;
            check_unlock_is_due(&registry, transaction, height, &self.network)?;
        }
        Ok(())
    }

    fn apply_block(
        &self,
        state: &mut Overlay<&dyn View>,
        block: &Block,
        id: &Hash,
        transactions: &[&CheckedTransaction],
        height: Height,
    ) -> Result<RewardDuties, ViewError> {
        let (parent, before) = self.registries.at_tip(state)?;
        let quorum = self.quorum_of(state, parent, &before, height, block.round())?;
        let extras: Vec<Extra> = transactions
            .iter()
            .map(|transaction| Extra::parse_or_empty(&transaction.transaction().prefix.extra))
            .collect();
        let staking = staking_transactions(state, transactions, &extras)?;
        let confirmed = count_votes(state, block, height)?;
        add_reports(state, block, transactions, height);
        let conversion = self.unpaid_rewards(state, height)?;
        let update = before.update(
            &RegistryBlock {
                confirmed: &confirmed,
                conversion: conversion.as_ref(),
                height,
                id: *id,
                version: self.network.forks.version_at(height).version,
                pulse_quorum: quorum.as_ref(),
                transactions: &staking,
            },
            &self.network,
        );
        registry::write(state, &update, height)?;
        let producer = match quorum.as_ref().and_then(|quorum| quorum.workers.first()) {
            Some(key) if block.has_pulse() => match update.registry.node(key) {
                Some(node) => Producer::Node(node.stake.shares()),
                None => Producer::Gone,
            },
            _ => Producer::Miner,
        };
        let change = self.payable_change(&update, height);
        let payable = update
            .registry
            .nodes()
            .filter(|(_, node)| node.is_payable(height, &self.network));
        let duties = RewardDuties {
            change,
            producer,
            payable: payable.count() as u64,
            credits: update.credits,
        };
        self.registries.insert(*id, Arc::new(update.registry));
        Ok(duties)
    }
}

impl StakingRules {
    /// What OXEN addresses were not paid, where HF21 begins at `height`; `None` elsewhere.
    fn unpaid_rewards(&self, state: &dyn View, height: Height) -> Result<Option<UnpaidRewards>, ViewError> {
        let begin = self.network.forks.begins(HardForkVersion::ETHEREUM);
        let (Some(_), Some(before)) = (begin.filter(|begin| *begin == height), height.previous()) else {
            return Ok(None);
        };
        let balances = balances_after(state, before)?;
        Ok(Some(UnpaidRewards {
            balances: balances
                .into_iter()
                .map(|(_, balance)| (balance.recipient, balance.amount))
                .collect(),
        }))
    }

    /// How the paid nodes of the block at `height` differ from those of the block before.
    fn payable_change(&self, update: &RegistryUpdate, height: Height) -> Option<PayableChange> {
        let before = height.saturating_sub(1);
        let earned =
            |node: &Option<Arc<ServiceNode>>, at| node.clone().filter(|node| node.is_payable(at, &self.network));
        let mut change = PayableChange::default();
        for (
            key,
            NodeChange {
                before: old,
                after: new,
            },
        ) in &update.nodes
        {
            match (earned(old, before), earned(new, height)) {
                (Some(old), Some(new)) if old.stake == new.stake => {}
                (old, new) => {
                    change.stopped.extend(old.map(|node| earning(key, &node)));
                    change.started.extend(new.map(|node| earning(key, &node)));
                }
            }
        }
        // Those that did not change begin to earn when their time has come.
        let others = update
            .registry
            .active()
            .filter(|(key, _)| !update.nodes.contains_key(key));
        for (key, node) in others {
            if node.is_payable(height, &self.network) && !node.is_payable(before, &self.network) {
                change.started.push(earning(key, node));
            }
        }
        if change.started.is_empty() && change.stopped.is_empty() {
            return None;
        }
        let payable = update.registry.payable(height, &self.network);
        change.payable = payable.into_iter().map(|(_, shares)| shares).collect();
        Some(change)
    }
}

fn earning(key: &PublicKey, node: &ServiceNode) -> EarningNode {
    EarningNode {
        key: *key,
        shares: node.stake.shares(),
    }
}

/// The transactions of the registry's kinds, with what they are about. A decision whose quorum or node cannot be told has no
/// effect; the check before has refused it.
fn staking_transactions<'a>(
    state: &dyn View,
    transactions: &[&'a CheckedTransaction],
    extras: &'a [Extra],
) -> Result<Vec<StakingTransaction<'a>>, ViewError> {
    let mut staking = Vec::new();
    for ((transaction, extra), index) in transactions.iter().zip(extras).zip(0_u32..) {
        let transaction = transaction.transaction();
        match transaction.prefix.kind {
            TransactionType::Stake => staking.push(StakingTransaction::Stake { index, transaction }),
            TransactionType::KeyImageUnlock => {
                if let (Some(node), Some(unlock)) = (extra.service_node_key(), extra.key_image_unlock()) {
                    staking.push(StakingTransaction::Unlock { node, unlock });
                }
            }
            TransactionType::StateChange => {
                if let Some(change) = extra.state_change()
                    && let Some(node) = changed_node_of(state, change)?
                {
                    staking.push(StakingTransaction::StateChange { node, change });
                }
            }
            _ => {}
        }
    }
    Ok(staking)
}
