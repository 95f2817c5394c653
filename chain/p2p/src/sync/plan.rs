//! Which blocks are asked of whom, and which can be applied: no I/O, so that every order of answers can be tested.

use crate::{
    limits::{REQUESTED_BLOCKS, RESPONSE_BYTES, SYNC_WINDOW_BATCHES, SYNC_WINDOW_BYTES},
    wire::message::BlockBody,
};
use libp2p::PeerId;
use oxen_node_api::SyncSpan;
use oxen_types::{Hash, Height};
use std::collections::{BTreeMap, BTreeSet};

/// Where a batch stands.
#[derive(Debug)]
enum Stage {
    /// Nobody was asked.
    Open,
    /// This peer was.
    Asked(PeerId),
    /// It came.
    Arrived {
        from: PeerId,
        bodies: Vec<BlockBody>,
        bytes: usize,
    },
}

/// Consecutive blocks that are asked for together.
#[derive(Debug)]
struct Batch {
    ids: Vec<Hash>,
    stage: Stage,
    /// Those who do not have it.
    refused: BTreeSet<PeerId>,
}

impl Batch {
    const fn open(ids: Vec<Hash>, refused: BTreeSet<PeerId>) -> Self {
        Self {
            ids,
            stage: Stage::Open,
            refused,
        }
    }
}

/// Blocks that came and can be applied now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) first: Height,
    pub(crate) from: PeerId,
    pub(crate) bodies: Vec<BlockBody>,
}

/// The blocks of one branch from the first that is missing on.
#[derive(Debug)]
pub(crate) struct Plan {
    /// By height of the first block.
    batches: BTreeMap<Height, Batch>,
    /// Height of the block to apply next.
    next: Height,
    /// Height after the last known id.
    end: Height,
    last: Option<Hash>,
    /// Bytes that came and are not applied.
    bytes: usize,
}

impl Plan {
    /// Nothing yet; the first block is at this height.
    pub(crate) const fn starting_at(first: Height) -> Self {
        Self {
            batches: BTreeMap::new(),
            next: first,
            end: first,
            last: None,
            bytes: 0,
        }
    }

    /// More ids, which follow those known.
    pub(crate) fn extend(&mut self, ids: &[Hash]) {
        for batch in ids.chunks(REQUESTED_BLOCKS as usize) {
            self.batches
                .insert(self.end, Batch::open(batch.to_vec(), BTreeSet::new()));
            self.end = self.end.saturating_add(batch.len() as u64);
        }
        self.last = ids.last().copied().or(self.last);
    }

    /// What to ask of a peer whose newest block is at this height. Beyond the window nothing is asked for but what is next.
    pub(crate) fn assign(&mut self, peer: PeerId, newest: Height) -> Option<(Height, Vec<Hash>)> {
        let busy = self
            .batches
            .values()
            .filter(|batch| !matches!(batch.stage, Stage::Open))
            .count();
        let asked = self
            .batches
            .values()
            .filter(|batch| matches!(batch.stage, Stage::Asked(_)))
            .count();
        // An answer is as large as it can be until it is here.
        let bytes = self.bytes + (asked + 1) * RESPONSE_BYTES;
        let room = busy < SYNC_WINDOW_BATCHES && bytes <= SYNC_WINDOW_BYTES;
        let next = self.next;
        let (first, batch) = self
            .batches
            .iter_mut()
            .filter(|(first, _)| room || **first == next)
            .find(|(first, batch)| {
                matches!(batch.stage, Stage::Open) && **first <= newest && !batch.refused.contains(&peer)
            })?;
        batch.stage = Stage::Asked(peer);
        Some((*first, batch.ids.clone()))
    }

    /// Blocks came: the first of the batch, at least one. The rest of it is asked for anew.
    pub(crate) fn arrived(&mut self, first: Height, from: PeerId, bodies: Vec<BlockBody>) {
        let Some(batch) = self.batches.get_mut(&first) else {
            return;
        };
        let rest = batch.ids.split_off(bodies.len().min(batch.ids.len()));
        let bytes = bodies.iter().map(BlockBody::bytes).sum();
        self.bytes += bytes;
        let refused = batch.refused.clone();
        let after = first.saturating_add(bodies.len() as u64);
        batch.stage = Stage::Arrived { from, bodies, bytes };
        if !rest.is_empty() {
            self.batches.insert(after, Batch::open(rest, refused));
        }
    }

