//! The tags and which body each has.

use super::{
    Contributor, ExtraNonce, KeyImageProof, KeyImageUnlock, L2Event, L2EventKind, NameRecord, OldDeregistration,
    Registration, StateChange, SwapField,
};
use crate::{
    amount::Amount,
    bytes::{Hash, PublicKey},
    codec::{ConsensusDecode, ConsensusEncode, DecodeError, Reader, write_byte_string, write_varint},
};

/// The byte in front of each body.
pub(super) mod tag {
    pub(crate) const PADDING: u8 = 0x00;
    pub(crate) const TRANSACTION_KEY: u8 = 0x01;
    pub(crate) const NONCE: u8 = 0x02;
    pub(crate) const MERGE_MINING: u8 = 0x03;
    pub(crate) const ADDITIONAL_KEYS: u8 = 0x04;
    pub(crate) const REGISTRATION: u8 = 0x70;
    pub(crate) const OLD_DEREGISTRATION: u8 = 0x71;
    pub(crate) const WINNER: u8 = 0x72;
    pub(crate) const CONTRIBUTOR: u8 = 0x73;
    pub(crate) const SERVICE_NODE_KEY: u8 = 0x74;
    pub(crate) const TRANSACTION_SECRET_KEY: u8 = 0x75;
    pub(crate) const KEY_IMAGE_PROOFS: u8 = 0x76;
    pub(crate) const KEY_IMAGE_UNLOCK: u8 = 0x77;
    pub(crate) const STATE_CHANGE: u8 = 0x78;
    pub(crate) const BURN: u8 = 0x79;
    pub(crate) const NAME_RECORD: u8 = 0x7a;
    pub(crate) const L2_STAKING_REQUIREMENT: u8 = 0x7b;
    pub(crate) const L2_EXIT_REQUEST: u8 = 0x7d;
    pub(crate) const L2_NEW_SERVICE_NODE: u8 = 0x7e;
    pub(crate) const L2_EXIT: u8 = 0x7f;
    pub(crate) const L2_PURGE: u8 = 0x80;
    pub(crate) const SWAP: u8 = 0xc1;
    pub(crate) const MINERGATE: u8 = 0xde;
}

/// One field of a transaction's extra.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtraField {
    /// 0x00: zero bytes to the end.
    Padding(Padding),
    /// 0x01: the transaction public key.
    TransactionKey(PublicKey),
    /// 0x02: up to 255 bytes, among them payment ids.
    Nonce(ExtraNonce),
    /// 0x03: where this chain's block is in another chain's work.
    MergeMining(MergeMining),
    /// 0x04: one public key for each output.
    AdditionalKeys(Vec<PublicKey>),
    /// 0x70: a service node is registered.
    Registration(Box<Registration>),
    /// 0x71: a service node was deregistered, before HF12.
    OldDeregistration(OldDeregistration),
    /// 0x72: the block leader, in a coinbase.
    Winner(PublicKey),
    /// 0x73: who stakes.
    Contributor(Contributor),
    /// 0x74: the service node that is meant.
    ServiceNodeKey(PublicKey),
    /// 0x75: the transaction's secret key, as 32 bytes that need not be a canonical scalar.
    TransactionSecretKey([u8; 32]),
    /// 0x76: proofs of the key images of staked outputs.
    KeyImageProofs(Vec<KeyImageProof>),
    /// 0x77: a stake is to end.
    KeyImageUnlock(Box<KeyImageUnlock>),
    /// 0x78: the state of a service node changes.
    StateChange(StateChange),
    /// 0x79: part of the fee is destroyed.
    Burn(Amount),
    /// 0x7A: a name is bought, renewed or updated.
    NameRecord(Box<NameRecord>),
    /// 0x7B, 0x7D, 0x7E, 0x7F, 0x80: something happened on L2.
    L2Event(Box<L2Event>),
    /// 0xC1: who is credited on L2 for what is burned; in transactions of type 100 only.
    Swap(SwapField),
    /// 0xDE: bytes that one pool wrote.
    Minergate(Vec<u8>),
}

/// The shortest fields are two bytes: this bounds the memory that parsing takes to a small multiple of the input.
const _: () = assert!(size_of::<ExtraField>() <= 72);

/// Zero bytes behind the tag 0x00, up to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Padding(u8);

impl Padding {
    /// The most zero bytes behind the tag.
    pub const MAX_ZEROS: u8 = 254;

