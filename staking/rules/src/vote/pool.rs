//! Votes that wait for more of their kind (staking §15.8 rules 4 to 6), and what is known of who voted what and why.

use super::{
    age::check_age,
    ballot::{CastVote, Vote, VoteBody},
    result::{new_checkpoint, state_change},
};
use oxen_types::{
    Checkpoint, Hash, Height, PublicKey, Timestamp,
    extra::{NewState, StateChange},
    network::constants::{CHECKPOINT_MIN_VOTES, OBLIGATIONS_MIN_VOTES},
};
use std::collections::BTreeMap;

/// Seconds between two relays of one of our votes.
pub const RELAY_INTERVAL_SECONDS: u64 = 120;

/// How often one of our votes is relayed once there are enough for the same: a network of thousands would otherwise repeat
/// every vote for two hours that nobody needs any more.
const RELAYS_WHEN_ENOUGH: u32 = 3;

/// Most blocks that one validator may vote for at one height. An honest one votes for as many as its chain reorganised to;
/// without a bound a dishonest one could fill our memory.
pub const MAX_CHECKPOINTS_OF_VALIDATOR: usize = 4;

/// Whose vote it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Ours: it is relayed again until it is too old.
    Ours,
    /// Of another node, which cares for it itself.
    Others,
}

/// What became of a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoteOutcome {
    /// It is new.
    Added {
        /// Votes for the same now.
        votes: usize,
    },
    /// The validator voted for the same before.
    Known,
    /// The validator voted for too many different blocks at one height.
    TooManyCheckpoints,
}

/// Votes for the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Change { worker: u16, state: NewState },
    Checkpoint { block_id: Hash },
}

impl Subject {
    /// Votes that are enough.
    const fn enough(self) -> usize {
        match self {
            Self::Change { .. } => OBLIGATIONS_MIN_VOTES,
            Self::Checkpoint { .. } => CHECKPOINT_MIN_VOTES,
        }
    }

    const fn of(vote: &Vote) -> Self {
        match vote.body {
            VoteBody::Obligations { worker, state, .. } => Self::Change { worker, state },
            VoteBody::Checkpoint { block_id } => Self::Checkpoint { block_id },
        }
    }
}

/// A vote in the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PooledVote {
    /// The vote.
    pub cast: CastVote,
    /// When it came, by our clock.
    pub received: Timestamp,
    origin: Origin,
    last_relayed: Option<Timestamp>,
    relays: u32,
}

/// Verified votes of the last 60 blocks: one of each validator for each thing that can be voted for.
#[derive(Debug, Clone, Default)]
pub struct VotePool {
    groups: BTreeMap<(Height, Subject), BTreeMap<u16, PooledVote>>,
}

impl VotePool {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a vote.
    pub fn add(&mut self, cast: CastVote, origin: Origin, now: Timestamp) -> VoteOutcome {
        let vote = cast.vote();
        let subject = Subject::of(vote);
        if matches!(subject, Subject::Checkpoint { .. })
            && self.checkpoints_of(vote.height, vote.validator, &subject) >= MAX_CHECKPOINTS_OF_VALIDATOR
        {
            return VoteOutcome::TooManyCheckpoints;
        }
        let group = self.groups.entry((vote.height, subject)).or_default();
        if group.contains_key(&vote.validator) {
            return VoteOutcome::Known;
        }
        group.insert(
            vote.validator,
            PooledVote {
                cast,
                received: now,
                origin,
                last_relayed: None,
                relays: 0,
            },
        );
        VoteOutcome::Added { votes: group.len() }
    }

    /// True when the validator voted for exactly this before.
    #[must_use]
    pub fn contains(&self, vote: &Vote) -> bool {
        self.groups
            .get(&(vote.height, Subject::of(vote)))
            .is_some_and(|group| group.contains_key(&vote.validator))
    }

    /// Number of votes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.values().map(BTreeMap::len).sum()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The state change that the votes for the same as `vote` make; `None` while there are too few, or when it is about a
    /// checkpoint.
    #[must_use]
    pub fn state_change_of(&self, vote: &Vote) -> Option<StateChange> {
        match vote.body {
            VoteBody::Obligations { worker, state, .. } => {
                state_change(vote.height, worker, state, self.votes_like(vote))
            }
            VoteBody::Checkpoint { .. } => None,
        }
    }

