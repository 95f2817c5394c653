//! Ways to service nodes: whom to dial, who is found there, and what waits meanwhile.

use super::Network;
use crate::{
    address::{quic, tcp},
    limits::{QUORUM_DIAL_PAUSE, QUORUM_ROUTES, TICK},
    peers::places::{Place, Purpose},
    quorum::mailbox::Mailbox,
};
use libp2p::{
    PeerId,
    swarm::{ConnectionId, DialError, dial_opts::DialOpts},
};
use oxen_node_api::QuorumEndpoint;
use oxen_types::PublicKey;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

/// How far the way to a service node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nobody is called.
    Idle,
    /// Its address is called.
    Dialling(ConnectionId),
    /// Somebody is there, who has to say who it is.
    Greeting(ConnectionId, PeerId),
}

/// One service node.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) mailbox: Mailbox,
    /// Messages that it did not confirm yet.
    pub(super) told: usize,
    /// Questions that it did not answer yet.
    pub(super) asked: usize,
    stage: Stage,
    failures: u32,
    next_try: Instant,
}

impl Route {
    fn new(now: Instant) -> Self {
        Self {
            mailbox: Mailbox::default(),
            told: 0,
            asked: 0,
            stage: Stage::Idle,
            failures: 0,
            next_try: now,
        }
    }

    /// Nothing is lost when it is forgotten.
    fn is_idle(&self, now: Instant) -> bool {
        let nothing_underway = self.mailbox.is_empty() && self.told == 0 && self.asked == 0;
        nothing_underway && self.stage == Stage::Idle && self.next_try <= now
    }

    fn failed(&mut self) {
        /// Doublings of the pause until it is the longest.
        const DOUBLINGS: u32 = 5;
        self.stage = Stage::Idle;
        self.next_try = Instant::now() + (TICK * 2_u32.pow(self.failures.min(DOUBLINGS))).min(QUORUM_DIAL_PAUSE);
        self.failures = self.failures.saturating_add(1);
    }
}

/// The service nodes that something is told, asked or prepared for.
#[derive(Debug, Default)]
pub(super) struct Routes {
    routes: BTreeMap<PublicKey, Route>,
    dials: HashMap<ConnectionId, PublicKey>,
    /// These are kept connected.
    prepared: BTreeSet<PublicKey>,
}

impl Routes {
    /// What a connection was made for.
    pub(super) fn purpose_of(&self, connection: &ConnectionId) -> Purpose {
        if self.dials.contains_key(connection) {
            Purpose::Quorum
        } else {
            Purpose::Chain
        }
    }

    /// The way to a node, a new one if need be; `None` when there are too many.
    pub(super) fn open(&mut self, node: PublicKey, now: Instant) -> Option<&mut Route> {
        if !self.routes.contains_key(&node) && self.routes.len() >= QUORUM_ROUTES {
            self.routes.retain(|_, route| !route.is_idle(now));
            if self.routes.len() >= QUORUM_ROUTES {
                return None;
            }
        }
        Some(self.routes.entry(node).or_insert_with(|| Route::new(now)))
    }

    pub(super) fn get_mut(&mut self, node: &PublicKey) -> Option<&mut Route> {
        self.routes.get_mut(node)
    }

    /// Bytes that wait for all of them.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.routes.values().map(|route| route.mailbox.bytes()).sum()
    }

    /// Does something wait for the node?
    pub(super) fn is_awaited(&self, node: &PublicKey) -> bool {
        self.routes.get(node).is_some_and(|route| !route.mailbox.is_empty())
    }

    /// Those for which something waits.
    fn awaited(&self) -> Vec<PublicKey> {
        let waits = self.routes.iter().filter(|(_, route)| !route.mailbox.is_empty());
        waits.map(|(node, _)| *node).collect()
    }

    /// Those at whose address this peer is.
    fn greeting(&self, peer: PeerId) -> Vec<(PublicKey, ConnectionId)> {
        let at = |route: &Route| match route.stage {
            Stage::Greeting(connection, there) if there == peer => Some(connection),
            _ => None,
        };
        let found = self.routes.iter();
        found.filter_map(|(node, route)| Some((*node, at(route)?))).collect()
    }
}

impl Network {
    /// Keeps these service nodes connected from now on.
    pub(super) fn prepare(&mut self, nodes: BTreeSet<PublicKey>) {
        self.routes.prepared = nodes;
        self.reach_prepared(Instant::now());
    }

