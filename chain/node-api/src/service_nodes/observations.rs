//! Who tells what one node sees of the others (staking §4.3); what that is stands in [`oxen_staking_rules::obligations`].

use oxen_staking_rules::obligations::NodeObservations;
use oxen_types::PublicKey;

/// What this node has seen of every service node. Any node sees proofs and who takes part; only a service node tests the rest.
pub trait ServiceNodePeers: Send + Sync {
    /// What was seen of the node with this primary key; `None` when nothing was.
    fn observations(&self, node: &PublicKey) -> Option<NodeObservations>;

    /// Changes with every change of any observation, so that answers made of them can be kept.
    fn revision(&self) -> u64;
}

/// Sees nothing: for a node that takes no part in a network.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingObserved;

impl ServiceNodePeers for NothingObserved {
    fn observations(&self, _: &PublicKey) -> Option<NodeObservations> {
        None
    }

    fn revision(&self) -> u64 {
        0
    }
}
