//! Blocks as a wallet needs them: keys, commitments and key images without proofs, in SCALE.
//!
//! The node sends these through `get_wallet_blocks.bin` and `get_wallet_pool.bin`; a wallet finds its outputs and its spends
//! in them (wallet §5.2). A two-output transaction takes about 250 bytes, a tenth of its blob. The structs are a wire format:
//! fields are only ever appended behind a new version of the endpoint.

use crate::{
    amount::Amount,
    block::Block,
    bytes::{Commitment, Hash, KeyImage, PaymentId, PublicKey},
    extra::{ExtraNonce, NonceContent},
    height::{GlobalOutputIndex, Height, Timestamp, UnlockTime},
    transaction::{EncryptedAmount, Input, PrunedTransaction, TransactionType},
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
    /// Sent as a blink, and its quorum has not decided.
    Undecided,
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
    /// What a wallet needs of a transaction. Its first output has the global index `first_output` once it is mined.
    ///
    /// Amounts of RingCT transactions older than CLSAG are not carried: they come out as zero.
    #[must_use]
    pub fn new(id: Hash, transaction: &PrunedTransaction, first_output: Option<GlobalOutputIndex>) -> Self {
        let prefix = &transaction.prefix;
        let extra = prefix.parse_extra();
        let kind = match prefix.inputs.as_slice() {
            [Input::Generation { .. }] => ScanKind::Coinbase,
            _ => ScanKind::Ordinary(prefix.kind),
        };
        Self {
            id,
            kind,
            fee: transaction.fee().atomic(),
            burned: extra.burned().atomic(),
            public_keys: extra.transaction_keys().collect(),
            additional_public_keys: extra.additional_keys().to_vec(),
            encrypted_payment_id: match extra.nonce().map(ExtraNonce::content) {
                Some(NonceContent::EncryptedPaymentId(id)) => Some(id),
                _ => None,
            },
            service_node: extra.service_node_key(),
            unlocked_stake: extra.key_image_unlock().map(|unlock| unlock.key_image),
            first_output,
            outputs: scan_outputs(transaction),
            key_images: prefix.key_images().collect(),
        }
    }

    /// The fee in the clear, burned part included.
    #[must_use]
    pub const fn fee(&self) -> Amount {
        Amount::from_atomic(self.fee)
    }

    /// Global index of the output at `position` of this transaction, once it is mined.
    #[must_use]
    pub fn global_index(&self, position: usize) -> Option<GlobalOutputIndex> {
        let offset = u64::try_from(position).ok()?;
        self.first_output?
            .index()
            .checked_add(offset)
            .map(GlobalOutputIndex::new)
    }
}

