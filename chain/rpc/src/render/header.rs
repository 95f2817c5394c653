//! A block header with what the chain adds to it (rpc §3.2).

use crate::types::{block::HeaderEntry, text::HexBytes};
use oxen_state::tables::BlockRow;
use oxen_types::{Amount, Block, Extra, Hash, Height, Transaction};

/// Whether the ids of a block's transactions are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeaderContext {
    /// Height of the newest block.
    pub(crate) tip: Height,
    /// Are the ids of transactions asked for?
    pub(crate) transaction_ids: bool,
}

/// A 128-bit number as `0x` hexadecimal.
pub(crate) fn wide(number: u128) -> String {
    format!("{number:#x}")
}

/// The lower and upper half.
pub(crate) const fn halves(number: u128) -> (u64, u64) {
    (number as u64, (number >> 64) as u64)
}

/// The header of a block on the main chain; `size` is the number of its bytes.
pub(crate) fn header_entry(
    block: &Block,
    height: Height,
    row: &BlockRow,
    size: usize,
    context: HeaderContext,
) -> HeaderEntry {
    let (difficulty, difficulty_top64) = halves(row.difficulty);
    let (cumulative_difficulty, cumulative_difficulty_top64) = halves(row.cumulative_difficulty);
    HeaderEntry {
        height: height.index(),
        depth: context.tip.since(height),
        hash: row.id,
        difficulty,
        difficulty_top64,
        wide_difficulty: wide(row.difficulty),
        cumulative_difficulty,
        cumulative_difficulty_top64,
        wide_cumulative_difficulty: wide(row.cumulative_difficulty),
        reward: row.reward.atomic(),
        coinbase_payouts: row.coinbase_payouts.atomic(),
        // The reference counts the coinbase twice.
        block_size: (size as u64).saturating_add(row.weight.bytes()),
        block_weight: row.weight.bytes(),
        long_term_weight: row.long_term_weight.bytes(),
        num_txes: u64::from(row.transaction_count),
        ..bare_entry(block, context)
    }
}

/// The header of a block beside the main chain, whose difficulties and weights are not kept.
pub(crate) fn alternative_header(block: &Block, id: Hash, size: usize, context: HeaderContext) -> HeaderEntry {
    let height = block.height().unwrap_or_default();
    let payouts = block.miner_transaction.as_ref().and_then(payouts).unwrap_or_default();
    HeaderEntry {
        orphan_status: true,
        height: height.index(),
        depth: context.tip.since(height),
        hash: id,
        wide_difficulty: wide(0),
        wide_cumulative_difficulty: wide(0),
        reward: block.reward().unwrap_or(payouts).atomic(),
        coinbase_payouts: payouts.atomic(),
        block_size: size as u64,
        num_txes: block.transaction_ids.len() as u64,
        ..bare_entry(block, context)
    }
}

fn payouts(coinbase: &Transaction) -> Option<Amount> {
    Amount::checked_sum(coinbase.prefix.outputs.iter().map(|output| output.amount))
}

/// What the bytes alone say.
fn bare_entry(block: &Block, context: HeaderContext) -> HeaderEntry {
    let header = &block.header;
    let coinbase = block.miner_transaction.as_ref();
    HeaderEntry {
        major_version: header.major_version,
        minor_version: header.minor_version,
        timestamp: header.timestamp.seconds(),
        prev_hash: header.previous,
        nonce: header.nonce,
        miner_tx_hash: coinbase.map(Transaction::id),
        miner_tx_outs: coinbase.map_or(0, |coinbase| coinbase.prefix.outputs.len() as u64),
        service_node_winner: coinbase.map(|coinbase| {
            Extra::parse_or_empty(&coinbase.prefix.extra)
                .winner()
                .unwrap_or_default()
        }),
        service_node_winner_tail: header
            .leader
            .as_ref()
            .map(|leader| HexBytes(leader.leader_key_end.to_vec())),
        l2_height: header.l2.as_ref().map(|l2| l2.l2_height),
        l2_reward: header.l2.as_ref().map(|l2| l2.l2_reward.atomic()),
        l2_votes: header.l2.as_ref().map(|l2| l2.l2_votes.clone()),
        tx_hashes: context.transaction_ids.then(|| block.transaction_ids.clone()),
        ..HeaderEntry::default()
    }
}