    /// This many zero bytes behind the tag; `None` when that is too many.
    #[must_use]
    pub const fn new(zeros: u8) -> Option<Self> {
        if zeros <= Self::MAX_ZEROS {
            Some(Self(zeros))
        } else {
            None
        }
    }

    /// Zero bytes behind the tag.
    #[must_use]
    pub const fn zeros(self) -> u8 {
        self.0
    }

    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let rest = reader.bytes(reader.remaining().len(), "padding")?;
        let zeros = u8::try_from(rest.len())
            .ok()
            .and_then(Self::new)
            .ok_or(DecodeError::Inconsistent {
                what: "padding is at most 254 bytes behind its tag",
            })?;
        if rest.iter().any(|byte| *byte != 0) {
            return Err(DecodeError::Inconsistent {
                what: "padding is zero",
            });
        }
        Ok(zeros)
    }
}

/// The body of 0x03: a string with a structure inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeMining {
    /// Depth of the tree.
    pub depth: u64,
    /// Root of the tree.
    pub root: Hash,
    /// Bytes of the string behind the structure, which readers ignore.
    pub ignored: Vec<u8>,
}

impl ConsensusEncode for MergeMining {
    fn encode_to(&self, out: &mut Vec<u8>) {
        let mut body = Vec::new();
        write_varint(&mut body, self.depth);
        self.root.encode_to(&mut body);
        body.extend_from_slice(&self.ignored);
        write_byte_string(out, &body);
    }
}

impl ConsensusDecode for MergeMining {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut body = Reader::new(reader.byte_string("merge mining")?);
        let depth = body.varint_u64("merge mining depth")?;
        let root = Hash::decode_from(&mut body)?;
        Ok(Self {
            depth,
            root,
            ignored: body.remaining().to_vec(),
        })
    }
}

impl ExtraField {
    /// The byte in front of the body.
    #[must_use]
    pub fn tag(&self) -> u8 {
        match self {
            Self::Padding(_) => tag::PADDING,
            Self::TransactionKey(_) => tag::TRANSACTION_KEY,
            Self::Nonce(_) => tag::NONCE,
            Self::MergeMining(_) => tag::MERGE_MINING,
            Self::AdditionalKeys(_) => tag::ADDITIONAL_KEYS,
            Self::Registration(_) => tag::REGISTRATION,
            Self::OldDeregistration(_) => tag::OLD_DEREGISTRATION,
            Self::Winner(_) => tag::WINNER,
            Self::Contributor(_) => tag::CONTRIBUTOR,
            Self::ServiceNodeKey(_) => tag::SERVICE_NODE_KEY,
            Self::TransactionSecretKey(_) => tag::TRANSACTION_SECRET_KEY,
            Self::KeyImageProofs(_) => tag::KEY_IMAGE_PROOFS,
            Self::KeyImageUnlock(_) => tag::KEY_IMAGE_UNLOCK,
            Self::StateChange(_) => tag::STATE_CHANGE,
            Self::Burn(_) => tag::BURN,
            Self::NameRecord(_) => tag::NAME_RECORD,
            Self::L2Event(event) => event.kind.tag(),
            Self::Swap(_) => tag::SWAP,
            Self::Minergate(_) => tag::MINERGATE,
        }
    }

    /// Position of the kind in the order in which wallets write.
    pub(super) fn writing_rank(&self) -> u8 {
        match self {
            Self::TransactionKey(_) => 0,
            Self::Winner(_) => 1,
            Self::AdditionalKeys(_) => 2,
            Self::Nonce(_) => 3,
            Self::Registration(_) => 4,
            Self::OldDeregistration(_) => 5,
            Self::StateChange(_) => 6,
            Self::Contributor(_) => 7,
            Self::ServiceNodeKey(_) => 8,
            Self::TransactionSecretKey(_) => 9,
            Self::NameRecord(_) => 10,
            Self::KeyImageProofs(_) => 11,
            Self::KeyImageUnlock(_) => 12,
            Self::L2Event(event) => match event.kind {
                L2EventKind::NewServiceNode { .. } => 13,
                L2EventKind::ExitRequest { .. } => 14,
                L2EventKind::Exit { .. } => 15,
                L2EventKind::StakingRequirementUpdated { .. } => 16,
                L2EventKind::PurgeMissingServiceNode { .. } => 17,
            },
            Self::Swap(_) => 18,
            Self::Burn(_) => 19,
            Self::MergeMining(_) => 20,
            Self::Minergate(_) => 21,
            Self::Padding(_) => 22,
        }
    }
}

