//! Peers (rpc §3.11).

use super::{number, status::Status};
use oxen_types::Hash;
use serde::{Deserialize, Serialize};

/// A peer that is connected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ConnectionEntry {
    /// The far end with its protocols.
    pub address: String,
    /// Its host.
    pub host: String,
    /// The same.
    pub ip: String,
    /// Its port, as text as in the reference daemon.
    pub port: String,
    /// Did the peer connect to this node?
    pub incoming: bool,
    /// The peer's id.
    pub peer_id: String,
    /// `normal`, or `before_handshake` until the peer said who it is.
    pub state: String,
    /// Number of blocks it has; 0 until it said so.
    pub height: u64,
    /// Its newest block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_block_hash: Option<Hash>,
    /// Seconds since it connected.
    pub live_time: u64,
    /// Milliseconds to the peer and back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<u64>,
    /// 0 is spotless, 100 is a ban.
    pub penalty_points: u32,
    /// Is it on this machine?
    pub localhost: bool,
}

/// Answer of `get_connections`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ConnectionsAnswer {
    /// Peers that are connected.
    pub connections: Vec<ConnectionEntry>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// An address that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PeerEntry {
    /// The peer's id.
    pub id: String,
    /// Its host.
    pub host: String,
    /// The same.
    pub ip: String,
    /// Its port.
    pub port: u16,
    /// When it was last connected, or first heard of, Unix seconds.
    pub last_seen: u64,
}

/// Answer of `get_peer_list`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PeerListAnswer {
    /// Addresses that this node was connected to.
    pub white_list: Vec<PeerEntry>,
    /// Addresses that it was told of.
    pub gray_list: Vec<PeerEntry>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// A peer in the answer of `sync_info`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncPeer {
    /// The connection.
    pub info: ConnectionEntry,
}

/// Blocks that are on their way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SpanEntry {
    /// Height of the first.
    pub start_block_height: u64,
    /// How many.
    pub nblocks: u64,
    /// The peer asked.
    pub connection_id: String,
    /// Bytes that came; 0 while they are awaited.
    pub size: u64,
}

/// Answer of `sync_info`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncInfoAnswer {
    /// Number of blocks.
    pub height: u64,
    /// Number of blocks of the peers; 0 when this node has what they have.
    pub target_height: u64,
    /// Peers that are connected.
    pub peers: Vec<SyncPeer>,
    /// Blocks that are on their way.
    pub spans: Vec<SpanEntry>,
    /// The same in a line: `.` for blocks that are awaited, `o` for those that came.
    pub overview: String,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `out_peers` and `in_peers`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PeerLimitRequest {
    /// Change the limit? When missing, a limit that is given is set.
    pub set: Option<bool>,
    /// The limit.
    #[serde(deserialize_with = "number::optional")]
    pub value: Option<u32>,
    /// Another name for `value`.
    #[serde(deserialize_with = "number::optional")]
    pub out_peers: Option<u32>,
    /// Another name for `value`.
    #[serde(deserialize_with = "number::optional")]
    pub in_peers: Option<u32>,
}

/// Answer of `out_peers`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OutPeersAnswer {
    /// Peers that this node looks for.
    pub out_peers: u32,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Answer of `in_peers`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InPeersAnswer {
    /// Peers that may come by themselves.
    pub in_peers: u32,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// A host and whether it may connect.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BanEntry {
    /// The host.
    #[serde(deserialize_with = "number::null_as_default")]
    pub host: String,
    /// In requests the host may stand here, as text.
    #[serde(
        deserialize_with = "number::null_as_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub ip: String,
    /// Keep it away, or let it in?
    pub ban: bool,
    /// For how long.
    #[serde(deserialize_with = "number::optional")]
    pub seconds: Option<u64>,
}

/// Parameters of `set_bans`: a list, or one host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SetBansRequest {
    /// Hosts.
    #[serde(deserialize_with = "number::null_as_default")]
    pub bans: Vec<BanEntry>,
    /// The one host.
    #[serde(deserialize_with = "number::null_as_default")]
    pub host: String,
    /// Keep it away, or let it in?
    pub ban: bool,
    /// For how long.
    #[serde(deserialize_with = "number::optional")]
    pub seconds: Option<u64>,
}

/// A host that is kept away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BannedEntry {
    /// The host.
    pub host: String,
    /// For how much longer.
    pub seconds: u64,
}

/// Answer of `get_bans`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BansAnswer {
    /// Hosts that are kept away.
    pub bans: Vec<BannedEntry>,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}

/// Parameters of `banned`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BannedRequest {
    /// The host.
    #[serde(deserialize_with = "number::null_as_default")]
    pub address: String,
}

/// Answer of `banned`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BannedAnswer {
    /// Is it kept away?
    pub banned: bool,
    /// For how much longer.
    pub seconds: u64,
    /// Always false.
    pub untrusted: bool,
    /// `OK`.
    pub status: Status,
}
