//! The block header, whose fields grow with the major version (chain §3.1).

use super::{MAJOR_ETH_BLS, MAJOR_ETH_TRANSITION, MAJOR_PULSE};
use crate::{
    amount::Amount,
    bytes::Hash,
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader, write_varint},
    height::{Height, Timestamp},
};

/// What a Pulse quorum agreed on; all zero in a mined block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PulseHeader {
    /// Entropy for later quorums.
    pub random_value: [u8; 16],
    /// 0 unless earlier producers failed.
    pub round: u8,
    /// Validators that took part, bit i for validator i.
    pub validator_bitset: u16,
}

/// Fields of HF20 and later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaderTail {
    /// Earned by the block.
    pub reward: Amount,
    /// Last four bytes of the block leader's key.
    pub leader_key_end: [u8; 4],
}

/// Fields of HF21 and later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L2Header {
    /// Height of this block.
    pub height: Height,
    /// L2 block the producer saw as safe.
    pub l2_height: u64,
    /// Reward rate the producer read from L2, atomic SENT a block.
    pub l2_reward: Amount,
    /// One vote for each unconfirmed L2 event, ordered by transaction id.
    pub l2_votes: Vec<bool>,
}

/// What the block id commits to, apart from the transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockHeader {
    /// Hard fork.
    pub major_version: u8,
    /// Revision of the fork; informative.
    pub minor_version: u8,
    /// When it was made.
    pub timestamp: Timestamp,
    /// Id of the parent.
    pub previous: Hash,
    /// Proof-of-work nonce; zero in Pulse blocks.
    pub nonce: u32,
    /// From HF16 on.
    pub pulse: Option<PulseHeader>,
    /// From HF20 on.
    pub leader: Option<LeaderTail>,
    /// From HF21 on.
    pub l2: Option<L2Header>,
}

impl ConsensusEncode for BlockHeader {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(self.major_version);
        write_varint(out, u64::from(self.minor_version));
        write_varint(out, self.timestamp.seconds());
        self.previous.encode_to(out);
        out.extend_from_slice(&self.nonce.to_le_bytes());
        if let Some(pulse) = &self.pulse {
            out.extend_from_slice(&pulse.random_value);
            out.push(pulse.round);
            out.extend_from_slice(&pulse.validator_bitset.to_le_bytes());
        }
        if let Some(leader) = &self.leader {
            write_varint(out, leader.reward.atomic());
            out.extend_from_slice(&leader.leader_key_end);
        }
        if let Some(l2) = &self.l2 {
            write_varint(out, l2.height.index());
            write_varint(out, l2.l2_height);
            write_varint(out, l2.l2_reward.atomic());
            write_bits(out, &l2.l2_votes);
        }
    }
}

impl ConsensusDecode for BlockHeader {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let major_version = reader.byte("major version")?;
        Ok(Self {
            major_version,
            minor_version: reader.varint_u8("minor version")?,
            timestamp: Timestamp::from_seconds(reader.varint_u64("timestamp")?),
            previous: Hash::decode_from(reader)?,
            nonce: reader.u32_le("nonce")?,
            pulse: if major_version >= MAJOR_PULSE {
                Some(decode_pulse(reader)?)
            } else {
                None
            },
            leader: if major_version >= MAJOR_ETH_TRANSITION {
                Some(decode_leader(reader)?)
            } else {
                None
            },
            l2: if major_version >= MAJOR_ETH_BLS {
                Some(decode_l2(reader)?)
            } else {
                None
            },
        })
    }
}

fn decode_pulse(reader: &mut Reader<'_>) -> Result<PulseHeader, DecodeError> {
    Ok(PulseHeader {
        random_value: reader.array("pulse random value")?,
        round: reader.byte("pulse round")?,
        validator_bitset: reader.u16_le("pulse validator bitset")?,
    })
}

fn decode_leader(reader: &mut Reader<'_>) -> Result<LeaderTail, DecodeError> {
    Ok(LeaderTail {
        reward: Amount::from_atomic(reader.varint_u64("reward")?),
        leader_key_end: reader.array("leader key end")?,
    })
}

fn decode_l2(reader: &mut Reader<'_>) -> Result<L2Header, DecodeError> {
    Ok(L2Header {
        height: Height::new(reader.varint_u64("height")?),
        l2_height: reader.varint_u64("L2 height")?,
        l2_reward: Amount::from_atomic(reader.varint_u64("L2 reward")?),
        l2_votes: decode_bits(reader)?,
    })
}

/// A bit count, then the bits packed from the lowest of each byte (chain §1.1, `vec<bool>`).
fn write_bits(out: &mut Vec<u8>, bits: &[bool]) {
    write_varint(out, bits.len() as u64);
    for group in bits.chunks(8) {
        out.push(group.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit)));
    }
}

/// Reads packed bits. Unused high bits are ignored, as the format has it; they are written back as zero.
fn decode_bits(reader: &mut Reader<'_>) -> Result<Vec<bool>, DecodeError> {
    let count = reader.varint_u64("L2 votes")?;
    let length = reader.check_count(count.div_ceil(8), 1, "L2 votes")?;
    let bytes = reader.bytes(length, "L2 votes")?;
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| byte.checked_shr(bit).unwrap_or(0) & 1 == 1));
    Ok(bits.take(usize::try_from(count).unwrap_or(usize::MAX)).collect())
}
