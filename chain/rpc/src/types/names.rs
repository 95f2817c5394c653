//! The name system (rpc §3.9). Names never travel: a request has hashes of names, an answer has values that only somebody who
//! knows the name can read.

use super::{HexBytes, number, status::Status};
use oxen_types::Hash;
use serde::{Deserialize, Serialize};

/// Parameters of `ons_resolve`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResolveRequest {
    /// 0 session, 1 wallet, 2 lokinet.
    #[serde(rename = "type", deserialize_with = "number::optional")]
    pub kind: Option<u64>,
    /// BLAKE2b-256 of the name: 64 hexadecimal characters, or base64.
    pub name_hash: String,
}

/// Answer of `ons_resolve`. A name that is not registered, or not any more, has neither value nor nonce.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResolveAnswer {
    /// Ciphertext and tag of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted_value: Option<HexBytes>,
    /// Nonce of the encryption, 24 bytes; none for a session name of 2020, which is encrypted in another way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<HexBytes>,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `ons_names_to_owners`: `entries` by the stable generation, `name_hash` and `type` by the newer one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NamesToOwnersRequest {
    /// The names that are asked for, each with its kinds.
    #[serde(deserialize_with = "number::null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<NameQuery>,
    /// The names that are asked for; then the answer is a bare list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_hash: Option<OneOrMore<String>>,
    /// Kinds of all of `name_hash`; every kind when none is given.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kinds: Option<OneOrMore<u64>>,
    /// Are names wanted that expired?
    pub include_expired: bool,
}

/// One value or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore<T> {
    /// One.
    One(T),
    /// A list.
    More(Vec<T>),
}

impl<T> OneOrMore<T> {
    /// The list.
    #[must_use]
    pub fn into_list(self) -> Vec<T> {
        match self {
            Self::One(value) => vec![value],
            Self::More(values) => values,
        }
    }
}

/// A name that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NameQuery {
    /// BLAKE2b-256 of the name, as in [`ResolveRequest`].
    pub name_hash: String,
    /// 0 session, 1 wallet, 2 lokinet; every kind when none is given.
    #[serde(deserialize_with = "number::list")]
    pub types: Vec<u64>,
}

/// Answer of `ons_names_to_owners` to `entries`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NamesToOwnersAnswer {
    /// What was found, in the order of the request and then of the kinds.
    pub entries: Vec<FoundName>,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `ons_owners_to_names`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnersToNamesRequest {
    /// Addresses of wallets, or ed25519 keys in hexadecimal.
    #[serde(deserialize_with = "number::null_as_default")]
    pub entries: Vec<String>,
    /// Are names wanted that expired?
    pub include_expired: bool,
}

/// Answer of `ons_owners_to_names`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnersToNamesAnswer {
    /// Every name of any of the owners once, by kind and hash text.
    pub entries: Vec<FoundName>,
    /// `OK`.
    pub status: Status,
}

/// A registered name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundName {
    /// `ons_names_to_owners`: which entry of the request it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry_index: Option<u64>,
    /// `ons_owners_to_names`: which entry of the request owns it; of two, the owner before the backup owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_index: Option<u64>,
    /// 0 session, 1 wallet, 2 lokinet.
    #[serde(rename = "type")]
    pub kind: u8,
    /// BLAKE2b-256 of the name, base64 with padding.
    pub name_hash: String,
    /// Address, or ed25519 key in hexadecimal.
    pub owner: String,
    /// Address, or ed25519 key in hexadecimal; null when there is none.
    pub backup_owner: Option<String>,
    /// The value as the chain holds it: ciphertext, tag and nonce.
    pub encrypted_value: HexBytes,
    /// Height of its last change.
    pub update_height: u64,
    /// The last height at which it is registered; null when it never expires.
    pub expiration_height: Option<u64>,
    /// The transaction that last changed it.
    pub txid: Hash,
}
