//! Blocks as a wallet needs them: keys, commitments and key images without proofs, in SCALE.
//!
//! The node sends these through `get_wallet_blocks.bin` and `get_wallet_pool.bin`; a wallet finds its outputs and its spends
//! in them (wallet §5.2). A two-output transaction takes about 250 bytes, a tenth of its blob. The structs are a wire format:
//! fields are only ever appended behind a new version of the endpoint.

use crate::{
    amount::Amount,
    bytes::{Commitment, Hash, KeyImage, PaymentId, PublicKey},
    height::{GlobalOutputIndex, Height, Timestamp, UnlockTime},
    transaction::{EncryptedAmount, TransactionType},
};
use parity_scale_codec::{Decode, DecodeLimit, Encode};
use thiserror::Error;

/// Most bytes of one answer that a wallet decodes.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// Most blocks of one answer.
pub const MAX_BLOCKS: u32 = 1_000;
/// Most block ids of one request: enough for a chain of 2⁶⁴ blocks, ten dense ids and doubling steps.
pub const MAX_KNOWN_BLOCKS: usize = 80;
/// Nesting of the deepest value, with room to spare.
const MAX_DEPTH: u32 = 8;

/// Why bytes are not an answer to a wallet.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScanDecodeError {
    /// More bytes than a wallet takes at once.
    #[error("the answer has {length} bytes, more than {MAX_ANSWER_BYTES}: ask for fewer blocks")]
    TooLong {
        /// Length of the answer.
        length: usize,
    },
    /// Not the encoding of the expected value, or bytes are left behind it.
    #[error("the answer is damaged or of another version: {0}")]
    Malformed(String),
}

/// What a wallet asks for: blocks behind the last one it knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct ScanRequest {
    /// Blocks the wallet knows, newest first; the node starts behind the first that is on its chain, or at `start` when none
    /// is given or none is known. At most [`MAX_KNOWN_BLOCKS`] are looked at.
    pub known: Vec<KnownBlockId>,
    /// The lowest height of interest.
    pub start: Height,
    /// Most blocks to send; the node sends fewer when they are large, and never more than [`MAX_BLOCKS`].
    pub limit: u32,
}

/// A block by height and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct KnownBlockId {
    /// Its height.
    pub height: Height,
    /// Its id.
    pub id: Hash,
}

/// Blocks in order of height, without gaps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct ScanAnswer {
    /// Number of blocks on the node's chain, that is the height of the next block.
    pub chain_height: Height,
    /// Blocks at or below this height are not replaced any more (checkpoints).
    pub immutable_height: Height,
    /// The blocks; none when the wallet is at the top.
    pub blocks: Vec<ScanBlock>,
}

/// One block.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ScanBlock {
    /// Its height.
    pub height: Height,
    /// Its id.
    pub id: Hash,
    /// Id of its parent.
    pub previous: Hash,
    /// When it was made.
    pub timestamp: Timestamp,
    /// The coinbase (before HF21), then the others in the order of the block.
    pub transactions: Vec<ScanTransaction>,
}

/// What a transaction is, to a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum ScanKind {
    /// It creates money: rewards.
    Coinbase,
    /// Any other, by its type.
    Ordinary(TransactionType),
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ScanTransaction {
    /// Its id.
    pub id: Hash,
    /// What it is.
    pub kind: ScanKind,
    /// The fee in the clear, burned part included.
    #[codec(compact)]
    pub fee: u64,
    /// Part of the fee that is burned (extra tag 0x79).
    #[codec(compact)]
    pub burned: u64,
    /// Every public key of extra tag 0x01, in order: coinbases carry two (chain §3.4).
    pub public_keys: Vec<PublicKey>,
    /// Keys of extra tag 0x04: none, or one for each output (chain §1.5).
    pub additional_public_keys: Vec<PublicKey>,
    /// The encrypted short payment id of the nonce (chain §2.5).
    pub encrypted_payment_id: Option<PaymentId>,
    /// The service node of a stake, registration or unlock (extra tag 0x74).
    pub service_node: Option<PublicKey>,
    /// The stake whose unlock is asked for (extra tag 0x77).
    pub unlocked_stake: Option<KeyImage>,
    /// Global index of the first output, the others follow; none while the transaction is not mined.
    pub first_output: Option<GlobalOutputIndex>,
    /// Outputs, in order.
    pub outputs: Vec<ScanOutput>,
    /// Key images of the inputs, in order.
    pub key_images: Vec<KeyImage>,
}

