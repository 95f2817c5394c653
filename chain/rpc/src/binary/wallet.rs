//! The fast path of our own wallet (see [`crate::types::wallet`]): blocks without proofs, in SCALE, each encoded once.

use super::{BinaryMethod, Pieces};
use crate::{
    error::MethodError,
    methods::blacklist,
    node::Call,
    types::wallet::{
        BlacklistQuery, DecoyBlacklist, DistributionQuery, MAX_BLACKLIST_ENTRIES, MAX_COUNTED_BLOCKS, OutputCounts,
        decode,
    },
};
use bytes::Bytes;
use oxen_node_api::{BlinkState, Relay, Snapshot};
use oxen_state::{queries, tables::BlockRow};
use oxen_types::{
    GlobalOutputIndex, Hash, Height,
    scan::{
        MAX_BLOCKS, MAX_KNOWN_BLOCKS, PoolApproval, ScanBlock, ScanPool, ScanPoolTransaction, ScanRequest,
        ScanTransaction,
    },
    transaction::PrunedTransaction,
};
use parity_scale_codec::{Compact, Decode, Encode};

pub(super) fn methods() -> Vec<BinaryMethod> {
    vec![
        BinaryMethod {
            name: "get_wallet_blocks.bin",
            aliases: &["wallet_blocks"],
            summary: "Blocks behind those a wallet knows, with what it needs to find its outputs and spends.",
            format: "SCALE: ScanRequest, ScanAnswer",
            work: wallet_blocks,
            long_poll: None,
        },
        BinaryMethod {
            name: "get_wallet_pool.bin",
            aliases: &["wallet_pool"],
            summary: "Every waiting transaction, with what a wallet needs of it.",
            format: "SCALE: nothing, ScanPool",
            work: wallet_pool,
            long_poll: None,
        },
        BinaryMethod {
            name: "get_wallet_distribution.bin",
            aliases: &["wallet_output_distribution"],
            summary: "How many outputs each block has, from a height on.",
            format: "SCALE: DistributionQuery, OutputCounts",
            work: wallet_distribution,
            long_poll: None,
        },
        BinaryMethod {
            name: "get_wallet_blacklist.bin",
            aliases: &["wallet_output_blacklist"],
            summary: "Outputs that are no decoys, from an index on.",
            format: "SCALE: BlacklistQuery, DecoyBlacklist",
            work: wallet_blacklist,
            long_poll: None,
        },
    ]
}

/// A request, or the error for one that does not decode.
fn request<T: Decode>(body: &[u8]) -> Result<T, MethodError> {
    decode(body).map_err(MethodError::WalletRequest)
}

fn wallet_blocks(call: &Call<'_>, body: &[u8]) -> Result<Pieces, MethodError> {
    /// Bytes after which no further block is added: a wallet decodes 64 MiB at once.
    const ENOUGH: usize = 16 * 1024 * 1024;
    let request: ScanRequest = request(body)?;
    let snapshot = call.snapshot();
    let facts = call.facts(&snapshot)?;
    let first = first_wanted(&snapshot, &request)?;
    let limit = usize::try_from(request.limit.min(MAX_BLOCKS))
        .unwrap_or(usize::MAX)
        .min(call.sizes().blocks);
    let enough = ENOUGH.min(call.sizes().response_bytes);
    let (mut blocks, mut bytes, mut height) = (Pieces::new(), 0_usize, first);
    while blocks.len() < limit && bytes < enough && height <= facts.height() {
        let block = encoded_block(call, &snapshot, height)?;
        bytes = bytes.saturating_add(block.len());
        blocks.push(block);
        height = height.next();
    }
    let mut head = facts.height().next().encode();
    // Without a checkpoint only the genesis block is certain to stay.
    facts
        .immutable
        .map_or(Height::GENESIS, |(height, _)| height)
        .encode_to(&mut head);
    Compact(u32::try_from(blocks.len()).unwrap_or(u32::MAX)).encode_to(&mut head);
    let mut pieces = vec![Bytes::from(head)];
    pieces.append(&mut blocks);
    Ok(pieces)
}

/// Behind the newest block that both know, or where the wallet wants to start.
fn first_wanted(snapshot: &Snapshot, request: &ScanRequest) -> Result<Height, MethodError> {
    for known in request.known.iter().take(MAX_KNOWN_BLOCKS) {
        let row = queries::block_row(&**snapshot, known.height)?;
        if row.is_some_and(|row| row.id == known.id) {
            return Ok(known.height.next());
        }
    }
    Ok(request.start)
}

