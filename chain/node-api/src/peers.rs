//! The node's peers as its front ends see them.

use crate::control::SyncState;
use oxen_types::{Hash, Height, Timestamp};
use std::{net::IpAddr, time::Duration};

/// Who opened a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The peer did.
    Inbound,
    /// This node did.
    Outbound,
}

/// A peer that is connected now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerConnection {
    /// The peer's id: its key, as text.
    pub peer: String,
    /// The far end of the connection with its protocols, as text.
    pub address: String,
    /// Its host.
    pub host: IpAddr,
    /// Its port.
    pub port: u16,
    /// Who opened it.
    pub direction: Direction,
    /// When it was opened.
    pub since: Timestamp,
    /// Newest block the peer said it has; `None` until it said so.
    pub tip: Option<(Height, Hash)>,
    /// Time to the peer and back.
    pub round_trip: Option<Duration>,
    /// How far it is from being banned: 0 is spotless, 100 is a ban.
    pub penalty_points: u32,
}

/// How well an address is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acquaintance {
    /// This node was connected to it.
    Met,
    /// Other peers told of it.
    Heard,
}

/// An address that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPeer {
    /// The peer's id, as text.
    pub peer: String,
    /// Its host.
    pub host: IpAddr,
    /// Its port.
    pub port: u16,
    /// When it was last connected, or first heard of.
    pub last_seen: Timestamp,
    /// How well it is known.
    pub acquaintance: Acquaintance,
}

/// A host that may not connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BannedHost {
    /// The host.
    pub host: IpAddr,
    /// Until when.
    pub until: Timestamp,
}

/// How many peers there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerLimits {
    /// Peers that this node looks for.
    pub outbound: u32,
    /// Peers that may come by themselves.
    pub inbound: u32,
}

/// Blocks that were asked of a peer, or came and wait for those before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncSpan {
    /// Height of the first.
    pub first: Height,
    /// How many.
    pub blocks: u64,
    /// The peer asked, as text.
    pub peer: String,
    /// Bytes that came; 0 while they are awaited.
    pub bytes: u64,
}

/// Looks at the peers and decides about them.
pub trait PeerControl: Send + Sync {
    /// Those that are connected, in no particular order.
    fn connections(&self) -> Vec<PeerConnection>;

    /// Addresses that are remembered, those met before those heard of.
    fn known_peers(&self) -> Vec<KnownPeer>;

    /// How many there may be.
    fn limits(&self) -> PeerLimits;

    /// Changes how many there may be; those above are sent away, the youngest first.
    fn set_limits(&self, limits: PeerLimits);

    /// Hosts that may not connect now.
    fn bans(&self) -> Vec<BannedHost>;

    /// Keeps a host away for so many seconds and sends its peers away.
    fn ban(&self, host: IpAddr, seconds: u64);

    /// Lets a host connect again; false when it was not banned.
    fn lift_ban(&self, host: IpAddr) -> bool;

    /// Where the node stands against its peers.
    fn sync_state(&self) -> SyncState;

    /// Blocks that are on their way, lowest first.
    fn sync_spans(&self) -> Vec<SyncSpan>;
}
