//! What the chain knows: totals, and who is a service node.

use oxen_node_api::{
    BridgeNodes, ChainReader, RewardBalances, SwapTotals,
    bridge::{DepartedNode, DepartureReason, NodeStanding, RegisteredNode},
};
use oxen_staking_rules::registry::{Removal, RemovedNode};
use oxen_state::{StakingRules, ViewError, bridge::pending_events, queries, rewards, swap};
use oxen_types::{
    Amount, Height,
    bytes::{BlsPublicKey, EthereumAddress},
    extra::L2EventKind,
};
use std::sync::Arc;

/// Totals and nodes of a chain.
pub struct ChainSources {
    /// The chain.
    pub chain: Arc<dyn ChainReader>,
    /// Who is a service node.
    pub staking: Arc<StakingRules>,
}

impl RewardBalances for ChainSources {
    fn total_at(&self, recipient: &EthereumAddress, height: Height) -> Result<Option<Amount>, ViewError> {
        let snapshot = self.chain.snapshot();
        let total = rewards::lifetime_total_at(&*snapshot, self.chain.network(), *recipient, height)?;
        total.map(rewards::whole).transpose()
    }
}

impl SwapTotals for ChainSources {
    fn contract(&self) -> Option<EthereumAddress> {
        self.chain.network().swap.as_ref().map(|swap| swap.contract)
    }

    fn total_at(&self, recipient: &EthereumAddress, height: Height) -> Result<Option<Amount>, ViewError> {
        let snapshot = self.chain.snapshot();
        // The chain keeps the totals of every height, so that they can be signed however long no checkpoint comes.
        if height > queries::totals(&*snapshot)?.tip {
            return Ok(None);
        }
        swap::queries::total_at(&*snapshot, recipient, height).map(Some)
    }
}

impl BridgeNodes for ChainSources {
    fn registered(&self) -> Result<Vec<RegisteredNode>, ViewError> {
        let registry = self.staking.registry(&*self.chain.snapshot())?;
        let with_keys = registry.nodes().filter_map(|(primary, node)| {
            Some(RegisteredNode {
                primary: *primary,
                bls_key: node.stake.bls_key?,
            })
        });
        Ok(with_keys.collect())
    }

    fn standing(&self, key: &BlsPublicKey) -> Result<NodeStanding, ViewError> {
        let snapshot = self.chain.snapshot();
        let registry = self.staking.registry(&*snapshot)?;
        if registry.node_by_bls_key(key).is_some() {
            return Ok(NodeStanding::Registered);
        }
        let registers =
            |kind: &L2EventKind| matches!(kind, L2EventKind::NewServiceNode { bls_key, .. } if bls_key == key);
        if pending_events(&*snapshot)?
            .iter()
            .any(|pending| registers(&pending.event.kind))
        {
            return Ok(NodeStanding::Pending);
        }
        let removed = registry.bridge().removed.get(key);
        Ok(removed.map_or(NodeStanding::Unknown, |node| NodeStanding::Departed {
            liquidation_height: node.liquidation_height,
        }))
    }

    fn departed(&self) -> Result<Vec<DepartedNode>, ViewError> {
        let registry = self.staking.registry(&*self.chain.snapshot())?;
        let removed = registry.bridge().removed.iter();
        Ok(removed.map(|(bls_key, node)| departed(bls_key, node)).collect())
    }
}

fn departed(bls_key: &BlsPublicKey, node: &RemovedNode) -> DepartedNode {
    DepartedNode {
        primary: node.key,
        bls_key: *bls_key,
        height: node.height,
        liquidation_height: node.liquidation_height,
        reason: match node.removal {
            Removal::Expired => DepartureReason::Exit,
            Removal::Deregistered => DepartureReason::Deregistered,
            Removal::Purged => DepartureReason::Purged,
        },
    }
}
