//! What the log of the rewards contract says, word by word (bridge §1.4, §3.2).
//!
//! The node does not decode by ABI description: five events matter, their words stand at fixed places, and everything that is not
//! exactly as the contract writes it has a name in [`LogError`]. What the log's block is, and whether the log is to be believed, is
//! for the follower.

use oxen_types::{
    Amount, PublicKey, Signature,
    bytes::{BlsPublicKey, EthereumAddress},
    extra::{L2Contributor, L2Event, L2EventKind, L2Source},
    network::constants::{MAX_CONTRIBUTORS, STAKING_FEE_BASIS},
};
use thiserror::Error;

/// A word of the EVM.
pub type Word = [u8; 32];

/// Bytes of a word.
const WORD_BYTES: usize = 32;
/// Words of a registration in front of its contributors.
const REGISTRATION_WORDS: usize = 9;
/// Words of a contributor.
const CONTRIBUTOR_WORDS: usize = 3;
/// Where the contributors of a registration start, in bytes: the eight words that stand before their count.
const CONTRIBUTORS_OFFSET: u64 = 256;

/// First topics of the events that the chain consumes: Keccak-256 of their signatures.
pub mod topic {
    use super::Word;

    /// `NewServiceNodeV2(uint64,address,(uint256,uint256),(uint256,uint256,uint256,uint16),((address,address),uint256)[])`.
    pub const NEW_SERVICE_NODE: Word = word("533c16cb4158fe7c77021b90e9290bbefa457dd392bd8abc1eab59747834fd5b");
    /// `ServiceNodeExitRequest(uint64,address,(uint256,uint256))`.
    pub const EXIT_REQUEST: Word = word("8600c0145511b317ae0189933fa71eb57a32d74891804c7993ef74ec63a5e804");
    /// `ServiceNodeExit(uint64,address,uint256,(uint256,uint256))`.
    pub const EXIT: Word = word("24c4411329b949fad2eba6f79a8ba090a08eac1af4b56c3a2f5a282ed45e233e");
    /// `StakingRequirementUpdated(uint256)`.
    pub const STAKING_REQUIREMENT: Word = word("006b7a1ea14ff2794527a64af37d55a2040e351f8b4c1adcdc9aea80d64e0429");
    /// `NewSeededServiceNode(uint64,(uint256,uint256),uint256)`: no report, but the list of the contract grows by it.
    pub const SEEDED: Word = word("34be2fa283e1d5eb453459898f160448257aa1ef0f7dd2c3a3b55c45d1af768f");

    /// A digest from its hexadecimal form.
    const fn word(text: &str) -> Word {
        let (bytes, mut digest, mut index) = (text.as_bytes(), [0; 32], 0);
        assert!(bytes.len() == 64, "a digest has 64 hexadecimal characters");
        #[allow(
            clippy::arithmetic_side_effects,
            clippy::indexing_slicing,
            reason = "evaluated by the compiler"
        )]
        while index < 32 {
            digest[index] = nibble(bytes[2 * index]) * 16 + nibble(bytes[2 * index + 1]);
            index += 1;
        }
        digest
    }

    #[allow(clippy::arithmetic_side_effects, clippy::panic, reason = "evaluated by the compiler")]
    const fn nibble(character: u8) -> u8 {
        match character {
            b'0'..=b'9' => character - b'0',
            b'a'..=b'f' => character - b'a' + 10,
            _ => panic!("lower-case hexadecimal only"),
        }
    }
}

/// A log as an EVM wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawLog<'a> {
    /// The event's signature and its indexed arguments.
    pub topics: &'a [Word],
    /// The other arguments.
    pub data: &'a [u8],
}

/// What a log of the rewards contract means to the chain and to the list of the contract's nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContractLog {
    /// The chain is to hear of it.
    Event {
        /// What it is reported as.
        event: L2Event,
        /// The contract's number of the node that it is about; `None` when it is about none.
        node_id: Option<u64>,
    },
    /// The owner seeded a node, which only the list learns of.
    Seeded {
        /// The contract's number of the node.
        node_id: u64,
        /// Its key.
        bls_key: BlsPublicKey,
    },
    /// One of the events that the chain has no use for: claims, settings, ownership.
    NotConsumed,
}

/// The event that a log claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventName {
    /// A registration.
    NewServiceNode,
    /// A request to exit.
    ExitRequest,
    /// An exit.
    Exit,
    /// A new staking requirement.
    StakingRequirement,
    /// A node of the seed list.
    Seeded,
}

