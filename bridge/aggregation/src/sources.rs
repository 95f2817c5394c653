//! What the chain of this node says: totals of recipients, and who is a service node.

use oxen_node_api::{
    BridgeNodes, ChainReader, RewardBalances, SwapTotals,
    bridge::{DepartedNode, DepartureReason, NodeStanding, RegisteredNode},
};
use oxen_staking_rules::registry::{Removal, RemovedNode};
use oxen_state::{
    StakingRules, TypedView, ViewError, bridge::pending_events, delta::scan_rows, queries, rewards::lifetime_total_at,
    service_nodes::tables::RemovedNodes, swap,
};
use oxen_types::{
    Amount, Height,
    bytes::{BlsPublicKey, EthereumAddress},
    extra::L2EventKind,
};
use std::sync::Arc;

/// Answers from the newest block.
pub struct ChainSources {
    /// The chain.
    pub chain: Arc<dyn ChainReader>,
    /// The registry.
    pub staking: Arc<StakingRules>,
}

impl RewardBalances for ChainSources {
    fn total_at(&self, recipient: &EthereumAddress, height: Height) -> Result<Option<Amount>, ViewError> {
        let total = lifetime_total_at(&*self.chain.snapshot(), self.chain.network(), *recipient, height)?;
        Ok(total.map(|total| total.whole()))
    }
}

impl SwapTotals for ChainSources {
    fn contract(&self) -> Option<EthereumAddress> {
        self.chain.network().swap.as_ref().map(|swap| swap.contract)
    }

    fn total_at(&self, recipient: &EthereumAddress, height: Height) -> Result<Option<Amount>, ViewError> {
        let snapshot = self.chain.snapshot();
        if height > queries::totals(&*snapshot)?.tip {
            return Ok(None);
        }
        swap::total_at(&*snapshot, recipient, height).map(Some)
    }
}

impl BridgeNodes for ChainSources {
    fn registered(&self) -> Result<Vec<RegisteredNode>, ViewError> {
        let registry = self.staking.registry(&*self.chain.snapshot())?;
        let registered = registry.nodes().filter_map(|(primary, node)| {
            Some(RegisteredNode {
                primary: *primary,
                bls_key: node.stake.bls_key?,
            })
        });
        Ok(registered.collect())
    }

    fn standing(&self, key: &BlsPublicKey) -> Result<NodeStanding, ViewError> {
        let snapshot = self.chain.snapshot();
        if self.staking.registry(&*snapshot)?.node_by_bls_key(key).is_some() {
            return Ok(NodeStanding::Registered);
        }
        let is_pending = pending_events(&*snapshot)?
            .iter()
            .any(|pending| matches!(&pending.event.kind, L2EventKind::NewServiceNode { bls_key, .. } if bls_key == key));
        if is_pending {
            return Ok(NodeStanding::Pending);
        }
        let removed = snapshot.get::<RemovedNodes>(key)?;
        Ok(removed.map_or(NodeStanding::Unknown, |node| NodeStanding::Departed {
            liquidation_height: node.liquidation_height,
        }))
    }

    fn departed(&self) -> Result<Vec<DepartedNode>, ViewError> {
        let removed = scan_rows::<RemovedNodes>(&*self.chain.snapshot(), &[], &[], usize::MAX)?;
        Ok(removed.iter().filter_map(|(_, node)| departed(node)).collect())
    }
}

/// A node that left, as front ends show it.
fn departed(node: &RemovedNode) -> Option<DepartedNode> {
    Some(DepartedNode {
        primary: node.key,
        bls_key: node.stake.bls_key?,
        height: node.height,
        liquidation_height: node.liquidation_height,
        reason: match node.removal {
            Removal::Expired => DepartureReason::Exit,
            Removal::Deregistered => DepartureReason::Deregistered,
            Removal::Purged => DepartureReason::Purged,
        },
    })
}
