//! Where registered service nodes are, by their newest uptime proofs.
//!
//! Kept apart from what else is seen of them: the transport looks here before each message, and must not wait for votes.

use crate::prober::{Inner, Prober};
use oxen_node_api::{QuorumAddresses, QuorumEndpoint};
use oxen_staking_rules::{Registry, obligations::SeenProof};
use oxen_types::PublicKey;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{PoisonError, RwLock},
};

/// Endpoints by primary key.
#[derive(Debug, Default)]
pub(crate) struct Endpoints(RwLock<BTreeMap<PublicKey, QuorumEndpoint>>);

impl Endpoints {
    fn get(&self, node: &PublicKey) -> Option<QuorumEndpoint> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(node).copied()
    }

    /// A proof of a registered node was accepted.
    pub(crate) fn note(&self, node: PublicKey, proof: &SeenProof) {
        let mut endpoints = self.0.write().unwrap_or_else(PoisonError::into_inner);
        endpoints.insert(node, endpoint_of(proof));
    }

    /// Takes up the proofs of all nodes that are registered, and forgets the others.
    pub(crate) fn renew(&self, inner: &Inner, is_registered: impl Fn(&PublicKey) -> bool) {
        let registered = inner.nodes.iter().filter(|(node, _)| is_registered(node));
        let renewed = registered
            .filter_map(|(node, seen)| Some((*node, endpoint_of(seen.proof.as_ref()?))))
            .collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = renewed;
    }
}

fn endpoint_of(proof: &SeenProof) -> QuorumEndpoint {
    QuorumEndpoint {
        host: IpAddr::V4(proof.address()),
        port: proof.ports.quorumnet,
        ed25519: proof.ed25519,
    }
}

impl QuorumAddresses for Prober {
    fn endpoint(&self, node: &PublicKey) -> Option<QuorumEndpoint> {
        self.endpoints.get(node)
    }
}

impl Prober {
    /// The registry changed.
    pub(crate) fn renew_endpoints(&self, inner: &Inner, registry: &Registry) {
        self.endpoints.renew(inner, |node| registry.node(node).is_some());
    }
}
