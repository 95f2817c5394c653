//! What the services beside a service node tell it (staking §20).

use crate::types::{number, text::HexText};
use oxen_types::PublicKey;
use serde::{Deserialize, Serialize};

/// Parameters of `storage_server_ping`. The answer is a [`crate::types::admin::StatusAnswer`] whose status says why the ping
/// does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageServerPing {
    /// Version of the storage server.
    pub version: [u16; 3],
    /// Its HTTPS port.
    #[serde(default, deserialize_with = "number::null_as_default")]
    pub https_port: u16,
    /// Its message queue port.
    #[serde(default, deserialize_with = "number::null_as_default")]
    pub omq_port: u16,
    /// The auxiliary key that it believes to be this node's.
    pub pubkey_ed25519: HexText<PublicKey>,
    /// What is wrong with it; empty when all is well.
    #[serde(default, deserialize_with = "number::null_as_default")]
    pub error: String,
}

/// Parameters of `lokinet_ping`; the answer is as with [`StorageServerPing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LokinetPing {
    /// Version of the onion router.
    pub version: [u16; 3],
    /// The auxiliary key that it believes to be this node's.
    pub pubkey_ed25519: HexText<PublicKey>,
    /// What is wrong with it; empty when all is well.
    #[serde(default, deserialize_with = "number::null_as_default")]
    pub error: String,
}

/// Parameters of `report_peer_status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerStatusReport {
    /// `storage`, which `reachability` is an older name for, or `lokinet`; storage when it is missing.
    #[serde(rename = "type", default = "storage")]
    pub kind: String,
    /// Primary key of the other node.
    pub pubkey: HexText<PublicKey>,
    /// Could it be reached?
    pub passed: bool,
}

fn storage() -> String {
    "storage".to_owned()
}
