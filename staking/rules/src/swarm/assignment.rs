//! Which swarm each active node is in (staking §13.3).

use super::{SwarmId, new_swarm_id, unstable_sort::unstable_sort};
use crate::randomness::QuorumRandom;
use oxen_types::{
    PublicKey,
    network::constants::{
        IDEAL_SWARM_MARGIN, MIN_SWARM_SIZE, NEW_SWARM_SIZE, SWARM_FILL_PERCENTILE, SWARM_REDISTRIBUTION_PERCENTILE,
        SWARM_STEALING_PERCENTILE,
    },
};
use std::collections::BTreeMap;

/// Assigns the active nodes to swarms after a block: new ones join, small swarms are filled up or dissolved, more are made as
/// nodes come. To be called only for a block that changed the active nodes (staking §13.1).
///
/// `active` are all active nodes in key order with the swarm each is in, [`SwarmId::UNASSIGNED`] for new and recommissioned
/// ones; a reference to a `BTreeMap` will do. `seed` is the first eight bytes of the block's id, read little-endian. Returns
/// the nodes whose swarm **changed**, with the new one; all others stay.
#[must_use]
pub fn update_swarms<'nodes>(
    active: impl IntoIterator<Item = (&'nodes PublicKey, &'nodes SwarmId)>,
    seed: u64,
) -> BTreeMap<PublicKey, SwarmId> {
    let nodes: Vec<(&PublicKey, &SwarmId)> = active.into_iter().collect();
    if nodes.is_empty() {
        return BTreeMap::new();
    }
    let (mut assignment, unassigned) = Assignment::new(nodes.iter().map(|(_, swarm)| **swarm), seed);
    for node in unassigned {
        assignment.assign(node, SWARM_FILL_PERCENTILE);
    }
    assignment.fill_small_swarms();
    assignment.make_swarms();
    assignment.dissolve_small_swarms();

    let mut changed = BTreeMap::new();
    for swarm in &assignment.swarms {
        for (key, before) in swarm.members.iter().filter_map(|member| nodes.get(*member)) {
            if **before != swarm.id {
                changed.insert(**key, swarm.id);
            }
        }
    }
    changed
}

/// A node, as its position in key order.
type Node = usize;

#[derive(Debug)]
struct Swarm {
    id: SwarmId,
    members: Vec<Node>,
}

impl Swarm {
    fn size(&self) -> usize {
        self.members.len()
    }

    /// Members it can do without.
    fn excess(&self) -> usize {
        self.size().saturating_sub(MIN_SWARM_SIZE)
    }

    fn is_small(&self) -> bool {
        self.size() < MIN_SWARM_SIZE
    }
}

/// An entry of the size list.
#[derive(Debug, Clone, Copy)]
struct SwarmSize {
    /// Position among the swarms.
    swarm: usize,
    size: usize,
}

/// Swarms while they are being updated.
#[derive(Debug)]
struct Assignment {
    /// By ascending id.
    swarms: Vec<Swarm>,
    random: QuorumRandom,
}

impl Assignment {
    /// Gathers the nodes of each swarm; the others are returned beside, in order.
    fn new(nodes: impl Iterator<Item = SwarmId>, seed: u64) -> (Self, Vec<Node>) {
        let mut by_swarm: Vec<(SwarmId, Node)> = nodes.zip(0..).collect();
        by_swarm.sort_unstable();
        let assigned = by_swarm.partition_point(|(id, _)| *id < SwarmId::UNASSIGNED);
        let unassigned = by_swarm.split_off(assigned).into_iter().map(|(_, node)| node).collect();
        let mut swarms: Vec<Swarm> = by_swarm
            .chunk_by(|(one, _), (other, _)| one == other)
            .filter_map(|group| {
                let (id, _) = group.first()?;
                let members = group.iter().map(|(_, node)| *node).collect();
                Some(Swarm { id: *id, members })
            })
            .collect();
        if swarms.is_empty() {
            let id = new_swarm_id([]);
            swarms.push(Swarm {
                id,
                members: Vec::new(),
            });
        }
        let random = QuorumRandom::from_integer(seed);
        (Self { swarms, random }, unassigned)
    }

