//! Everything that one node sees of another.

use super::{
    addresses::AddressHistory,
    history::{CheckpointParticipation, History, PulseParticipation, TestOutcome},
    reachability::Reachability,
};
use crate::{
    keys::X25519PublicKey,
    uptime_proof::{ServicePorts, ServiceVersions, UptimeProof},
};
use oxen_types::{PublicKey, Timestamp};
use parity_scale_codec::{Decode, Encode};
use std::net::Ipv4Addr;

/// What the newest accepted proof said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SeenProof {
    /// When it came here, by our clock.
    pub received: Timestamp,
    /// When it was made, by its sender's clock.
    pub made: Timestamp,
    /// The Ed25519 key.
    pub ed25519: PublicKey,
    /// The X25519 key that follows from it.
    pub x25519: X25519PublicKey,
    /// The public address, as four bytes.
    pub public_ip: [u8; 4],
    /// Where its services are reached.
    pub ports: ServicePorts,
    /// What it runs.
    pub versions: ServiceVersions,
}

impl SeenProof {
    /// The public address.
    #[must_use]
    pub const fn address(&self) -> Ipv4Addr {
        let [first, second, third, fourth] = self.public_ip;
        Ipv4Addr::new(first, second, third, fourth)
    }
}

/// How far a node had read L2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenL2 {
    /// The newest block of L2 that it knew.
    pub height: u64,
    /// When its proof came here, by our clock.
    pub received: Timestamp,
}

/// Everything that was seen of one node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeObservations {
    /// The newest proof; `None` before the first one.
    pub proof: Option<SeenProof>,
    /// What came with the newest proof since this process started: how far its node has read L2. Nobody votes so soon after a
    /// start that it would have to be kept on disk.
    pub l2: Option<SeenL2>,
    /// When a proof was accepted last; forgotten at a decommission, so that the node can prove anew at once.
    pub last_accepted: Option<Timestamp>,
    /// From when on the node counts as having proved: the last proof, or a later recommission. Forgotten at a decommission.
    pub proof_counts_from: Option<Timestamp>,
    /// Where it proved from.
    pub addresses: AddressHistory,
    /// Votes on checkpoints.
    pub checkpoints: History<CheckpointParticipation>,
    /// Signatures under Pulse blocks.
    pub pulse: History<PulseParticipation>,
    /// Whether it answered when it was asked for its time.
    pub time_answers: History<TestOutcome>,
    /// Whether its time was right.
    pub time_synchronisation: History<TestOutcome>,
    /// Its storage server.
    pub storage_server: Reachability,
    /// Its onion router.
    pub onion_router: Reachability,
}

impl NodeObservations {
    /// A proof was accepted (staking §14.3).
    pub fn note_proof(&mut self, proof: &UptimeProof, x25519: X25519PublicKey, now: Timestamp) {
        self.proof = Some(SeenProof {
            received: now,
            made: proof.timestamp,
            ed25519: proof.ed25519,
            x25519,
            public_ip: proof.public_ip.octets(),
            ports: proof.ports,
            versions: proof.versions,
        });
        self.l2 = proof.l2_height.map(|height| SeenL2 { height, received: now });
        self.last_accepted = Some(now);
        self.proof_counts_from = Some(now);
        self.addresses.note(proof.public_ip, now);
    }

    /// The node was decommissioned: it must prove again before it comes back (staking §9.3).
    pub const fn note_decommission(&mut self) {
        self.last_accepted = None;
        self.proof_counts_from = None;
    }

    /// The node was recommissioned by a block of this time: it starts over (staking §9.3).
    pub fn note_recommission(&mut self, block_time: Timestamp) {
        self.proof_counts_from = self.proof_counts_from.max(Some(block_time));
        self.checkpoints.clear();
        self.pulse.clear();
        self.time_answers.clear();
        self.time_synchronisation.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uptime_proof::acceptance::tests::{keys, proof_of};
    use oxen_types::Height;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn proved() -> NodeObservations {
        let mut observations = NodeObservations::default();
        observations.note_proof(&proof_of(&keys()), keys().x25519_public(), NOW);
        observations
    }

    #[test]
    fn a_proof_is_remembered_with_its_arrival() {
        let observations = proved();
        let seen = observations.proof.unwrap();
        assert_eq!((seen.received, seen.x25519), (NOW, keys().x25519_public()));
        assert_eq!(seen.address(), Ipv4Addr::new(1, 2, 3, 4));
        assert_eq!(observations.proof_counts_from, Some(NOW));
    }

    #[test]
    fn a_decommissioned_node_must_prove_again_and_a_recommissioned_one_starts_over() {
        let mut observations = proved();
        observations.pulse.push(PulseParticipation {
            height: Height::new(1),
            round: 0,
            outcome: TestOutcome::Failed,
        });
        observations.note_decommission();
        assert_eq!(
            (observations.last_accepted, observations.proof_counts_from),
            (None, None)
        );
        assert_eq!(observations.pulse.len(), 1);
        let block_time = NOW.saturating_add(500);
        observations.note_recommission(block_time);
        assert_eq!(observations.proof_counts_from, Some(block_time));
        assert_eq!(observations.last_accepted, None);
        assert!(observations.pulse.is_empty());
        let mut later = proved();
        later.note_recommission(Timestamp::from_seconds(5));
        assert_eq!(later.proof_counts_from, Some(NOW));
    }
}
