//! Messages that wait to be judged: bounded for each topic, blocks first.

use crate::limits::{JUDGED_OF_TOPIC, JUDGED_TOGETHER, WAITING_BYTES, WAITING_MESSAGES};
use libp2p::{PeerId, gossipsub::MessageId};
use oxen_node_api::GossipTopic;
use std::collections::{BTreeMap, VecDeque};

/// The order in which topics are served. Transactions come last: they are the most, and the least urgent.
const PRIORITY: [GossipTopic; 6] = [
    GossipTopic::Blocks,
    GossipTopic::Checkpoints,
    GossipTopic::Blinks,
    GossipTopic::Votes,
    GossipTopic::UptimeProofs,
    GossipTopic::Transactions,
];

/// A message and what has to be told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) topic: GossipTopic,
    pub(crate) id: MessageId,
    pub(crate) source: PeerId,
    pub(crate) message: Vec<u8>,
}

/// One topic's line.
#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Arrival>,
    bytes: usize,
    judged: usize,
}

/// All lines.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    lines: BTreeMap<GossipTopic, Line>,
}

impl Intake {
    /// Takes a message in, or gives it back when its line is full.
    #[must_use]
    pub(crate) fn offer(&mut self, arrival: Arrival) -> Option<Arrival> {
        let line = self.lines.entry(arrival.topic).or_default();
        if line.waiting.len() >= WAITING_MESSAGES || line.bytes + arrival.message.len() > WAITING_BYTES {
            return Some(arrival);
        }
        line.bytes += arrival.message.len();
        line.waiting.push_back(arrival);
        None
    }

    /// The message to judge next; `None` when nothing waits or enough are judged. Call [`Self::finished`] for each.
    pub(crate) fn next(&mut self) -> Option<Arrival> {
        let judged: usize = self.lines.values().map(|line| line.judged).sum();
        PRIORITY.into_iter().find_map(|topic| {
            // One place is for blocks alone.
            let places = match topic {
                GossipTopic::Blocks => JUDGED_TOGETHER,
                _ => JUDGED_TOGETHER - 1,
            };
            let line = self.lines.get_mut(&topic)?;
            if judged >= places || line.judged >= JUDGED_OF_TOPIC {
                return None;
            }
            let arrival = line.waiting.pop_front()?;
            line.bytes -= arrival.message.len();
            line.judged += 1;
            Some(arrival)
        })
    }

    /// A message of this topic was judged.
    pub(crate) fn finished(&mut self, topic: GossipTopic) {
        if let Some(line) = self.lines.get_mut(&topic) {
            line.judged = line.judged.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(topic: GossipTopic, bytes: usize) -> Arrival {
        Arrival {
            topic,
            id: MessageId::new(b"id"),
            source: PeerId::random(),
            message: vec![0; bytes],
        }
    }

    #[test]
    fn blocks_go_first_and_always_have_a_place() {
        let mut intake = Intake::default();
        for topic in [GossipTopic::Transactions, GossipTopic::Votes, GossipTopic::UptimeProofs] {
            for _ in 0..3 {
                assert_eq!(intake.offer(arrival(topic, 1)), None);
            }
        }
        let taken: Vec<_> = std::iter::from_fn(|| intake.next()).map(|one| one.topic).collect();
        assert_eq!(
            taken,
            [GossipTopic::Votes, GossipTopic::Votes, GossipTopic::UptimeProofs]
        );
        assert_eq!(intake.offer(arrival(GossipTopic::Blocks, 1)), None);
        assert_eq!(intake.next().unwrap().topic, GossipTopic::Blocks);
        assert_eq!(intake.next(), None);
        intake.finished(GossipTopic::Votes);
        intake.finished(GossipTopic::Votes);
        assert_eq!(intake.next().unwrap().topic, GossipTopic::Votes);
    }

    #[test]
    fn a_full_line_gives_back_and_the_others_go_on() {
        let mut intake = Intake::default();
        for _ in 0..WAITING_MESSAGES {
            assert_eq!(intake.offer(arrival(GossipTopic::Transactions, 1)), None);
        }
        assert!(intake.offer(arrival(GossipTopic::Transactions, 1)).is_some());
        assert_eq!(intake.offer(arrival(GossipTopic::Votes, WAITING_BYTES)), None);
        assert!(intake.offer(arrival(GossipTopic::Votes, 1)).is_some());
        assert_eq!(intake.next().unwrap().topic, GossipTopic::Votes);
        assert_eq!(intake.offer(arrival(GossipTopic::Votes, 1)), None);
    }
}