impl ConsensusEncode for ExtraField {
    fn encode_to(&self, out: &mut Vec<u8>) {
        out.push(self.tag());
        match self {
            Self::Padding(padding) => out.extend(std::iter::repeat_n(0, usize::from(padding.zeros()))),
            Self::TransactionKey(key) | Self::Winner(key) | Self::ServiceNodeKey(key) => key.encode_to(out),
            Self::Nonce(nonce) => write_byte_string(out, nonce.as_bytes()),
            Self::MergeMining(merge_mining) => merge_mining.encode_to(out),
            Self::AdditionalKeys(keys) => encode_list(keys, out),
            Self::Registration(registration) => registration.encode_to(out),
            Self::OldDeregistration(deregistration) => deregistration.encode_to(out),
            Self::Contributor(contributor) => contributor.encode_to(out),
            Self::TransactionSecretKey(key) => out.extend_from_slice(key),
            Self::KeyImageProofs(proofs) => encode_list(proofs, out),
            Self::KeyImageUnlock(unlock) => unlock.encode_to(out),
            Self::StateChange(change) => change.encode_to(out),
            Self::Burn(amount) => out.extend_from_slice(&amount.atomic().to_le_bytes()),
            Self::NameRecord(record) => record.encode_to(out),
            Self::L2Event(event) => event.encode_body_to(out),
            Self::Swap(swap) => swap.encode_to(out),
            Self::Minergate(bytes) => write_byte_string(out, bytes),
        }
    }
}

impl ConsensusDecode for ExtraField {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let found = reader.byte("extra tag")?;
        Ok(match found {
            tag::PADDING => Self::Padding(Padding::decode_from(reader)?),
            tag::TRANSACTION_KEY => Self::TransactionKey(PublicKey::decode_from(reader)?),
            tag::NONCE => Self::Nonce(ExtraNonce::decode_from(reader)?),
            tag::MERGE_MINING => Self::MergeMining(MergeMining::decode_from(reader)?),
            tag::ADDITIONAL_KEYS => Self::AdditionalKeys(decode_list(reader, PublicKey::LENGTH, "additional keys")?),
            tag::REGISTRATION => Self::Registration(Box::new(Registration::decode_from(reader)?)),
            tag::OLD_DEREGISTRATION => Self::OldDeregistration(OldDeregistration::decode_from(reader)?),
            tag::WINNER => Self::Winner(PublicKey::decode_from(reader)?),
            tag::CONTRIBUTOR => Self::Contributor(Contributor::decode_from(reader)?),
            tag::SERVICE_NODE_KEY => Self::ServiceNodeKey(PublicKey::decode_from(reader)?),
            tag::TRANSACTION_SECRET_KEY => Self::TransactionSecretKey(reader.array("transaction secret key")?),
            tag::KEY_IMAGE_PROOFS => {
                Self::KeyImageProofs(decode_list(reader, KeyImageProof::LENGTH, "key image proofs")?)
            }
            tag::KEY_IMAGE_UNLOCK => Self::KeyImageUnlock(Box::new(KeyImageUnlock::decode_from(reader)?)),
            tag::STATE_CHANGE => Self::StateChange(StateChange::decode_from(reader)?),
            tag::BURN => Self::Burn(Amount::from_atomic(reader.u64_le("burned amount")?)),
            tag::NAME_RECORD => Self::NameRecord(Box::new(NameRecord::decode_from(reader)?)),
            tag::MINERGATE => Self::Minergate(reader.byte_string("minergate")?.to_vec()),
            other => Self::L2Event(Box::new(L2Event::decode_body(other, reader)?)),
        })
    }
}

impl ExtraField {
    /// A field of a transaction of type 100, where one tag more is known.
    pub(super) fn decode_in_swap(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if reader.remaining().first() != Some(&tag::SWAP) {
            return Self::decode_from(reader);
        }
        reader.byte("extra tag")?;
        SwapField::decode_from(reader).map(Self::Swap)
    }
}

/// A count and the values.
pub(super) fn encode_list<T: ConsensusEncode>(values: &[T], out: &mut Vec<u8>) {
    write_varint(out, values.len() as u64);
    for value in values {
        value.encode_to(out);
    }
}

/// A count and the values, each at least `smallest` bytes.
pub(super) fn decode_list<T: ConsensusDecode>(
    reader: &mut Reader<'_>,
    smallest: usize,
    what: &'static str,
) -> Result<Vec<T>, DecodeError> {
    let count = reader.count(smallest, what)?;
    reader.repeated(count, smallest, what, T::decode_from)
}