    /// The checkpoint that the votes for the same as `vote` make; `None` while there are too few, or when it is about a node.
    #[must_use]
    pub fn checkpoint_of(&self, vote: &Vote) -> Option<Checkpoint> {
        match vote.body {
            VoteBody::Obligations { .. } => None,
            VoteBody::Checkpoint { block_id } => new_checkpoint(vote.height, block_id, self.votes_like(vote)),
        }
    }

    /// True when the validator voted for any block at `height`: it took part (staking §15.1).
    #[must_use]
    pub fn voted_on_checkpoint(&self, height: Height, validator: u16) -> bool {
        self.at(height)
            .any(|(subject, group)| matches!(subject, Subject::Checkpoint { .. }) && group.contains_key(&validator))
    }

    /// Who voted what on a node and why, newest quorum first.
    pub fn votes_on<'a>(&'a self, node: &'a PublicKey) -> impl Iterator<Item = &'a PooledVote> {
        self.groups
            .values()
            .rev()
            .flat_map(BTreeMap::values)
            .filter(move |pooled| pooled.cast.node() == Some(node))
    }

    /// Our votes that are to be sent now, because they were never sent or not for [`RELAY_INTERVAL_SECONDS`], while the next
    /// block has `chain_height`. They count as sent from here on. Where enough others voted for the same, three times are enough:
    /// what the votes make travels by itself.
    pub fn take_due_relays(&mut self, chain_height: Height, now: Timestamp) -> Vec<Vote> {
        let due = |pooled: &PooledVote, limit: u32| {
            pooled.origin == Origin::Ours
                && pooled.relays < limit
                && check_age(pooled.cast.vote().height, chain_height).is_ok()
                && pooled
                    .last_relayed
                    .is_none_or(|last| now.seconds().saturating_sub(last.seconds()) >= RELAY_INTERVAL_SECONDS)
        };
        let mut votes = Vec::new();
        for ((_, subject), group) in &mut self.groups {
            let limit = if group.len() < subject.enough() {
                u32::MAX
            } else {
                RELAYS_WHEN_ENOUGH
            };
            for pooled in group.values_mut().filter(|pooled| due(pooled, limit)) {
                pooled.last_relayed = Some(now);
                pooled.relays = pooled.relays.saturating_add(1);
                votes.push(*pooled.cast.vote());
            }
        }
        votes
    }

    /// Drops votes that are too old for a chain whose next block has `chain_height`.
    pub fn prune(&mut self, chain_height: Height) {
        self.groups
            .retain(|(height, _), _| *height > chain_height || check_age(*height, chain_height).is_ok());
    }

    /// Drops votes of quorums that are gone because the blocks from `first_reverted` on were taken back: in the quorums that come
    /// instead, the same positions are other nodes.
    pub fn drop_reverted(&mut self, first_reverted: Height) {
        self.groups.retain(|_, group| {
            group
                .values()
                .next()
                .is_some_and(|pooled| pooled.cast.vote().quorum().1 < first_reverted)
        });
    }

    /// Drops the votes for a change that the chain has now.
    pub fn remove_mined(&mut self, change: &StateChange) {
        let Ok(worker) = u16::try_from(change.service_node_index) else {
            return;
        };
        let subject = Subject::Change {
            worker,
            state: change.state,
        };
        self.groups.remove(&(change.block_height, subject));
    }

    /// Groups of votes at one height.
    fn at(&self, height: Height) -> impl Iterator<Item = (&Subject, &BTreeMap<u16, PooledVote>)> {
        let first = Subject::Change {
            worker: 0,
            state: NewState::Deregister,
        };
        self.groups
            .range((height, first)..)
            .take_while(move |((at, _), _)| *at == height)
            .map(|((_, subject), group)| (subject, group))
    }

    /// For how many other blocks the validator voted at this height.
    fn checkpoints_of(&self, height: Height, validator: u16, except: &Subject) -> usize {
        self.at(height)
            .filter(|(subject, group)| {
                matches!(subject, Subject::Checkpoint { .. }) && *subject != except && group.contains_key(&validator)
            })
            .count()
    }

