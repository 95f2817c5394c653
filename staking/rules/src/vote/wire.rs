//! A vote between our nodes: SCALE, of bounded size, one form for each vote.

use super::ballot::{Vote, VoteBody};
use oxen_types::{
    Hash, Height, Signature,
    extra::{NewState, Reasons},
};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use thiserror::Error;

/// Most bytes of a vote.
pub const MAX_VOTE_BYTES: usize = 256;

/// Why bytes are no vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum VoteWireError {
    /// Larger than any vote.
    #[error("a vote of {bytes} bytes is too large: the limit is {MAX_VOTE_BYTES}")]
    TooLarge {
        /// How large.
        bytes: usize,
    },
    /// The parts do not decode.
    #[error("the message does not decode as a vote")]
    Malformed,
}

/// The parts in order.
#[derive(Encode, Decode)]
struct Wire {
    height: Height,
    validator: u16,
    signature: Signature,
    body: WireBody,
}

#[derive(Encode, Decode)]
enum WireBody {
    #[codec(index = 0)]
    Obligations {
        worker: u16,
        state: NewState,
        reasons: Reasons,
        reasons_signature: Signature,
    },
    #[codec(index = 1)]
    Checkpoint { block_id: Hash },
}

impl Vote {
    /// The message.
    #[must_use]
    pub fn to_message(&self) -> Vec<u8> {
        let body = match self.body {
            VoteBody::Obligations {
                worker,
                state,
                reasons,
                reasons_signature,
            } => WireBody::Obligations {
                worker,
                state,
                reasons,
                reasons_signature,
            },
            VoteBody::Checkpoint { block_id } => WireBody::Checkpoint { block_id },
        };
        Wire {
            height: self.height,
            validator: self.validator,
            signature: self.signature,
            body,
        }
        .encode()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// It is too large or malformed.
    pub fn from_message(message: &[u8]) -> Result<Self, VoteWireError> {
        if message.len() > MAX_VOTE_BYTES {
            return Err(VoteWireError::TooLarge { bytes: message.len() });
        }
        let wire = Wire::decode_all(&mut &*message).map_err(|_| VoteWireError::Malformed)?;
        let body = match wire.body {
            WireBody::Obligations {
                worker,
                state,
                reasons,
                reasons_signature,
            } => VoteBody::Obligations {
                worker,
                state,
                reasons,
                reasons_signature,
            },
            WireBody::Checkpoint { block_id } => VoteBody::Checkpoint { block_id },
        };
        Ok(Self {
            height: wire.height,
            validator: wire.validator,
            body,
            signature: wire.signature,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vote::ballot::tests::{on_checkpoint, on_node};

    fn votes() -> [Vote; 2] {
        [
            on_node(3, NewState::IpChangePenalty, Reasons::from_bits(0x8001)),
            on_checkpoint(19, Hash::new([5; 32])),
        ]
    }

    #[test]
    fn a_message_brings_the_same_vote() {
        for vote in votes() {
            let message = vote.to_message();
            assert!(message.len() <= MAX_VOTE_BYTES);
            assert_eq!(Vote::from_message(&message), Ok(vote));
        }
    }

    #[test]
    fn every_cut_and_every_excess_is_refused() {
        for vote in votes() {
            let mut message = vote.to_message();
            for length in 0..message.len() {
                assert_eq!(Vote::from_message(&message[..length]), Err(VoteWireError::Malformed));
            }
            message.push(0);
            assert_eq!(Vote::from_message(&message), Err(VoteWireError::Malformed));
        }
        assert_eq!(
            Vote::from_message(&[0; MAX_VOTE_BYTES + 1]),
            Err(VoteWireError::TooLarge {
                bytes: MAX_VOTE_BYTES + 1
            })
        );
    }

    proptest::proptest! {
        #[test]
        fn what_decodes_has_one_form(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            if let Ok(vote) = Vote::from_message(&bytes) {
                proptest::prop_assert_eq!(vote.to_message(), bytes);
            }
        }
    }
}
