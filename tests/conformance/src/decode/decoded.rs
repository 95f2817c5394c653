//! Blocks and transactions of a recording, decoded once.

use crate::{
    recording::{Recording, chain::RecordedTransaction, extras::Reorganisation},
    report::{Check, Report},
};
use oxen_types::{Block, ConsensusDecode, ConsensusEncode, DecodeError, Hash, Transaction};
use std::{collections::BTreeMap, fmt};

/// What decoding gave; what did not decode stands in the report and is left out of every other check.
#[derive(Debug)]
pub struct DecodedChain {
    /// By height.
    pub blocks: Vec<Option<Block>>,
    /// In the order of the recording.
    pub transactions: Vec<Option<Transaction>>,
    /// Places of transactions by id.
    pub places: BTreeMap<Hash, usize>,
}

/// A transaction together with what was recorded of it.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Recorded.
    pub recorded: &'a RecordedTransaction,
    /// Decoded.
    pub transaction: &'a Transaction,
}

impl Entry<'_> {
    /// Names the transaction for the reader.
    #[must_use]
    pub fn place(&self) -> String {
        transaction_place(self.recorded)
    }
}

/// Names a transaction for the reader.
#[must_use]
pub fn transaction_place(recorded: &RecordedTransaction) -> String {
    format!(
        "{:?} transaction {} of block {}",
        recorded.kind, recorded.txid, recorded.height
    )
}

impl DecodedChain {
    /// Decodes a recording.
    #[must_use]
    pub fn decode(recording: &Recording, report: &mut Report) -> Self {
        let blocks = recording
            .blocks
            .iter()
            .map(|recorded| {
                let place = || format!("block {} ({})", recorded.height, recorded.hash);
                round_trip(report, Check::BlockBytes, place, &recorded.blob.0)
            })
            .collect();
        let transactions = recording
            .transactions
            .iter()
            .map(|recorded| {
                let place = || transaction_place(recorded);
                round_trip(report, Check::TransactionBytes, place, &recorded.blob.0)
            })
            .collect();
        if let Some(branch) = &recording.reorganisation {
            decode_branch(branch, report);
        }
        Self {
            blocks,
            transactions,
            places: recording.transaction_places(),
        }
    }

    /// Transactions that decoded, coinbases included.
    pub fn entries<'a>(&'a self, recording: &'a Recording) -> impl Iterator<Item = Entry<'a>> {
        recording
            .transactions
            .iter()
            .zip(&self.transactions)
            .filter_map(|(recorded, transaction)| {
                Some(Entry {
                    recorded,
                    transaction: transaction.as_ref()?,
                })
            })
    }

    /// The transaction with this id.
    #[must_use]
    pub fn entry<'a>(&'a self, recording: &'a Recording, id: &Hash) -> Option<Entry<'a>> {
        let place = *self.places.get(id)?;
        Some(Entry {
            recorded: recording.transactions.get(place)?,
            transaction: self.transactions.get(place)?.as_ref()?,
        })
    }
}

/// Blocks and transactions of the branch that was replaced: bytes and ids.
fn decode_branch(branch: &Reorganisation, report: &mut Report) {
    for recorded in &branch.orphaned_blocks {
        let place = || format!("replaced block {} ({})", recorded.height, recorded.hash);
        if let Some(block) = round_trip::<Block>(report, Check::BlockBytes, place, &recorded.blob.0) {
            report.compare(Check::BlockId, place, &recorded.hash, &block.id());
            let list = |ids: &[Hash]| ids.iter().map(Hash::to_string).collect::<Vec<_>>().join(" ");
            let (listed, found) = (list(&recorded.tx_hashes), list(&block.transaction_ids));
            report.compare(Check::BlockTransactions, place, &listed, &found);
        }
    }
    for recorded in &branch.orphaned_txs {
        let place = || format!("transaction {} of a replaced block", recorded.txid);
        if let Some(transaction) = round_trip::<Transaction>(report, Check::TransactionBytes, place, &recorded.blob.0) {
            report.compare(Check::TransactionId, place, &recorded.txid, &transaction.id());
        }
    }
}

/// Why bytes are not the one encoding of a value.
enum RoundTripError {
    Decode(DecodeError),
    Differs(Vec<u8>),
}

impl fmt::Display for RoundTripError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => write!(f, "does not decode: {error}"),
            Self::Differs(bytes) => write!(f, "encodes to {}", hex::encode(bytes)),
        }
    }
}

/// Decodes and encodes again; the value, unless it does not decode.
pub(crate) fn round_trip<T: ConsensusDecode + ConsensusEncode>(
    report: &mut Report,
    check: Check,
    place: impl FnOnce() -> String,
    bytes: &[u8],
) -> Option<T> {
    let value = match T::decode(bytes) {
        Ok(value) => value,
        Err(error) => {
            report.verify(check, place, Err(RoundTripError::Decode(error)));
            return None;
        }
    };
    let again = value.encode();
    let outcome = if again == bytes {
        Ok(())
    } else {
        Err(RoundTripError::Differs(again))
    };
    report.verify(check, place, outcome);
    Some(value)
}
