//! How peers stand: points for what they did, which fade, and bans, which end.

use super::file::{self, PeerFileError};
use crate::{
    limits::{BANS_FILE_BYTES, REMEMBERED_BANS, REMEMBERED_STANDINGS},
    penalty::Penalty,
    wire::message::Host,
};
use libp2p::PeerId;
use oxen_staking_rules::uptime_proof::acceptance;
use oxen_types::Timestamp;
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::{collections::BTreeMap, net::IpAddr, path::Path};

/// At this many points a peer is banned.
pub(crate) const BAN_POINTS: u32 = 100;
/// One point fades in so many seconds: half an hour from the edge of a ban to spotless.
const SECONDS_A_POINT: u64 = 18;
/// How long a ban lasts that a peer earned.
pub(crate) const BAN_SECONDS: u64 = 3_600;

/// Points and when they were last counted.
#[derive(Debug, Clone, Copy)]
struct Points {
    points: u32,
    counted: Timestamp,
}

impl Points {
    fn at(self, now: Timestamp) -> u32 {
        let faded = now.seconds().saturating_sub(self.counted.seconds()) / SECONDS_A_POINT;
        self.points.saturating_sub(u32::try_from(faded).unwrap_or(u32::MAX))
    }
}

/// What becomes of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consequence {
    /// It stays.
    Stays,
    /// It is banned now and has to go.
    Banned,
}

/// The file: who is banned until when.
#[derive(Debug, Encode, Decode)]
struct Rows {
    peers: Vec<(Vec<u8>, u64)>,
    hosts: Vec<(Host, u64)>,
}

/// Points and bans of peers and hosts. They outlive connections, so that leaving does not help.
#[derive(Debug, Default)]
pub(crate) struct Standings {
    points: BTreeMap<PeerId, Points>,
    banned_peers: BTreeMap<PeerId, Timestamp>,
    banned_hosts: BTreeMap<IpAddr, Timestamp>,
}

impl Standings {
    /// Counts a penalty. A ban is for the peer and, where one host is one machine on the internet, for its host.
    pub(crate) fn punish(
        &mut self,
        peer: PeerId,
        host: Option<IpAddr>,
        penalty: Penalty,
        now: Timestamp,
    ) -> Consequence {
        let points = match penalty {
            Penalty::None => return Consequence::Stays,
            Penalty::Points(points) => self.points_of(&peer, now).saturating_add(points),
            Penalty::Ban => BAN_POINTS,
        };
        if points < BAN_POINTS {
            self.points.insert(peer, Points { points, counted: now });
            if self.points.len() > REMEMBERED_STANDINGS {
                self.forget_points(now);
            }
            return Consequence::Stays;
        }
        self.points.remove(&peer);
        let until = now.saturating_add(BAN_SECONDS);
        self.banned_peers.insert(peer, until);
        if let Some(host) = host.filter(is_public) {
            self.ban_host(host, until, now);
        }
        bound(&mut self.banned_peers, now);
        Consequence::Banned
    }

    /// Points of a peer now.
    pub(crate) fn points_of(&self, peer: &PeerId, now: Timestamp) -> u32 {
        self.points.get(peer).map_or(0, |points| points.at(now))
    }

    /// Keeps a host away until a time, whatever kind of host it is.
    pub(crate) fn ban_host(&mut self, host: IpAddr, until: Timestamp, now: Timestamp) {
        self.banned_hosts.insert(host, until);
        bound(&mut self.banned_hosts, now);
    }

    /// Lets a host in again.
    pub(crate) fn lift(&mut self, host: &IpAddr) -> bool {
        self.banned_hosts.remove(host).is_some()
    }

    /// Is this peer or its host banned?
    pub(crate) fn is_banned(&self, peer: Option<&PeerId>, host: Option<&IpAddr>, now: Timestamp) -> bool {
        let holds = |until: Option<&Timestamp>| until.is_some_and(|until| *until > now);
        holds(peer.and_then(|peer| self.banned_peers.get(peer)))
            || holds(host.and_then(|host| self.banned_hosts.get(host)))
    }

    /// Hosts that are banned now.
    pub(crate) fn banned_hosts(&self, now: Timestamp) -> Vec<(IpAddr, Timestamp)> {
        self.banned_hosts
            .iter()
            .filter(|(_, until)| **until > now)
            .map(|(host, until)| (*host, *until))
            .collect()
    }

