//! The signed part of a transaction (chain §2.1–§2.2).

use crate::{
    amount::Amount,
    bytes::{Hash, KeyImage, PublicKey},
    codec::{
        ConsensusDecode, ConsensusEncode, DecodeError, Reader, write_byte_string, write_varint, write_varint_list,
    },
    extra::Extra,
    hashing::keccak256,
    height::{Height, UnlockTime},
};

/// The layout of a transaction (chain §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransactionVersion {
    /// Ring signatures without RingCT; never on the Oxen chain.
    V1,
    /// RingCT.
    V2,
    /// An unlock time for each output.
    V3,
    /// A type; the only version from HF11 on.
    V4,
}

impl TransactionVersion {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
            Self::V3 => 3,
            Self::V4 => 4,
        }
    }

    fn from_number(number: u16) -> Result<Self, DecodeError> {
        Ok(match number {
            1 => Self::V1,
            2 => Self::V2,
            3 => Self::V3,
            4 => Self::V4,
            other => {
                return Err(DecodeError::UndefinedValue {
                    what: "transaction version",
                    value: u64::from(other),
                });
            }
        })
    }
}

/// What a version 4 transaction does (chain §2.1).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, parity_scale_codec::Encode, parity_scale_codec::Decode,
)]
pub enum TransactionType {
    /// A payment, or a coinbase.
    Standard,
    /// Decommission, recommission, deregistration or IP penalty of a service node.
    StateChange,
    /// A contributor asks for the stake back.
    KeyImageUnlock,
    /// A registration or contribution.
    Stake,
    /// A name is bought, renewed or updated.
    OxenNameSystem,
    /// An exit was requested on L2.
    EthereumServiceNodeExitRequest,
    /// An exit was completed on L2.
    EthereumServiceNodeExit,
    /// The staking requirement changed on L2.
    EthereumStakingRequirementUpdated,
    /// A node unknown to L2 is removed.
    EthereumPurgeMissingServiceNode,
    /// A node was registered on L2.
    EthereumNewServiceNode,
    /// OXEN are burned for SESH on L2: ours, far above upstream's numbers (bridge §5.3).
    OxenSwap = 100,
}

impl TransactionType {
    /// Every type in the order of its number.
    pub const ALL: [Self; 11] = [
        Self::Standard,
        Self::StateChange,
        Self::KeyImageUnlock,
        Self::Stake,
        Self::OxenNameSystem,
        Self::EthereumServiceNodeExitRequest,
        Self::EthereumServiceNodeExit,
        Self::EthereumStakingRequirementUpdated,
        Self::EthereumPurgeMissingServiceNode,
        Self::EthereumNewServiceNode,
        Self::OxenSwap,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The type with this number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// True for the types that spend and create outputs (chain §2.1).
    #[must_use]
    pub const fn is_transfer(self) -> bool {
        matches!(
            self,
            Self::Standard | Self::Stake | Self::OxenNameSystem | Self::OxenSwap
        )
    }

    /// True for the types that report an event of L2.
    #[must_use]
    pub const fn is_l2_event(self) -> bool {
        matches!(
            self,
            Self::EthereumServiceNodeExitRequest
                | Self::EthereumServiceNodeExit
                | Self::EthereumStakingRequirementUpdated
                | Self::EthereumPurgeMissingServiceNode
                | Self::EthereumNewServiceNode
        )
    }
}

/// Where a transaction's money comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A coinbase creates money at this height.
    Generation {
        /// Height of the block.
        height: Height,
    },
    /// One of the ring's outputs is spent.
    Key {
        /// Always zero in practice: the RingCT outputs.
        amount: Amount,
        /// The ring as global output indices, each but the first relative to the one before.
        key_offsets: Vec<u64>,
        /// Marks the spent output without naming it.
        key_image: KeyImage,
    },
    /// Parses, is never valid.
    Script {
        /// Transaction of the output.
        previous: Hash,
        /// Its index.
        previous_output: u64,
        /// Signatures.
        signatures: Vec<u8>,
    },
    /// Parses, is never valid.
    ScriptHash {
        /// Transaction of the output.
        previous: Hash,
        /// Its index.
        previous_output: u64,
        /// Keys and script.
        script: Script,
        /// Signatures.
        signatures: Vec<u8>,
    },
}

/// Keys and code of the script variants, which no rule accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Public keys.
    pub keys: Vec<PublicKey>,
    /// Code.
    pub code: Vec<u8>,
}

/// To whom an output pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputTarget {
    /// A one-time key.
    Key(PublicKey),
    /// Parses, is never valid.
    Script(Script),
    /// Parses, is never valid.
    ScriptHash(Hash),
}

