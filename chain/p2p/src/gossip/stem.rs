//! Hiding where a transaction comes from.
//!
//! A transaction of this node's users is not told to everybody. It goes to one peer that this node chose itself, which gives it
//! to one of its own choice, and so on; at each hop it may be told to everybody instead. Who watches the network sees it
//! appear somewhere else. Whoever holds it on its stem sends it to everybody after an embargo, in case the next one lost it.

use libp2p::PeerId;
use oxen_types::Hash;
use rand_core::RngCore;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Out of this many transactions on a stem, one is told to everybody at a hop: the stem is five hops long on average.
const HOPS: u32 = 5;
/// Shortest embargo. Long against the five hops, so that it is not the embargo that tells where a transaction comes from.
const EMBARGO: Duration = Duration::from_secs(10);
/// What chance adds to it at most: the first of the stem must not always be the first to give up.
const EMBARGO_SPREAD_SECONDS: u32 = 30;
/// How long the same peer gets all of this node's transactions: changing often would show more peers that they come from here.
const EPOCH: Duration = Duration::from_secs(600);
/// Transactions held; what is above is told to everybody at once.
const MOST_HELD: usize = 4_096;

/// What happens to a transaction at a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hop {
    /// It goes to one more peer.
    Stem,
    /// It is told to everybody.
    Fluff,
}

/// A number below `bound`, which must not be 0. The bias of the remainder is without meaning for small bounds.
fn below(randomness: &mut impl RngCore, bound: u32) -> u32 {
    randomness.next_u32() % bound
}

/// Decides at a hop.
pub(crate) fn choose_hop(randomness: &mut impl RngCore) -> Hop {
    if below(randomness, HOPS) == 0 {
        Hop::Fluff
    } else {
        Hop::Stem
    }
}

/// How long to wait for a transaction to come back as gossip.
pub(crate) fn choose_embargo(randomness: &mut impl RngCore) -> Duration {
    let spread = below(randomness, EMBARGO_SPREAD_SECONDS * 1_000);
    EMBARGO + Duration::from_millis(u64::from(spread))
}

/// The peer that gets stems for the time being.
#[derive(Debug, Default)]
pub(crate) struct StemPeer {
    chosen: Option<(PeerId, Instant)>,
}

impl StemPeer {
    /// The peer, chosen anew when its time is over, it has gone, or it is the one the transaction came from.
    pub(crate) fn choose(
        &mut self,
        peers: &[PeerId],
        from: Option<PeerId>,
        randomness: &mut impl RngCore,
        now: Instant,
    ) -> Option<PeerId> {
        let others: Vec<PeerId> = peers.iter().copied().filter(|peer| Some(*peer) != from).collect();
        if let Some((peer, until)) = self.chosen
            && until > now
            && others.contains(&peer)
        {
            return Some(peer);
        }
        let count = u32::try_from(others.len()).ok().filter(|count| *count > 0)?;
        let peer = others.get(below(randomness, count) as usize).copied()?;
        self.chosen = Some((peer, now + EPOCH));
        Some(peer)
    }
}

/// Transactions that this node knows and tells nobody but the next on the stem.
#[derive(Debug, Default)]
pub(crate) struct Embargoes {
    until: BTreeMap<Hash, Instant>,
}

impl Embargoes {
    /// Holds a transaction back; false when there is no room, and it must be told to everybody.
    pub(crate) fn hold(&mut self, id: Hash, until: Instant) -> bool {
        if self.until.len() >= MOST_HELD {
            return false;
        }
        self.until.insert(id, until);
        true
    }

    /// It is everybody's now; false when it was not held.
    pub(crate) fn lift(&mut self, id: &Hash) -> bool {
        self.until.remove(id).is_some()
    }

    pub(crate) fn holds(&self, id: &Hash) -> bool {
        self.until.contains_key(id)
    }

    /// Takes those that waited long enough.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<Hash> {
        let due: Vec<Hash> = self
            .until
            .iter()
            .filter(|(_, until)| **until <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in &due {
            self.until.remove(id);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    fn randomness() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(7)
    }

    #[test]
    fn one_hop_in_five_tells_everybody() {
        let mut randomness = randomness();
        let fluffs = (0..10_000)
            .filter(|_| choose_hop(&mut randomness) == Hop::Fluff)
            .count();
        assert!((1_800..2_200).contains(&fluffs), "{fluffs}");
    }

    #[test]
    fn embargoes_differ_and_stay_within_their_bounds() {
        let mut randomness = randomness();
        let embargoes: Vec<Duration> = (0..100).map(|_| choose_embargo(&mut randomness)).collect();
        assert!(embargoes.iter().all(|time| (10..40).contains(&time.as_secs())));
        assert!(embargoes.iter().any(|time| *time != embargoes[0]));
    }

    #[test]
    fn the_same_peer_gets_all_stems_of_an_epoch_but_never_its_own_back() {
        let mut randomness = randomness();
        let peers: Vec<PeerId> = (0..8).map(|_| PeerId::random()).collect();
        let now = Instant::now();
        let mut stem = StemPeer::default();
        let first = stem.choose(&peers, None, &mut randomness, now).unwrap();
        for _ in 0..20 {
            assert_eq!(stem.choose(&peers, None, &mut randomness, now), Some(first));
        }
        let other = stem.choose(&peers, Some(first), &mut randomness, now).unwrap();
        assert_ne!(other, first);
        assert_eq!(stem.choose(&[first], Some(first), &mut randomness, now), None);
        let later = (0..20).map(|epoch| now + EPOCH * (epoch + 1));
        let chosen: std::collections::BTreeSet<_> = later
            .filter_map(|now| stem.choose(&peers, None, &mut randomness, now))
            .collect();
        assert!(chosen.len() > 1);
    }

    #[test]
    fn what_does_not_come_back_is_due_after_its_embargo() {
        let now = Instant::now();
        let mut embargoes = Embargoes::default();
        let (lost, seen) = (Hash::new([1; 32]), Hash::new([2; 32]));
        assert!(embargoes.hold(lost, now + EMBARGO));
        assert!(embargoes.hold(seen, now + EMBARGO));
        assert!(embargoes.lift(&seen));
        assert!(embargoes.take_due(now).is_empty());
        assert_eq!(embargoes.take_due(now + EMBARGO), [lost]);
        assert!(!embargoes.holds(&lost));
    }
}