    /// Reads the file of bans, if there is one. Points are not kept: they fade within half an hour.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn load(path: &Path, now: Timestamp) -> Result<Self, PeerFileError> {
        let bytes = file::read(path, BANS_FILE_BYTES)?;
        let mut standings = Self::default();
        if bytes.is_empty() {
            return Ok(standings);
        }
        let Ok(rows) = Rows::decode_all(&mut bytes.as_slice()) else {
            tracing::warn!("the bans in {} do not decode and are forgotten", path.display());
            return Ok(standings);
        };
        for (peer, until) in rows.peers {
            if let (Ok(peer), true) = (PeerId::from_bytes(&peer), until > now.seconds()) {
                standings.banned_peers.insert(peer, Timestamp::from_seconds(until));
            }
        }
        for (host, until) in rows.hosts {
            if until > now.seconds() {
                standings
                    .banned_hosts
                    .insert(host.into(), Timestamp::from_seconds(until));
            }
        }
        bound(&mut standings.banned_peers, now);
        bound(&mut standings.banned_hosts, now);
        Ok(standings)
    }

    /// The file's content.
    pub(crate) fn encode(&self, now: Timestamp) -> Vec<u8> {
        let peers = self.banned_peers.iter().filter(|(_, until)| **until > now);
        Rows {
            peers: peers.map(|(peer, until)| (peer.to_bytes(), until.seconds())).collect(),
            hosts: self
                .banned_hosts(now)
                .into_iter()
                .map(|(host, until)| (host.into(), until.seconds()))
                .collect(),
        }
        .encode()
    }

    /// Drops what faded, then whoever has fewest points.
    fn forget_points(&mut self, now: Timestamp) {
        self.points.retain(|_, points| points.at(now) > 0);
        while self.points.len() > REMEMBERED_STANDINGS {
            let least = self.points.iter().min_by_key(|(_, points)| points.at(now));
            let Some(peer) = least.map(|(peer, _)| *peer) else {
                return;
            };
            self.points.remove(&peer);
        }
    }
}

/// Drops bans that ended, then those that end soonest.
fn bound<K: Ord + Copy>(bans: &mut BTreeMap<K, Timestamp>, now: Timestamp) {
    if bans.len() <= REMEMBERED_BANS {
        return;
    }
    bans.retain(|_, until| *until > now);
    while bans.len() > REMEMBERED_BANS {
        let soonest = bans.iter().min_by_key(|(_, until)| **until).map(|(key, _)| *key);
        let Some(key) = soonest else { return };
        bans.remove(&key);
    }
}

/// Many nodes share an address that is not reached from everywhere, and none of them answers for the others.
pub(crate) fn is_public(host: &IpAddr) -> bool {
    match host {
        IpAddr::V4(host) => acceptance::is_public(*host),
        IpAddr::V6(host) => {
            let unique_local = host.octets()[0] & 0xfe == 0xfc;
            let link_local = host.segments()[0] & 0xffc0 == 0xfe80;
            !(host.is_loopback() || host.is_unspecified() || unique_local || link_local)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_000_000);

    fn host(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn points_add_up_to_a_ban() {
        let mut standings = Standings::default();
        let peer = PeerId::random();
        for _ in 0..9 {
            let consequence = standings.punish(peer, None, Penalty::Points(10), START);
            assert_eq!(consequence, Consequence::Stays);
        }
        assert_eq!(standings.points_of(&peer, START), 90);
        assert_eq!(
            standings.punish(peer, None, Penalty::Points(10), START),
            Consequence::Banned
        );
        assert!(standings.is_banned(Some(&peer), None, START));
    }

    #[test]
    fn points_fade_and_bans_end() {
        let mut standings = Standings::default();
        let peer = PeerId::random();
        standings.punish(peer, None, Penalty::Points(90), START);
        let later = START.saturating_add(50 * SECONDS_A_POINT);
        assert_eq!(standings.points_of(&peer, later), 40);
        assert_eq!(
            standings.punish(peer, None, Penalty::Points(50), later),
            Consequence::Stays
        );
        standings.punish(peer, None, Penalty::Ban, later);
        assert!(standings.is_banned(Some(&peer), None, later.saturating_add(BAN_SECONDS - 1)));
        assert!(!standings.is_banned(Some(&peer), None, later.saturating_add(BAN_SECONDS)));
    }

    #[test]
    fn a_ban_takes_a_public_host_along_and_spares_a_shared_one() {
        let mut standings = Standings::default();
        for (text, banned) in [
            ("8.8.8.8", true),
            ("127.0.0.1", false),
            ("10.1.1.1", false),
            ("100.64.0.1", false),
            ("fd00::1", false),
        ] {
            standings.punish(PeerId::random(), Some(host(text)), Penalty::Ban, START);
            assert_eq!(standings.is_banned(None, Some(&host(text)), START), banned, "{text}");
        }
        assert!(standings.lift(&host("8.8.8.8")));
        assert!(!standings.lift(&host("8.8.8.8")));
        assert!(standings.banned_hosts(START).is_empty());
    }

    #[test]
    fn bans_outlive_a_restart_and_end_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bans");
        let mut standings = Standings::default();
        let peer = PeerId::random();
        standings.punish(peer, None, Penalty::Ban, START);
        let until = START.saturating_add(5);
        standings.ban_host(host("10.0.0.1"), until, START);
        standings.ban_host(host("2001:db8::1"), START.saturating_add(50), START);
        file::write(&path, &standings.encode(START)).unwrap();
        let loaded = Standings::load(&path, until).unwrap();
        assert!(loaded.is_banned(Some(&peer), None, until));
        assert_eq!(
            loaded.banned_hosts(START),
            [(host("2001:db8::1"), START.saturating_add(50))],
            "the other ban has ended"
        );
        std::fs::write(&path, b"garbage").unwrap();
        let nothing = Standings::load(&path, START).unwrap();
        assert!(!nothing.is_banned(Some(&peer), None, START));
    }

    #[test]
    fn memory_of_peers_is_bounded() {
        let mut standings = Standings::default();
        for _ in 0..=REMEMBERED_STANDINGS {
            standings.punish(PeerId::random(), None, Penalty::Points(1), START);
        }
        assert_eq!(standings.points.len(), REMEMBERED_STANDINGS);
    }
}
