//! What waits for the driver's thread: bounded altogether, and for each sender.

use oxen_pulse_machine::Message;
use oxen_types::PublicKey;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::participant::Fetch;

/// Most messages that wait, of one sender and of all.
const MAX_OF_SENDER: usize = 128;
const MAX_MESSAGES: usize = 4096;
/// Most bytes that wait, of one sender and of all.
const MAX_BYTES_OF_SENDER: usize = 4 << 20;
const MAX_BYTES: usize = 32 << 20;

/// Something to do.
#[derive(Debug)]
pub(crate) enum Work {
    /// The thread is to end.
    Stop,
    /// The chain changed since the last look.
    ChainChanged,
    /// A message came.
    Told {
        /// Who sent it.
        from: PublicKey,
        /// The message.
        message: Box<Message>,
    },
    /// The producer answered, or did not.
    Fetched {
        /// What was asked.
        fetch: Box<Fetch>,
        /// The transactions.
        transactions: Vec<Vec<u8>>,
    },
    /// The time is over.
    TimedOut,
}

#[derive(Default)]
struct Waiting {
    stop: bool,
    chain_changed: bool,
    fetched: VecDeque<(Box<Fetch>, Vec<Vec<u8>>)>,
    told: VecDeque<(PublicKey, usize, Box<Message>)>,
    /// Messages and bytes of each sender.
    of_sender: BTreeMap<PublicKey, (usize, usize)>,
    bytes: usize,
}

/// The queue.
#[derive(Default)]
pub(crate) struct Inbox {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the thread before anything else is done.
    pub(crate) fn stop(&self) {
        self.lock().stop = true;
        self.arrived.notify_one();
    }

    /// However often it is called between two looks, there is one look.
    pub(crate) fn chain_changed(&self) {
        self.lock().chain_changed = true;
        self.arrived.notify_one();
    }

    pub(crate) fn fetched(&self, fetch: Box<Fetch>, transactions: Vec<Vec<u8>>) {
        self.lock().fetched.push_back((fetch, transactions));
        self.arrived.notify_one();
    }

    /// Keeps a message of so many bytes; false when its sender, or everybody together, has too much here.
    pub(crate) fn told(&self, from: PublicKey, bytes: usize, message: Box<Message>) -> bool {
        let mut waiting = self.lock();
        let (count, of_sender) = waiting.of_sender.get(&from).copied().unwrap_or_default();
        let too_much = count >= MAX_OF_SENDER
            || of_sender + bytes > MAX_BYTES_OF_SENDER
            || waiting.told.len() >= MAX_MESSAGES
            || waiting.bytes + bytes > MAX_BYTES;
        if too_much {
            return false;
        }
        waiting.of_sender.insert(from, (count + 1, of_sender + bytes));
        waiting.bytes += bytes;
        waiting.told.push_back((from, bytes, message));
        drop(waiting);
        self.arrived.notify_one();
        true
    }

    /// The next thing to do, waiting for it as long as `patience`.
    pub(crate) fn next(&self, patience: Duration) -> Work {
        let idle = |waiting: &mut Waiting| {
            !waiting.stop && !waiting.chain_changed && waiting.fetched.is_empty() && waiting.told.is_empty()
        };
        let (mut waiting, _) = self
            .arrived
            .wait_timeout_while(self.lock(), patience, idle)
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.stop {
            return Work::Stop;
        }
        if std::mem::take(&mut waiting.chain_changed) {
            return Work::ChainChanged;
        }
        if let Some((fetch, transactions)) = waiting.fetched.pop_front() {
            return Work::Fetched { fetch, transactions };
        }
        let Some((from, bytes, message)) = waiting.told.pop_front() else {
            return Work::TimedOut;
        };
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
        if let Some((count, of_sender)) = waiting.of_sender.get_mut(&from) {
            *count = count.saturating_sub(1);
            *of_sender = of_sender.saturating_sub(bytes);
            if *count == 0 {
                waiting.of_sender.remove(&from);
            }
        }
        Work::Told { from, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_pulse_machine::{
        Bitset, Position, Word,
        message::{Content, Statement},
    };
    use oxen_types::{Hash, Signature};

    fn message() -> Box<Message> {
        let statement = Statement {
            parent: Hash::ZERO,
            round: 0,
            content: Content::Validator(Position::new(0).unwrap(), Word::Bitset(Bitset::FULL)),
        };
        Box::new(Message::new(statement, Signature::ZERO))
    }

    fn sender(number: u8) -> PublicKey {
        PublicKey::new([number; 32])
    }

    #[test]
    fn a_flood_of_one_sender_leaves_room_for_others() {
        let inbox = Inbox::default();
        let kept = (0..1_000).filter(|_| inbox.told(sender(1), 10, message())).count();
        assert_eq!(kept, MAX_OF_SENDER);
        assert!(inbox.told(sender(2), 10, message()));
        assert!(!inbox.told(sender(3), MAX_BYTES_OF_SENDER + 1, message()));
        for _ in 0..kept {
            assert!(matches!(inbox.next(Duration::ZERO), Work::Told { from, .. } if from == sender(1)));
        }
        assert!(inbox.told(sender(1), 10, message()), "its place is free again");
    }

    #[test]
    fn stopping_comes_first_and_changes_of_the_chain_are_one() {
        let inbox = Inbox::default();
        inbox.told(sender(1), 10, message());
        inbox.chain_changed();
        inbox.chain_changed();
        assert!(matches!(inbox.next(Duration::ZERO), Work::ChainChanged));
        assert!(matches!(inbox.next(Duration::ZERO), Work::Told { .. }));
        assert!(matches!(inbox.next(Duration::ZERO), Work::TimedOut));
        inbox.chain_changed();
        inbox.stop();
        assert!(matches!(inbox.next(Duration::ZERO), Work::Stop));
    }
}