    fn reach_prepared(&mut self, now: Instant) {
        for node in self.routes.prepared.clone() {
            let Some(endpoint) = self.shared.endpoint(&node) else {
                continue;
            };
            let speaker = self.shared.peers().speaker_for(&node, &endpoint.ed25519);
            match speaker {
                Some(peer) => self.shared.peers().touch(&peer, now),
                None => self.reach(node, &endpoint),
            }
        }
    }

    /// Calls a service node at the address of its uptime proof, unless that is being done or was in vain just now.
    pub(super) fn reach(&mut self, node: PublicKey, endpoint: &QuorumEndpoint) {
        let now = Instant::now();
        if self.is_own(&node) {
            return;
        }
        let Some(route) = self.routes.open(node, now) else {
            return;
        };
        if route.stage != Stage::Idle || route.next_try > now {
            return;
        }
        // One of the two transports may be blocked on the way.
        let address = match route.failures % 2 {
            0 => tcp(endpoint.host, endpoint.port),
            _ => quic(endpoint.host, endpoint.port),
        };
        let dial = DialOpts::unknown_peer_id().address(address).allocate_new_port().build();
        let connection = dial.connection_id();
        route.stage = Stage::Dialling(connection);
        self.routes.dials.insert(connection, node);
        if let Err(error) = self.swarm.dial(dial) {
            self.way_failed(connection, &error);
        }
    }

    /// A call was in vain, if it was to a service node.
    pub(super) fn way_failed(&mut self, connection: ConnectionId, error: &DialError) {
        let Some(node) = self.routes.dials.remove(&connection) else {
            return;
        };
        tracing::debug!(%node, %error, "a service node cannot be reached");
        self.give_up(&node);
    }

    /// Somebody answered a call, if it was to a service node.
    pub(super) fn way_found(&mut self, connection: ConnectionId, peer: PeerId) {
        let Some(node) = self.routes.dials.remove(&connection) else {
            return;
        };
        if let Some(route) = self.routes.get_mut(&node) {
            route.stage = Stage::Greeting(connection, peer);
        }
        if self.shared.peers().has_greeted(&peer) {
            self.on_acquainted(peer);
        }
    }

    /// The connection to a peer ended.
    pub(super) fn way_lost(&mut self, peer: PeerId) {
        for (node, _) in self.routes.greeting(peer) {
            self.give_up(&node);
        }
        self.callers.forget(&peer);
    }

    fn give_up(&mut self, node: &PublicKey) {
        if let Some(route) = self.routes.get_mut(node) {
            route.failed();
        }
    }

    /// A peer said who it is: what waits for the service node that it speaks for goes out, and what it told or asked too early is
    /// looked at.
    pub(super) fn on_acquainted(&mut self, peer: PeerId) {
        let found = self.shared.service_node_of(&peer);
        if found.is_some() {
            // Its place is another now.
            self.assign_places(Instant::now());
        }
        for (node, connection) in self.routes.greeting(peer) {
            if found == Some(node) {
                if let Some(route) = self.routes.get_mut(&node) {
                    route.stage = Stage::Idle;
                    route.failures = 0;
                    route.next_try = Instant::now();
                }
                continue;
            }
            tracing::debug!(%node, %peer, "somebody else is at the address of a service node");
            self.give_up(&node);
            let place = self.shared.peers().get(&peer).map(|known| known.place);
            if matches!(place, Some(Place::Passing(_))) {
                self.leave(peer);
            } else {
                self.swarm.close_connection(connection);
            }
        }
        if let Some(node) = found {
            self.send_letters(node, peer);
        }
        self.hear_early(peer);
    }

    /// Once a second: letters that waited too long, calls that are due again, and places.
    pub(super) fn look_after_service_nodes(&mut self, now: Instant) {
        for node in self.routes.awaited() {
            if let Some(route) = self.routes.get_mut(&node) {
                route.mailbox.expire(now);
            }
            let Some(endpoint) = self.shared.endpoint(&node) else {
                continue;
            };
            let speaker = self.shared.peers().speaker_for(&node, &endpoint.ed25519);
            match speaker {
                Some(peer) => self.send_letters(node, peer),
                None => self.reach(node, &endpoint),
            }
        }
        self.reach_prepared(now);
        self.assign_places(now);
    }

    fn assign_places(&mut self, now: Instant) {
        let statements = self.shared.peers().statements();
        let proven = statements
            .into_iter()
            .filter(|(_, statement)| self.shared.proven(statement).is_some())
            .map(|(peer, _)| peer)
            .collect();
        self.shared.peers().assign_places(&proven, now);
        self.send_away();
    }

    pub(super) fn is_own(&self, node: &PublicKey) -> bool {
        self.shared.statement.is_some_and(|own| own.primary == *node)
    }
}
