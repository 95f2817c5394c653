//! What waits for one service node until there is a way to it.

use crate::limits::{MESSAGE_PATIENCE, QUESTION_PATIENCE, WAITING_FOR_NODE, WAITING_FOR_NODE_BYTES};
use oxen_node_api::{AskError, QuorumSubject};
use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Where the answer to a question goes. Whoever asked may not wait any more.
pub(crate) type AnswerSender = oneshot::Sender<Result<Vec<u8>, AskError>>;

/// Something to send to a service node.
#[derive(Debug)]
pub(crate) enum Letter {
    /// It is told.
    Message { subject: QuorumSubject, message: Arc<[u8]> },
    /// It is asked.
    Question {
        subject: QuorumSubject,
        question: Vec<u8>,
        answer: AnswerSender,
    },
}

impl Letter {
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Message { message, .. } => message.len(),
            Self::Question { question, .. } => question.len(),
        }
    }

    /// It does not go out: whoever asked learns why.
    pub(crate) fn fail(self, error: AskError) {
        if let Self::Question { answer, .. } = self {
            // Nobody may wait for it any more.
            let _ = answer.send(Err(error));
        }
    }

    const fn patience(&self) -> Duration {
        match self {
            Self::Message { .. } => MESSAGE_PATIENCE,
            Self::Question { .. } => QUESTION_PATIENCE,
        }
    }
}

/// What of a mailbox may go out now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// Messages.
    pub(crate) messages: usize,
    /// Questions.
    pub(crate) questions: usize,
}

#[derive(Debug)]
struct Waiting {
    letter: Letter,
    since: Instant,
}

/// Letters in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    waiting: VecDeque<Waiting>,
    bytes: usize,
}

impl Mailbox {
    /// Puts a letter in. The oldest messages make room; a question for which there is still none fails.
    pub(crate) fn push(&mut self, letter: Letter, since: Instant) {
        while !self.has_room_for(&letter) {
            let oldest = self
                .waiting
                .iter()
                .position(|waiting| matches!(waiting.letter, Letter::Message { .. }));
            match oldest {
                Some(index) => self.remove(index),
                None => return letter.fail(AskError::Overloaded),
            };
        }
        self.bytes += letter.bytes();
        self.waiting.push_back(Waiting { letter, since });
    }

    /// Puts a message back that was sent and did not arrive.
    pub(crate) fn push_back(&mut self, letter: Letter, since: Instant) {
        if self.has_room_for(&letter) {
            self.bytes += letter.bytes();
            self.waiting.push_front(Waiting { letter, since });
        }
    }

    fn has_room_for(&self, letter: &Letter) -> bool {
        self.waiting.len() < WAITING_FOR_NODE && self.bytes + letter.bytes() <= WAITING_FOR_NODE_BYTES
    }

    fn remove(&mut self, index: usize) -> Option<Waiting> {
        let removed = self.waiting.remove(index)?;
        self.bytes -= removed.letter.bytes();
        Some(removed)
    }

    /// The first letter that may go out, and since when it waited.
    pub(crate) fn next(&mut self, room: Room) -> Option<(Letter, Instant)> {
        let index = self.waiting.iter().position(|waiting| match waiting.letter {
            Letter::Message { .. } => room.messages > 0,
            Letter::Question { .. } => room.questions > 0,
        })?;
        let Waiting { letter, since } = self.remove(index)?;
        Some((letter, since))
    }

