//! Signatures of service nodes for the contracts on L2 (rpc §3.8, bridge §4.3). Addresses are `0x` and forty digits, signatures
//! and keys hexadecimal without it.

use super::{number, status::Status};
use oxen_types::{
    PublicKey, Signature,
    bytes::{BlsPublicKey, BlsSignature},
};
use serde::{Deserialize, Serialize};

/// Parameters of `bls_rewards_request` and `bls_swap_request`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SignedTotalRequest {
    /// Whose total: an Ethereum address.
    #[serde(deserialize_with = "number::null_as_default")]
    pub address: String,
    /// Up to and with which block. Zero and less count from the newest block downwards, and mean at most the newest that is
    /// final; so does none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<i64>,
}

/// Answer of both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SignedTotalAnswer {
    /// Whose.
    pub address: String,
    /// The lifetime total, atomic SESH.
    pub amount: u64,
    /// Up to and with which block.
    pub height: u64,
    /// What was signed, in hexadecimal.
    pub msg_to_sign: String,
    /// The sum of the signatures.
    pub signature: BlsSignature,
    /// The sum of the keys that signed.
    pub aggregate_pubkey: BlsPublicKey,
    /// The contract's numbers of the nodes that did not sign, ascending.
    pub non_signer_indices: Vec<u64>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `bls_exit_liquidation_request`. One of the keys is enough.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DepartureRequest {
    /// The node's primary key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pubkey: Option<String>,
    /// The node's BLS key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bls_pubkey: Option<String>,
    /// With a penalty?
    #[serde(deserialize_with = "number::null_as_default")]
    pub liquidate: bool,
}

/// Answer of `bls_exit_liquidation_request`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DepartureAnswer {
    /// The contract takes it until ten minutes after this time.
    pub timestamp: u64,
    /// Who may leave.
    pub bls_pubkey: BlsPublicKey,
    /// What was signed, in hexadecimal.
    pub msg_to_sign: String,
    /// The sum of the signatures.
    pub signature: BlsSignature,
    /// The sum of the keys that signed.
    pub aggregate_pubkey: BlsPublicKey,
    /// The contract's numbers of the nodes that did not sign, ascending.
    pub non_signer_indices: Vec<u64>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// An entry of `bls_exit_liquidation_list`, which is a list without anything around it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DepartedEntry {
    /// The node's primary key.
    pub service_node_pubkey: PublicKey,
    /// When it went.
    pub height: u64,
    /// From when on it may be liquidated.
    pub liquidation_height: u64,
    /// `exit`, `deregister` or `purged`.
    #[serde(rename = "type")]
    pub kind: String,
    /// More about the node.
    pub info: DepartedInfo,
}

/// See [`DepartedEntry::info`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DepartedInfo {
    /// The node's BLS key.
    pub bls_pubkey: BlsPublicKey,
}

/// Parameters of `bls_registration_request`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BridgeRegistrationRequest {
    /// The operator, who alone can register the node with the answer.
    #[serde(deserialize_with = "number::null_as_default")]
    pub address: String,
}

/// Answer of `bls_registration_request`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BridgeRegistrationAnswer {
    /// The operator.
    pub address: String,
    /// The node's BLS key.
    pub bls_pubkey: BlsPublicKey,
    /// That the node has its secret.
    pub proof_of_possession: BlsSignature,
    /// The node's primary key.
    pub service_node_pubkey: PublicKey,
    /// Its Ed25519 signature of both keys.
    pub service_node_signature: Signature,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}