    fn votes_like(&self, vote: &Vote) -> impl Iterator<Item = &Vote> {
        self.groups
            .get(&(vote.height, Subject::of(vote)))
            .into_iter()
            .flat_map(BTreeMap::values)
            .map(|pooled| pooled.cast.vote())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vote::ballot::tests::{on_checkpoint, on_node, quorum};
    use oxen_types::extra::Reasons;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    fn cast(vote: Vote) -> CastVote {
        vote.verify(&quorum(20)).unwrap()
    }

    fn add(pool: &mut VotePool, vote: Vote) -> VoteOutcome {
        pool.add(cast(vote), Origin::Others, NOW)
    }

    fn decommission(validator: u8) -> Vote {
        on_node(validator, NewState::Decommission, Reasons::UPTIME_PROOF)
    }

    #[test]
    fn a_second_vote_for_the_same_is_ignored() {
        let mut pool = VotePool::new();
        assert_eq!(add(&mut pool, decommission(0)), VoteOutcome::Added { votes: 1 });
        let again = on_node(0, NewState::Decommission, Reasons::PULSE);
        assert_eq!(add(&mut pool, again), VoteOutcome::Known);
        assert!(pool.contains(&again));
        assert_eq!(add(&mut pool, decommission(1)), VoteOutcome::Added { votes: 2 });
        assert_eq!(pool.len(), 2);
    }

    #[test]
    fn conflicting_votes_are_kept_apart() {
        let mut pool = VotePool::new();
        for validator in 0..6 {
            add(&mut pool, decommission(validator));
        }
        let other = on_node(0, NewState::Deregister, Reasons::NONE);
        assert_eq!(add(&mut pool, other), VoteOutcome::Added { votes: 1 });
        for validator in 6..10 {
            add(&mut pool, on_node(validator, NewState::Deregister, Reasons::NONE));
        }
        assert_eq!(pool.state_change_of(&decommission(0)), None);
        assert_eq!(pool.state_change_of(&other), None);
        add(&mut pool, decommission(6));
        assert_eq!(pool.state_change_of(&decommission(0)).unwrap().votes.len(), 7);
        assert_eq!(pool.state_change_of(&other), None);
    }

    #[test]
    fn checkpoints_form_and_grow() {
        let mut pool = VotePool::new();
        let id = Hash::new([1; 32]);
        for validator in 0..12 {
            add(&mut pool, on_checkpoint(validator, id));
        }
        add(&mut pool, on_checkpoint(12, Hash::new([2; 32])));
        let vote = on_checkpoint(0, id);
        assert_eq!(pool.checkpoint_of(&vote), None);
        for (validator, votes) in [(12, 13), (13, 14)] {
            add(&mut pool, on_checkpoint(validator, id));
            let checkpoint = pool.checkpoint_of(&vote).unwrap();
            assert_eq!((checkpoint.block_id, checkpoint.signatures.len()), (id, votes));
        }
        assert_eq!(pool.checkpoint_of(&decommission(0)), None);
    }

    #[test]
    fn one_validator_cannot_fill_the_pool() {
        let mut pool = VotePool::new();
        for number in 0..4 {
            assert_eq!(
                add(&mut pool, on_checkpoint(0, Hash::new([number; 32]))),
                VoteOutcome::Added { votes: 1 }
            );
        }
        let fifth = on_checkpoint(0, Hash::new([4; 32]));
        assert_eq!(add(&mut pool, fifth), VoteOutcome::TooManyCheckpoints);
        assert_eq!(add(&mut pool, on_checkpoint(0, Hash::new([0; 32]))), VoteOutcome::Known);
        assert_eq!(
            add(&mut pool, on_checkpoint(1, Hash::new([4; 32]))),
            VoteOutcome::Added { votes: 1 }
        );
    }

    #[test]
    fn who_voted_what_and_why_is_listed() {
        let mut pool = VotePool::new();
        add(&mut pool, decommission(0));
        add(&mut pool, on_node(1, NewState::Deregister, Reasons::PULSE));
        add(&mut pool, on_checkpoint(2, Hash::ZERO));
        let node = quorum(20).workers[1];
        let listed: Vec<_> = pool
            .votes_on(&node)
            .map(|pooled| {
                let VoteBody::Obligations { state, reasons, .. } = pooled.cast.vote().body else {
                    panic!("a vote on a node");
                };
                (*pooled.cast.voter(), state, reasons)
            })
            .collect();
        let voter = |index: usize| quorum(20).validators[index];
        assert_eq!(
            listed,
            [
                (voter(0), NewState::Decommission, Reasons::UPTIME_PROOF),
                (voter(1), NewState::Deregister, Reasons::PULSE)
            ]
        );
        assert_eq!(pool.votes_on(&quorum(20).workers[0]).count(), 0);
    }

    #[test]
    fn our_votes_are_relayed_every_two_minutes_while_they_count() {
        let mut pool = VotePool::new();
        let ours = decommission(0);
        pool.add(cast(ours), Origin::Ours, NOW);
        add(&mut pool, decommission(1));
        let mut due =
            |seconds, chain_height| pool.take_due_relays(Height::new(chain_height), Timestamp::from_seconds(seconds));
        assert_eq!(due(1_000, 71), [ours]);
        assert_eq!(due(1_119, 72), []);
        assert_eq!(due(1_120, 72), [ours]);
        assert_eq!(due(9_000, 131), [], "too old");
        assert_eq!(due(9_000, 130), [ours]);
    }

    #[test]
    fn our_votes_are_relayed_three_times_where_enough_others_voted_for_the_same() {
        let mut pool = VotePool::new();
        pool.add(cast(decommission(0)), Origin::Ours, NOW);
        for validator in 1..7 {
            add(&mut pool, decommission(validator));
        }
        let sent = (0..10).filter(|count| {
            let now = Timestamp::from_seconds(1_000 + count * RELAY_INTERVAL_SECONDS);
            !pool.take_due_relays(Height::new(71), now).is_empty()
        });
        assert_eq!(sent.count(), 3);
    }

    #[test]
    fn votes_are_dropped_after_sixty_blocks() {
        let mut pool = VotePool::new();
        add(&mut pool, decommission(0));
        add(&mut pool, on_checkpoint(0, Hash::ZERO));
        pool.prune(Height::new(130));
        assert_eq!(pool.len(), 2);
        pool.prune(Height::new(131));
        assert_eq!(pool.len(), 1);
        pool.prune(Height::new(141));
        assert!(pool.is_empty());
    }

    #[test]
    fn votes_of_quorums_that_were_taken_back_are_dropped() {
        let mut pool = VotePool::new();
        add(&mut pool, decommission(0));
        add(&mut pool, on_checkpoint(0, Hash::ZERO));
        pool.drop_reverted(Height::new(71));
        assert_eq!(pool.len(), 2, "the quorums are those of heights 70 and 69");
        pool.drop_reverted(Height::new(70));
        assert!(pool.contains(&on_checkpoint(0, Hash::ZERO)) && pool.len() == 1);
        pool.drop_reverted(Height::new(69));
        assert!(pool.is_empty());
    }

    #[test]
    fn votes_whose_change_is_mined_are_dropped() {
        let mut pool = VotePool::new();
        for validator in 0..7 {
            add(&mut pool, decommission(validator));
        }
        add(&mut pool, on_node(0, NewState::Deregister, Reasons::NONE));
        let change = pool.state_change_of(&decommission(0)).unwrap();
        pool.remove_mined(&change);
        assert_eq!(pool.len(), 1);
        assert_eq!(pool.state_change_of(&decommission(0)), None);
    }

    #[test]
    fn a_vote_for_any_block_is_participation() {
        let mut pool = VotePool::new();
        add(&mut pool, decommission(3));
        add(&mut pool, on_checkpoint(4, Hash::new([0xff; 32])));
        let took_part = |height, validator| pool.voted_on_checkpoint(Height::new(height), validator);
        assert!(took_part(80, 4));
        assert!(!took_part(80, 3) && !took_part(84, 4) && !took_part(70, 3));
    }
}