/// A block as it goes to wallets, from the cache or made anew.
fn encoded_block(call: &Call<'_>, snapshot: &Snapshot, height: Height) -> Result<Bytes, MethodError> {
    let damaged = || MethodError::Damaged { what: "a block" };
    let row = queries::block_row(&**snapshot, height)?.ok_or_else(damaged)?;
    let cache = &call.node.scan_blocks;
    if let Some(encoded) = cache.get(&row.id) {
        return Ok(encoded);
    }
    let encoded = Bytes::from(scan_block(snapshot, height, &row)?.encode());
    cache.insert(row.id, encoded.clone());
    Ok(encoded)
}

fn scan_block(snapshot: &Snapshot, height: Height, row: &BlockRow) -> Result<ScanBlock, MethodError> {
    let damaged = || MethodError::Damaged { what: "a block" };
    let block = queries::block(&**snapshot, height)?.ok_or_else(damaged)?;
    let first_output = match height.previous() {
        Some(parent) => {
            queries::block_row(&**snapshot, parent)?
                .ok_or_else(damaged)?
                .outputs_end
        }
        None => 0,
    };
    let mut transactions = Vec::with_capacity(block.transaction_ids.len());
    for id in &block.transaction_ids {
        let transaction = queries::pruned_transaction(&**snapshot, id)?.ok_or_else(damaged)?;
        transactions.push((*id, transaction));
    }
    let transactions = transactions.iter().map(|(id, transaction)| (*id, transaction));
    Ok(ScanBlock::from_block(
        height,
        row.id,
        &block,
        transactions,
        GlobalOutputIndex::new(first_output),
    ))
}

fn wallet_pool(call: &Call<'_>, _: &[u8]) -> Result<Pieces, MethodError> {
    let waiting = call.pool_transactions();
    let scanned = waiting.iter().map(|one| {
        let transaction = PrunedTransaction::from(one.transaction.transaction());
        ScanPoolTransaction {
            received: one.received,
            approval: match one.blink {
                BlinkState::Approved => PoolApproval::Blink,
                BlinkState::Held { .. } if one.relay == Relay::Keep => PoolApproval::Undecided,
                BlinkState::Ordinary | BlinkState::Held { .. } => PoolApproval::Ordinary,
            },
            transaction: ScanTransaction::new(one.transaction.id(), &transaction, None),
        }
    });
    let pool = ScanPool {
        transactions: scanned.collect(),
    };
    Ok(vec![Bytes::from(pool.encode())])
}

fn wallet_distribution(call: &Call<'_>, body: &[u8]) -> Result<Pieces, MethodError> {
    let DistributionQuery { from } = request(body)?;
    let snapshot = call.snapshot();
    let facts = call.facts(&snapshot)?;
    // A wallet that has every block, or more than there are any more, sees it by the height and the parent that it is given.
    let from = from.min(facts.height().next());
    let sums = call.node.output_counts.of(&snapshot)?;
    let (parent, base) = match from.previous() {
        Some(before) => queries::block_row(&*snapshot, before)?
            .map(|row| (row.id, row.outputs_end))
            .ok_or(MethodError::Damaged { what: "a block" })?,
        None => (Hash::ZERO, 0),
    };
    let first = usize::try_from(from.index()).unwrap_or(usize::MAX);
    let mut before = base;
    let counts: Vec<Compact<u32>> = sums
        .get(first..)
        .unwrap_or_default()
        .iter()
        .take(MAX_COUNTED_BLOCKS)
        .map(|sum| {
            let count = sum.saturating_sub(std::mem::replace(&mut before, *sum));
            Compact(u32::try_from(count).unwrap_or(u32::MAX))
        })
        .collect();
    let last = from.saturating_add((counts.len() as u64).saturating_sub(1));
    let tip = queries::block_row(&*snapshot, last)?.map_or(parent, |row| row.id);
    let answer = OutputCounts {
        first: from,
        parent,
        tip,
        base,
        counts,
    };
    Ok(vec![Bytes::from(answer.encode())])
}

fn wallet_blacklist(call: &Call<'_>, body: &[u8]) -> Result<Pieces, MethodError> {
    let BlacklistQuery { from } = request(body)?;
    let snapshot = call.snapshot();
    let tip = queries::totals(&*snapshot)?.tip;
    let answer = DecoyBlacklist::new(tip.next(), blacklist(&snapshot, from, MAX_BLACKLIST_ENTRIES)?);
    Ok(vec![Bytes::from(answer.encode())])
}
