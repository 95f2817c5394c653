//! Blocks: header, body, id (chain §3).
//!
//! [`header`] is what the id commits to, together with the root of [`mod@tree_hash`]; the body adds the coinbase (before HF21),
//! the transaction ids and the signatures of a Pulse quorum, which the id leaves out.

pub mod header;
pub mod tree_hash;

pub use header::{BlockHeader, L2Header, LeaderTail, PulseHeader};

use crate::{
    amount::Amount,
    bytes::{Hash, PublicKey, Signature},
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader, write_varint},
    hashing::keccak256,
    height::Height,
    transaction::{Input, Transaction},
};
use tree_hash::tree_hash;

/// Most transaction ids a block can list (MAX_TX_PER_BLOCK, chain §7.1).
pub const MAX_TRANSACTIONS: u64 = 0x1000_0000;

/// First major version whose blocks have no coinbase and carry L2 fields.
pub(crate) const MAJOR_ETH_BLS: u8 = 21;
/// First major version with Pulse fields.
pub(crate) const MAJOR_PULSE: u8 = 16;
/// The one major version with a tail of height, producer and reward.
pub(crate) const MAJOR_BATCHING: u8 = 19;
/// First major version with the reward and the leader in the header.
pub(crate) const MAJOR_ETH_TRANSITION: u8 = 20;

/// A validator's signature over the block id (chain §3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, parity_scale_codec::Encode, parity_scale_codec::Decode)]
pub struct QuorumSignature {
    /// Position in the quorum's validator list.
    pub voter_index: u16,
    /// Schnorr signature by the service node key.
    pub signature: Signature,
}

/// The last fields of an HF19 block; the id does not cover them (chain §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchingTail {
    /// A zero height, then the reward.
    Compact {
        /// Earned by the block.
        reward: Amount,
    },
    /// Everything, as the reference daemon writes it.
    Full {
        /// Height of the block, never zero here.
        height: Height,
        /// The service node that made the block; zero for a mined one.
        producer: PublicKey,
        /// Earned by the block.
        reward: Amount,
    },
}

impl BatchingTail {
    /// What the block earned: 16.5 OXEN and the credited fees.
    #[must_use]
    pub const fn reward(&self) -> Amount {
        match self {
            Self::Compact { reward } | Self::Full { reward, .. } => *reward,
        }
    }
}

/// A block of HF7 to HF21 (chain §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What the id commits to.
    pub header: BlockHeader,
    /// The coinbase; none from HF21 on.
    pub miner_transaction: Option<Transaction>,
    /// Ids of the other transactions in order.
    pub transaction_ids: Vec<Hash>,
    /// How many of them, from the first, report L2 events; zero before HF21.
    pub l2_event_count: u32,
    /// Signatures of the Pulse quorum; empty before HF16 and in mined blocks.
    pub signatures: Vec<QuorumSignature>,
    /// HF19 only.
    pub batching_tail: Option<BatchingTail>,
}

impl Block {
    /// Height of the block: the header's from HF21 on, the coinbase's before (chain §3.2).
    #[must_use]
    pub fn height(&self) -> Option<Height> {
        match (&self.header.l2, &self.miner_transaction) {
            (Some(l2), _) => Some(l2.height),
            (None, Some(coinbase)) => match coinbase.prefix.inputs.as_slice() {
                [Input::Generation { height }] => Some(*height),
                _ => None,
            },
            (None, None) => None,
        }
    }

    /// True when anything but the round says that a Pulse quorum made the block (chain §3.2).
    #[must_use]
    pub fn has_pulse(&self) -> bool {
        self.header.pulse.as_ref().is_some_and(|pulse| {
            pulse.validator_bitset != 0 || pulse.random_value != [0; 16] || !self.signatures.is_empty()
        })
    }

    /// The Pulse round; 0 of a block without one.
    #[must_use]
    pub fn round(&self) -> u8 {
        self.header.pulse.as_ref().map_or(0, |pulse| pulse.round)
    }

    /// What the block says it earned: the tail's reward in HF19, the header's from HF20 on, none before.
    #[must_use]
    pub fn reward(&self) -> Option<Amount> {
        self.batching_tail
            .as_ref()
            .map(BatchingTail::reward)
            .or_else(|| self.header.leader.as_ref().map(|leader| leader.reward))
    }

