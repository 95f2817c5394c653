//! How a service node is registered (staking §6.1).

use crate::types::{number, status::Status};
use serde::{Deserialize, Serialize};

/// Parameters of `get_service_node_registration_cmd`, in the form of either generation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RegistrationRequest {
    /// The operator's fee in percent, 0 to 100, with up to two decimals.
    #[serde(deserialize_with = "number::text_or_number")]
    pub operator_cut: String,
    /// Who contributes what, the operator first.
    #[serde(deserialize_with = "number::null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub contributions: Vec<RegistrationContribution>,
    /// As `contributions`: the addresses.
    #[serde(deserialize_with = "number::null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub contributor_addresses: Vec<String>,
    /// As `contributions`: the amounts, atomic OXEN.
    #[serde(deserialize_with = "number::list", skip_serializing_if = "Vec::is_empty")]
    pub contributor_amounts: Vec<u64>,
    /// What the caller believes a node must hold, atomic OXEN; refused when it is something else.
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub staking_requirement: Option<u64>,
}

/// A part of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationContribution {
    /// A primary address.
    pub address: String,
    /// Atomic OXEN.
    #[serde(deserialize_with = "number::required")]
    pub amount: u64,
}

/// Parameters of `get_service_node_registration_cmd_raw`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RawRegistrationRequest {
    /// The fee in hundredths of a percent, then an address and an amount in atomic OXEN for each contributor.
    #[serde(deserialize_with = "number::null_as_default")]
    pub args: Vec<String>,
    /// Should there be words for people around the command?
    #[serde(deserialize_with = "number::null_as_default")]
    pub make_friendly: bool,
    /// As in [`RegistrationRequest`].
    #[serde(deserialize_with = "number::optional", skip_serializing_if = "Option::is_none")]
    pub staking_requirement: Option<u64>,
}

/// Answer of both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RegistrationAnswer {
    /// What the operator types into the wallet.
    pub registration_cmd: String,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}
