//! Addresses that outlive the process: who was met, who was heard of, and whom to go to first.

use super::file::{self, PeerFileError};
use crate::{
    address::Endpoint,
    limits::{ANCHORS, BOOK_FILE_BYTES, KNOWN_PEERS},
    wire::message::Host,
};
use libp2p::PeerId;
use oxen_node_api::Acquaintance;
use oxen_types::Timestamp;
use parity_scale_codec::{Decode, DecodeAll, Encode};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Failures in a row after which an address that was only heard of is dropped.
const PATIENCE: u32 = 3;
/// The same for one that was met.
const PATIENCE_WITH_FRIENDS: u32 = 20;

/// What is known of a peer's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) endpoint: Endpoint,
    pub(crate) last_seen: Timestamp,
    pub(crate) acquaintance: Acquaintance,
    failures: u32,
    /// Not to be tried before.
    rest_until: Timestamp,
}

/// The known addresses by peer.
#[derive(Debug, Default)]
pub(crate) struct AddressBook {
    entries: BTreeMap<PeerId, Entry>,
    anchors: BTreeSet<PeerId>,
}

/// A line of the file.
#[derive(Debug, Encode, Decode)]
struct Row {
    peer: Vec<u8>,
    host: Host,
    tcp_port: Option<u16>,
    quic_port: Option<u16>,
    last_seen: u64,
    met: bool,
    anchor: bool,
}

impl AddressBook {
    /// Somebody is connected and can be reached there.
    pub(crate) fn met(&mut self, peer: PeerId, endpoint: Endpoint, now: Timestamp) {
        self.entries.insert(
            peer,
            Entry {
                endpoint,
                last_seen: now,
                acquaintance: Acquaintance::Met,
                failures: 0,
                rest_until: now,
            },
        );
        self.bound();
    }

    /// Another peer told of somebody. What is known first-hand is not changed by hearsay.
    pub(crate) fn heard(&mut self, peer: PeerId, endpoint: Endpoint, now: Timestamp) {
        if self.entries.len() >= KNOWN_PEERS {
            return;
        }
        self.entries.entry(peer).or_insert(Entry {
            endpoint,
            last_seen: now,
            acquaintance: Acquaintance::Heard,
            failures: 0,
            rest_until: now,
        });
    }

    /// It could not be reached: it rests for a while, twice as long each time, and is dropped in the end.
    pub(crate) fn failed(&mut self, peer: &PeerId, now: Timestamp) {
        /// Seconds of the first rest.
        const REST: u64 = 15;
        /// Doublings until the rest is an hour.
        const DOUBLINGS: u32 = 8;
        let Some(entry) = self.entries.get_mut(peer) else {
            return;
        };
        entry.failures = entry.failures.saturating_add(1);
        entry.rest_until = now.saturating_add(REST << entry.failures.min(DOUBLINGS));
        let patience = match entry.acquaintance {
            Acquaintance::Met => PATIENCE_WITH_FRIENDS,
            Acquaintance::Heard => PATIENCE,
        };
        if entry.failures >= patience {
            self.forget(peer);
        }
    }

    /// Drops a peer.
    pub(crate) fn forget(&mut self, peer: &PeerId) {
        self.entries.remove(peer);
        self.anchors.remove(peer);
    }

    /// Whom the next start goes to first.
    pub(crate) fn set_anchors(&mut self, peers: impl IntoIterator<Item = PeerId>) {
        self.anchors = peers
            .into_iter()
            .filter(|peer| self.entries.contains_key(peer))
            .take(ANCHORS)
            .collect();
    }

