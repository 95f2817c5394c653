//! The rounds that have just passed, to tell stragglers from forgeries (pulse §6, §7.4 step 2).

use crate::{
    input::RoundId,
    message::{Message, Verifier},
    quorum::RoundQuorum,
};
use oxen_types::Hash;
use std::collections::VecDeque;

/// Rounds that are remembered.
const REMEMBERED_ROUNDS: usize = 3;

/// What a message that is not of the current round is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lateness {
    /// Of a round that may come.
    NotLate,
    /// Of a round that has passed.
    Late,
    /// It names a round that has passed, and its signature is not good there.
    Forged,
}

#[derive(Debug, Default)]
pub(super) struct History(VecDeque<(RoundId, RoundQuorum)>);

impl History {
    /// Remembers a round; the fourth last is forgotten.
    pub(super) fn remember(&mut self, id: RoundId, quorum: RoundQuorum) {
        if self.0.iter().any(|(known, _)| *known == id) {
            return;
        }
        if self.0.len() >= REMEMBERED_ROUNDS {
            self.0.pop_front();
        }
        self.0.push_back((id, quorum));
    }

    /// Judges a message that is not of the current round, which is given by parent and number.
    pub(super) fn judge(&self, message: &Message, verifier: &impl Verifier, current: Option<(Hash, u8)>) -> Lateness {
        let statement = message.statement();
        // A round is entered again when a reorganisation brings its parent back: then it is not late.
        let to_come = |(parent, number)| parent == statement.parent && statement.round >= number;
        if current.is_some_and(to_come) {
            return Lateness::NotLate;
        }
        let known = self
            .0
            .iter()
            .find(|(id, _)| id.parent == statement.parent && id.number == statement.round);
        if let Some((_, quorum)) = known {
            return if message.is_signed_by_member(quorum, verifier) {
                Lateness::Late
            } else {
                Lateness::Forged
            };
        }
        let of_this_height = current.is_some_and(|(parent, _)| parent == statement.parent);
        let of_known_height = self.0.iter().any(|(id, _)| id.parent == statement.parent);
        if of_this_height || (of_known_height && current.is_some()) {
            Lateness::Late
        } else {
            Lateness::NotLate
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Content, Statement, Word};
    use crate::quorum::Position;
    use oxen_types::{Height, PublicKey, Signature};

    /// A signature is good when its first byte is that of the key.
    struct FirstByte;

    impl Verifier for FirstByte {
        fn verify(&self, _: &Hash, key: &PublicKey, signature: &Signature) -> bool {
            key.as_bytes()[0] == signature.as_bytes()[0]
        }
    }

    fn parent(number: u8) -> Hash {
        Hash::new([number; 32])
    }

    fn history(rounds: &[(u8, u8)]) -> History {
        let mut history = History::default();
        for (block, number) in rounds {
            let id = RoundId {
                parent: parent(*block),
                height: Height::new(u64::from(*block)),
                number: *number,
            };
            let quorum = RoundQuorum {
                producer: PublicKey::ZERO,
                validators: [PublicKey::new([*number; 32]); 11],
            };
            history.remember(id, quorum);
        }
        history
    }

    fn handshake(block: u8, round: u8, signer: u8) -> Message {
        let statement = Statement {
            parent: parent(block),
            round,
            content: Content::Validator(Position::new(0).unwrap(), Word::Handshake),
        };
        Message::new(statement, Signature::new([signer; 64]))
    }

    #[test]
    fn stragglers_of_the_last_three_rounds_are_told_from_forgeries() {
        let history = history(&[(1, 5), (1, 6), (1, 7), (1, 8)]);
        let judge = |message| history.judge(&message, &FirstByte, Some((parent(1), 9)));
        assert_eq!(judge(handshake(1, 8, 8)), Lateness::Late);
        assert_eq!(judge(handshake(1, 6, 6)), Lateness::Late);
        assert_eq!(judge(handshake(1, 6, 5)), Lateness::Forged);
        // Forgotten, but of this height and earlier.
        assert_eq!(judge(handshake(1, 5, 4)), Lateness::Late);
    }

    #[test]
    fn later_rounds_and_unknown_parents_are_to_come() {
        let history = history(&[(1, 0)]);
        let judge = |message, current| history.judge(&message, &FirstByte, current);
        let current = Some((parent(2), 3));
        assert_eq!(judge(handshake(2, 3, 0), current), Lateness::NotLate);
        assert_eq!(judge(handshake(2, 4, 0), current), Lateness::NotLate);
        assert_eq!(judge(handshake(3, 0, 0), current), Lateness::NotLate);
        assert_eq!(judge(handshake(2, 2, 0), current), Lateness::Late);
        assert_eq!(judge(handshake(1, 4, 0), current), Lateness::Late);
        // The parent that was there before came back.
        assert_eq!(judge(handshake(1, 0, 0), Some((parent(1), 0))), Lateness::NotLate);
    }
}
