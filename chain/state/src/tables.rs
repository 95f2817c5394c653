//! The coin's tables and rows. Staking, names and the bridge add theirs beside these.

use crate::table::{Table, TableId};
use oxen_types::{
    Amount, Checkpoint, Commitment, ConsensusDecode, ConsensusEncode, GlobalOutputIndex, Hash, Height, KeyImage,
    PublicKey, Timestamp, UnlockTime,
    transaction::{TransactionType, Weight},
};
use parity_scale_codec::{Decode, Encode, Error, Input, Output};

macro_rules! table {
    ($(#[$doc:meta])* $name:ident: $key:ty => $row:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        impl Table for $name {
            const ID: TableId = TableId::$name;
            type Key = $key;
            type Row = $row;
        }
    };
}

table!(
    /// One row of totals; absent before the genesis block.
    Totals: () => TotalsRow
);
table!(
    /// Block data by height.
    Blocks: Height => BlockRow
);
table!(
    /// Height by block id.
    BlockHeights: Hash => Height
);
table!(
    /// Block bytes by height, coinbase included.
    BlockBlobs: Height => Vec<u8>
);
table!(
    /// Where a transaction stands, by id; coinbases included.
    Transactions: Hash => TransactionRow
);
table!(
    /// Bytes of a transaction without its proofs, by id. Coinbases stand in their block.
    PrunedTransactions: Hash => Vec<u8>
);
table!(
    /// Proof bytes of a transaction, by id; the part that a node may forget.
    TransactionProofs: Hash => Vec<u8>
);
table!(
    /// RingCT outputs by global index.
    Outputs: GlobalOutputIndex => OutputRow
);
table!(
    /// Height of the spending block by key image.
    SpentKeyImages: KeyImage => Height
);
table!(
    /// Outputs whose owner is public, by global index (chain §2.10).
    DecoyBlacklist: GlobalOutputIndex => ()
);
table!(
    /// Service node checkpoints by height.
    Checkpoints: Height => CheckpointRow
);

/// Totals over the chain, in the one row of [`Totals`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct TotalsRow {
    /// The newest block.
    pub tip: Height,
    /// Transactions without coinbases.
    pub transactions: u64,
    /// RingCT outputs, which is the next global index.
    pub outputs: u64,
    /// Created by the genesis coinbase and accrued as rewards since, fees not counted; thousandths of an atomic unit, because
    /// rewards accrue in them.
    pub emitted_milli: u128,
    /// Fees declared as burned, atomic units.
    pub burned: Amount,
    /// Fees that were neither burned nor credited (of mined blocks, lost to the weight penalty, lost to rounding);
    /// thousandths of an atomic unit.
    pub forfeited_milli: u128,
    /// All fees, burned part included, atomic units.
    pub fees: Amount,
    /// Blocks in the long-term window whose long-term weight exceeds the full reward zone: while they are less than half,
    /// the median needs no look at the window (chain §4.5).
    pub heavy_blocks: u64,
}

/// What later blocks and readers need to know of a block.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct BlockRow {
    /// Its id.
    pub id: Hash,
    /// Hard fork.
    pub major_version: u8,
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// Weight of coinbase and transactions.
    pub weight: Weight,
    /// Weight as the long-term median sees it (chain §4.5).
    pub long_term_weight: Weight,
    /// Difficulty of this block.
    pub difficulty: u128,
    /// Sum of difficulties up to this block.
    pub cumulative_difficulty: u128,
    /// RingCT outputs up to this block.
    pub outputs_end: u64,
    /// What it says it earned; the coinbase's sum before HF19.
    pub reward: Amount,
    /// What its coinbase pays out.
    pub coinbase_payouts: Amount,
    /// Fees of its transactions, burned part included.
    pub fees: Amount,
    /// Burned part of the fees.
    pub burned: Amount,
    /// Transactions without the coinbase.
    pub transaction_count: u32,
}

/// Where a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct TransactionRow {
    /// Height of its block.
    pub height: Height,
    /// 0 for the coinbase, then the block's transactions from 1.
    pub position: u32,
    /// What it does.
    pub kind: TransactionType,
    /// Global index of its first output.
    pub first_output: u64,
    /// Number of its outputs.
    pub output_count: u32,
    /// Hash of its prunable part.
    pub prunable_hash: Hash,
}

/// An output that rings may refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct OutputRow {
    /// One-time key.
    pub key: PublicKey,
    /// Commitment; `G + amount·H` for a coinbase output.
    pub commitment: Commitment,
    /// When it becomes spendable.
    pub unlock_time: UnlockTime,
    /// Height of its block.
    pub height: Height,
    /// Its transaction.
    pub transaction: Hash,
}

/// A [`Checkpoint`] in its consensus encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow(pub Checkpoint);

impl Encode for CheckpointRow {
    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        ConsensusEncode::encode(&self.0).encode_to(out);
    }
}

impl Decode for CheckpointRow {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let bytes = Vec::<u8>::decode(input)?;
        <Checkpoint as ConsensusDecode>::decode(&bytes)
            .map(Self)
            .map_err(|_| Error::from("checkpoint"))
    }
}