    /// Peers that may be tried now, anchors first, then those met, the freshest first.
    pub(crate) fn candidates(&self, now: Timestamp) -> Vec<(PeerId, Endpoint)> {
        let mut rested: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.rest_until <= now)
            .collect();
        rested.sort_by_key(|(peer, entry)| {
            let met = entry.acquaintance == Acquaintance::Met;
            std::cmp::Reverse((self.anchors.contains(peer), met, entry.last_seen))
        });
        rested
            .into_iter()
            .map(|(peer, entry)| (*peer, entry.endpoint))
            .collect()
    }

    /// Everything known.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&PeerId, &Entry)> {
        self.entries.iter()
    }

    /// Nobody is known.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Makes room: those heard of go before those met, the stalest first.
    fn bound(&mut self) {
        while self.entries.len() > KNOWN_PEERS {
            let worst = self
                .entries
                .iter()
                .min_by_key(|(_, entry)| (entry.acquaintance == Acquaintance::Met, entry.last_seen));
            let Some(peer) = worst.map(|(peer, _)| *peer) else {
                return;
            };
            self.forget(&peer);
        }
    }

    /// Reads the file, if there is one.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn load(path: &Path) -> Result<Self, PeerFileError> {
        let bytes = file::read(path, BOOK_FILE_BYTES)?;
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let Ok(rows) = Vec::<Row>::decode_all(&mut bytes.as_slice()) else {
            tracing::warn!("the known peers in {} do not decode and are forgotten", path.display());
            return Ok(Self::default());
        };
        let mut book = Self::default();
        for row in rows.into_iter().take(KNOWN_PEERS) {
            let endpoint = Endpoint::told(row.host, row.tcp_port, row.quic_port);
            let (Ok(peer), Some(endpoint)) = (PeerId::from_bytes(&row.peer), endpoint) else {
                continue;
            };
            let last_seen = Timestamp::from_seconds(row.last_seen);
            if row.met {
                book.met(peer, endpoint, last_seen);
            } else {
                book.heard(peer, endpoint, last_seen);
            }
            if row.anchor {
                book.anchors.insert(peer);
            }
        }
        Ok(book)
    }

    /// The file's content.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let rows: Vec<Row> = self
            .entries
            .iter()
            .map(|(peer, entry)| Row {
                peer: peer.to_bytes(),
                host: entry.endpoint.host.into(),
                tcp_port: entry.endpoint.tcp_port,
                quic_port: entry.endpoint.quic_port,
                last_seen: entry.last_seen.seconds(),
                met: entry.acquaintance == Acquaintance::Met,
                anchor: self.anchors.contains(peer),
            })
            .collect();
        rows.encode()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, net::IpAddr};

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn endpoint(last: u8) -> Endpoint {
        Endpoint {
            host: IpAddr::from([10, 0, 0, last]),
            tcp_port: Some(1),
            quic_port: Some(2),
        }
    }

    #[test]
    fn friends_come_before_hearsay_and_anchors_before_friends() {
        let mut book = AddressBook::default();
        let [heard, fresh, stale, anchor] = [0; 4].map(|_| PeerId::random());
        book.heard(heard, endpoint(1), NOW);
        book.met(fresh, endpoint(2), NOW);
        book.met(stale, endpoint(3), Timestamp::from_seconds(5));
        book.met(anchor, endpoint(4), Timestamp::from_seconds(1));
        book.set_anchors([anchor]);
        let order: Vec<PeerId> = book.candidates(NOW).into_iter().map(|(peer, _)| peer).collect();
        assert_eq!(order, [anchor, fresh, stale, heard]);
    }

    #[test]
    fn who_cannot_be_reached_rests_and_is_forgotten_in_the_end() {
        let mut book = AddressBook::default();
        let peer = PeerId::random();
        book.heard(peer, endpoint(1), NOW);
        book.failed(&peer, NOW);
        assert!(book.candidates(NOW).is_empty());
        assert_eq!(book.candidates(NOW.saturating_add(30)).len(), 1);
        book.failed(&peer, NOW);
        book.failed(&peer, NOW);
        assert!(book.is_empty());
    }

    #[test]
    fn hearsay_changes_nothing_that_is_known_first_hand() {
        let mut book = AddressBook::default();
        let peer = PeerId::random();
        book.met(peer, endpoint(1), NOW);
        book.heard(peer, endpoint(2), NOW);
        assert_eq!(book.candidates(NOW), [(peer, endpoint(1))]);
    }

    #[test]
    fn the_book_is_bounded() {
        let mut book = AddressBook::default();
        for _ in 0..KNOWN_PEERS + 5 {
            book.heard(PeerId::random(), endpoint(1), NOW);
        }
        assert_eq!(book.entries.len(), KNOWN_PEERS);
        let friend = PeerId::random();
        book.met(friend, endpoint(2), NOW);
        assert_eq!(book.entries.len(), KNOWN_PEERS);
        assert!(book.entries.contains_key(&friend));
    }

    #[test]
    fn the_file_returns_what_was_written_and_garbage_is_an_empty_book() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("peers");
        assert!(AddressBook::load(&path).unwrap().is_empty());
        let mut book = AddressBook::default();
        let (friend, heard) = (PeerId::random(), PeerId::random());
        book.met(friend, endpoint(1), NOW);
        book.heard(heard, endpoint(2), NOW);
        book.set_anchors([friend]);
        file::write(&path, &book.encode()).unwrap();
        let loaded = AddressBook::load(&path).unwrap();
        assert_eq!(loaded.entries, book.entries);
        assert_eq!(loaded.anchors, book.anchors);
        fs::write(&path, b"garbage").unwrap();
        assert!(AddressBook::load(&path).unwrap().is_empty());
    }
}
