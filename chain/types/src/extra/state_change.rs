//! A quorum changes the state of a service node: 0x78, and 0x71 as it was before HF12 (chain §2.5; staking §16).

use super::field::{decode_list, encode_list};
use crate::{
    bytes::{Hash, Signature},
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader, write_varint},
    hashing::keccak256,
    height::Height,
};
use std::fmt;

/// The first byte of the form with reasons; smaller ones are states of the form without.
const VERSION_WITH_REASONS: u8 = 4;

/// What becomes of the node.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, parity_scale_codec::Encode, parity_scale_codec::Decode,
)]
pub enum NewState {
    /// 0: it is gone.
    Deregister,
    /// 1: it is suspended.
    Decommission,
    /// 2: it is back.
    Recommission,
    /// 3: it goes to the end of the reward queue for changing its address.
    IpChangePenalty,
}

impl NewState {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Deregister => 0,
            Self::Decommission => 1,
            Self::Recommission => 2,
            Self::IpChangePenalty => 3,
        }
    }

    fn from_number(number: u16) -> Result<Self, DecodeError> {
        Ok(match number {
            0 => Self::Deregister,
            1 => Self::Decommission,
            2 => Self::Recommission,
            3 => Self::IpChangePenalty,
            other => {
                return Err(DecodeError::UndefinedValue {
                    what: "service node state",
                    value: u64::from(other),
                });
            }
        })
    }

    /// The message that a validator signs: height and position of the node, and the state, which a deregistration leaves
    /// out; fixed width, little-endian.
    #[must_use]
    pub fn vote_hash(self, block_height: Height, service_node_index: u32) -> Hash {
        let mut message = Vec::with_capacity(14);
        message.extend_from_slice(&block_height.index().to_le_bytes());
        message.extend_from_slice(&service_node_index.to_le_bytes());
        if self != Self::Deregister {
            message.extend_from_slice(&self.number().to_le_bytes());
        }
        keccak256(&message)
    }
}

/// Why validators voted: a set of bits, among which some may be unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, parity_scale_codec::Encode, parity_scale_codec::Decode)]
pub struct Reasons(u16);

impl Reasons {
    /// No reason.
    pub const NONE: Self = Self(0);
    /// Uptime proofs are missing.
    pub const UPTIME_PROOF: Self = Self(1);
    /// Votes on checkpoints are missing.
    pub const CHECKPOINTS: Self = Self(2);
    /// It was missing in Pulse quorums.
    pub const PULSE: Self = Self(4);
    /// Its storage server cannot be reached.
    pub const STORAGE_SERVER: Self = Self(8);
    /// It does not say what time it has.
    pub const TIMESTAMP_RESPONSE: Self = Self(16);
    /// Its clock is wrong.
    pub const TIME_SYNCHRONISATION: Self = Self(32);
    /// Its onion router cannot be reached.
    pub const ONION_ROUTER: Self = Self(64);
    /// It lags on L2.
    pub const L2_HEIGHT: Self = Self(128);

    /// Every known reason with the code that RPC shows (staking §14).
    pub const CODES: [(Self, &'static str); 8] = [
        (Self::UPTIME_PROOF, "uptime"),
        (Self::CHECKPOINTS, "checkpoints"),
        (Self::PULSE, "pulse"),
        (Self::STORAGE_SERVER, "storage"),
        (Self::TIMESTAMP_RESPONSE, "timecheck"),
        (Self::TIME_SYNCHRONISATION, "timesync"),
        (Self::ONION_ROUTER, "lokinet"),
        (Self::L2_HEIGHT, "l2"),
    ];

    /// From the bits.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// True when all of `other` are in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The reasons of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The reasons that both have.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The codes of the known reasons in this set, lowest bit first.
    pub fn codes(self) -> impl Iterator<Item = &'static str> {
        Self::CODES
            .into_iter()
            .filter(move |(reason, _)| self.contains(*reason))
            .map(|(_, code)| code)
    }
}

impl fmt::Debug for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reasons({:#06x}", self.0)?;
        for code in self.codes() {
            write!(f, " {code}")?;
        }
        f.write_str(")")
    }
}

/// One validator's vote in 0x78.
#[derive(Debug, Clone, Copy, PartialEq, Eq, parity_scale_codec::Encode, parity_scale_codec::Decode)]
pub struct StateChangeVote {
    /// Position in the obligations quorum's validators.
    pub validator_index: u32,
    /// Schnorr signature over [`StateChange::vote_hash`].
    pub signature: Signature,
}

impl ConsensusEncode for StateChangeVote {
    fn encode_to(&self, out: &mut Vec<u8>) {
        write_varint(out, u64::from(self.validator_index));
        self.signature.encode_to(out);
    }
}

impl ConsensusDecode for StateChangeVote {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            validator_index: reader.varint_u32("validator index")?,
            signature: Signature::decode_from(reader)?,
        })
    }
}

