//! What one node sees of the others: their uptime proofs, whether they take part, whether they can be reached (staking §4.3).

use oxen_types::{Height, PublicKey, Timestamp};
use std::{fmt, net::Ipv4Addr};

/// A version as `major.minor.patch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SoftwareVersion(pub [u16; 3]);

impl fmt::Display for SoftwareVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// A public key of X25519, the transport's identity of a service node (staking §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct X25519Key([u8; 32]);

impl X25519Key {
    /// Takes the bytes as they are.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for X25519Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Result of one test, or of one duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestOutcome {
    /// It answered, voted, or was right.
    Passed,
    /// It did not.
    Failed,
}

/// The newest uptime proof that was accepted from a node (staking §14.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenProof {
    /// When it came here, by our clock.
    pub received: Timestamp,
    /// When it was made, by its sender's clock.
    pub made: Timestamp,
    /// The auxiliary Ed25519 key.
    pub ed25519: PublicKey,
    /// The transport key that follows from it.
    pub x25519: X25519Key,
    /// The public address.
    pub public_ip: Ipv4Addr,
    /// HTTPS port of the storage server; 0 where the network has none.
    pub storage_https_port: u16,
    /// Message queue port of the storage server; 0 where the network has none.
    pub storage_omq_port: u16,
    /// Port of the quorums.
    pub quorumnet_port: u16,
    /// Version of the node's software.
    pub node_version: SoftwareVersion,
    /// Version of its storage server.
    pub storage_server_version: SoftwareVersion,
    /// Version of its onion router.
    pub lokinet_version: SoftwareVersion,
}

/// Whether a validator voted on a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointParticipation {
    /// Height of the checkpoint. The RPC shows the quorum's height, 11 blocks below (staking §15.1).
    pub checkpoint: Height,
    /// Did it vote?
    pub outcome: TestOutcome,
}

/// Whether a validator took part in a Pulse block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PulseParticipation {
    /// Height of the block.
    pub height: Height,
    /// Its round.
    pub round: u8,
    /// Did it take part?
    pub outcome: TestOutcome,
}

/// What the companion service on this machine reports of another node's (staking §15.3). `None` where nothing was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reachability {
    /// When it was reached last.
    pub last_reachable: Option<Timestamp>,
    /// When it could not be reached for the first time since; `None` while it can be reached.
    pub first_unreachable: Option<Timestamp>,
    /// When it could not be reached last.
    pub last_unreachable: Option<Timestamp>,
}

impl Reachability {
    /// True when something was reported.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.last_reachable.is_some() || self.last_unreachable.is_some()
    }

    /// Fails the test: unreachable for `threshold_seconds`, and the last failure is at most five minutes old. An older failure
    /// counts as a pass (staking §15.3).
    #[must_use]
    pub fn is_unreachable_for(&self, threshold_seconds: u64, now: Timestamp) -> bool {
        /// Seconds for which a failure counts (REACHABLE_MAX_FAILURE_VALIDITY).
        const FAILURE_VALIDITY_SECONDS: u64 = 300;
        let (Some(first), Some(last)) = (self.first_unreachable, self.last_unreachable) else {
            return false;
        };
        let age = now.seconds().saturating_sub(last.seconds());
        age < FAILURE_VALIDITY_SECONDS && first.seconds() <= now.seconds().saturating_sub(threshold_seconds)
    }
}

/// Everything that was seen of one node. Each history has the last eight results at most, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeObservations {
    /// The newest proof; `None` before the first one.
    pub proof: Option<SeenProof>,
    /// From when on the proof counts: its arrival or the last recommission, whichever is later; `None` while there is none, as
    /// after a decommission (staking §9.3).
    pub proof_counts_from: Option<Timestamp>,
    /// Votes on checkpoints.
    pub checkpoints: Vec<CheckpointParticipation>,
    /// Signatures under Pulse blocks.
    pub pulse: Vec<PulseParticipation>,
    /// Answers to the question for its time.
    pub time_answers: Vec<TestOutcome>,
    /// Whether its time was right.
    pub time_synchronisation: Vec<TestOutcome>,
    /// Its storage server.
    pub storage_server: Reachability,
    /// Its onion router.
    pub lokinet: Reachability,
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(seconds))
    }

    #[test]
    fn a_node_is_unreachable_after_the_threshold_while_failures_are_fresh() {
        let failing = Reachability {
            last_reachable: at(1_000),
            first_unreachable: at(2_000),
            last_unreachable: at(6_000),
        };
        let unreachable = |now| failing.is_unreachable_for(3_900, Timestamp::from_seconds(now));
        assert!(!unreachable(5_899), "the threshold is not over");
        assert!(unreachable(6_000));
        assert!(unreachable(6_299));
        assert!(!unreachable(6_300), "the last failure is five minutes old");
    }

    #[test]
    fn a_pass_and_the_lack_of_reports_are_no_failure() {
        let now = Timestamp::from_seconds(1_000_000);
        assert!(!Reachability::default().is_unreachable_for(0, now));
        let passed = Reachability {
            last_reachable: Some(now),
            first_unreachable: None,
            last_unreachable: Some(now),
        };
        assert!(!passed.is_unreachable_for(0, now));
        assert!(passed.is_known() && !Reachability::default().is_known());
    }

    #[test]
    fn keys_and_versions_have_their_usual_text() {
        assert_eq!(X25519Key::new([0x0a; 32]).to_string(), "0a".repeat(32));
        assert_eq!(SoftwareVersion([11, 0, 6]).to_string(), "11.0.6");
    }
}
