//! Who is connected, who is known, and how each stands.

pub(crate) mod book;
pub(crate) mod file;
pub(crate) mod places;
pub(crate) mod rate;
pub(crate) mod standing;

use crate::{
    address::{Endpoint, host_of, socket_of},
    limits::{ANSWERED_OF_PEER, CONNECTIONS_OF_PEER, HELLO_TIMEOUT, PASSING_TIME, PEERS_OF_HOST, QUESTIONS_OF_PEER},
    penalty::Penalty,
    wire::{
        message::{Hello, Status},
        quorum::Statement,
    },
};
use book::AddressBook;
use libp2p::{Multiaddr, PeerId};
use oxen_node_api::{Direction, PeerConnection, PeerLimits};
use oxen_types::Timestamp;
use places::{Place, Purpose, Visits};
use rate::{Allowance, Rate};
use standing::{Consequence, Standings, is_public};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Did the peer say who it is?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greeting {
    /// Not yet; it has until then.
    Awaited(Instant),
    /// It is of this chain.
    Done,
}

/// A connected peer.
#[derive(Debug, Clone)]
pub(crate) struct Connected {
    pub(crate) direction: Direction,
    pub(crate) address: Multiaddr,
    since: Timestamp,
    connections: u32,
    /// Requests of it that may be answered together.
    places: Arc<Semaphore>,
    greeting: Greeting,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) status: Option<Status>,
    /// For which service node it speaks; signed for this peer, and not compared with uptime proofs.
    pub(crate) statement: Option<Statement>,
    pub(crate) place: Place,
    /// When something was told or asked by or to the service node.
    used: Instant,
    round_trip: Option<Duration>,
    allowance: Allowance,
    messages: Allowance,
    /// Its questions that may be answered together.
    questions: Arc<Semaphore>,
}

/// Why somebody may not connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denial {
    /// Banned.
    #[error("it is banned")]
    Banned,
    /// No room.
    #[error("there are as many peers as there may be")]
    Full,
    /// Enough of this host.
    #[error("there are enough peers of its host")]
    HostFull,
    /// Enough of this peer.
    #[error("it is connected as often as it may be")]
    PeerFull,
}

/// All that is known of peers.
#[derive(Debug)]
pub(crate) struct Peers {
    connected: BTreeMap<PeerId, Connected>,
    pub(crate) book: AddressBook,
    pub(crate) standings: Standings,
    limits: PeerLimits,
    visits: Visits,
    /// Peers that have to go.
    evicted: BTreeSet<PeerId>,
}

impl Peers {
    pub(crate) fn new(book: AddressBook, standings: Standings, limits: PeerLimits, visits: Visits) -> Self {
        Self {
            connected: BTreeMap::new(),
            book,
            standings,
            limits,
            visits,
            evicted: BTreeSet::new(),
        }
    }

    // Coming and going.

    /// May this host, or this peer from there, connect?
    pub(crate) fn admits(
        &self,
        peer: Option<&PeerId>,
        address: &Multiaddr,
        direction: Direction,
        now: Timestamp,
    ) -> Result<(), Denial> {
        let host = host_of(address);
        if self.standings.is_banned(peer, host.as_ref(), now) {
            return Err(Denial::Banned);
        }
        if direction == Direction::Outbound {
            return Ok(());
        }
        if let Some(known) = peer.and_then(|peer| self.connected.get(peer)) {
            return if known.connections < CONNECTIONS_OF_PEER {
                Ok(())
            } else {
                Err(Denial::PeerFull)
            };
        }
        if !self.has_ordinary_place(Direction::Inbound) && !self.has_passing_place() {
            return Err(Denial::Full);
        }
        match host.filter(is_public) {
            // Many service nodes may run on one machine, and each has its stake.
            Some(host) if self.strangers_of_host(&host) >= PEERS_OF_HOST => Err(Denial::HostFull),
            _ => Ok(()),
        }
    }

    /// A place for an answer to the peer; `None` while it waits for as many as it may.
    pub(crate) fn place_of(&self, peer: &PeerId) -> Option<OwnedSemaphorePermit> {
        let places = Arc::clone(&self.connected.get(peer)?.places);
        places.try_acquire_owned().ok()
    }

