//! Something that happened to the staking contracts on L2: 0x7B, 0x7D to 0x80 (chain §2.5; staking §19.2).
//!
//! Two reports are of the same event exactly when all their fields are equal.

use super::field::{decode_list, encode_list, tag};
use crate::{
    amount::Amount,
    bytes::{BlsPublicKey, EthereumAddress, PublicKey, Signature},
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader, write_varint},
    transaction::TransactionType,
};

/// The only version of the events.
const EVENT_VERSION: u64 = 0;
/// The only version of a contributor.
const CONTRIBUTOR_VERSION: u64 = 1;

/// Where an event was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct L2Source {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// L2 block; not 0 in a valid event.
    pub l2_height: u64,
}

/// A report of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L2Event {
    /// Where it was seen.
    pub source: L2Source,
    /// What happened.
    pub kind: L2EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum L2EventKind {
    /// 0x7B: nodes registered from now on stake another amount.
    StakingRequirementUpdated {
        /// Atomic SENT.
        staking_requirement: Amount,
    },
    /// 0x7D: a contributor asked for the node to end.
    ExitRequest {
        /// The node.
        bls_key: BlsPublicKey,
    },
    /// 0x7E: a node was registered.
    NewServiceNode {
        /// Primary key of the node.
        service_node_key: PublicKey,
        /// Its BLS key.
        bls_key: BlsPublicKey,
        /// Ed25519 signature by the primary key.
        signature: Signature,
        /// The operator's fee of 10,000.
        fee: u64,
        /// Who staked, the operator first.
        contributors: Vec<L2Contributor>,
    },
    /// 0x7F: a node ended.
    Exit {
        /// The node.
        bls_key: BlsPublicKey,
        /// Atomic SENT that the contract returns; less than the stake when the node was slashed.
        returned_amount: Amount,
    },
    /// 0x80: the contract does not know a node.
    PurgeMissingServiceNode {
        /// The node.
        bls_key: BlsPublicKey,
    },
}

/// Somebody with a part of a node's stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct L2Contributor {
    /// Who staked.
    pub address: EthereumAddress,
    /// Who gets the rewards, as written: writers leave it out when it is the address itself. See [`Self::beneficiary`].
    pub written_beneficiary: Option<EthereumAddress>,
    /// Atomic SENT.
    pub amount: Amount,
}

impl L2Contributor {
    /// As a writer would put it.
    #[must_use]
    pub fn new(address: EthereumAddress, beneficiary: EthereumAddress, amount: Amount) -> Self {
        Self {
            address,
            written_beneficiary: (beneficiary != address).then_some(beneficiary),
            amount,
        }
    }

    /// Who gets the rewards.
    #[must_use]
    pub fn beneficiary(&self) -> EthereumAddress {
        self.written_beneficiary.unwrap_or(self.address)
    }
}

impl L2EventKind {
    /// The byte in front of the body.
    #[must_use]
    pub const fn tag(&self) -> u8 {
        match self {
            Self::StakingRequirementUpdated { .. } => tag::L2_STAKING_REQUIREMENT,
            Self::ExitRequest { .. } => tag::L2_EXIT_REQUEST,
            Self::NewServiceNode { .. } => tag::L2_NEW_SERVICE_NODE,
            Self::Exit { .. } => tag::L2_EXIT,
            Self::PurgeMissingServiceNode { .. } => tag::L2_PURGE,
        }
    }

    /// The type of a transaction that reports this.
    #[must_use]
    pub const fn transaction_type(&self) -> TransactionType {
        match self {
            Self::StakingRequirementUpdated { .. } => TransactionType::EthereumStakingRequirementUpdated,
            Self::ExitRequest { .. } => TransactionType::EthereumServiceNodeExitRequest,
            Self::NewServiceNode { .. } => TransactionType::EthereumNewServiceNode,
            Self::Exit { .. } => TransactionType::EthereumServiceNodeExit,
            Self::PurgeMissingServiceNode { .. } => TransactionType::EthereumPurgeMissingServiceNode,
        }
    }

