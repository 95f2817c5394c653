//! The greeting: which chain, which newest block, where to be found. The rest begins after it.

use super::{Asker, Network, behaviour::FrameEvent};
use crate::address::{Endpoint, host_of};
use crate::{
    config::PeerChoice,
    limits::{ACCEPTED_PEERS, EXCHANGED_PEERS},
    peers::standing::is_public,
    penalty::Offence,
    wire::{
        bounded::{Bounded, Bytes},
        message::{Hello, HelloAnswer, PROTOCOL_VERSION, PeerRecord, Refusal, Request},
    },
};
use libp2p::{
    PeerId,
    request_response::{InboundRequestId, Message, ResponseChannel},
};
use oxen_node_api::{Acquaintance, Direction};
use std::time::Instant;

type HelloEvent = FrameEvent<Hello, HelloAnswer>;

impl Network {
    /// Greets a peer; nothing when the chain cannot be read, and then the node is about to stop.
    pub(super) fn greet(&mut self, peer: PeerId) {
        if let Some(hello) = self.own_hello() {
            self.swarm.behaviour_mut().hello.send_request(&peer, Ok(hello));
        }
    }

    fn own_hello(&self) -> Option<Hello> {
        let software = self.software.bytes().take(64).collect();
        Some(Hello {
            version: PROTOCOL_VERSION,
            chain: self.shared.identity,
            software: Bytes::new(software)?,
            tcp_port: self.ports.0,
            quic_port: self.ports.1,
            status: self.shared.status().ok()?,
            service_node: self.shared.statement,
        })
    }

    pub(super) fn on_hello(&mut self, event: HelloEvent) {
        match event {
            HelloEvent::Message { peer, message, .. } => match message {
                Message::Request {
                    request_id,
                    request: Ok(hello),
                    channel,
                } => self.on_greeted(peer, request_id, &hello, channel),
                Message::Request {
                    request: Err(frame), ..
                } => self.shared.charge(peer, Offence::Frame(frame)),
                Message::Response {
                    response: HelloAnswer::Welcome(hello),
                    ..
                } => match hello.check(&self.shared.identity) {
                    Ok(()) => self.welcome(peer, &hello),
                    Err(refusal) => self.shared.charge(peer, Offence::Refused(refusal)),
                },
                Message::Response {
                    response: HelloAnswer::Refused(refusal),
                    ..
                } => self.on_refused(peer, refusal),
            },
            HelloEvent::OutboundFailure { peer, error, .. } => {
                self.on_unanswered(peer, &error);
                self.leave(peer);
            }
            HelloEvent::InboundFailure {
                peer,
                request_id,
                error,
                ..
            } => {
                self.on_unasked(peer, request_id, &error);
                self.refusing.remove(&request_id);
                self.leave(peer);
            }
            HelloEvent::ResponseSent { request_id, .. } => {
                if let Some(peer) = self.refusing.remove(&request_id) {
                    self.leave(peer);
                }
            }
        }
    }

    pub(super) fn leave(&mut self, peer: PeerId) {
        self.shared.peers().evict(peer);
        self.shared.attention.notify_one();
    }

    /// Somebody greets.
    fn on_greeted(
        &mut self,
        peer: PeerId,
        request: InboundRequestId,
        hello: &Hello,
        channel: ResponseChannel<HelloAnswer>,
    ) {
        if !self.shared.peers().allows_request(&peer, Instant::now()) {
            return self.shared.charge(peer, Offence::TooManyRequests);
        }
        let answer = match (hello.check(&self.shared.identity), self.own_hello()) {
            (Ok(()), Some(own)) => HelloAnswer::Welcome(Box::new(own)),
            (Ok(()), None) => return self.leave(peer),
            (Err(refusal), _) => {
                // It learns why before it has to go.
                self.refusing.insert(request, peer);
                self.shared.charge(peer, Offence::Refused(refusal));
                HelloAnswer::Refused(refusal)
            }
        };
        let welcome = matches!(answer, HelloAnswer::Welcome(_));
        if self.swarm.behaviour_mut().hello.send_response(channel, answer).is_err() {
            self.refusing.remove(&request);
            self.leave(peer);
        } else if welcome {
            self.welcome(peer, hello);
        }
    }

