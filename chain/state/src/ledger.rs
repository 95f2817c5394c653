//! Writing what a valid block adds: its outputs, key images, transactions and its own row.

use crate::{
    delta::Overlay,
    error::BlockError,
    tables::{
        BlockBlobs, BlockHeights, BlockRow, Blocks, DecoyBlacklist, OutputRow, Outputs, PrunedTransactions,
        SpentKeyImages, Totals, TotalsRow, TransactionProofs, TransactionRow, Transactions,
    },
    transaction::CheckedTransaction,
    view::View,
};
use oxen_crypto::commitment::coinbase_commitment;
use oxen_types::{
    Amount, Block, Commitment, ConsensusEncode, GlobalOutputIndex, Hash, Height, Transaction,
    extra::Extra,
    transaction::{TransactionType, Weight},
};
use parity_scale_codec::Encode;

/// Sums over the transactions of a block as they are recorded.
pub(crate) struct BlockEntry {
    pub(crate) height: Height,
    pub(crate) next_output: u64,
    pub(crate) weight: Weight,
    pub(crate) fees: Amount,
    pub(crate) burned: Amount,
    pub(crate) miner_fees: Amount,
    pub(crate) coinbase_payouts: Amount,
    pub(crate) transaction_count: u32,
}

impl BlockEntry {
    pub(crate) fn new(before: &TotalsRow, height: Height) -> Self {
        Self {
            height,
            next_output: before.outputs,
            ..Self::genesis()
        }
    }

    pub(crate) const fn genesis() -> Self {
        Self {
            height: Height::GENESIS,
            next_output: 0,
            weight: Weight::new(0),
            fees: Amount::ZERO,
            burned: Amount::ZERO,
            miner_fees: Amount::ZERO,
            coinbase_payouts: Amount::ZERO,
            transaction_count: 0,
        }
    }

    /// From HF21 on all fees are burned (chain §4.8).
    pub(crate) const fn burn_fees(&mut self) {
        self.burned = self.fees;
        self.miner_fees = Amount::ZERO;
    }
}

/// Records the coinbase: its outputs are committed to with mask 1. Its bytes stand in the block.
pub(crate) fn record_coinbase(
    state: &mut Overlay<&dyn View>,
    entry: &mut BlockEntry,
    coinbase: &Transaction,
) -> Result<(), BlockError> {
    let amounts = coinbase.prefix.outputs.iter().map(|output| output.amount);
    entry.coinbase_payouts = Amount::checked_sum(amounts).ok_or(BlockError::AmountOverflow)?;
    entry.weight = entry.weight.saturating_add(coinbase.weight());
    let id = coinbase.id();
    let commitments: Vec<Commitment> = coinbase
        .prefix
        .outputs
        .iter()
        .map(|output| coinbase_commitment(output.amount))
        .collect();
    record_outputs(state, entry, coinbase, id, &commitments, 0, Hash::ZERO);
    Ok(())
}

/// Records a transaction, its key images and its outputs.
pub(crate) fn record_transaction(
    state: &mut Overlay<&dyn View>,
    entry: &mut BlockEntry,
    checked: &CheckedTransaction,
) -> Result<(), BlockError> {
    let sum = |one: Amount, other| one.checked_add(other).ok_or(BlockError::AmountOverflow);
    entry.fees = sum(entry.fees, checked.fee())?;
    entry.burned = sum(entry.burned, checked.burned())?;
    entry.miner_fees = sum(entry.miner_fees, checked.miner_fee())?;
    entry.weight = entry.weight.saturating_add(checked.weight());
    entry.transaction_count = entry.transaction_count.saturating_add(1);

    let id = checked.id();
    let transaction = checked.transaction();
    for image in transaction.prefix.key_images() {
        state.put::<SpentKeyImages>(&image, &entry.height);
    }
    state.put::<PrunedTransactions>(&id, &transaction.encode_pruned());
    let proofs = transaction.encode_prunable();
    if !proofs.is_empty() {
        state.put::<TransactionProofs>(&id, &proofs);
    }
    if has_public_outputs(transaction) {
        for output in 0..transaction.prefix.outputs.len() as u64 {
            let index = entry.next_output.saturating_add(output);
            state.put::<DecoyBlacklist>(&GlobalOutputIndex::new(index), &());
        }
    }
    let commitments = checked
        .clsag()
        .map_or(&[] as &[Commitment], |proofs| &proofs.base.commitments);
    let position = entry.transaction_count;
    record_outputs(
        state,
        entry,
        transaction,
        id,
        commitments,
        position,
        checked.hashes().prunable,
    );
    Ok(())
}

fn record_outputs(
    state: &mut Overlay<&dyn View>,
    entry: &mut BlockEntry,
    transaction: &Transaction,
    id: Hash,
    commitments: &[Commitment],
    position: u32,
    prunable_hash: Hash,
) {
    let row = TransactionRow {
        height: entry.height,
        position,
        kind: transaction.prefix.kind,
        first_output: entry.next_output,
        output_count: u32::try_from(transaction.prefix.outputs.len()).unwrap_or(u32::MAX),
        prunable_hash,
    };
    state.put::<Transactions>(&id, &row);
    for (index, (output, commitment)) in transaction.prefix.outputs.iter().zip(commitments).enumerate() {
        let Some(key) = output.key() else { continue };
        let row = OutputRow {
            key,
            commitment: *commitment,
            unlock_time: transaction.prefix.output_unlock_time(index),
            height: entry.height,
            transaction: id,
        };
        state.put::<Outputs>(&GlobalOutputIndex::new(entry.next_output), &row);
        entry.next_output = entry.next_output.saturating_add(1);
    }
}

/// True for stakes and registrations, which publish their transaction key and their owner, so that everybody sees whose their
/// outputs are (chain §2.10).
fn has_public_outputs(transaction: &Transaction) -> bool {
    if transaction.prefix.kind == TransactionType::OxenNameSystem {
        return false;
    }
    let extra = Extra::parse_or_empty(&transaction.prefix.extra);
    extra.transaction_secret_key().is_some() && extra.contributor().is_some()
}

/// Writes the block's own rows and the totals.
pub(crate) fn write_block(
    state: &mut Overlay<&dyn View>,
    block: &Block,
    height: Height,
    row: &BlockRow,
    totals: &TotalsRow,
) {
    state.put::<Blocks>(&height, row);
    state.put::<BlockHeights>(&row.id, &height);
    state.put_encoded::<BlockBlobs>(&height, Encode::encode(&ConsensusEncode::encode(block)));
    state.put::<Totals>(&(), totals);
}