impl std::fmt::Display for EventName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NewServiceNode => "NewServiceNodeV2",
            Self::ExitRequest => "ServiceNodeExitRequest",
            Self::Exit => "ServiceNodeExit",
            Self::StakingRequirement => "StakingRequirementUpdated",
            Self::Seeded => "NewSeededServiceNode",
        })
    }
}

/// A log that no honest contract writes, or whose event the chain cannot hold. It is reported to the operator and not to the chain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LogError {
    /// A log of block 0 cannot be reported: a valid event names an L2 height.
    #[error("a log of L2 block 0 cannot be reported")]
    BlockZero,
    /// The number of indexed arguments is another.
    #[error("{event} with {found} topics; {expected} are required")]
    Topics {
        /// The event.
        event: EventName,
        /// Topics required, the signature included.
        expected: usize,
        /// Topics found.
        found: usize,
    },
    /// The data have another length.
    #[error("{event} with {found} bytes of data; {expected} are required")]
    Length {
        /// The event.
        event: EventName,
        /// Bytes required.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// A number is larger than the chain can hold.
    #[error("the {what} of {event} is larger than 2^64 - 1")]
    TooLarge {
        /// The event.
        event: EventName,
        /// Which number.
        what: &'static str,
    },
    /// An address is preceded by bytes other than zero.
    #[error("the {what} of {event} is no address: its first 12 bytes are not zero")]
    NotAnAddress {
        /// The event.
        event: EventName,
        /// Which address.
        what: &'static str,
    },
    /// The operator's fee is above 100 %.
    #[error("an operator's fee of {fee}; at most 10000 is possible")]
    Fee {
        /// The fee of 10,000.
        fee: u64,
    },
    /// The contributors do not start where the contract puts them.
    #[error("the contributors start at byte {found}; the contract puts them at byte 256")]
    ContributorsOffset {
        /// Where they are said to start.
        found: u64,
    },
    /// A node has one to ten contributors.
    #[error("{found} contributors; 1 to 10 are possible")]
    Contributors {
        /// How many.
        found: u64,
    },
}

/// Reads a log that the rewards contract wrote in the block of `source`.
///
/// # Errors
/// It is one of the consumed events by its first topic and not by the rest.
pub fn decode_log(source: L2Source, log: RawLog<'_>) -> Result<ContractLog, LogError> {
    let Some(signature) = log.topics.first() else {
        return Ok(ContractLog::NotConsumed);
    };
    let (kind, node_id) = match *signature {
        topic::NEW_SERVICE_NODE => {
            let words = Words::of(EventName::NewServiceNode, log, 2)?;
            (words.registration()?, Some(words.node_id()?))
        }
        topic::EXIT_REQUEST => {
            let words = Words::exactly(EventName::ExitRequest, log, 2, 3)?;
            words.address(0, "caller")?;
            let bls_key = words.bls_key(1)?;
            (L2EventKind::ExitRequest { bls_key }, Some(words.node_id()?))
        }
        topic::EXIT => {
            let words = Words::exactly(EventName::Exit, log, 2, 4)?;
            words.address(0, "caller")?;
            let returned_amount = Amount::from_atomic(words.number(1, "returned amount")?);
            let bls_key = words.bls_key(2)?;
            let exit = L2EventKind::Exit {
                bls_key,
                returned_amount,
            };
            (exit, Some(words.node_id()?))
        }
        topic::STAKING_REQUIREMENT => {
            let words = Words::exactly(EventName::StakingRequirement, log, 1, 1)?;
            let staking_requirement = Amount::from_atomic(words.number(0, "requirement")?);
            (L2EventKind::StakingRequirementUpdated { staking_requirement }, None)
        }
        topic::SEEDED => {
            let words = Words::exactly(EventName::Seeded, log, 2, 3)?;
            return Ok(ContractLog::Seeded {
                node_id: words.node_id()?,
                bls_key: words.bls_key(0)?,
            });
        }
        _ => return Ok(ContractLog::NotConsumed),
    };
    if source.l2_height == 0 {
        return Err(LogError::BlockZero);
    }
    Ok(ContractLog::Event {
        event: L2Event { source, kind },
        node_id,
    })
}

/// The words of one log.
#[derive(Clone, Copy)]
struct Words<'a> {
    event: EventName,
    log: RawLog<'a>,
}