    /// This node is refused: there is nothing to gain from the peer.
    fn on_refused(&mut self, peer: PeerId, refusal: Refusal) {
        let address = self.shared.peers().get(&peer).map(|known| known.address.to_string());
        tracing::warn!(
            "{} refuses this node: {refusal}",
            address.unwrap_or_else(|| peer.to_string())
        );
        self.shared.charge(peer, Offence::Refused(refusal));
    }

    fn welcome(&mut self, peer: PeerId, hello: &Hello) {
        if let Some(statement) = &hello.service_node
            && !statement.is_good(peer, &self.shared.identity)
        {
            return self.shared.charge(peer, Offence::ForgedStatement);
        }
        let direction = {
            let mut peers = self.shared.peers();
            peers.greeted(&peer, hello, self.shared.now());
            peers.get(&peer).map(|known| known.direction)
        };
        self.on_acquainted(peer);
        let software: String = String::from_utf8_lossy(&hello.software)
            .chars()
            .filter(|character| character.is_ascii_graphic() || *character == ' ')
            .collect();
        tracing::info!(%peer, height = %hello.status.height, software, "peer of this network");
        self.shared.sync_wake.notify_one();
        if direction == Some(Direction::Outbound) && self.choice == PeerChoice::Open {
            self.ask(peer, Request::Peers, Asker::Addresses);
        }
    }

    /// Asks one peer for addresses while there are too few.
    pub(super) fn ask_for_addresses(&mut self) {
        let asked = {
            let peers = self.shared.peers();
            let enough = peers.count(Direction::Outbound) >= peers.limits().outbound as usize;
            let all: Vec<PeerId> = peers.greeted_peers().map(|(peer, _)| peer).collect();
            if enough || all.is_empty() || self.choice == PeerChoice::Exclusive {
                return;
            }
            all[self.randomness.next_u32() as usize % all.len()]
        };
        self.ask(asked, Request::Peers, Asker::Addresses);
    }

    /// Takes some of the addresses that a peer tells of.
    pub(super) fn learn_addresses(&mut self, from: PeerId, records: &[PeerRecord]) {
        let now = self.shared.now();
        let own = *self.swarm.local_peer_id();
        {
            let mut peers = self.shared.peers();
            let Some(teller) = peers.get(&from).and_then(|known| host_of(&known.address)) else {
                return;
            };
            let told = records.iter().filter_map(|record| {
                let peer = PeerId::from_bytes(&record.peer).ok()?;
                let endpoint = Endpoint::told(record.host, record.tcp_port, record.quic_port)?;
                // Private addresses mean something only among those who share them.
                (peer != own && (is_public(&endpoint.host) || !is_public(&teller))).then_some((peer, endpoint))
            });
            for (peer, endpoint) in told.take(ACCEPTED_PEERS) {
                if !peers.standings.is_banned(Some(&peer), Some(&endpoint.host), now) {
                    peers.book.heard(peer, endpoint, now);
                }
            }
        }
        self.dial();
    }

    /// Addresses to tell a peer: those met, in an order that chance makes.
    pub(super) fn known_addresses(&mut self, asker: PeerId) -> Bounded<PeerRecord, EXCHANGED_PEERS> {
        let mut records: Vec<(u32, PeerRecord)> = Vec::new();
        let peers = self.shared.peers();
        let Some(host) = peers.get(&asker).and_then(|known| host_of(&known.address)) else {
            return Bounded::default();
        };
        let shares_private = !is_public(&host);
        let connected = |peer: &PeerId| peers.get(peer).is_some();
        for (peer, entry) in peers.book.entries() {
            let vouched = entry.acquaintance == Acquaintance::Met || connected(peer);
            if *peer == asker || !vouched || !(is_public(&entry.endpoint.host) || shares_private) {
                continue;
            }
            let Some(id) = Bytes::new(peer.to_bytes()) else {
                continue;
            };
            records.push((
                self.randomness.next_u32(),
                PeerRecord {
                    peer: id,
                    host: entry.endpoint.host.into(),
                    tcp_port: entry.endpoint.tcp_port,
                    quic_port: entry.endpoint.quic_port,
                },
            ));
        }
        drop(peers);
        records.sort_by_key(|(order, _)| *order);
        Bounded::of(records.into_iter().map(|(_, record)| record))
    }
}
