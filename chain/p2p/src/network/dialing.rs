//! Whom to connect to: the peers that the operator named, then those known, then seeds.

use super::Network;
use crate::{
    address::{PeerAddress, quic, socket_of},
    config::{PeerChoice, PeerConfig},
    limits::TICK,
};
use libp2p::{
    Multiaddr, PeerId,
    multiaddr::Protocol,
    swarm::{ConnectionId, DialError, dial_opts::DialOpts},
};
use oxen_node_api::Direction;
use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

/// Longest pause between two attempts to reach a peer that the operator named.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Pause between two rounds through the seeds.
const SEED_PAUSE: Duration = Duration::from_secs(30);

/// A peer that the operator named.
#[derive(Debug)]
struct Named {
    address: PeerAddress,
    /// Who was found there.
    found: Option<PeerId>,
    failures: u32,
    next_try: Instant,
    /// It is this node itself.
    own: bool,
}

impl Named {
    /// TCP addresses are tried by QUIC on the same port every other time: one of the two may be blocked on the way.
    fn dialled(&self) -> Multiaddr {
        let address = self.address.address();
        let tcp = address.iter().any(|part| matches!(part, Protocol::Tcp(_)));
        match socket_of(address) {
            Some((host, port)) if tcp && self.failures % 2 == 1 => quic(host, port),
            _ => address.clone(),
        }
    }
}

/// What a dial is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// A named peer.
    Named(usize),
    /// A known one.
    Known(PeerId),
    /// A seed.
    Seed,
}

/// Dials that are on their way, and those to come.
#[derive(Debug)]
pub(super) struct Dialing {
    named: Vec<Named>,
    seeds: Vec<PeerAddress>,
    seeds_next: Instant,
    underway: HashMap<ConnectionId, Target>,
}

impl Dialing {
    pub(super) fn new(config: &PeerConfig) -> Self {
        let now = Instant::now();
        let addresses: BTreeSet<PeerAddress> = config.peers.iter().cloned().collect();
        Self {
            named: addresses
                .into_iter()
                .map(|address| Named {
                    found: None,
                    address,
                    failures: 0,
                    next_try: now,
                    own: false,
                })
                .collect(),
            seeds: config.seeds.clone(),
            seeds_next: now,
            underway: HashMap::new(),
        }
    }

    fn is_underway(&self, target: Target) -> bool {
        self.underway.values().any(|other| *other == target)
    }

    /// A dial succeeded, or somebody came.
    pub(super) fn connected(&mut self, connection: ConnectionId, peer: PeerId) {
        if let Some(Target::Named(index)) = self.underway.remove(&connection)
            && let Some(named) = self.named.get_mut(index)
        {
            named.found = Some(peer);
            named.failures = 0;
        }
    }

    /// A peer has gone.
    pub(super) fn disconnected(&mut self, peer: &PeerId) {
        for named in self.named.iter_mut().filter(|named| named.found.as_ref() == Some(peer)) {
            named.found = None;
            named.next_try = Network::soon();
        }
    }
}

impl Network {
    /// Dials whoever should be connected and is not.
    pub(super) fn dial(&mut self) {
        self.dial_named();
        if self.choice == PeerChoice::Exclusive {
            return;
        }
        let (connected, wanted, known) = {
            let peers = self.shared.peers();
            let candidates = peers.book.candidates(self.shared.now());
            (
                peers.count(Direction::Outbound),
                peers.limits().outbound as usize,
                candidates,
            )
        };
        let mut missing = wanted.saturating_sub(connected + self.dialing.underway.len());
        let own = *self.swarm.local_peer_id();
        for (peer, endpoint) in known {
            if missing == 0 {
                return;
            }
            let banned = self
                .shared
                .peers()
                .admits(
                    Some(&peer),
                    &endpoint_address(&endpoint),
                    Direction::Outbound,
                    self.shared.now(),
                )
                .is_err();
            if banned || peer == own || self.swarm.is_connected(&peer) || self.dialing.is_underway(Target::Known(peer))
            {
                continue;
            }
            let dial = DialOpts::peer_id(peer)
                .addresses(endpoint.addresses())
                .allocate_new_port()
                .build();
            self.start(dial, Target::Known(peer));
            missing -= 1;
        }
        if missing > 0 && connected == 0 {
            self.dial_seeds();
        }
    }

    fn dial_named(&mut self) {
        let now = Instant::now();
        let due: Vec<(usize, DialOpts)> = self
            .dialing
            .named
            .iter()
            .enumerate()
            .filter(|(_, named)| named.found.is_none() && !named.own && named.next_try <= now)
            .filter(|(index, _)| !self.dialing.is_underway(Target::Named(*index)))
            .map(|(index, named)| (index, dial_options(named.address.peer(), named.dialled())))
            .collect();
        for (index, dial) in due {
            self.start(dial, Target::Named(index));
        }
    }

    fn dial_seeds(&mut self) {
        let now = Instant::now();
        if self.dialing.seeds_next > now {
            return;
        }
        self.dialing.seeds_next = now + SEED_PAUSE;
        for seed in self.dialing.seeds.clone() {
            let dial = dial_options(seed.peer(), seed.address().clone());
            self.start(dial, Target::Seed);
        }
    }

    fn start(&mut self, dial: DialOpts, target: Target) {
        let connection = dial.connection_id();
        self.dialing.underway.insert(connection, target);
        if let Err(error) = self.swarm.dial(dial) {
            self.dial_failed(connection, &error);
        }
    }

    /// A dial failed: later again, or never.
    pub(super) fn dial_failed(&mut self, connection: ConnectionId, error: &DialError) {
        let Some(target) = self.dialing.underway.remove(&connection) else {
            return;
        };
        tracing::debug!(?target, %error, "cannot connect");
        match target {
            Target::Named(index) => {
                let Some(named) = self.dialing.named.get_mut(index) else {
                    return;
                };
                if matches!(error, DialError::LocalPeerId { .. }) {
                    tracing::warn!("{} is this node itself", named.address);
                    named.own = true;
                }
                named.failures = named.failures.saturating_add(1);
                // The first time the other transport is tried soon.
                let doublings = named.failures.saturating_sub(1).min(6);
                named.next_try = Instant::now() + (TICK * 2_u32.pow(doublings)).min(LONGEST_PAUSE);
            }
            Target::Known(peer) => self.shared.peers().book.failed(&peer, self.shared.now()),
            Target::Seed => {}
        }
    }
}

fn dial_options(peer: Option<PeerId>, address: Multiaddr) -> DialOpts {
    match peer {
        Some(peer) => DialOpts::peer_id(peer)
            .addresses(vec![address])
            .allocate_new_port()
            .build(),
        None => DialOpts::unknown_peer_id().address(address).allocate_new_port().build(),
    }
}

fn endpoint_address(endpoint: &crate::address::Endpoint) -> Multiaddr {
    crate::address::tcp(endpoint.host, endpoint.port())
}
