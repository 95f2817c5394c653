//! What was seen of others, as front ends read it.

use crate::prober::Prober;
use oxen_node_api::service_nodes as api;
use oxen_staking_rules::obligations::{self, NodeObservations, Reachability, SeenProof, TestOutcome};
use oxen_types::PublicKey;

impl api::ServiceNodePeers for Prober {
    fn observations(&self, node: &PublicKey) -> Option<api::NodeObservations> {
        self.lock().nodes.get(node).map(observations)
    }

    fn revision(&self) -> u64 {
        self.revision_number()
    }
}

fn observations(seen: &NodeObservations) -> api::NodeObservations {
    api::NodeObservations {
        proof: seen.proof.as_ref().map(proof),
        proof_counts_from: seen.proof_counts_from,
        checkpoints: seen.checkpoints.iter().map(checkpoint).collect(),
        pulse: seen.pulse.iter().map(pulse).collect(),
        time_answers: seen.time_answers.iter().map(|one| outcome(*one)).collect(),
        time_synchronisation: seen.time_synchronisation.iter().map(|one| outcome(*one)).collect(),
        storage_server: reachability(&seen.storage_server),
        lokinet: reachability(&seen.onion_router),
    }
}

fn proof(seen: &SeenProof) -> api::SeenProof {
    api::SeenProof {
        received: seen.received,
        made: seen.made,
        ed25519: seen.ed25519,
        x25519: api::X25519Key::new(*seen.x25519.as_bytes()),
        public_ip: seen.address(),
        storage_https_port: seen.ports.storage_https,
        storage_omq_port: seen.ports.storage_messages,
        quorumnet_port: seen.ports.quorumnet,
        node_version: api::SoftwareVersion(seen.versions.node.0),
        storage_server_version: api::SoftwareVersion(seen.versions.storage_server.0),
        lokinet_version: api::SoftwareVersion(seen.versions.onion_router.0),
    }
}

const fn checkpoint(one: &obligations::CheckpointParticipation) -> api::CheckpointParticipation {
    api::CheckpointParticipation {
        checkpoint: one.checkpoint,
        outcome: outcome(one.outcome),
    }
}

const fn pulse(one: &obligations::PulseParticipation) -> api::PulseParticipation {
    api::PulseParticipation {
        height: one.height,
        round: one.round,
        outcome: outcome(one.outcome),
    }
}

const fn reachability(seen: &Reachability) -> api::Reachability {
    api::Reachability {
        last_reachable: seen.last_reachable,
        first_unreachable: seen.first_unreachable,
        last_unreachable: seen.last_unreachable,
    }
}

const fn outcome(outcome: TestOutcome) -> api::TestOutcome {
    match outcome {
        TestOutcome::Passed => api::TestOutcome::Passed,
        TestOutcome::Failed => api::TestOutcome::Failed,
    }
}
