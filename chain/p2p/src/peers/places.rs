//! Which limit a peer counts against: service nodes that proved who they are have one of their own.

use super::{Connected, Peers};
use crate::{
    limits::{PASSING_CONNECTIONS, PASSING_TIME, SERVICE_NODE_CONNECTIONS},
    wire::quorum::Statement,
};
use libp2p::PeerId;
use oxen_node_api::Direction;
use oxen_types::PublicKey;
use std::{collections::BTreeSet, net::IpAddr, time::Instant};

/// What a connection was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Blocks and gossip, or the other side knows.
    Chain,
    /// To reach a service node.
    Quorum,
}

/// Which limit a peer counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The limit of its direction.
    Ordinary,
    /// None, and it goes at that time unless it proves to be a service node.
    Passing(Instant),
    /// That of service nodes, because it proved to be one.
    ServiceNode,
}

/// Whether passing peers are taken: they come to a service node, and to nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visits {
    /// This node is one.
    Taken,
    /// It is none.
    Refused,
}

impl Peers {
    pub(super) fn has_ordinary_place(&self, direction: Direction) -> bool {
        match direction {
            Direction::Inbound => self.count(direction) < self.limits.inbound as usize,
            // Whom this node chose to dial, it wants.
            Direction::Outbound => true,
        }
    }

    pub(super) fn has_passing_place(&self) -> bool {
        let passing = |known: &&Connected| matches!(known.place, Place::Passing(_));
        self.visits == Visits::Taken && self.connected.values().filter(passing).count() < PASSING_CONNECTIONS
    }

    /// Peers of a host that proved nothing.
    pub(super) fn strangers_of_host(&self, host: &IpAddr) -> usize {
        self.of_host(host)
            .filter_map(|peer| self.connected.get(peer))
            .filter(|known| known.place != Place::ServiceNode)
            .count()
    }

    /// The peer that speaks for a service node with this Ed25519 key; the youngest, if an old one did not go yet.
    pub(crate) fn speaker_for(&self, primary: &PublicKey, ed25519: &PublicKey) -> Option<PeerId> {
        let speaks = |statement: Statement| statement.primary == *primary && statement.ed25519 == *ed25519;
        self.connected
            .iter()
            .filter(|(peer, known)| known.statement.is_some_and(speaks) && !self.evicted.contains(peer))
            .max_by_key(|(_, known)| known.since)
            .map(|(peer, _)| *peer)
    }

    /// Something was told or asked by or to the service node: its connection stays.
    pub(crate) fn touch(&mut self, peer: &PeerId, instant: Instant) {
        if let Some(known) = self.connected.get_mut(peer) {
            known.used = instant;
        }
    }

    /// Peers with what they say of themselves.
    pub(crate) fn statements(&self) -> Vec<(PeerId, Statement)> {
        self.connected
            .iter()
            .filter_map(|(peer, known)| Some((*peer, known.statement?)))
            .collect()
    }