/// One output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// In the clear for a coinbase, zero in a transfer.
    pub amount: Amount,
    /// Receiver.
    pub target: OutputTarget,
}

impl Output {
    /// The one-time key, unless the output is of a kind that is never valid.
    #[must_use]
    pub const fn key(&self) -> Option<PublicKey> {
        match &self.target {
            OutputTarget::Key(key) => Some(*key),
            OutputTarget::Script(_) | OutputTarget::ScriptHash(_) => None,
        }
    }
}

/// The signed part of a transaction (chain §2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionPrefix {
    /// Layout.
    pub version: TransactionVersion,
    /// One per output from version 3 on, empty before.
    pub output_unlock_times: Vec<UnlockTime>,
    /// For all outputs below version 3.
    pub unlock_time: UnlockTime,
    /// What is spent.
    pub inputs: Vec<Input>,
    /// What is created.
    pub outputs: Vec<Output>,
    /// Fields beside the payment, see [`crate::extra`].
    pub extra: Vec<u8>,
    /// What it does; below version 4 standard or, in version 3, state change.
    pub kind: TransactionType,
}

const TAG_GENERATION: u8 = 0xff;
const TAG_SCRIPT: u8 = 0x00;
const TAG_SCRIPT_HASH: u8 = 0x01;
const TAG_KEY: u8 = 0x02;

impl TransactionPrefix {
    /// `H(prefix bytes)`.
    #[must_use]
    pub fn hash(&self) -> Hash {
        keccak256(&self.encode())
    }

    /// The fields of extra that this type of transaction has; none when any of them does not parse.
    #[must_use]
    pub fn parse_extra(&self) -> Extra {
        Extra::parse_or_empty_of(self.kind, &self.extra)
    }

    /// When output `index` becomes spendable (chain §4.9).
    #[must_use]
    pub fn output_unlock_time(&self, index: usize) -> UnlockTime {
        if self.version >= TransactionVersion::V3 {
            self.output_unlock_times.get(index).copied().unwrap_or(self.unlock_time)
        } else {
            self.unlock_time
        }
    }

    /// Key images of the key inputs, in order.
    pub fn key_images(&self) -> impl Iterator<Item = KeyImage> + '_ {
        self.inputs.iter().filter_map(|input| match input {
            Input::Key { key_image, .. } => Some(*key_image),
            _ => None,
        })
    }

    /// Members of the first input's ring, which sets the size of every CLSAG on the wire (chain §2.3).
    #[must_use]
    pub fn ring_size(&self) -> usize {
        match self.inputs.first() {
            Some(Input::Key { key_offsets, .. }) => key_offsets.len(),
            // The reference counts decoys and adds one, whatever the input is.
            _ => 1,
        }
    }
}

impl ConsensusEncode for TransactionPrefix {
    fn encode_to(&self, out: &mut Vec<u8>) {
        write_varint(out, u64::from(self.version.number()));
        if self.version >= TransactionVersion::V3 {
            write_varint(out, self.output_unlock_times.len() as u64);
            for time in &self.output_unlock_times {
                write_varint(out, time.value());
            }
            if self.version == TransactionVersion::V3 {
                out.push(u8::from(self.kind == TransactionType::StateChange));
            }
        }
        write_varint(out, self.unlock_time.value());
        write_varint(out, self.inputs.len() as u64);
        for input in &self.inputs {
            input.encode_to(out);
        }
        write_varint(out, self.outputs.len() as u64);
        for output in &self.outputs {
            output.encode_to(out);
        }
        write_byte_string(out, &self.extra);
        if self.version >= TransactionVersion::V4 {
            write_varint(out, u64::from(self.kind.number()));
        }
    }
}

impl ConsensusDecode for TransactionPrefix {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let version = TransactionVersion::from_number(reader.varint_u16("transaction version")?)?;
        let mut output_unlock_times = Vec::new();
        let mut kind = TransactionType::Standard;
        if version >= TransactionVersion::V3 {
            output_unlock_times = reader
                .varint_list("output unlock times")?
                .into_iter()
                .map(UnlockTime::new)
                .collect();
            if version == TransactionVersion::V3 {
                kind = match reader.byte("state change flag")? {
                    0 => TransactionType::Standard,
                    1 => TransactionType::StateChange,
                    other => {
                        return Err(DecodeError::UndefinedValue {
                            what: "state change flag",
                            value: u64::from(other),
                        });
                    }
                };
            }
        }
        let unlock_time = UnlockTime::new(reader.varint_u64("unlock time")?);
        let input_count = reader.count(2, "inputs")?;
        let inputs = reader.repeated(input_count, 2, "inputs", Input::decode_from)?;
        let output_count = reader.count(3, "outputs")?;
        let outputs = reader.repeated(output_count, 3, "outputs", Output::decode_from)?;
        if version >= TransactionVersion::V3 && output_unlock_times.len() != outputs.len() {
            return Err(DecodeError::Inconsistent {
                what: "one unlock time for each output is required",
            });
        }
        let extra = reader.byte_string("extra")?.to_vec();
        if version >= TransactionVersion::V4 {
            let number = reader.varint_u16("transaction type")?;
            kind = TransactionType::from_number(number).ok_or(DecodeError::UndefinedValue {
                what: "transaction type",
                value: u64::from(number),
            })?;
        }
        Ok(Self {
            version,
            output_unlock_times,
            unlock_time,
            inputs,
            outputs,
            extra,
            kind,
        })
    }
}