    /// The peer does not have the batch, or does not answer: another is asked.
    pub(crate) fn failed(&mut self, first: Height, peer: PeerId) {
        if let Some(batch) = self.batches.get_mut(&first) {
            batch.stage = Stage::Open;
            batch.refused.insert(peer);
        }
    }

    /// The peer had no time: anybody may be asked, itself too.
    pub(crate) fn put_back(&mut self, first: Height) {
        if let Some(batch) = self.batches.get_mut(&first) {
            batch.stage = Stage::Open;
        }
    }

    /// Takes the blocks to apply next, if they came.
    pub(crate) fn take_ready(&mut self) -> Option<Ready> {
        let first = self.next;
        if !matches!(self.batches.get(&first)?.stage, Stage::Arrived { .. }) {
            return None;
        }
        let Stage::Arrived { from, bodies, bytes } = self.batches.remove(&first)?.stage else {
            return None;
        };
        self.bytes -= bytes;
        self.next = first.saturating_add(bodies.len() as u64);
        Some(Ready { first, from, bodies })
    }

    /// Nothing is left to ask for or to apply.
    pub(crate) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Ids that were not applied yet.
    pub(crate) fn ids_ahead(&self) -> u64 {
        self.end.since(self.next)
    }

    /// Who was asked for the blocks to apply next and has not answered.
    pub(crate) fn holder_of_next(&self) -> Option<PeerId> {
        match self.batches.get(&self.next)?.stage {
            Stage::Asked(peer) => Some(peer),
            Stage::Open | Stage::Arrived { .. } => None,
        }
    }

    /// Height of the last id known.
    pub(crate) const fn newest(&self) -> Height {
        self.end.saturating_sub(1)
    }

    /// The last id known.
    pub(crate) const fn last(&self) -> Option<Hash> {
        self.last
    }

