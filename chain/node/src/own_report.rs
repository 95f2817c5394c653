//! Gathers what is told about our service node: from the registry, from what was seen of it, and from itself.

use crate::standing::{CompanionAge, OwnReport, Standing};
use oxen_node_api::{
    ChainReader, Clock, Companion, OwnServiceNode, ServiceNodePeers, Snapshot, service_nodes::OwnKeys,
};
use oxen_staking_rules::{ServiceNode, registry::Activity};
use oxen_state::{StakingRules, ViewError, queries};
use oxen_types::{Height, Network, Timestamp, network::CompanionServices};
use std::sync::Arc;

/// Where the parts of a report come from.
#[derive(Clone)]
pub(crate) struct OwnReporter {
    pub(crate) chain: Arc<dyn ChainReader>,
    pub(crate) staking: Arc<StakingRules>,
    pub(crate) own: Arc<dyn OwnServiceNode>,
    pub(crate) peers: Arc<dyn ServiceNodePeers>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl OwnReporter {
    /// The node as it is now; `None` when the process runs none, or when the database cannot be read.
    pub(crate) fn report(&self) -> Option<OwnReport> {
        let keys = self.own.keys()?;
        match self.standing(&keys, &self.chain.snapshot()) {
            Ok(standing) => Some(self.with_standing(&keys, standing)),
            Err(error) => {
                tracing::error!(%error, "the registry cannot be read");
                None
            }
        }
    }

    fn standing(&self, keys: &OwnKeys, snapshot: &Snapshot) -> Result<Standing, ViewError> {
        let registry = self.staking.registry(&**snapshot)?;
        let (height, _) = queries::tip(&**snapshot)?;
        Ok(registry.node(&keys.primary).map_or(Standing::NotRegistered, |node| {
            standing_of(node, height, self.chain.network())
        }))
    }

    fn with_standing(&self, keys: &OwnKeys, standing: Standing) -> OwnReport {
        let network = self.chain.network();
        let now = self.clock.now();
        let seen = self.peers.observations(&keys.primary).unwrap_or_default();
        let companions = match network.companion_services {
            CompanionServices::NotRequired => Vec::new(),
            CompanionServices::Required => [Companion::StorageServer, Companion::Lokinet]
                .map(|companion| CompanionAge {
                    name: companion.name(),
                    seconds: self.own.companion(companion).last_ping.map(|last| age(now, last)),
                })
                .to_vec(),
        };
        OwnReport {
            key: keys.primary,
            standing,
            proof_seconds: seen.proof_counts_from.map(|from| age(now, from)),
            proof_validity_seconds: network.uptime.validity_seconds,
            companions,
            hindrance: self.own.proofs().hindrance,
        }
    }
}

fn age(now: Timestamp, then: Timestamp) -> u64 {
    now.seconds().saturating_sub(then.seconds())
}

fn standing_of(node: &ServiceNode, height: Height, network: &Network) -> Standing {
    let credit_blocks = node.decommission_credit(height, network);
    match (node.record.activity, node.record.last_decommission) {
        (Activity::AwaitingContributions, _) => Standing::AwaitingContributions,
        (Activity::Decommissioned { .. }, last) => Standing::Decommissioned {
            credit_blocks,
            reasons_of_all: last.map_or_else(Default::default, |last| last.reasons_of_all),
            reasons_of_any: last.map_or_else(Default::default, |last| last.reasons_of_any),
        },
        (Activity::Active { .. }, _) => Standing::Active { credit_blocks },
    }
}