impl ConsensusEncode for Input {
    fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Generation { height } => {
                out.push(TAG_GENERATION);
                write_varint(out, height.index());
            }
            Self::Key {
                amount,
                key_offsets,
                key_image,
            } => {
                out.push(TAG_KEY);
                write_varint(out, amount.atomic());
                write_varint_list(out, key_offsets);
                key_image.encode_to(out);
            }
            Self::Script {
                previous,
                previous_output,
                signatures,
            } => {
                out.push(TAG_SCRIPT);
                previous.encode_to(out);
                write_varint(out, *previous_output);
                write_byte_string(out, signatures);
            }
            Self::ScriptHash {
                previous,
                previous_output,
                script,
                signatures,
            } => {
                out.push(TAG_SCRIPT_HASH);
                previous.encode_to(out);
                write_varint(out, *previous_output);
                script.encode_to(out);
                write_byte_string(out, signatures);
            }
        }
    }
}

impl ConsensusDecode for Input {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.byte("input")? {
            TAG_GENERATION => Self::Generation {
                height: Height::new(reader.varint_u64("input height")?),
            },
            TAG_KEY => Self::Key {
                amount: Amount::from_atomic(reader.varint_u64("input amount")?),
                key_offsets: reader.varint_list("key offsets")?,
                key_image: KeyImage::decode_from(reader)?,
            },
            TAG_SCRIPT => Self::Script {
                previous: Hash::decode_from(reader)?,
                previous_output: reader.varint_u64("previous output")?,
                signatures: reader.byte_string("input signatures")?.to_vec(),
            },
            TAG_SCRIPT_HASH => Self::ScriptHash {
                previous: Hash::decode_from(reader)?,
                previous_output: reader.varint_u64("previous output")?,
                script: Script::decode_from(reader)?,
                signatures: reader.byte_string("input signatures")?.to_vec(),
            },
            other => {
                return Err(DecodeError::UndefinedValue {
                    what: "input tag",
                    value: u64::from(other),
                });
            }
        })
    }
}

impl ConsensusEncode for Script {
    fn encode_to(&self, out: &mut Vec<u8>) {
        write_varint(out, self.keys.len() as u64);
        for key in &self.keys {
            key.encode_to(out);
        }
        write_byte_string(out, &self.code);
    }
}

impl ConsensusDecode for Script {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count(PublicKey::LENGTH, "script keys")?;
        Ok(Self {
            keys: reader.repeated(count, PublicKey::LENGTH, "script keys", PublicKey::decode_from)?,
            code: reader.byte_string("script code")?.to_vec(),
        })
    }
}

impl ConsensusEncode for Output {
    fn encode_to(&self, out: &mut Vec<u8>) {
        write_varint(out, self.amount.atomic());
        match &self.target {
            OutputTarget::Key(key) => {
                out.push(TAG_KEY);
                key.encode_to(out);
            }
            OutputTarget::Script(script) => {
                out.push(TAG_SCRIPT);
                script.encode_to(out);
            }
            OutputTarget::ScriptHash(hash) => {
                out.push(TAG_SCRIPT_HASH);
                hash.encode_to(out);
            }
        }
    }
}

impl ConsensusDecode for Output {
    fn decode_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let amount = Amount::from_atomic(reader.varint_u64("output amount")?);
        let target = match reader.byte("output target")? {
            TAG_KEY => OutputTarget::Key(PublicKey::decode_from(reader)?),
            TAG_SCRIPT => OutputTarget::Script(Script::decode_from(reader)?),
            TAG_SCRIPT_HASH => OutputTarget::ScriptHash(Hash::decode_from(reader)?),
            other => {
                return Err(DecodeError::UndefinedValue {
                    what: "output tag",
                    value: u64::from(other),
                });
            }
        };
        Ok(Self { amount, target })
    }
}
