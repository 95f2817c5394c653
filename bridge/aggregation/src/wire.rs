//! What nodes say to each other about signatures: SCALE, a few hundred bytes.

use oxen_types::{
    Amount, Height, Timestamp,
    bytes::{BlsPublicKey, BlsSignature, EthereumAddress},
};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use thiserror::Error;

/// Most bytes of any question or answer.
pub(crate) const MAX_MESSAGE_BYTES: usize = 256;

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the message about signatures does not decode")]
pub(crate) struct Malformed;

/// What a node is asked to sign (bridge §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Question {
    /// What the recipient has earned: get_rewards.
    #[codec(index = 0)]
    Rewards {
        /// Whose.
        recipient: EthereumAddress,
        /// Up to and with which block.
        height: Height,
    },
    /// That the node may leave: get_exit.
    #[codec(index = 1)]
    Exit {
        /// Which node.
        key: BlsPublicKey,
        /// From when on the contract takes it.
        time: Timestamp,
    },
    /// That the node may be liquidated: get_liquidation.
    #[codec(index = 2)]
    Liquidation {
        /// Which node.
        key: BlsPublicKey,
        /// From when on the contract takes it.
        time: Timestamp,
    },
    /// What the recipient got for burned OXEN: get_swap.
    #[codec(index = 3)]
    Swap {
        /// Whose.
        recipient: EthereumAddress,
        /// Up to and with which block.
        height: Height,
    },
}

/// What a node answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[allow(clippy::large_enum_variant, reason = "a quarter of a kilobyte, and one at a time")]
pub(crate) enum Reply {
    /// Its own value, signed.
    #[codec(index = 0)]
    Signed(Signed),
    /// It signs nothing.
    #[codec(index = 1)]
    Refused(Refusal),
}

/// What was signed. It repeats the question, so that an answer stands by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Signed {
    /// The question.
    pub(crate) question: Question,
    /// The lifetime total, where one was asked for; nothing otherwise.
    pub(crate) total: Option<Amount>,
    /// The signature over the message that follows from these.
    pub(crate) signature: BlsSignature,
}

/// Why a node signs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Error)]
pub(crate) enum Refusal {
    /// The question does not decode.
    #[error("the question does not decode")]
    #[codec(index = 0)]
    Malformed,
    /// The asker asks too much.
    #[error("too many questions")]
    #[codec(index = 1)]
    TooMany,
    /// The node has no BLS key, or no contract to sign for.
    #[error("this node does not sign for the contract")]
    #[codec(index = 2)]
    DoesNotSign,
    /// The block could still change.
    #[error("the height is not final here")]
    #[codec(index = 3)]
    NotFinal,
    /// The height is too old.
    #[error("the height is not kept any more")]
    #[codec(index = 4)]
    NotKept,
    /// The recipient has nothing.
    #[error("the recipient has nothing")]
    #[codec(index = 5)]
    NothingEarned,
    /// The time is too far from the node's own.
    #[error("the time differs too much from this node's clock")]
    #[codec(index = 6)]
    ClocksDiffer,
    /// The node does not know whom the contract lists.
    #[error("this node does not know whom the contract lists")]
    #[codec(index = 7)]
    NoL2,
    /// The contract does not list the key.
    #[error("the contract does not list the key")]
    #[codec(index = 8)]
    NotListed,
    /// The node of the key is registered, or will be.
    #[error("the node is registered, or its registration waits for confirmation")]
    #[codec(index = 9)]
    StillThere,
    /// The node of the key cannot be liquidated, or not yet.
    #[error("the node cannot be liquidated, or not yet")]
    #[codec(index = 10)]
    NotLiquidatable,
    /// The node failed.
    #[error("this node failed: see its log")]
    #[codec(index = 11)]
    Failed,
}

fn decode<T: Decode>(bytes: &[u8]) -> Result<T, Malformed> {
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(Malformed);
    }
    T::decode_all(&mut &*bytes).map_err(|_| Malformed)
}

impl Question {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        decode(bytes)
    }
}

impl Reply {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        decode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: BlsPublicKey = BlsPublicKey::new([1; 64]);

    #[test]
    fn messages_return_as_they_were_and_rests_are_refused() {
        let recipient = EthereumAddress::new([2; 20]);
        let height = Height::new(u64::MAX);
        let time = Timestamp::from_seconds(u64::MAX);
        for question in [
            Question::Rewards { recipient, height },
            Question::Exit { key: KEY, time },
            Question::Liquidation { key: KEY, time },
            Question::Swap { recipient, height },
        ] {
            let mut bytes = question.encode();
            assert_eq!(Question::from_bytes(&bytes), Ok(question));
            bytes.push(0);
            assert_eq!(Question::from_bytes(&bytes), Err(Malformed));
            let reply = Reply::Signed(Signed {
                question,
                total: Some(Amount::from_atomic(u64::MAX)),
                signature: BlsSignature::new([3; 128]),
            });
            assert!(reply.encode().len() <= MAX_MESSAGE_BYTES);
            assert_eq!(Reply::from_bytes(&reply.encode()), Ok(reply));
        }
    }

    #[test]
    fn what_is_larger_than_any_message_is_not_decoded() {
        assert_eq!(Reply::from_bytes(&[0; MAX_MESSAGE_BYTES + 1]), Err(Malformed));
        assert_eq!(Question::from_bytes(&[9]), Err(Malformed));
    }
}
