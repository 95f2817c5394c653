//! What service nodes told and nobody heard yet: each has room of its own, and they take turns.

use crate::limits::{HEARD_OF_NODE, HEARD_OF_NODE_BYTES};
use oxen_types::PublicKey;
use std::collections::{BTreeMap, VecDeque};
use thiserror::Error;

/// There is no room for another message of this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too many messages of this service node wait to be heard")]
pub(crate) struct Full;

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Vec<u8>>,
    bytes: usize,
}

/// Messages by who told them.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// Only those with messages.
    queues: BTreeMap<PublicKey, Queue>,
    /// The same nodes in the order of their turns.
    turns: VecDeque<PublicKey>,
}

impl Inbox {
    /// Puts a message in.
    pub(crate) fn offer(&mut self, from: PublicKey, message: Vec<u8>) -> Result<(), Full> {
        let queue = self.queues.entry(from).or_default();
        if queue.messages.is_empty() {
            self.turns.push_back(from);
        } else if queue.messages.len() >= HEARD_OF_NODE || queue.bytes + message.len() > HEARD_OF_NODE_BYTES {
            return Err(Full);
        }
        queue.bytes += message.len();
        queue.messages.push_back(message);
        Ok(())
    }

    /// The next message: one of each node in turn.
    pub(crate) fn next(&mut self) -> Option<(PublicKey, Vec<u8>)> {
        let from = self.turns.pop_front()?;
        let queue = self.queues.get_mut(&from)?;
        let message = queue.messages.pop_front()?;
        queue.bytes -= message.len();
        if queue.messages.is_empty() {
            self.queues.remove(&from);
        } else {
            self.turns.push_back(from);
        }
        Some((from, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(number: u8) -> PublicKey {
        PublicKey::new([number; 32])
    }

    #[test]
    fn a_flood_of_one_node_delays_another_by_one_message() {
        let mut inbox = Inbox::default();
        let taken = (0..2 * HEARD_OF_NODE).filter(|_| inbox.offer(node(1), vec![1]).is_ok());
        assert_eq!(taken.count(), HEARD_OF_NODE);
        inbox.offer(node(2), vec![2]).unwrap();
        assert_eq!(inbox.next(), Some((node(1), vec![1])));
        assert_eq!(inbox.next(), Some((node(2), vec![2])));
        let rest = std::iter::from_fn(|| inbox.next()).count();
        assert_eq!(rest, HEARD_OF_NODE - 1);
        assert!(inbox.queues.is_empty() && inbox.turns.is_empty());
    }

    #[test]
    fn messages_of_one_node_keep_their_order_and_are_bounded_by_bytes() {
        let mut inbox = Inbox::default();
        inbox.offer(node(1), vec![1; HEARD_OF_NODE_BYTES - 1]).unwrap();
        inbox.offer(node(1), vec![2]).unwrap();
        assert_eq!(inbox.offer(node(1), vec![3]), Err(Full));
        assert_eq!(inbox.next().unwrap().1[0], 1);
        inbox.offer(node(1), vec![3]).unwrap();
        let order: Vec<u8> = std::iter::from_fn(|| inbox.next())
            .map(|(_, message)| message[0])
            .collect();
        assert_eq!(order, [2, 3]);
    }
}
