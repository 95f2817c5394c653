//! What was seen of others, as front ends read it.

use crate::prober::Prober;
use oxen_node_api::ServiceNodePeers;
use oxen_staking_rules::obligations::NodeObservations;
use oxen_types::PublicKey;

impl ServiceNodePeers for Prober {
    fn observations(&self, node: &PublicKey) -> Option<NodeObservations> {
        self.lock().nodes.get(node).cloned()
    }

    fn revision(&self) -> u64 {
        self.revision_number()
    }
}