    fn decode(tag: u8, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match tag {
            tag::L2_STAKING_REQUIREMENT => Self::StakingRequirementUpdated {
                staking_requirement: Amount::from_atomic(reader.varint_u64("staking requirement")?),
            },
            tag::L2_EXIT_REQUEST => Self::ExitRequest {
                bls_key: BlsPublicKey::decode_from(reader)?,
            },
            tag::L2_NEW_SERVICE_NODE => Self::NewServiceNode {
                service_node_key: PublicKey::decode_from(reader)?,
                bls_key: BlsPublicKey::decode_from(reader)?,
                signature: Signature::decode_from(reader)?,
                fee: reader.varint_u64("operator fee")?,
                contributors: decode_list(reader, L2Contributor::SHORTEST, "L2 contributors")?,
            },
            tag::L2_EXIT => Self::Exit {
                bls_key: BlsPublicKey::decode_from(reader)?,
                returned_amount: Amount::from_atomic(reader.varint_u64("returned amount")?),
            },
            tag::L2_PURGE => Self::PurgeMissingServiceNode {
                bls_key: BlsPublicKey::decode_from(reader)?,
            },
            other => {
                return Err(DecodeError::UndefinedValue {
                    what: "extra tag",
                    value: u64::from(other),
                });
            }
        })
    }
}

impl L2Event {
    /// Appends the body, which starts behind the tag.
    pub(super) fn encode_body_to(&self, out: &mut Vec<u8>) {
        write_varint(out, EVENT_VERSION);
        write_varint(out, self.source.chain_id);
        write_varint(out, self.source.l2_height);
        match &self.kind {
            L2EventKind::StakingRequirementUpdated { staking_requirement } => {
                write_varint(out, staking_requirement.atomic());
            }
            L2EventKind::ExitRequest { bls_key } | L2EventKind::PurgeMissingServiceNode { bls_key } => {
                bls_key.encode_to(out);
            }
            L2EventKind::NewServiceNode {
                service_node_key,
                bls_key,
                signature,
                fee,
                contributors,
            } => {
                service_node_key.encode_to(out);
                bls_key.encode_to(out);
                signature.encode_to(out);
                write_varint(out, *fee);
                encode_list(contributors, out);
            }
            L2EventKind::Exit {
                bls_key,
                returned_amount,
            } => {
                bls_key.encode_to(out);
                write_varint(out, returned_amount.atomic());
            }
        }
    }

    /// Reads the body that belongs to `tag`, which may be one that nothing has.
    pub(super) fn decode_body(tag: u8, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        // 0x7C was an earlier form of 0x7E; like every other tag that is left, it is unknown.
        if !matches!(tag, tag::L2_STAKING_REQUIREMENT | tag::L2_EXIT_REQUEST..=tag::L2_PURGE) {
            return Err(DecodeError::UndefinedValue {
                what: "extra tag",
                value: u64::from(tag),
            });
        }
        expect_version(reader, EVENT_VERSION, "L2 event version")?;
        let source = L2Source {
            chain_id: reader.varint_u64("L2 chain id")?,
            l2_height: reader.varint_u64("L2 height")?,
        };
        Ok(Self {
            source,
            kind: L2EventKind::decode(tag, reader)?,
        })
    }
}

impl L2Contributor {
    /// Bytes of a contributor without beneficiary and with an amount below 128.
    const SHORTEST: usize = 1 + EthereumAddress::LENGTH + 1 + 1;
}

impl ConsensusEncode for L2Contributor {
    fn encode_to(&self, out: &mut Vec<u8>) {
        write_varint(out, CONTRIBUTOR_VERSION);
        self.address.encode_to(out);
        match &self.written_beneficiary {
            Some(beneficiary) => {
                out.push(1);
                beneficiary.encode_to(out);
            }
            None => out.push(0),
        }
        write_varint(out, self.amount.atomic());
    }
}

impl ConsensusDecode for L2Contributor {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        expect_version(reader, CONTRIBUTOR_VERSION, "L2 contributor version")?;
        let address = EthereumAddress::decode_from(reader)?;
        let written_beneficiary = match reader.byte("beneficiary flag")? {
            0 => None,
            1 => Some(EthereumAddress::decode_from(reader)?),
            other => {
                return Err(DecodeError::UndefinedValue {
                    what: "beneficiary flag",
                    value: u64::from(other),
                });
            }
        };
        Ok(Self {
            address,
            written_beneficiary,
            amount: Amount::from_atomic(reader.varint_u64("contributed amount")?),
        })
    }
}

fn expect_version(reader: &mut Reader<'_>, expected: u64, what: &'static str) -> Result<(), DecodeError> {
    let value = u64::from(reader.varint_u8(what)?);
    if value == expected {
        Ok(())
    } else {
        Err(DecodeError::UndefinedValue { what, value })
    }
}