    /// A connection was made. True when it is the peer's first.
    pub(crate) fn connected(
        &mut self,
        peer: PeerId,
        address: Multiaddr,
        (direction, purpose): (Direction, Purpose),
        now: Timestamp,
        instant: Instant,
    ) -> bool {
        let place = match purpose {
            Purpose::Chain if self.has_ordinary_place(direction) => Place::Ordinary,
            Purpose::Chain | Purpose::Quorum => Place::Passing(instant + PASSING_TIME),
        };
        if let Some(known) = self.connected.get_mut(&peer) {
            known.connections = known.connections.saturating_add(1);
            return false;
        }
        self.connected.insert(
            peer,
            Connected {
                direction,
                address,
                since: now,
                connections: 1,
                places: Arc::new(Semaphore::new(ANSWERED_OF_PEER)),
                greeting: Greeting::Awaited(instant + HELLO_TIMEOUT),
                endpoint: None,
                status: None,
                statement: None,
                place,
                used: instant,
                round_trip: None,
                allowance: Allowance::full(Rate::REQUESTS, instant),
                messages: Allowance::full(Rate::MESSAGES, instant),
                questions: Arc::new(Semaphore::new(QUESTIONS_OF_PEER)),
            },
        );
        true
    }

    /// A connection ended. True when it was the peer's last.
    pub(crate) fn disconnected(&mut self, peer: &PeerId, now: Timestamp) -> bool {
        let Some(known) = self.connected.get_mut(peer) else {
            return false;
        };
        known.connections = known.connections.saturating_sub(1);
        if known.connections > 0 {
            return false;
        }
        if let Some(Connected {
            direction: Direction::Outbound,
            endpoint: Some(endpoint),
            ..
        }) = self.connected.remove(peer)
            && !self.standings.is_banned(Some(peer), None, now)
        {
            self.book.met(*peer, endpoint, now);
        }
        self.evicted.remove(peer);
        true
    }

    /// The peer greeted. Those we reached are known first-hand, those that reached us only by their own words.
    pub(crate) fn greeted(&mut self, peer: &PeerId, hello: &Hello, now: Timestamp) {
        let Some(known) = self.connected.get_mut(peer) else {
            return;
        };
        known.greeting = Greeting::Done;
        known.status = Some(hello.status);
        known.statement = hello.service_node;
        known.endpoint =
            host_of(&known.address).and_then(|host| Endpoint::told(host.into(), hello.tcp_port, hello.quic_port));
        if let Some(endpoint) = known.endpoint {
            match known.direction {
                Direction::Outbound => self.book.met(*peer, endpoint, now),
                Direction::Inbound => self.book.heard(*peer, endpoint, now),
            }
        }
        let mut oldest: Vec<_> = self
            .connected
            .iter()
            .filter(|(_, known)| known.direction == Direction::Outbound && known.place == Place::Ordinary)
            .map(|(peer, known)| (known.since, *peer))
            .collect();
        oldest.sort_unstable();
        if !oldest.is_empty() {
            self.book.set_anchors(oldest.into_iter().map(|(_, peer)| peer));
        }
    }

    /// Peers whose greeting is overdue.
    pub(crate) fn silent(&self, instant: Instant) -> Vec<PeerId> {
        let overdue = |known: &Connected| matches!(known.greeting, Greeting::Awaited(until) if until <= instant);
        self.connected
            .iter()
            .filter(|(_, known)| overdue(known))
            .map(|(peer, _)| *peer)
            .collect()
    }

    // Standing.

    /// Counts a penalty; a peer that is banned is put on the list of those that have to go.
    pub(crate) fn punish(&mut self, peer: PeerId, penalty: Penalty, now: Timestamp) -> Consequence {
        let host = self.connected.get(&peer).and_then(|known| host_of(&known.address));
        let consequence = self.standings.punish(peer, host, penalty, now);
        if consequence == Consequence::Banned {
            self.book.forget(&peer);
            self.evict(peer);
        }
        consequence
    }

    /// Puts a peer on the list of those that have to go.
    pub(crate) fn evict(&mut self, peer: PeerId) {
        if self.connected.contains_key(&peer) {
            self.evicted.insert(peer);
        }
    }

    /// Puts all peers of a host on that list.
    pub(crate) fn evict_host(&mut self, host: &IpAddr) {
        let of_host: Vec<PeerId> = self.of_host(host).copied().collect();
        self.evicted.extend(of_host);
    }

    /// Takes the list.
    pub(crate) fn take_evicted(&mut self) -> BTreeSet<PeerId> {
        std::mem::take(&mut self.evicted)
    }

    /// Counts a request of the peer; false when it makes too many.
    pub(crate) fn allows_request(&mut self, peer: &PeerId, instant: Instant) -> bool {
        self.connected
            .get_mut(peer)
            .is_some_and(|known| known.allowance.take(instant))
    }

    /// Counts a message of a service node; false when it tells too many.
    pub(crate) fn allows_message(&mut self, peer: &PeerId, instant: Instant) -> bool {
        self.connected
            .get_mut(peer)
            .is_some_and(|known| known.messages.take(instant))
    }

