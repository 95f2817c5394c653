//! This node's own messages on their way out.

use crate::{
    limits::{OUTBOX_BYTES, OUTBOX_MESSAGES},
    shared::lock,
};
use oxen_node_api::GossipTopic;
use std::{collections::VecDeque, sync::Mutex};
use tokio::sync::Notify;

/// A message of this node's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) topic: GossipTopic,
    pub(crate) message: Vec<u8>,
}

/// Messages in the order in which they came; the oldest make room.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    waiting: VecDeque<Outgoing>,
    bytes: usize,
}

impl Backlog {
    /// Puts a message in; returns how many had to make room.
    pub(crate) fn push(&mut self, outgoing: Outgoing) -> usize {
        self.bytes += outgoing.message.len();
        self.waiting.push_back(outgoing);
        let mut dropped = 0;
        while self.waiting.len() > OUTBOX_MESSAGES || self.bytes > OUTBOX_BYTES {
            let Some(oldest) = self.waiting.pop_front() else { break };
            self.bytes -= oldest.message.len();
            dropped += 1;
        }
        dropped
    }

    /// Takes everything.
    pub(crate) fn take(&mut self) -> VecDeque<Outgoing> {
        self.bytes = 0;
        std::mem::take(&mut self.waiting)
    }
}

/// A [`Backlog`] that any thread fills and the network's task empties.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    backlog: Mutex<Backlog>,
    filled: Notify,
}

impl Outbox {
    /// Never waits.
    pub(crate) fn push(&self, topic: GossipTopic, message: Vec<u8>) {
        let dropped = lock(&self.backlog).push(Outgoing { topic, message });
        if dropped > 0 {
            tracing::warn!(
                dropped,
                "more gossip than can be sent: the oldest messages were dropped"
            );
        }
        self.filled.notify_one();
    }

    /// Waits until there is something.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Takes everything.
    pub(crate) fn take(&self) -> VecDeque<Outgoing> {
        lock(&self.backlog).take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: usize) -> Outgoing {
        Outgoing {
            topic: GossipTopic::Votes,
            message: vec![0; bytes],
        }
    }

    #[test]
    fn the_oldest_make_room_by_number_and_by_bytes() {
        let mut backlog = Backlog::default();
        for _ in 0..OUTBOX_MESSAGES {
            assert_eq!(backlog.push(message(1)), 0);
        }
        assert_eq!(backlog.push(message(1)), 1);
        assert_eq!(backlog.take().len(), OUTBOX_MESSAGES);
        assert_eq!(backlog.push(message(OUTBOX_BYTES - 1)), 0);
        assert_eq!(backlog.push(message(2)), 1);
        assert_eq!(backlog.take(), [message(2)]);
    }
}
