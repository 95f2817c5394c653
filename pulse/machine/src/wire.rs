//! Messages as bytes on our own transport: SCALE, bounded (what is signed is pulse §7.1, not these bytes).

use crate::{
    digest::RandomValue,
    message::{Content, Message, Statement, Word},
    quorum::{Bitset, Position},
};
use oxen_types::{Hash, Signature};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use thiserror::Error;

/// Longest template, in bytes: the ids of more than thirty thousand transactions.
pub const MAX_TEMPLATE_BYTES: usize = 1 << 20;
/// Longest message, in bytes: the longest template with its surroundings.
pub const MAX_MESSAGE_BYTES: usize = MAX_TEMPLATE_BYTES + 256;

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WireError {
    /// Longer than any message.
    #[error("a Pulse message has at most {MAX_MESSAGE_BYTES} bytes, this one {length}")]
    TooLong {
        /// How long.
        length: usize,
    },
    /// Not SCALE of a message, or something follows it.
    #[error("the bytes are no Pulse message")]
    Malformed,
    /// No validator has the position.
    #[error("a Pulse quorum has no validator {position}")]
    NoSuchPosition {
        /// The position.
        position: u8,
    },
    /// The bitset names validators that do not exist.
    #[error("bitset {bitset:#06x} has bits above 10")]
    BitsAboveTen {
        /// The bitset.
        bitset: u16,
    },
    /// The template is longer than any.
    #[error("a template has at most {MAX_TEMPLATE_BYTES} bytes")]
    TemplateTooLong,
}

#[derive(Encode, Decode)]
struct WireMessage {
    parent: Hash,
    round: u8,
    content: WireContent,
    signature: Signature,
}

/// Indexes are the message types of pulse §7.1.
#[derive(Encode, Decode)]
enum WireContent {
    #[codec(index = 1)]
    Handshake { position: u8 },
    #[codec(index = 2)]
    Bitset { position: u8, bitset: u16 },
    #[codec(index = 3)]
    Template { block: Vec<u8> },
    #[codec(index = 4)]
    ValueHash { position: u8, hash: Hash },
    #[codec(index = 5)]
    Value { position: u8, value: [u8; 16] },
    #[codec(index = 6)]
    Signed { position: u8, signature: Signature },
}

impl Message {
    /// The bytes to send.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let statement = self.statement();
        WireMessage {
            parent: statement.parent,
            round: statement.round,
            content: to_wire(&statement.content),
            signature: *self.signature(),
        }
        .encode()
    }

    /// Reads received bytes. Memory is bounded by their length; nothing is verified yet.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(WireError::TooLong { length: bytes.len() });
        }
        let wire = WireMessage::decode_all(&mut &*bytes).map_err(|_| WireError::Malformed)?;
        let statement = Statement {
            parent: wire.parent,
            round: wire.round,
            content: from_wire(wire.content)?,
        };
        Ok(Self::new(statement, wire.signature))
    }
}

fn to_wire(content: &Content) -> WireContent {
    let (position, word) = match content {
        Content::Template(block) => return WireContent::Template { block: block.to_vec() },
        Content::Validator(position, word) => (position.index() as u8, word),
    };
    match *word {
        Word::Handshake => WireContent::Handshake { position },
        Word::Bitset(bitset) => WireContent::Bitset {
            position,
            bitset: bitset.bits(),
        },
        Word::ValueHash(hash) => WireContent::ValueHash { position, hash },
        Word::Value(value) => WireContent::Value {
            position,
            value: *value.as_bytes(),
        },
        Word::Signed(signature) => WireContent::Signed { position, signature },
    }
}

fn from_wire(content: WireContent) -> Result<Content, WireError> {
    let (position, word) = match content {
        WireContent::Template { block } if block.len() > MAX_TEMPLATE_BYTES => return Err(WireError::TemplateTooLong),
        WireContent::Template { block } => return Ok(Content::Template(block.into())),
        WireContent::Handshake { position } => (position, Word::Handshake),
        WireContent::Bitset { position, bitset } => {
            let known = Bitset::new(bitset).ok_or(WireError::BitsAboveTen { bitset })?;
            (position, Word::Bitset(known))
        }
        WireContent::ValueHash { position, hash } => (position, Word::ValueHash(hash)),
        WireContent::Value { position, value } => (position, Word::Value(RandomValue::new(value))),
        WireContent::Signed { position, signature } => (position, Word::Signed(signature)),
    };
    let known = Position::new(u16::from(position)).ok_or(WireError::NoSuchPosition { position })?;
    Ok(Content::Validator(known, word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::statements;
    use proptest::prelude::*;

    fn messages() -> Vec<Message> {
        let signed = |statement| Message::new(statement, Signature::new([7; 64]));
        statements().into_iter().map(signed).collect()
    }

    #[test]
    fn every_message_round_trips_and_no_part_of_it_does() {
        for message in messages() {
            let bytes = message.to_bytes();
            assert_eq!(Message::from_bytes(&bytes), Ok(message));
            for length in 0..bytes.len() {
                assert_eq!(
                    Message::from_bytes(&bytes[..length]),
                    Err(WireError::Malformed),
                    "{length} bytes"
                );
            }
            let longer = [&bytes[..], &[0]].concat();
            assert_eq!(Message::from_bytes(&longer), Err(WireError::Malformed));
        }
    }

    #[test]
    fn a_handshake_has_99_bytes() {
        // Parent, round, type, position, signature.
        assert_eq!(messages()[0].to_bytes().len(), 32 + 1 + 1 + 1 + 64);
    }

    #[test]
    fn positions_and_bits_above_ten_are_refused() {
        let mut handshake = messages()[0].to_bytes();
        handshake[34] = 11;
        assert_eq!(
            Message::from_bytes(&handshake),
            Err(WireError::NoSuchPosition { position: 11 })
        );
        let mut bitset = messages()[1].to_bytes();
        bitset[36] |= 0x08;
        assert_eq!(
            Message::from_bytes(&bitset),
            Err(WireError::BitsAboveTen { bitset: 0x0fff })
        );
    }

    #[test]
    fn what_is_too_long_is_refused_before_it_is_read() {
        let length = MAX_MESSAGE_BYTES + 1;
        assert_eq!(
            Message::from_bytes(&vec![0; length]),
            Err(WireError::TooLong { length })
        );
        let template = |length| {
            let mut statement = statements().swap_remove(2);
            statement.content = Content::Template(vec![0; length].into());
            Message::from_bytes(&Message::new(statement, Signature::ZERO).to_bytes())
        };
        assert!(template(MAX_TEMPLATE_BYTES).is_ok());
        assert_eq!(template(MAX_TEMPLATE_BYTES + 1), Err(WireError::TemplateTooLong));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_back(kind in 0_usize..6, at: prop::sample::Index, byte: u8) {
            let mut bytes = messages()[kind].to_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(message) = Message::from_bytes(&bytes) {
                prop_assert_eq!(message.to_bytes(), bytes);
            }
        }
    }
}