    /// A place for a question of the peer; `None` while it waits for as many answers as it may.
    pub(crate) fn question_place_of(&self, peer: &PeerId) -> Option<OwnedSemaphorePermit> {
        let places = Arc::clone(&self.connected.get(peer)?.questions);
        places.try_acquire_owned().ok()
    }

    // Limits.

    pub(crate) const fn limits(&self) -> PeerLimits {
        self.limits
    }

    /// Changes the limits; the youngest above them have to go.
    pub(crate) fn set_limits(&mut self, limits: PeerLimits) {
        self.limits = limits;
        for (direction, most) in [
            (Direction::Inbound, limits.inbound),
            (Direction::Outbound, limits.outbound),
        ] {
            let mut ages: Vec<_> = self
                .connected
                .iter()
                .filter(|(_, known)| known.direction == direction && known.place == Place::Ordinary)
                .map(|(peer, known)| (known.since, *peer))
                .collect();
            ages.sort_unstable();
            self.evicted
                .extend(ages.into_iter().skip(most as usize).map(|(_, peer)| peer));
        }
    }

    // Looking.

    pub(crate) fn get(&self, peer: &PeerId) -> Option<&Connected> {
        self.connected.get(peer)
    }

    /// Ordinary peers of a direction.
    pub(crate) fn count(&self, direction: Direction) -> usize {
        self.connected
            .values()
            .filter(|known| known.direction == direction && known.place == Place::Ordinary)
            .count()
    }

    /// Did the peer say who it is?
    pub(crate) fn has_greeted(&self, peer: &PeerId) -> bool {
        self.get(peer).is_some_and(|known| known.greeting == Greeting::Done)
    }

    /// Peers that greeted, with their newest block.
    pub(crate) fn greeted_peers(&self) -> impl Iterator<Item = (PeerId, Status)> {
        self.connected
            .iter()
            .filter(|(peer, known)| known.greeting == Greeting::Done && !self.evicted.contains(peer))
            .filter_map(|(peer, known)| Some((*peer, known.status?)))
    }

    /// Peers that greeted and that this node chose itself.
    pub(crate) fn chosen_peers(&self) -> Vec<PeerId> {
        self.greeted_peers()
            .map(|(peer, _)| peer)
            .filter(|peer| {
                self.get(peer)
                    .is_some_and(|known| known.direction == Direction::Outbound)
            })
            .collect()
    }

    /// The peer said which its newest block is.
    pub(crate) fn set_status(&mut self, peer: &PeerId, status: Status) {
        if let Some(known) = self.connected.get_mut(peer) {
            known.status = Some(status);
        }
    }

    pub(crate) fn set_round_trip(&mut self, peer: &PeerId, time: Duration) {
        if let Some(known) = self.connected.get_mut(peer) {
            known.round_trip = Some(time);
        }
    }

    fn of_host<'a>(&'a self, host: &'a IpAddr) -> impl Iterator<Item = &'a PeerId> {
        self.connected
            .iter()
            .filter(move |(_, known)| host_of(&known.address).as_ref() == Some(host))
            .map(|(peer, _)| peer)
    }

    /// What front ends see.
    pub(crate) fn connections(&self, now: Timestamp) -> Vec<PeerConnection> {
        self.connected
            .iter()
            .filter_map(|(peer, known)| {
                let (host, port) = socket_of(&known.address)?;
                Some(PeerConnection {
                    peer: peer.to_string(),
                    address: known.address.to_string(),
                    host,
                    port,
                    direction: known.direction,
                    since: known.since,
                    tip: known.status.map(|status| (status.height, status.tip)),
                    round_trip: known.round_trip,
                    penalty_points: self.standings.points_of(peer, now),
                })
            })
            .collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        address::tcp,
        wire::{
            bounded::Bytes,
            message::{ChainIdentity, PROTOCOL_VERSION},
        },
    };
    use oxen_types::{Hash, Height, Network};

    pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
    const STATUS: Status = Status {
        height: Height::GENESIS,
        tip: Hash::ZERO,
    };

    pub(super) fn peers(inbound: u32) -> Peers {
        let limits = PeerLimits { outbound: 8, inbound };
        Peers::new(AddressBook::default(), Standings::default(), limits, Visits::Refused)
    }

    fn hello(tcp_port: Option<u16>) -> Hello {
        Hello {
            version: PROTOCOL_VERSION,
            chain: ChainIdentity::of(&Network::regtest()),
            software: Bytes::new(Vec::new()).unwrap(),
            tcp_port,
            quic_port: None,
            status: STATUS,
            service_node: None,
        }
    }

    pub(super) fn come(peers: &mut Peers, host: [u8; 4], direction: Direction, now: Timestamp) -> PeerId {
        let peer = PeerId::random();
        let address = tcp(host.into(), 1);
        peers.connected(peer, address, (direction, Purpose::Chain), now, Instant::now());
        peer
    }

