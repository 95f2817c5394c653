//! What a block costs a network of any size: messages, bytes, time.
//!
//! The quorum's part is measured on real machines and does not depend on how many nodes there are. What everybody is told (the
//! block, votes, uptime proofs) spreads on a random mesh of the degree that our gossip settings give; it is played message by
//! message on that mesh. The assumptions are in `docs/performance.md`.

use crate::{links::draw, network::Network};
use oxen_staking_rules::{
    keys::ServiceNodeKeys,
    uptime_proof::{ServicePorts, ServiceVersions, SignedProof, UptimeProof},
    vote::Vote,
};
use oxen_types::{Hash, Height, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::{cmp::Reverse, collections::BinaryHeap, net::Ipv4Addr};

/// Peers in the mesh of a topic: gossipsub's default, which we use.
pub const MESH_DEGREE: usize = 6;
/// Heartbeats in which a message is announced to peers outside of the mesh, and to how many each time.
const ANNOUNCEMENTS: u64 = 6 * 6;
/// Bytes of one announced id: a hash with its tag and length.
const ANNOUNCED_BYTES: u64 = 34;
/// What a node can send, bytes a millisecond: 20 megabits a second.
const UPLINK: u64 = 2_500;
/// Milliseconds that a node looks at a block before it passes it on: applied and written (docs/performance.md), rounded up.
pub const BLOCK_WORK: u64 = 5;
/// Milliseconds that a node looks at a vote or a proof.
pub const SMALL_WORK: u64 = 1;

/// How a message spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Copies that were sent.
    pub messages: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Copies that were announced by id to peers who had it.
    pub announced_bytes: u64,
    /// Milliseconds until half of the nodes had it.
    pub half: u64,
    /// Until nineteen of twenty had it.
    pub most: u64,
    /// Until the last one had it.
    pub all: u64,
}

/// A mesh of nodes at random places.
#[derive(Debug)]
pub struct Mesh {
    peers: Vec<Vec<usize>>,
    distances: Vec<u64>,
    rng: ChaCha8Rng,
}

impl Mesh {
    /// So many nodes, each with about [`MESH_DEGREE`] peers.
    #[must_use]
    pub fn new(nodes: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let distances = (0..nodes).map(|_| 5 + draw(&mut rng, 75)).collect();
        let mut peers = vec![Vec::new(); nodes];
        for node in 0..nodes {
            // Each seeks half of its peers and is sought by others for the other half.
            let mut wanted = MESH_DEGREE / 2;
            while wanted > 0 {
                let peer = draw(&mut rng, nodes as u64) as usize;
                if peer != node && !peers[node].contains(&peer) {
                    peers[node].push(peer);
                    peers[peer].push(node);
                    wanted -= 1;
                }
            }
        }
        Self { peers, distances, rng }
    }

    /// Lets a message spread from some nodes that have it at the same time.
    #[must_use]
    pub fn spread(&mut self, sources: usize, bytes: u64, work: u64) -> Spread {
        let nodes = self.peers.len();
        let mut arrived: Vec<Option<u64>> = vec![None; nodes];
        let mut queue = BinaryHeap::new();
        for _ in 0..sources {
            let source = draw(&mut self.rng, nodes as u64) as usize;
            queue.push(Reverse((0, source, source)));
        }
        let mut messages = 0;
        while let Some(Reverse((time, node, from))) = queue.pop() {
            if arrived[node].is_some() {
                continue;
            }
            arrived[node] = Some(time);
            let ready = time + work;
            for (place, peer) in self.peers[node].iter().filter(|peer| **peer != from).enumerate() {
                messages += 1;
                let sending = (place as u64 + 1) * bytes / UPLINK;
                let way = self.distances[node] + self.distances[*peer] + draw(&mut self.rng, 21);
                queue.push(Reverse((ready + sending + way, *peer, node)));
            }
        }
        let mut times: Vec<u64> = arrived.into_iter().flatten().collect();
        times.sort_unstable();
        let at = |part: usize, of: usize| times.get((times.len() * part / of).min(times.len() - 1)).copied();
        Spread {
            messages,
            bytes: messages * bytes,
            announced_bytes: nodes as u64 * ANNOUNCEMENTS * ANNOUNCED_BYTES,
            half: at(1, 2).unwrap_or(0),
            most: at(19, 20).unwrap_or(0),
            all: times.last().copied().unwrap_or(0),
        }
    }
}

/// What quorums of twelve send for a block, measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuorumCost {
    /// Blocks measured.
    pub blocks: u64,
    /// For each kind of message in order: name, copies and bytes of all blocks together.
    pub kinds: Vec<(&'static str, u64, u64)>,
    /// Milliseconds from the start of the round to the complete block, in order.
    pub times: Vec<u64>,
    /// Bytes of a block, in order.
    pub sizes: Vec<u64>,
}

impl QuorumCost {
    /// Plays a network of thirty honest nodes for so many blocks.
    ///
    /// # Panics
    /// It makes no blocks.
    #[must_use]
    pub fn measure(seed: u64, blocks: u64) -> Self {
        let mut network = Network::start(seed, 30);
        network.meter.switch_on();
        let made = network.run_until((blocks + 2) * 150, |network| network.best_height() >= blocks);
        assert!(made, "honest nodes make a block in every round 0");
        let (mut times, mut sizes) = (Vec::new(), Vec::new());
        for above in 1..=blocks {
            let id = network.nodes[0].chain.at(network.height_at(above));
            let Some((id, before)) = id.zip(network.nodes[0].chain.at(network.height_at(above - 1))) else {
                continue;
            };
            let duty = network.nodes[0].duty_on(&network.ledger, before);
            let first = network
                .meter
                .blocks
                .get(&id)
                .and_then(|arrivals| arrivals.times.iter().min());
            if let Some((duty, first)) = duty.zip(first) {
                times.push(first.saturating_sub(duty.timing.start(0).seconds() * 1_000));
            }
            if let Some(sealed) = &network.ledger.applied(&id).sealed {
                sizes.push(sealed.bytes as u64);
            }
        }
        times.sort_unstable();
        sizes.sort_unstable();
        let kinds = network.meter.quorum.iter();
        Self {
            blocks,
            kinds: kinds
                .map(|(stage, traffic)| (stage.name(), traffic.messages, traffic.bytes))
                .collect(),
            times,
            sizes,
        }
    }
}

/// Bytes of a vote on a checkpoint as it travels.
#[must_use]
pub fn vote_bytes() -> u64 {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let keys = ServiceNodeKeys::from_seed(&[1; 32]);
    let vote = Vote::on_checkpoint(Height::new(2_000_000), 7, Hash::new([1; 32]), keys.primary(), &mut rng);
    vote.to_message().len() as u64
}

/// Bytes of an uptime proof as it travels.
#[must_use]
pub fn proof_bytes() -> u64 {
    let keys = ServiceNodeKeys::from_seed(&[1; 32]);
    let proof = UptimeProof {
        timestamp: Timestamp::from_seconds(1_764_000_000),
        versions: ServiceVersions::default(),
        public_ip: Ipv4Addr::new(203, 100, 113, 117),
        ports: ServicePorts {
            quorumnet: 22_025,
            storage_https: 22_021,
            storage_messages: 22_020,
        },
        primary: keys.primary().public,
        ed25519: keys.ed25519_public(),
        bls: None,
        l2_height: None,
    };
    SignedProof::sign(proof, &keys, &mut ChaCha8Rng::seed_from_u64(1))
        .to_message()
        .len() as u64
}