    /// What is on its way.
    pub(crate) fn spans(&self) -> Vec<SyncSpan> {
        self.batches
            .iter()
            .filter_map(|(first, batch)| {
                let (peer, bytes) = match &batch.stage {
                    Stage::Open => return None,
                    Stage::Asked(peer) => (peer, 0),
                    Stage::Arrived { from, bytes, .. } => (from, *bytes),
                };
                Some(SyncSpan {
                    first: *first,
                    blocks: batch.ids.len() as u64,
                    peer: peer.to_string(),
                    bytes: bytes as u64,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::bounded::{Bounded, Bytes};

    const BATCH: u64 = REQUESTED_BLOCKS as u64;
    const FAR: Height = Height::new(u64::MAX);

    fn plan(ids: u64) -> Plan {
        let ids: Vec<Hash> = (0..ids).map(|number| Hash::new([number as u8; 32])).collect();
        let mut plan = Plan::starting_at(Height::new(1));
        plan.extend(&ids);
        plan
    }

    fn bodies(count: u64, bytes: usize) -> Vec<BlockBody> {
        let body = BlockBody {
            block: Bytes::new(vec![0; bytes]).unwrap(),
            transactions: Bounded::default(),
            checkpoint: None,
        };
        (0..count).map(|_| body.clone()).collect()
    }

    #[test]
    fn answers_in_any_order_are_applied_in_the_order_of_heights() {
        let mut plan = plan(3 * BATCH);
        let peers = [PeerId::random(), PeerId::random(), PeerId::random()];
        let asked = peers.map(|peer| plan.assign(peer, FAR).unwrap().0);
        assert_eq!(plan.assign(peers[0], FAR), None);
        for index in [2, 1] {
            plan.arrived(asked[index], peers[index], bodies(BATCH, 1));
            assert_eq!(plan.take_ready(), None);
        }
        plan.arrived(asked[0], peers[0], bodies(BATCH, 1));
        let order: Vec<Height> = std::iter::from_fn(|| plan.take_ready())
            .map(|ready| ready.first)
            .collect();
        assert_eq!(order, asked);
        assert!(plan.is_empty());
    }

    #[test]
    fn who_failed_is_not_asked_for_the_same_again_and_others_are() {
        let mut plan = plan(BATCH);
        let (liar, honest) = (PeerId::random(), PeerId::random());
        let (first, _) = plan.assign(liar, FAR).unwrap();
        plan.failed(first, liar);
        assert_eq!(plan.assign(liar, FAR), None);
        assert_eq!(plan.assign(honest, FAR).unwrap().0, first);
        plan.put_back(first);
        assert_eq!(plan.assign(honest, FAR).unwrap().0, first);
    }

    #[test]
    fn the_rest_of_a_short_answer_is_asked_for_anew() {
        let mut plan = plan(10);
        let peer = PeerId::random();
        let (first, ids) = plan.assign(peer, FAR).unwrap();
        plan.arrived(first, peer, bodies(4, 1));
        let (rest, rest_ids) = plan.assign(peer, FAR).unwrap();
        assert_eq!(rest, Height::new(5));
        assert_eq!(rest_ids, ids[4..]);
        assert_eq!(plan.take_ready().unwrap().bodies.len(), 4);
        assert_eq!(plan.ids_ahead(), 6);
    }

    #[test]
    fn a_peer_is_asked_only_for_what_it_can_have() {
        let mut plan = plan(2 * BATCH);
        let low = PeerId::random();
        assert!(plan.assign(low, Height::new(5)).is_some());
        assert_eq!(plan.assign(low, Height::new(5)), None);
        assert_eq!(plan.assign(low, Height::GENESIS), None);
    }

    /// Everything that a peer may be asked now.
    fn assign_all(plan: &mut Plan, peer: PeerId) -> Vec<Height> {
        std::iter::from_fn(|| plan.assign(peer, FAR))
            .map(|(first, _)| first)
            .collect()
    }

    #[test]
    fn what_is_asked_for_fits_into_memory_when_every_answer_is_as_large_as_it_can_be() {
        let mut plan = plan(100 * BATCH);
        let peer = PeerId::random();
        let asked = assign_all(&mut plan, peer);
        assert_eq!(asked.len(), SYNC_WINDOW_BYTES / RESPONSE_BYTES);
        // A small answer leaves room for one more question, a large one takes its place.
        plan.arrived(asked[1], peer, bodies(BATCH, 1));
        assert_eq!(
            assign_all(&mut plan, peer),
            Vec::<Height>::new(),
            "what came takes a little"
        );
        plan.arrived(asked[2], peer, bodies(BATCH, 1));
        assert_eq!(assign_all(&mut plan, peer).len(), 1);
        plan.arrived(asked[3], peer, bodies(34, 1_000_000));
        assert_eq!(assign_all(&mut plan, peer).len(), 0);
    }

    #[test]
    fn batches_that_wait_are_bounded_and_the_next_is_always_asked_for() {
        let mut plan = plan(100 * BATCH);
        let (peer, other) = (PeerId::random(), PeerId::random());
        let (next, _) = plan.assign(peer, FAR).unwrap();
        let mut waiting = 0;
        while let Some((first, _)) = plan.assign(peer, FAR) {
            plan.arrived(first, peer, bodies(BATCH, 1));
            waiting += 1;
        }
        assert_eq!(waiting + 1, SYNC_WINDOW_BATCHES);
        plan.failed(next, peer);
        assert_eq!(plan.assign(other, FAR).unwrap().0, next);
        assert_eq!(plan.assign(other, FAR), None);
    }

    #[test]
    fn more_ids_follow_those_known() {
        let mut plan = plan(3);
        plan.extend(&[Hash::new([9; 32])]);
        assert_eq!(plan.last(), Some(Hash::new([9; 32])));
        assert_eq!(plan.ids_ahead(), 4);
        let peer = PeerId::random();
        assert_eq!(plan.assign(peer, FAR).unwrap().1.len(), 3);
        assert_eq!(plan.assign(peer, FAR).unwrap().0, Height::new(4));
        assert_eq!(plan.spans().len(), 2);
    }
}
