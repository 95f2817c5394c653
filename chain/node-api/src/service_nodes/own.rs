//! The service node that this process runs: its keys, its proofs, the services beside it, and what others vote about it.

use oxen_staking_rules::{X25519PublicKey, obligations::TestOutcome, uptime_proof::SoftwareVersion};
use oxen_types::{
    Hash, Height, PublicKey, Signature, Timestamp,
    extra::{NewState, Reasons},
};
use std::{fmt, net::Ipv4Addr};
use thiserror::Error;
use zeroize::Zeroizing;

/// The public keys of a service node (staking §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnKeys {
    /// The key that is registered.
    pub primary: PublicKey,
    /// The auxiliary key.
    pub ed25519: PublicKey,
    /// The transport key.
    pub x25519: X25519PublicKey,
}

/// The secret keys of a service node, for the services beside it.
#[derive(Clone)]
pub struct OwnSecretKeys {
    /// The scalar of the primary key, little-endian; `None` when it follows from the auxiliary key.
    pub primary: Option<Zeroizing<[u8; 32]>>,
    /// Seed and public key.
    pub ed25519: Zeroizing<[u8; 64]>,
    /// The clamped scalar.
    pub x25519: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for OwnSecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnSecretKeys")
    }
}

/// A service that runs beside a service node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Companion {
    /// The storage server.
    StorageServer,
    /// The onion router.
    Lokinet,
}

impl Companion {
    /// Its name in sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StorageServer => "storage server",
            Self::Lokinet => "lokinet",
        }
    }

    /// The oldest version that may ping (staking §2.1).
    #[must_use]
    pub const fn minimum_version(self) -> SoftwareVersion {
        match self {
            Self::StorageServer => SoftwareVersion([2, 8, 0]),
            Self::Lokinet => SoftwareVersion([0, 9, 11]),
        }
    }
}

/// A sign of life of a companion service (staking §20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanionPing {
    /// Whose.
    pub companion: Companion,
    /// Its version.
    pub version: SoftwareVersion,
    /// Its HTTPS port; 0 for the onion router.
    pub https_port: u16,
    /// Its message queue port; 0 for the onion router.
    pub omq_port: u16,
    /// The auxiliary key that it believes to be ours.
    pub ed25519: PublicKey,
    /// What is wrong with it, by its own word; empty when all is well.
    pub error: String,
}

/// Why a ping does not count. The reasons are shown to the service and its operator.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PingError {
    /// This process runs no service node.
    #[error("this node is not a service node: start oxend with --service-node")]
    NotAServiceNode,
    /// The service says that it does not work.
    #[error("{} reports an error and no proof is sent until it is solved: {error}", companion.name())]
    Unwell {
        /// Whose ping.
        companion: Companion,
        /// Its words.
        error: String,
    },
    /// The service is too old.
    #[error("{} {version} is too old: update it to {} or newer", companion.name(), companion.minimum_version())]
    TooOld {
        /// Whose ping.
        companion: Companion,
        /// Its version.
        version: SoftwareVersion,
    },
    /// The service has the key of another node.
    #[error(
        "{} runs with the key {given}, this node has {own}: let it fetch the keys of this oxend", companion.name()
    )]
    WrongKey {
        /// Whose ping.
        companion: Companion,
        /// Its key.
        given: PublicKey,
        /// Ours.
        own: PublicKey,
    },
}

/// What is known of a companion service of ours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompanionState {
    /// The last ping that counted; `None` before the first, and once an error was reported.
    pub last_ping: Option<Timestamp>,
    /// Its version.
    pub version: SoftwareVersion,
    /// Its HTTPS port.
    pub https_port: u16,
    /// Its message queue port.
    pub omq_port: u16,
    /// Why the last ping did not count.
    pub refused: Option<PingError>,
}

/// Why no uptime proof is sent (staking §14.4).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProofHindrance {
    /// This process runs no service node.
    #[error("this node is not a service node: start oxend with --service-node")]
    NotAServiceNode,
    /// Nobody registered the node.
    #[error("the service node {key} is not registered: register it with the command that prepare_registration prints")]
    NotRegistered {
        /// Its primary key.
        key: PublicKey,
    },
    /// A companion service does not ping.
    #[error("no ping of {} for too long: check that it runs and reaches this oxend", companion.name())]
    NoPing {
        /// Which.
        companion: Companion,
    },
    /// Another registered node proves with our transport key.
    #[error("the service node {other} uses the same keys: give each node its own")]
    SharedKey {
        /// Primary key of the other one.
        other: PublicKey,
    },
    /// It is not known under which address others reach us.
    #[error("the public address is not known: start oxend with --service-node-public-ip")]
    NoPublicAddress,
    /// It has seen nothing of L2, or nothing for an hour.
    #[error(
        "nothing of Arbitrum was read for an hour or ever: start oxend with --l2-provider, or check that the provider answers"
    )]
    NoL2,
    /// The process started a moment ago, or the registering block is the newest.
    #[error("the node started, or was registered, a moment ago: the first proof follows")]
    Starting,
}

