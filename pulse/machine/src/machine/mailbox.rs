//! Messages for rounds and parents that this node has not reached: its clock is a little slow, or the last block came to
//! others first. Nothing in it is verified, so it is bounded, for each peer and altogether.

use crate::{
    input::RoundId,
    message::{Content, Message},
    timing::Moment,
};
use oxen_types::PublicKey;
use std::collections::VecDeque;

/// Most messages of one peer.
const MAX_OF_PEER: usize = 128;
/// Most messages; the oldest go first.
const MAX_MESSAGES: usize = 2048;
/// Most bytes of templates; the oldest templates go first. A peer has one.
const MAX_TEMPLATE_BYTES: usize = 8 << 20;
/// How long a message waits, in milliseconds: longer than two clocks may differ.
const KEPT_MILLISECONDS: u64 = 120_000;

/// A message on its way through the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    /// The peer it came from.
    pub(crate) from: PublicKey,
    /// The message.
    pub(crate) message: Message,
    /// When it came, on our clock.
    pub(crate) arrived: Moment,
}

impl Letter {
    fn template_bytes(&self) -> usize {
        match &self.message.statement().content {
            Content::Template(bytes) => bytes.len(),
            Content::Validator(..) => 0,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Mailbox {
    letters: VecDeque<Letter>,
    template_bytes: usize,
}

impl Mailbox {
    /// Keeps a letter, unless its sender has too many here or the same one.
    pub(super) fn keep(&mut self, letter: Letter) {
        let oldest = Moment::from_milliseconds(letter.arrived.milliseconds().saturating_sub(KEPT_MILLISECONDS));
        while self.letters.front().is_some_and(|first| first.arrived < oldest) {
            self.drop_first();
        }
        let same = |kept: &Letter| kept.message == letter.message;
        let of_peer = || self.letters.iter().filter(|kept| kept.from == letter.from);
        let has_template = letter.template_bytes() > 0 && of_peer().any(|kept| kept.template_bytes() > 0);
        if has_template || of_peer().count() >= MAX_OF_PEER || self.letters.iter().any(same) {
            return;
        }
        self.template_bytes = self.template_bytes.saturating_add(letter.template_bytes());
        self.letters.push_back(letter);
        // Large templates, which anybody can make up, cost no other messages their place.
        while self.template_bytes > MAX_TEMPLATE_BYTES {
            self.drop_first_template();
        }
        while self.letters.len() > MAX_MESSAGES {
            self.drop_first();
        }
    }

    fn drop_first_template(&mut self) {
        let first = self.letters.iter().position(|kept| kept.template_bytes() > 0);
        if let Some(dropped) = first.and_then(|index| self.letters.remove(index)) {
            self.template_bytes = self.template_bytes.saturating_sub(dropped.template_bytes());
        }
    }

    /// Takes the letters for a round, in the order in which they came, and drops those for earlier rounds of its height.
    pub(super) fn take(&mut self, round: &RoundId) -> Vec<Letter> {
        let mut taken = Vec::new();
        let mut kept = VecDeque::new();
        for letter in self.letters.drain(..) {
            let statement = letter.message.statement();
            if statement.parent != round.parent || statement.round > round.number {
                kept.push_back(letter);
            } else if statement.round == round.number {
                taken.push(letter);
            }
        }
        self.template_bytes = kept.iter().map(Letter::template_bytes).fold(0, usize::saturating_add);
        self.letters = kept;
        taken
    }

    fn drop_first(&mut self) {
        if let Some(first) = self.letters.pop_front() {
            self.template_bytes = self.template_bytes.saturating_sub(first.template_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        message::{Statement, Word},
        quorum::Position,
    };
    use oxen_types::{Hash, Height, Signature};

    fn letter(peer: u8, round: u8, mark: u8, arrived: u64) -> Letter {
        let content = Content::Validator(Position::new(0).unwrap(), Word::Signed(Signature::new([mark; 64])));
        letter_with(peer, round, content, arrived)
    }

    fn letter_with(peer: u8, round: u8, content: Content, arrived: u64) -> Letter {
        let statement = Statement {
            parent: Hash::new([1; 32]),
            round,
            content,
        };
        Letter {
            from: PublicKey::new([peer; 32]),
            message: Message::new(statement, Signature::ZERO),
            arrived: Moment::from_milliseconds(arrived),
        }
    }

    fn id(number: u8) -> RoundId {
        RoundId {
            parent: Hash::new([1; 32]),
            height: Height::new(1),
            number,
        }
    }

    #[test]
    fn letters_wait_for_their_round_and_earlier_ones_go() {
        let mut mailbox = Mailbox::default();
        for (round, mark) in [(2, 0), (1, 1), (2, 2), (3, 3)] {
            mailbox.keep(letter(1, round, mark, 0));
        }
        assert_eq!(mailbox.take(&id(2)), [letter(1, 2, 0, 0), letter(1, 2, 2, 0)]);
        assert_eq!(mailbox.take(&id(1)), []);
        assert_eq!(mailbox.take(&id(3)), [letter(1, 3, 3, 0)]);
    }

    #[test]
    fn one_peer_cannot_fill_it() {
        let mut mailbox = Mailbox::default();
        for mark in 0..=255 {
            mailbox.keep(letter(1, 2, mark, 0));
        }
        mailbox.keep(letter(2, 2, 7, 0));
        mailbox.keep(letter(2, 2, 200, 0));
        assert_eq!(
            mailbox.letters.len(),
            MAX_OF_PEER + 1,
            "one copy of what two peers sent"
        );
    }

    #[test]
    fn many_peers_cannot_fill_it() {
        let mut mailbox = Mailbox::default();
        for peer in 0..100 {
            for mark in 0..100 {
                mailbox.keep(letter(peer, mark, peer, 0));
            }
        }
        assert_eq!(mailbox.letters.len(), MAX_MESSAGES);
        let others = mailbox.letters.len();
        for peer in 100..120 {
            for copy in 0..3 {
                let bytes = [vec![peer; (1 << 20) - 1], vec![copy]].concat();
                let template = Content::Template(bytes.into());
                mailbox.keep(letter_with(peer, 2, template, 1));
            }
        }
        assert!(mailbox.template_bytes <= MAX_TEMPLATE_BYTES);
        let templates = |letter: &&Letter| letter.template_bytes() > 0;
        let kept = mailbox.letters.iter().filter(templates).count();
        assert_eq!(kept, 8, "one of a peer, the newest");
        assert!(
            mailbox.letters.len() >= others - 20,
            "templates cost at most their own number of letters"
        );
        let held: usize = mailbox.letters.iter().map(Letter::template_bytes).sum();
        assert_eq!(held, mailbox.template_bytes);
    }

    #[test]
    fn letters_do_not_wait_for_ever() {
        let mut mailbox = Mailbox::default();
        mailbox.keep(letter(1, 2, 0, 1_000));
        mailbox.keep(letter(1, 2, 1, 1_000 + KEPT_MILLISECONDS));
        assert_eq!(mailbox.letters.len(), 2);
        mailbox.keep(letter(1, 2, 2, 1_001 + KEPT_MILLISECONDS));
        assert_eq!(mailbox.letters.len(), 2);
    }
}