fn scan_outputs(transaction: &PrunedTransaction) -> Vec<ScanOutput> {
    let prefix = &transaction.prefix;
    let hidden = |position: usize| {
        let base = transaction.base.as_ref()?;
        Some(ScanAmount::Hidden {
            encrypted: *base.encrypted_amounts.get(position)?,
            commitment: *base.commitments.get(position)?,
        })
    };
    prefix
        .outputs
        .iter()
        .enumerate()
        .map(|(position, output)| ScanOutput {
            key: output.key().unwrap_or_default(),
            amount: hidden(position).unwrap_or(ScanAmount::Clear(output.amount.atomic())),
            unlock_time: prefix.output_unlock_time(position).value(),
        })
        .collect()
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
    /// What a wallet needs of a block on the main chain: `transactions` are those behind the coinbase, in the order of the
    /// block, and `first_output` is the global index of the block's first output (chain §3.4: the coinbase's come first).
    #[must_use]
    pub fn from_block<'a>(
        height: Height,
        id: Hash,
        block: &Block,
        transactions: impl IntoIterator<Item = (Hash, &'a PrunedTransaction)>,
        first_output: GlobalOutputIndex,
    ) -> Self {
        let mut next = first_output.index();
        let mut scanned = Vec::new();
        let mut add = |id, transaction: &PrunedTransaction| {
            let scan = ScanTransaction::new(id, transaction, Some(GlobalOutputIndex::new(next)));
            next = next.saturating_add(scan.outputs.len() as u64);
            scanned.push(scan);
        };
        if let Some(coinbase) = &block.miner_transaction {
            add(coinbase.id(), &PrunedTransaction::from(coinbase));
        }
        for (id, transaction) in transactions {
            add(id, transaction);
        }
        Self {
            height,
            id,
            previous: block.header.previous,
            timestamp: block.header.timestamp,
            transactions: scanned,
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConsensusDecode, Transaction};

    /// The coinbase of chain §A.1: one transaction key, one winner, no outputs.
    fn coinbase() -> Transaction {
        let blob = concat!(
            "0400beac4f01ffa0ac4f0042",
            "013333333333333333333333333333333333333333333333333333333333333333",
            "724444444444444444444444444444444444444444444444444444444444444444",
            "0000"
        );
        Transaction::decode(&hex::decode(blob).unwrap()).unwrap()
    }

    fn block() -> ScanBlock {
        let transaction = coinbase();
        let mut scan = ScanTransaction::new(
            transaction.id(),
            &PrunedTransaction::from(&transaction),
            Some(GlobalOutputIndex::new(7)),
        );
        scan.outputs = vec![
            ScanOutput {
                key: PublicKey::new([1; 32]),
                amount: ScanAmount::Clear(5),
                unlock_time: 30,
            },
            ScanOutput {
                key: PublicKey::new([2; 32]),
                amount: ScanAmount::Hidden {
                    encrypted: [3; 8],
                    commitment: Commitment::new([4; 32]),
                },
                unlock_time: 0,
            },
        ];
        ScanBlock {
            height: Height::new(1_300_000),
            id: Hash::new([5; 32]),
            previous: Hash::new([6; 32]),
            timestamp: Timestamp::from_seconds(1_700_000_000),
            transactions: vec![scan],
        }
    }

    #[test]
    fn a_coinbase_keeps_its_keys_and_kind() {
        let block = block();
        let scan = &block.transactions[0];
        assert_eq!(scan.kind, ScanKind::Coinbase);
        assert_eq!(scan.public_keys, [PublicKey::new([0x33; 32])]);
        assert_eq!(scan.global_index(1), Some(GlobalOutputIndex::new(8)));
        assert!(scan.key_images.is_empty() && scan.encrypted_payment_id.is_none());
    }

    #[test]
    fn answers_round_trip_and_damage_is_refused() {
        let answer = ScanAnswer {
            chain_height: Height::new(1_300_001),
            immutable_height: Height::new(1_299_996),
            blocks: vec![block()],
        };
        let bytes = answer.encode();
        assert_eq!(ScanAnswer::decode_bounded(&bytes), Ok(answer));
        let cut = bytes.split_last().unwrap().1;
        assert!(matches!(
            ScanAnswer::decode_bounded(cut),
            Err(ScanDecodeError::Malformed(_))
        ));
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(matches!(
            ScanAnswer::decode_bounded(&longer),
            Err(ScanDecodeError::Malformed(_))
        ));
    }

    #[test]
    fn a_count_far_beyond_the_bytes_is_refused() {
        let mut bytes = ScanAnswer::default().encode();
        bytes.truncate(16);
        bytes.extend([0xfe, 0xff, 0xff, 0xff]);
        assert!(matches!(
            ScanAnswer::decode_bounded(&bytes),
            Err(ScanDecodeError::Malformed(_))
        ));
        let long = vec![0; MAX_ANSWER_BYTES + 1];
        assert_eq!(
            ScanPool::decode_bounded(&long),
            Err(ScanDecodeError::TooLong {
                length: MAX_ANSWER_BYTES + 1
            })
        );
    }
}