/// Our own uptime proofs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnProofs {
    /// When one was sent last.
    pub last_sent: Option<Timestamp>,
    /// When one of ours came back from a peer, which shows that it was accepted.
    pub last_echoed: Option<Timestamp>,
    /// When the next one is due.
    pub next_due: Option<Timestamp>,
    /// Why none is sent.
    pub hindrance: Option<ProofHindrance>,
}

/// A vote of another service node on ours (staking §15.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoteOnUs {
    /// Height of the quorum.
    pub quorum_height: Height,
    /// Primary key of the voter.
    pub voter: PublicKey,
    /// What it wants to become of us.
    pub state: NewState,
    /// Why; not signed, so anybody on the way could have changed it.
    pub reasons: Reasons,
    /// When it came here, by our clock.
    pub received: Timestamp,
}

/// Why a peer's status was not noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReportError {
    /// This process runs no service node.
    #[error("this node is not a service node: start oxend with --service-node")]
    NotAServiceNode,
    /// The node is not registered.
    #[error("{node} is not a registered service node")]
    UnknownNode {
        /// Its key.
        node: PublicKey,
    },
}

/// Why nothing was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignError {
    /// There is no key to sign with.
    #[error("this node is not a service node: start oxend with --service-node")]
    NotAServiceNode,
}

/// The service node that this process runs.
pub trait OwnServiceNode: Send + Sync {
    /// Its keys; `None` when the process runs without `--service-node`.
    fn keys(&self) -> Option<OwnKeys>;

    /// Its secret keys, for the services on this machine; `None` as above.
    fn secret_keys(&self) -> Option<OwnSecretKeys>;

    /// Signs the hash of a registration ([`oxen_types::extra::stake::registration_hash`]) with the primary key (staking §6.1).
    ///
    /// # Errors
    /// There is no key.
    fn sign_registration(&self, hash: &Hash) -> Result<Signature, SignError>;

    /// The address that its proofs carry; `None` when it is not known.
    fn public_ip(&self) -> Option<Ipv4Addr>;

    /// The port of the quorums that its proofs carry.
    fn quorumnet_port(&self) -> u16;

    /// How its proofs fare.
    fn proofs(&self) -> OwnProofs;

    /// Sends a proof now, whether one is due or not.
    ///
    /// # Errors
    /// What keeps it from being sent.
    fn send_proof(&self) -> Result<(), ProofHindrance>;

    /// Votes of the others on it, newest quorum first.
    fn votes(&self) -> Vec<VoteOnUs>;

    /// What is known of a service beside it.
    fn companion(&self, companion: Companion) -> CompanionState;

    /// Notes a sign of life of a service beside it. One that does not count is remembered with its reason.
    ///
    /// # Errors
    /// Why it does not count.
    fn ping(&self, ping: CompanionPing) -> Result<(), PingError>;

    /// Notes whether a service of another node could be reached by ours. `node` is its primary key.
    ///
    /// # Errors
    /// The other node is not registered.
    fn report_peer(&self, companion: Companion, node: &PublicKey, outcome: TestOutcome) -> Result<(), ReportError>;
}

/// A process without `--service-node`.
#[derive(Debug, Clone, Copy, Default)]
pub struct NotAServiceNode;

impl OwnServiceNode for NotAServiceNode {
    fn keys(&self) -> Option<OwnKeys> {
        None
    }

    fn secret_keys(&self) -> Option<OwnSecretKeys> {
        None
    }

    fn sign_registration(&self, _: &Hash) -> Result<Signature, SignError> {
        Err(SignError::NotAServiceNode)
    }

    fn public_ip(&self) -> Option<Ipv4Addr> {
        None
    }

    fn quorumnet_port(&self) -> u16 {
        0
    }

    fn proofs(&self) -> OwnProofs {
        OwnProofs {
            hindrance: Some(ProofHindrance::NotAServiceNode),
            ..OwnProofs::default()
        }
    }

    fn send_proof(&self) -> Result<(), ProofHindrance> {
        Err(ProofHindrance::NotAServiceNode)
    }

    fn votes(&self) -> Vec<VoteOnUs> {
        Vec::new()
    }

    fn companion(&self, _: Companion) -> CompanionState {
        CompanionState::default()
    }

    fn ping(&self, _: CompanionPing) -> Result<(), PingError> {
        Err(PingError::NotAServiceNode)
    }

    fn report_peer(&self, _: Companion, _: &PublicKey, _: TestOutcome) -> Result<(), ReportError> {
        Err(ReportError::NotAServiceNode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_what_to_do() {
        let old = PingError::TooOld {
            companion: Companion::StorageServer,
            version: SoftwareVersion([2, 7, 9]),
        };
        assert_eq!(
            old.to_string(),
            "storage server 2.7.9 is too old: update it to 2.8.0 or newer"
        );
        let silent = ProofHindrance::NoPing {
            companion: Companion::Lokinet,
        };
        assert!(silent.to_string().contains("lokinet") && silent.to_string().contains("check"));
    }

    #[test]
    fn secret_keys_are_not_shown() {
        let keys = OwnSecretKeys {
            primary: None,
            ed25519: Zeroizing::new([7; 64]),
            x25519: Zeroizing::new([7; 32]),
        };
        assert_eq!(format!("{keys:?}"), "OwnSecretKeys");
    }
}