/// How 0x78 is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateChangeForm {
    /// The state comes first and there are no reasons.
    WithoutReasons,
    /// Version 4, as written at HF19 and later.
    WithReasons {
        /// The reasons that every voter had.
        all: Reasons,
        /// The reasons that any voter had.
        any: Reasons,
    },
}

/// The body of 0x78.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// How it is written, and the reasons.
    pub form: StateChangeForm,
    /// What becomes of the node.
    pub state: NewState,
    /// Height whose obligations quorum voted.
    pub block_height: Height,
    /// Position of the node in that quorum's workers.
    pub service_node_index: u32,
    /// The votes.
    pub votes: Vec<StateChangeVote>,
}

impl StateChange {
    /// The message of the votes.
    #[must_use]
    pub fn vote_hash(&self) -> Hash {
        self.state.vote_hash(self.block_height, self.service_node_index)
    }

    /// True when both would do the same, whoever voted and for whatever reason.
    #[must_use]
    pub fn is_same_change(&self, other: &Self) -> bool {
        (self.state, self.block_height, self.service_node_index)
            == (other.state, other.block_height, other.service_node_index)
    }
}

impl ConsensusEncode for StateChange {
    fn encode_to(&self, out: &mut Vec<u8>) {
        if matches!(self.form, StateChangeForm::WithReasons { .. }) {
            out.push(VERSION_WITH_REASONS);
        }
        write_varint(out, u64::from(self.state.number()));
        write_varint(out, self.block_height.index());
        write_varint(out, u64::from(self.service_node_index));
        encode_list(&self.votes, out);
        if let StateChangeForm::WithReasons { all, any } = self.form {
            write_varint(out, u64::from(all.bits()));
            write_varint(out, u64::from(any.bits()));
        }
    }
}

impl ConsensusDecode for StateChange {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let first = reader.varint_u8("state change version")?;
        let with_reasons = first == VERSION_WITH_REASONS;
        let number = if with_reasons {
            reader.varint_u16("service node state")?
        } else {
            u16::from(first)
        };
        let state = NewState::from_number(number)?;
        let block_height = Height::new(reader.varint_u64("state change height")?);
        let service_node_index = reader.varint_u32("service node index")?;
        let votes = decode_list(reader, 1 + Signature::LENGTH, "state change votes")?;
        let form = if with_reasons {
            StateChangeForm::WithReasons {
                all: Reasons::from_bits(reader.varint_u16("reasons of all")?),
                any: Reasons::from_bits(reader.varint_u16("reasons of any")?),
            }
        } else {
            StateChangeForm::WithoutReasons
        };
        Ok(Self {
            form,
            state,
            block_height,
            service_node_index,
            votes,
        })
    }
}

/// The body of 0x71.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldDeregistration {
    /// Height whose quorum voted.
    pub block_height: Height,
    /// Position of the node in that quorum's workers.
    pub service_node_index: u32,
    /// The votes; here the signature is written before a fixed-width index.
    pub votes: Vec<StateChangeVote>,
}

impl ConsensusEncode for OldDeregistration {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.block_height.index().to_le_bytes());
        out.extend_from_slice(&self.service_node_index.to_le_bytes());
        write_varint(out, self.votes.len() as u64);
        for vote in &self.votes {
            vote.signature.encode_to(out);
            out.extend_from_slice(&vote.validator_index.to_le_bytes());
        }
    }
}

impl ConsensusDecode for OldDeregistration {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const VOTE_LENGTH: usize = Signature::LENGTH + 4;
        let block_height = Height::new(reader.u64_le("deregistration height")?);
        let service_node_index = reader.u32_le("service node index")?;
        let count = reader.count(VOTE_LENGTH, "deregistration votes")?;
        let votes = reader.repeated(count, VOTE_LENGTH, "deregistration votes", |reader| {
            let signature = Signature::decode_from(reader)?;
            Ok(StateChangeVote {
                validator_index: reader.u32_le("validator index")?,
                signature,
            })
        })?;
        Ok(Self {
            block_height,
            service_node_index,
            votes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_sign_the_known_hashes() {
        let hash = |state: NewState| state.vote_hash(Height::new(100), 3).to_string();
        assert_eq!(
            hash(NewState::Decommission),
            "294154487d8446a51c8ee4c3089eab2531c77ee9040bdf221076ff9aba1a3601"
        );
        assert_eq!(
            hash(NewState::Deregister),
            "ace2e056daedd0c3c2d6df2266083f34b42248da86fd97040decc06323c4a04c"
        );
    }

    #[test]
    fn reasons_show_their_codes_and_keep_unknown_bits() {
        let reasons = Reasons::UPTIME_PROOF
            .union(Reasons::L2_HEIGHT)
            .union(Reasons::from_bits(0x8000));
        assert_eq!(reasons.codes().collect::<Vec<_>>(), ["uptime", "l2"]);
        assert_eq!(reasons.bits(), 0x8081);
        assert!(!reasons.contains(Reasons::PULSE));
    }
}