    #[test]
    fn inbound_peers_are_limited_and_outbound_ones_are_not_refused() {
        let mut peers = peers(2);
        for last in 1..=2 {
            come(&mut peers, [10, 0, 0, last], Direction::Inbound, NOW);
        }
        let address = tcp([10, 0, 0, 3].into(), 1);
        let admits = |direction| peers.admits(Some(&PeerId::random()), &address, direction, NOW);
        assert_eq!(admits(Direction::Inbound), Err(Denial::Full));
        assert_eq!(admits(Direction::Outbound), Ok(()));
    }

    #[test]
    fn one_public_host_cannot_take_every_place() {
        let mut peers = peers(64);
        for _ in 0..PEERS_OF_HOST {
            come(&mut peers, [8, 8, 8, 8], Direction::Inbound, NOW);
            come(&mut peers, [127, 0, 0, 1], Direction::Inbound, NOW);
        }
        let from = |host: [u8; 4]| peers.admits(None, &tcp(host.into(), 9), Direction::Inbound, NOW);
        assert_eq!(from([8, 8, 8, 8]), Err(Denial::HostFull));
        assert_eq!(from([127, 0, 0, 1]), Ok(()));
    }

    #[test]
    fn one_peer_cannot_take_every_place() {
        let mut peers = peers(64);
        let host = tcp([10, 0, 0, 1].into(), 1);
        let peer = come(&mut peers, [10, 0, 0, 1], Direction::Inbound, NOW);
        let admits = |peers: &Peers| peers.admits(Some(&peer), &host, Direction::Inbound, NOW);
        assert_eq!(admits(&peers), Ok(()), "two nodes may call each other at once");
        let inbound = (Direction::Inbound, Purpose::Chain);
        peers.connected(peer, host.clone(), inbound, NOW, Instant::now());
        assert_eq!(admits(&peers), Err(Denial::PeerFull));

        let places: Vec<_> = (0..ANSWERED_OF_PEER).map_while(|_| peers.place_of(&peer)).collect();
        assert_eq!(places.len(), ANSWERED_OF_PEER);
        assert!(peers.place_of(&peer).is_none());
        let other = come(&mut peers, [10, 0, 0, 2], Direction::Inbound, NOW);
        assert!(peers.place_of(&other).is_some());
        drop(places);
        assert!(peers.place_of(&peer).is_some(), "answers that are out make room");
    }

    #[test]
    fn a_banned_peer_has_to_go_and_may_not_return() {
        let mut peers = peers(64);
        let peer = come(&mut peers, [10, 0, 0, 1], Direction::Inbound, NOW);
        assert_eq!(peers.punish(peer, Penalty::Ban, NOW), Consequence::Banned);
        assert!(peers.take_evicted().contains(&peer));
        peers.disconnected(&peer, NOW);
        let again = peers.admits(Some(&peer), &tcp([10, 0, 0, 1].into(), 1), Direction::Inbound, NOW);
        assert_eq!(again, Err(Denial::Banned));
    }

    #[test]
    fn lower_limits_send_the_youngest_away() {
        let mut peers = peers(64);
        let old = come(&mut peers, [10, 0, 0, 1], Direction::Inbound, NOW);
        let young = come(&mut peers, [10, 0, 0, 2], Direction::Inbound, NOW.saturating_add(1));
        peers.set_limits(PeerLimits {
            outbound: 8,
            inbound: 1,
        });
        let evicted = peers.take_evicted();
        assert!(evicted.contains(&young) && !evicted.contains(&old));
    }

    #[test]
    fn only_peers_that_were_reached_are_known_first_hand() {
        let mut peers = peers(64);
        let inbound = come(&mut peers, [10, 0, 0, 1], Direction::Inbound, NOW);
        let outbound = come(&mut peers, [10, 0, 0, 2], Direction::Outbound, NOW);
        peers.greeted(&inbound, &hello(Some(5)), NOW);
        peers.greeted(&outbound, &hello(Some(5)), NOW);
        let order: Vec<_> = peers.book.candidates(NOW).into_iter().map(|(peer, _)| peer).collect();
        assert_eq!(order, [outbound, inbound]);
        assert_eq!(peers.chosen_peers(), [outbound]);
    }

    #[test]
    fn who_does_not_greet_is_noticed() {
        let mut peers = peers(64);
        let silent = come(&mut peers, [10, 0, 0, 1], Direction::Inbound, NOW);
        let friendly = come(&mut peers, [10, 0, 0, 2], Direction::Inbound, NOW);
        peers.greeted(&friendly, &hello(None), NOW);
        assert!(peers.silent(Instant::now()).is_empty());
        assert_eq!(peers.silent(Instant::now() + HELLO_TIMEOUT), [silent]);
    }
}