impl<'a> Words<'a> {
    fn of(event: EventName, log: RawLog<'a>, topics: usize) -> Result<Self, LogError> {
        if log.topics.len() != topics {
            return Err(LogError::Topics {
                event,
                expected: topics,
                found: log.topics.len(),
            });
        }
        Ok(Self { event, log })
    }

    fn exactly(event: EventName, log: RawLog<'a>, topics: usize, words: usize) -> Result<Self, LogError> {
        let read = Self::of(event, log, topics)?;
        read.check_length(words)?;
        Ok(read)
    }

    fn check_length(&self, words: usize) -> Result<(), LogError> {
        let expected = words.saturating_mul(WORD_BYTES);
        if self.log.data.len() == expected {
            Ok(())
        } else {
            Err(self.wrong_length(expected))
        }
    }

    fn wrong_length(&self, expected: usize) -> LogError {
        LogError::Length {
            event: self.event,
            expected,
            found: self.log.data.len(),
        }
    }

    fn word(&self, index: usize) -> Result<Word, LogError> {
        let start = index.saturating_mul(WORD_BYTES);
        let end = start.saturating_add(WORD_BYTES);
        let bytes = self.log.data.get(start..end);
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| self.wrong_length(end))
    }

    fn node_id(&self) -> Result<u64, LogError> {
        // The number of topics was checked.
        let id = self.log.topics.get(1).copied().unwrap_or_default();
        self.as_number(&id, "node id")
    }

    fn as_number(&self, word: &Word, what: &'static str) -> Result<u64, LogError> {
        match word {
            [high @ .., a, b, c, d, e, f, g, h] if high.iter().all(|byte| *byte == 0) => {
                Ok(u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]))
            }
            _ => Err(LogError::TooLarge {
                event: self.event,
                what,
            }),
        }
    }

    fn number(&self, index: usize, what: &'static str) -> Result<u64, LogError> {
        self.as_number(&self.word(index)?, what)
    }

    fn address(&self, index: usize, what: &'static str) -> Result<EthereumAddress, LogError> {
        let word = self.word(index)?;
        let bytes = word
            .strip_prefix(&[0; WORD_BYTES - EthereumAddress::LENGTH])
            .and_then(|bytes| <[u8; EthereumAddress::LENGTH]>::try_from(bytes).ok());
        bytes.map(EthereumAddress::new).ok_or(LogError::NotAnAddress {
            event: self.event,
            what,
        })
    }

    /// Two words as one string of 64 bytes.
    fn pair(&self, first: usize) -> Result<[u8; 64], LogError> {
        let (left, right) = (self.word(first)?, self.word(first.saturating_add(1))?);
        let mut both = [0; 64];
        for (to, from) in both.iter_mut().zip(left.iter().chain(&right)) {
            *to = *from;
        }
        Ok(both)
    }

    fn bls_key(&self, first: usize) -> Result<BlsPublicKey, LogError> {
        self.pair(first).map(BlsPublicKey::new)
    }

    fn registration(&self) -> Result<L2EventKind, LogError> {
        self.address(0, "initiator")?;
        let fee = self.number(6, "fee")?;
        if fee > STAKING_FEE_BASIS {
            return Err(LogError::Fee { fee });
        }
        let offset = self.number(7, "contributors' offset")?;
        if offset != CONTRIBUTORS_OFFSET {
            return Err(LogError::ContributorsOffset { found: offset });
        }
        let found = self.number(8, "number of contributors")?;
        let count = usize::try_from(found).unwrap_or(usize::MAX);
        if count == 0 || count > MAX_CONTRIBUTORS {
            return Err(LogError::Contributors { found });
        }
        self.check_length(REGISTRATION_WORDS.saturating_add(count.saturating_mul(CONTRIBUTOR_WORDS)))?;
        let contributors = (0..count)
            .map(|index| self.contributor(index))
            .collect::<Result<_, _>>()?;
        Ok(L2EventKind::NewServiceNode {
            service_node_key: PublicKey::new(self.word(3)?),
            bls_key: self.bls_key(1)?,
            signature: Signature::new(self.pair(4)?),
            fee,
            contributors,
        })
    }

    fn contributor(&self, index: usize) -> Result<L2Contributor, LogError> {
        let first = REGISTRATION_WORDS.saturating_add(index.saturating_mul(CONTRIBUTOR_WORDS));
        Ok(L2Contributor::new(
            self.address(first, "contributor")?,
            self.address(first.saturating_add(1), "beneficiary")?,
            Amount::from_atomic(self.number(first.saturating_add(2), "contribution")?),
        ))
    }
}

#[cfg(test)]
mod tests;