    /// Gives everybody the place that is theirs now that these peers are proven service nodes, and puts those for whom there is
    /// none on the list of those that have to go.
    pub(crate) fn assign_places(&mut self, proven: &BTreeSet<PeerId>, instant: Instant) {
        let fallen: Vec<PeerId> = self
            .connected
            .iter_mut()
            .filter_map(|(peer, known)| match (known.place, proven.contains(peer)) {
                (_, true) => {
                    known.place = Place::ServiceNode;
                    None
                }
                (Place::ServiceNode, false) => Some(*peer),
                (Place::Ordinary | Place::Passing(_), false) => None,
            })
            .collect();
        for peer in fallen {
            let direction = self
                .connected
                .get(&peer)
                .map_or(Direction::Inbound, |known| known.direction);
            let place = match self.has_ordinary_place(direction) {
                true => Place::Ordinary,
                false => Place::Passing(instant + PASSING_TIME),
            };
            if let Some(known) = self.connected.get_mut(&peer) {
                known.place = place;
            }
        }
        let overdue = |known: &Connected| matches!(known.place, Place::Passing(until) if until <= instant);
        let passed = self.connected.iter().filter(|(_, known)| overdue(known));
        self.evicted.extend(passed.map(|(peer, _)| *peer));
        let service_nodes = self
            .connected
            .iter()
            .filter(|(_, known)| known.place == Place::ServiceNode);
        let mut by_use: Vec<_> = service_nodes.map(|(peer, known)| (known.used, *peer)).collect();
        by_use.sort_unstable();
        let surplus = by_use.len().saturating_sub(SERVICE_NODE_CONNECTIONS);
        self.evicted
            .extend(by_use.into_iter().take(surplus).map(|(_, peer)| peer));
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Denial,
            tests::{NOW, come, peers},
        },
        *,
    };
    use crate::{address::tcp, limits::PEERS_OF_HOST};
    use std::time::Duration;

    /// A service node with room for as many ordinary peers.
    fn service_node(inbound: u32) -> Peers {
        Peers {
            visits: Visits::Taken,
            ..peers(inbound)
        }
    }

    #[test]
    fn a_service_node_takes_newcomers_beside_its_ordinary_peers_and_only_for_a_while() {
        let start = Instant::now();
        let mut peers = service_node(1);
        let ordinary = come(&mut peers, [10, 0, 0, 1], Direction::Inbound, NOW);
        for _ in 0..PASSING_CONNECTIONS {
            assert_eq!(admits_stranger(&peers), Ok(()));
            come(&mut peers, [10, 0, 0, 2], Direction::Inbound, NOW);
        }
        assert_eq!(admits_stranger(&peers), Err(Denial::Full));
        assert_eq!(peers.count(Direction::Inbound), 1);
        peers.assign_places(&BTreeSet::new(), start);
        assert!(peers.take_evicted().is_empty(), "they have time to prove or to ask");
        peers.assign_places(&BTreeSet::new(), start + PASSING_TIME * 2);
        let evicted = peers.take_evicted();
        assert_eq!(evicted.len(), PASSING_CONNECTIONS);
        assert!(!evicted.contains(&ordinary));
    }

    fn admits_stranger(peers: &Peers) -> Result<(), Denial> {
        let address = tcp([10, 0, 0, 3].into(), 1);
        peers.admits(Some(&PeerId::random()), &address, Direction::Inbound, NOW)
    }

    #[test]
    fn proven_service_nodes_count_against_a_limit_of_their_own() {
        let start = Instant::now();
        let mut peers = service_node(1);
        let known = come(&mut peers, [8, 8, 8, 8], Direction::Inbound, NOW);
        assert_eq!(peers.count(Direction::Inbound), 1);
        peers.assign_places(&[known].into(), start);
        assert_eq!(peers.count(Direction::Inbound), 0);
        // Whoever is no longer proven is an ordinary peer while there is room.
        peers.assign_places(&BTreeSet::new(), start);
        assert_eq!(peers.count(Direction::Inbound), 1);
        peers.assign_places(&[known].into(), start);
        come(&mut peers, [10, 0, 0, 1], Direction::Inbound, NOW);
        peers.assign_places(&BTreeSet::new(), start);
        assert!(matches!(peers.get(&known).unwrap().place, Place::Passing(_)));
    }

    #[test]
    fn of_too_many_service_nodes_the_least_recently_used_goes() {
        let start = Instant::now();
        let mut peers = service_node(1);
        let all: Vec<PeerId> = (0..=SERVICE_NODE_CONNECTIONS)
            .map(|_| come(&mut peers, [10, 0, 0, 1], Direction::Outbound, NOW))
            .collect();
        for (seconds, peer) in (1..).zip(&all) {
            peers.touch(peer, start + Duration::from_secs(seconds));
        }
        peers.touch(&all[0], start + Duration::from_secs(10_000));
        peers.assign_places(&all.iter().copied().collect(), start);
        assert_eq!(peers.take_evicted(), [all[1]].into());
    }

    #[test]
    fn many_service_nodes_may_share_a_machine() {
        let mut peers = service_node(64);
        let host = tcp([8, 8, 8, 8].into(), 9);
        let admits = |peers: &Peers| peers.admits(None, &host, Direction::Inbound, NOW);
        let all: Vec<PeerId> = (0..PEERS_OF_HOST)
            .map(|_| come(&mut peers, [8, 8, 8, 8], Direction::Inbound, NOW))
            .collect();
        assert_eq!(admits(&peers), Err(Denial::HostFull));
        peers.assign_places(&all.into_iter().collect(), Instant::now());
        assert_eq!(admits(&peers), Ok(()));
    }
}