/// One output.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ScanOutput {
    /// Its one-time key; zero for a target of a kind that is never valid.
    pub key: PublicKey,
    /// What it is worth.
    pub amount: ScanAmount,
    /// [`UnlockTime`] as the number on the wire.
    #[codec(compact)]
    pub unlock_time: u64,
}

/// The amount of an output as the chain has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum ScanAmount {
    /// A coinbase output, atomic units.
    Clear(#[codec(compact)] u64),
    /// A RingCT output.
    Hidden {
        /// Amount under the shared secret's mask.
        encrypted: EncryptedAmount,
        /// What it must open to.
        commitment: Commitment,
    },
}

/// A transaction that waits in the pool.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ScanPoolTransaction {
    /// When the node first saw it.
    pub received: Timestamp,
    /// What service nodes said of it.
    pub approval: PoolApproval,
    /// The transaction.
    pub transaction: ScanTransaction,
}

/// Whether a pool transaction is instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum PoolApproval {
    /// An ordinary transaction.
    Ordinary,
    /// Approved by a blink quorum.
    Blink,
}

/// Everything of the pool at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct ScanPool {
    /// Every transaction, transfers first.
    pub transactions: Vec<ScanPoolTransaction>,
}

impl ScanOutput {
    /// When it becomes spendable.
    #[must_use]
    pub const fn unlock_time(&self) -> UnlockTime {
        UnlockTime::new(self.unlock_time)
    }
}

impl ScanTransaction {
    /// The fee in the clear, burned part included.
    #[must_use]
    pub const fn fee(&self) -> Amount {
        Amount::from_atomic(self.fee)
    }

    /// Global index of the output at `position` of this transaction, once it is mined.
    #[must_use]
    pub fn global_index(&self, position: usize) -> Option<GlobalOutputIndex> {
        let offset = u64::try_from(position).ok()?;
        self.first_output?.index().checked_add(offset).map(GlobalOutputIndex::new)
    }
}

/// Decodes what came over the network: bounded in length, depth and memory, to the last byte.
fn decode_bounded<T: Decode>(bytes: &[u8]) -> Result<T, ScanDecodeError> {
    if bytes.len() > MAX_ANSWER_BYTES {
        return Err(ScanDecodeError::TooLong { length: bytes.len() });
    }
    T::decode_all_with_depth_limit(MAX_DEPTH, &mut &*bytes)
        .map_err(|reason| ScanDecodeError::Malformed(reason.to_string()))
}

impl ScanRequest {
    /// Decodes a request.
    ///
    /// # Errors
    /// [`ScanDecodeError`].
    pub fn decode_bounded(bytes: &[u8]) -> Result<Self, ScanDecodeError> {
        decode_bounded(bytes)
    }
}

impl ScanAnswer {
    /// Decodes an answer.
    ///
    /// # Errors
    /// [`ScanDecodeError`].
    pub fn decode_bounded(bytes: &[u8]) -> Result<Self, ScanDecodeError> {
        decode_bounded(bytes)
    }
}

impl ScanBlock {
    /// Decodes one block.
    ///
    /// # Errors
    /// [`ScanDecodeError`].
    pub fn decode_bounded(bytes: &[u8]) -> Result<Self, ScanDecodeError> {
        decode_bounded(bytes)
    }
}

impl ScanPool {
    /// Decodes the pool.
    ///
    /// # Errors
    /// [`ScanDecodeError`].
    pub fn decode_bounded(bytes: &[u8]) -> Result<Self, ScanDecodeError> {
        decode_bounded(bytes)
    }
}