    /// The bytes that proof of work is done over: header, tree root, number of transactions plus one (chain §3.3).
    #[must_use]
    pub fn hashing_blob(&self) -> Vec<u8> {
        let mut leaves = Vec::with_capacity(self.transaction_ids.len().saturating_add(1));
        leaves.extend(self.miner_transaction.as_ref().map(Transaction::id));
        leaves.extend_from_slice(&self.transaction_ids);
        let mut blob = self.header.encode();
        tree_hash(&leaves).encode_to(&mut blob);
        write_varint(&mut blob, (self.transaction_ids.len() as u64).saturating_add(1));
        blob
    }

    /// The block id: the hash of the hashing blob behind its length (chain §3.3).
    #[must_use]
    pub fn id(&self) -> Hash {
        let blob = self.hashing_blob();
        let mut prefixed = Vec::with_capacity(blob.len().saturating_add(2));
        write_varint(&mut prefixed, blob.len() as u64);
        prefixed.extend_from_slice(&blob);
        keccak256(&prefixed)
    }
}

impl ConsensusEncode for Block {
    fn encode_to(&self, out: &mut Vec<u8>) {
        self.header.encode_to(out);
        let major = self.header.major_version;
        if let Some(coinbase) = &self.miner_transaction {
            coinbase.encode_to(out);
        }
        write_varint(out, self.transaction_ids.len() as u64);
        for id in &self.transaction_ids {
            id.encode_to(out);
        }
        if major >= MAJOR_ETH_BLS {
            out.extend_from_slice(&self.l2_event_count.to_le_bytes());
        }
        if major >= MAJOR_PULSE {
            write_varint(out, self.signatures.len() as u64);
            for signature in &self.signatures {
                out.extend_from_slice(&signature.voter_index.to_le_bytes());
                signature.signature.encode_to(out);
            }
        }
        match &self.batching_tail {
            Some(BatchingTail::Compact { reward }) => {
                out.push(0);
                out.extend_from_slice(&reward.atomic().to_le_bytes());
            }
            Some(BatchingTail::Full {
                height,
                producer,
                reward,
            }) => {
                write_varint(out, height.index());
                producer.encode_to(out);
                out.extend_from_slice(&reward.atomic().to_le_bytes());
            }
            None => {}
        }
    }
}

impl ConsensusDecode for Block {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let header = BlockHeader::decode_from(reader)?;
        let major = header.major_version;
        let miner_transaction = if major < MAJOR_ETH_BLS {
            let coinbase = Transaction::decode_from(reader)?;
            if !coinbase.is_coinbase() {
                return Err(DecodeError::Inconsistent {
                    what: "a coinbase has exactly one generation input",
                });
            }
            Some(coinbase)
        } else {
            None
        };
        let count = reader.count(Hash::LENGTH, "transaction ids")?;
        if count as u64 > MAX_TRANSACTIONS {
            return Err(DecodeError::CountExceedsLimit {
                what: "transaction ids",
                count: count as u64,
                limit: MAX_TRANSACTIONS,
            });
        }
        let transaction_ids = reader.repeated(count, Hash::LENGTH, "transaction ids", Hash::decode_from)?;
        let l2_event_count = if major >= MAJOR_ETH_BLS {
            reader.u32_le("L2 event count")?
        } else {
            0
        };
        let signatures = if major >= MAJOR_PULSE {
            decode_signatures(reader)?
        } else {
            Vec::new()
        };
        let batching_tail = if major == MAJOR_BATCHING {
            Some(decode_tail(reader)?)
        } else {
            None
        };
        Ok(Self {
            header,
            miner_transaction,
            transaction_ids,
            l2_event_count,
            signatures,
            batching_tail,
        })
    }
}

fn decode_signatures(reader: &mut Reader<'_>) -> Result<Vec<QuorumSignature>, DecodeError> {
    const LENGTH: usize = 2 + Signature::LENGTH;
    let count = reader.count(LENGTH, "block signatures")?;
    reader.repeated(count, LENGTH, "block signatures", |reader| {
        Ok(QuorumSignature {
            voter_index: reader.u16_le("voter index")?,
            signature: Signature::decode_from(reader)?,
        })
    })
}

fn decode_tail(reader: &mut Reader<'_>) -> Result<BatchingTail, DecodeError> {
    let height = Height::new(reader.varint_u64("tail height")?);
    let producer = if height == Height::GENESIS {
        None
    } else {
        Some(PublicKey::decode_from(reader)?)
    };
    let reward = Amount::from_atomic(reader.u64_le("tail reward")?);
    Ok(match producer {
        Some(producer) => BatchingTail::Full {
            height,
            producer,
            reward,
        },
        None => BatchingTail::Compact { reward },
    })
}

#[cfg(test)]
mod tests;