    /// Drops what waited too long.
    pub(crate) fn expire(&mut self, now: Instant) {
        let (kept, late): (VecDeque<_>, VecDeque<_>) = self
            .waiting
            .drain(..)
            .partition(|waiting| now.saturating_duration_since(waiting.since) < waiting.letter.patience());
        self.waiting = kept;
        for waiting in late {
            self.bytes -= waiting.letter.bytes();
            waiting.letter.fail(AskError::Unreachable);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes that wait.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room {
        messages: 1,
        questions: 1,
    };

    fn message(bytes: usize, first: u8) -> Letter {
        let mut message = vec![0; bytes];
        message[0] = first;
        Letter::Message {
            subject: QuorumSubject::Pulse,
            message: message.into(),
        }
    }

    fn question(bytes: usize) -> (Letter, oneshot::Receiver<Result<Vec<u8>, AskError>>) {
        let (answer, answered) = oneshot::channel();
        let letter = Letter::Question {
            subject: QuorumSubject::Blink,
            question: vec![0; bytes],
            answer,
        };
        (letter, answered)
    }

    fn first_bytes(mailbox: &mut Mailbox) -> Vec<u8> {
        std::iter::from_fn(|| mailbox.next(ROOM))
            .map(|(letter, _)| match letter {
                Letter::Message { message, .. } => message[0],
                Letter::Question { .. } => b'?',
            })
            .collect()
    }

    #[test]
    fn the_oldest_messages_make_room_by_number_and_by_bytes() {
        let now = Instant::now();
        let mut mailbox = Mailbox::default();
        mailbox.push(message(1, 1), now);
        for _ in 1..WAITING_FOR_NODE {
            mailbox.push(message(1, 2), now);
        }
        mailbox.push(message(1, 3), now);
        let order = first_bytes(&mut mailbox);
        assert_eq!((order.len(), order[0], order.last()), (WAITING_FOR_NODE, 2, Some(&3)));
        mailbox.push(message(WAITING_FOR_NODE_BYTES, 4), now);
        mailbox.push(message(1, 5), now);
        assert_eq!(first_bytes(&mut mailbox), [5]);
        assert_eq!(mailbox.bytes(), 0);
    }

    #[test]
    fn a_question_never_makes_room_for_a_message_and_fails_when_there_is_none() {
        let now = Instant::now();
        let mut mailbox = Mailbox::default();
        let (first, mut first_answer) = question(WAITING_FOR_NODE_BYTES);
        mailbox.push(first, now);
        mailbox.push(message(1, 1), now);
        let (second, mut second_answer) = question(1);
        mailbox.push(second, now);
        assert!(first_answer.try_recv().is_err(), "it waits");
        assert_eq!(second_answer.try_recv().unwrap(), Err(AskError::Overloaded));
        assert_eq!(first_bytes(&mut mailbox), [b'?']);
    }

    #[test]
    fn questions_overtake_messages_when_only_they_may_go() {
        let now = Instant::now();
        let mut mailbox = Mailbox::default();
        mailbox.push(message(1, 1), now);
        mailbox.push(question(1).0, now);
        let only_questions = Room {
            messages: 0,
            questions: 1,
        };
        assert!(matches!(
            mailbox.next(only_questions),
            Some((Letter::Question { .. }, _))
        ));
        assert!(mailbox.next(only_questions).is_none());
        assert_eq!(first_bytes(&mut mailbox), [1]);
    }

    #[test]
    fn what_waits_too_long_is_dropped_and_whoever_asked_learns_of_it() {
        let start = Instant::now();
        let mut mailbox = Mailbox::default();
        let (letter, mut answered) = question(1);
        mailbox.push(letter, start);
        mailbox.push(message(1, 1), start);
        mailbox.expire(start + MESSAGE_PATIENCE);
        assert!(answered.try_recv().is_err(), "questions are more patient");
        assert_eq!(mailbox.bytes(), 1);
        mailbox.expire(start + QUESTION_PATIENCE);
        assert_eq!(answered.try_recv().unwrap(), Err(AskError::Unreachable));
        assert!(mailbox.is_empty());
    }

    #[test]
    fn what_did_not_arrive_goes_first_with_its_age() {
        let start = Instant::now();
        let mut mailbox = Mailbox::default();
        mailbox.push(message(1, 2), start + MESSAGE_PATIENCE);
        mailbox.push_back(message(1, 1), start);
        assert_eq!(mailbox.next(ROOM).unwrap().1, start);
        mailbox.push_back(message(1, 1), start);
        mailbox.expire(start + MESSAGE_PATIENCE);
        assert_eq!(first_bytes(&mut mailbox), [2]);
    }
}
