//! The service node that the daemon runs: its keys, and how its peers see it.

use super::list::ServiceNodeEntry;
use crate::types::status::Status;
use oxen_types::{Hash, PublicKey};
use serde::{Deserialize, Serialize};

/// Answer of `get_service_keys`. Keys are empty when the daemon runs no service node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceKeysAnswer {
    /// The primary key.
    pub service_node_pubkey: String,
    /// The auxiliary key.
    pub service_node_ed25519_pubkey: String,
    /// The transport key.
    pub service_node_x25519_pubkey: String,
    /// Does the daemon run a service node?
    pub is_service_node: bool,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Answer of `get_service_privkeys`. Whoever has it can act as the node.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceSecretKeysAnswer {
    /// The primary key's scalar; missing when it follows from the auxiliary key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_node_privkey: Option<String>,
    /// Seed and public key.
    pub service_node_ed25519_privkey: String,
    /// The transport key's scalar.
    pub service_node_x25519_privkey: String,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

impl std::fmt::Debug for ServiceSecretKeysAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServiceSecretKeysAnswer")
    }
}

/// Answer of `get_service_node_status`: the compatible part, and how the node fares with its peers. `N` is the node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceNodeStatusAnswer<N = ServiceNodeEntry> {
    /// The node as in `get_service_nodes`; of a node that is not registered only keys, address and versions.
    pub service_node_state: N,
    /// Height of the newest block.
    pub height: u64,
    /// Id of the newest block.
    pub block_hash: Hash,
    /// Is the node registered?
    pub registered: bool,
    /// The proofs that the node sends.
    pub uptime_proofs: OwnProofsEntry,
    /// Each test with its latest results, as this node sees itself; none while it is not registered. Whether its services can
    /// be reached is what only the others know: see the votes.
    pub tests: Vec<TestEntry>,
    /// What others voted on the node, and why.
    pub votes: Vec<VoteEntry>,
    /// What the credit means; missing unless the node is registered and funded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlook: Option<Outlook>,
    /// The services beside the node.
    pub companions: Vec<CompanionEntry>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`, or why there is nothing to tell.
    pub status: Status,
}

/// The proofs that the node sends; times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnProofsEntry {
    /// The last one was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_sent: Option<u64>,
    /// The last one came back from a peer: it was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_by_peers: Option<u64>,
    /// The next one is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_due: Option<u64>,
    /// The last one stops to count, and the test fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<u64>,
    /// What keeps the next one from being sent, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hindrance: Option<String>,
}

/// One of the tests that other nodes make (staking §15.2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TestEntry {
    /// Its short code, as reasons of votes have it.
    pub test: String,
    /// Passed, of the last eight.
    pub passed: u32,
    /// Failed, of the last eight.
    pub failed: u32,
    /// The last ones failed without a pass in between.
    pub failed_in_a_row: u32,
    /// So many failures are still no reason for a vote.
    pub most_failures: u32,
    /// Does the node fail the test now?
    pub failing: bool,
}

/// A vote of another node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VoteEntry {
    /// Height of the quorum.
    pub quorum_height: u64,
    /// Who.
    pub voter: PublicKey,
    /// For what: `dereg`, `decom`, `recom` or `ip`.
    pub vote: String,
    /// Why, as short codes.
    pub reasons: Vec<String>,
    /// When it came here, Unix seconds.
    pub received: u64,
}

/// What the credit means for the node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Outlook {
    /// Credit left, blocks; negative once it is used up.
    pub credit_blocks: i64,
    /// The test that fails next if nothing more is heard of the node; missing when one fails already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_failure: Option<NextFailure>,
    /// Blocks until the others may suspend the node if nothing more is heard of it; 0 when a test fails already. Missing when
    /// it is suspended, or when it would be thrown out at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks_until_decommission: Option<u64>,
    /// Blocks until the others may throw the node out; missing when nothing leads there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks_until_deregistration: Option<u64>,
}

/// A test that a node will fail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NextFailure {
    /// Its short code.
    pub test: String,
    /// Seconds until then.
    pub seconds: u64,
}

/// A service beside the node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CompanionEntry {
    /// `storage server` or `lokinet`.
    pub name: String,
    /// Its last ping that counted, Unix seconds; 0 for none.
    pub last_ping: u64,
    /// Its version.
    pub version: [u16; 3],
    /// Why its last ping did not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}