    /// Sizes of all swarms, ascending, ties as the reference leaves them (staking §13.4).
    fn sizes(&self) -> Vec<SwarmSize> {
        let size = |(position, swarm): (usize, &Swarm)| SwarmSize {
            swarm: position,
            size: swarm.size(),
        };
        let mut sizes: Vec<SwarmSize> = self.swarms.iter().enumerate().map(size).collect();
        unstable_sort(&mut sizes, |one, other| one.size < other.size);
        sizes
    }

    /// Puts a node into one of the smaller swarms, then makes swarms if there are nodes enough.
    fn assign(&mut self, node: Node, percentile: usize) {
        let sizes = self.sizes();
        let largest = at_percentile(&sizes, percentile);
        let candidates = sizes.partition_point(|entry| entry.size <= largest);
        let chosen = sizes.get(self.random.place(candidates)).map(|entry| entry.swarm);
        if let Some(swarm) = chosen.and_then(|position| self.swarms.get_mut(position)) {
            swarm.members.push(node);
        }
        self.make_swarms();
    }

    /// Fills small swarms with nodes taken from the large ones, as long as those have enough to give.
    fn fill_small_swarms(&mut self) {
        if !self.swarms.iter().any(Swarm::is_small) {
            return;
        }
        let sizes = self.sizes();
        // Sizes before anything is taken decide who gives.
        let spared = MIN_SWARM_SIZE.max(at_percentile(&sizes, SWARM_STEALING_PERCENTILE).saturating_sub(1));
        for entry in sizes.iter().take_while(|entry| entry.size < MIN_SWARM_SIZE) {
            for size in entry.size..MIN_SWARM_SIZE {
                let available: usize = self.larger_than(spared).map(Swarm::excess).sum();
                if available < MIN_SWARM_SIZE.saturating_sub(size) {
                    return;
                }
                let taken = self.take_from_larger_than(spared);
                if let Some(swarm) = self.swarms.get_mut(entry.swarm) {
                    swarm.members.extend(taken);
                }
            }
        }
    }

    /// Makes swarms out of spare members while there are enough; none as long as a swarm is small.
    fn make_swarms(&mut self) {
        if self.swarms.iter().any(Swarm::is_small) {
            return;
        }
        while self.has_nodes_for_another_swarm() {
            let members = (0..NEW_SWARM_SIZE)
                .filter_map(|_| self.take_from_larger_than(MIN_SWARM_SIZE))
                .collect();
            let id = new_swarm_id(self.swarms.iter().map(|swarm| swarm.id));
            let position = self.swarms.partition_point(|swarm| swarm.id < id);
            self.swarms.insert(position, Swarm { id, members });
        }
    }

    fn has_nodes_for_another_swarm(&self) -> bool {
        let excess: usize = self.swarms.iter().map(Swarm::excess).sum();
        excess
            >= self
                .swarms
                .len()
                .saturating_mul(IDEAL_SWARM_MARGIN)
                .saturating_add(NEW_SWARM_SIZE)
    }

    /// Dissolves small swarms one after the other into the smallest of the others. The last swarm stays, however small.
    fn dissolve_small_swarms(&mut self) {
        while self.swarms.len() > 1
            && let Some(position) = self.swarms.iter().position(Swarm::is_small)
        {
            for node in self.swarms.remove(position).members {
                self.assign(node, SWARM_REDISTRIBUTION_PERCENTILE);
            }
        }
    }

    fn larger_than(&self, size: usize) -> impl Iterator<Item = &Swarm> {
        self.swarms.iter().filter(move |swarm| swarm.size() > size)
    }

    /// Takes a random one of all members of the swarms above this size.
    fn take_from_larger_than(&mut self, size: usize) -> Option<Node> {
        let members = self.larger_than(size).map(Swarm::size).sum();
        let mut place = self.random.place(members);
        for swarm in self.swarms.iter_mut().filter(|swarm| swarm.size() > size) {
            match place.checked_sub(swarm.size()) {
                Some(further) => place = further,
                None => return Some(swarm.members.remove(place)),
            }
        }
        None
    }
}

/// The size at this percentile of a size list.
fn at_percentile(sizes: &[SwarmSize], percentile: usize) -> usize {
    let position = percentile.saturating_mul(sizes.len().saturating_sub(1)) / 100;
    sizes.get(position).map_or(0, |entry| entry.size)
}

#[cfg(test)]
mod tests;
