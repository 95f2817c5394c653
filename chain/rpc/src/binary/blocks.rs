//! Blocks for wallets of other makers, in portable storage (rpc §3.6).

use super::{
    BinaryMethod, Pieces, answer, document,
    epee::{Section, Value},
};
use crate::{
    error::MethodError,
    methods::output_indices,
    node::{Call, check_count},
};
use oxen_node_api::Snapshot;
use oxen_state::queries;
use oxen_types::{Block, ConsensusDecode, Hash, Height, Transaction};

pub(super) fn methods() -> Vec<BinaryMethod> {
    const FORMAT: &str = "portable storage";
    vec![
        BinaryMethod {
            name: "get_blocks.bin",
            aliases: &["getblocks.bin"],
            summary: "Blocks with their transactions, from the newest that both know on.",
            format: FORMAT,
            work: get_blocks,
            long_poll: None,
        },
        BinaryMethod {
            name: "get_blocks_by_height.bin",
            aliases: &["getblocks_by_height.bin"],
            summary: "Blocks with their transactions, by height.",
            format: FORMAT,
            work: get_blocks_by_height,
            long_poll: None,
        },
        BinaryMethod {
            name: "get_hashes.bin",
            aliases: &["gethashes.bin"],
            summary: "Ids of blocks, from the newest that both know on.",
            format: FORMAT,
            work: get_hashes,
            long_poll: None,
        },
        BinaryMethod {
            name: "get_alt_blocks_hashes.bin",
            aliases: &[],
            summary: "Ids of blocks beside the main chain.",
            format: FORMAT,
            work: get_alt_blocks_hashes,
            long_poll: None,
        },
    ]
}

/// Whether transactions come with their prunable part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proofs {
    Included,
    LeftOut,
}

/// Whether indices of coinbase outputs are given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CoinbaseIndices {
    Given,
    LeftOut,
}

/// The newest block that both know: the first of the client's ids that is on the chain, the genesis block if none is.
fn common_height(snapshot: &Snapshot, ids: &[u8]) -> Result<Height, MethodError> {
    /// Ids of a sparse history of any chain, with room to spare.
    const MOST: usize = 1_000;
    if !ids.len().is_multiple_of(Hash::LENGTH) {
        return Err(MethodError::BadPackedHashes { name: "block_ids" });
    }
    check_count("block ids", ids.len() / Hash::LENGTH, MOST)?;
    for id in ids.chunks_exact(Hash::LENGTH) {
        let id = <[u8; 32]>::try_from(id).map_or(Hash::ZERO, Hash::new);
        if let Some(height) = queries::block_height(&**snapshot, &id)? {
            return Ok(height);
        }
    }
    Ok(Height::GENESIS)
}

/// Where an answer starts: at the height asked for, or at the newest block that both know.
fn start_of(snapshot: &Snapshot, request: &Section) -> Result<Height, MethodError> {
    let tip = queries::totals(&**snapshot)?.tip;
    match request.number("start_height") {
        None | Some(0) => common_height(snapshot, request.bytes("block_ids")),
        Some(height) if Height::new(height) > tip => Err(MethodError::HeightTooBig { height, tip }),
        Some(height) => Ok(Height::new(height)),
    }
}

fn get_blocks(call: &Call<'_>, body: &[u8]) -> Result<Pieces, MethodError> {
    /// Bytes after which no further block is added.
    const ENOUGH: usize = 16 * 1024 * 1024;
    let request = document(body)?;
    let snapshot = call.snapshot();
    let tip = queries::totals(&*snapshot)?.tip;
    let start = start_of(&snapshot, &request)?;
    let proofs = if request.flag("prune") {
        Proofs::LeftOut
    } else {
        Proofs::Included
    };
    let coinbases = if request.flag("no_miner_tx") {
        CoinbaseIndices::LeftOut
    } else {
        CoinbaseIndices::Given
    };
    let enough = ENOUGH.min(call.sizes().response_bytes);
    let (mut blocks, mut indices, mut bytes, mut height) = (Vec::new(), Vec::new(), 0_usize, start);
    while blocks.len() < call.sizes().blocks && bytes < enough && height <= tip {
        let block = read_block(&snapshot, height, proofs, coinbases)?;
        bytes = bytes.saturating_add(block.size);
        blocks.push(block.entry);
        indices.push(Section::new().with("indices", block.indices));
        height = height.next();
    }
    Ok(answer(
        Section::new()
            .with("blocks", blocks.into_iter().collect::<Value>())
            .with("output_indices", indices.into_iter().collect::<Value>())
            .with("start_height", start.index())
            .with("current_height", tip.next().index()),
    ))
}

fn get_blocks_by_height(call: &Call<'_>, body: &[u8]) -> Result<Pieces, MethodError> {
    let request = document(body)?;
    let heights = request.array("heights");
    check_count("blocks", heights.len(), call.sizes().blocks)?;
    let snapshot = call.snapshot();
    let tip = queries::totals(&*snapshot)?.tip;
    let (mut blocks, mut bytes) = (Vec::with_capacity(heights.len()), 0_usize);
    for height in heights {
        let height = height
            .as_number()
            .ok_or(MethodError::MissingParameter { name: "heights" })?;
        if Height::new(height) > tip {
            return Err(MethodError::HeightTooBig { height, tip });
        }
        let block = read_block(
            &snapshot,
            Height::new(height),
            Proofs::Included,
            CoinbaseIndices::LeftOut,
        )?;
        bytes = bytes.saturating_add(block.size);
        if bytes > call.sizes().response_bytes {
            return Err(MethodError::AnswerTooLarge {
                limit: call.sizes().response_bytes,
            });
        }
        blocks.push(block.entry);
    }
    Ok(answer(
        Section::new().with("blocks", blocks.into_iter().collect::<Value>()),
    ))
}

/// A block as these endpoints give it.
struct BlockParts {
    entry: Section,
    /// An element for each transaction, the coinbase first, even where it has no outputs, so that the lists stay aligned.
    indices: Value,
    size: usize,
}

fn read_block(
    snapshot: &Snapshot,
    height: Height,
    proofs: Proofs,
    coinbases: CoinbaseIndices,
) -> Result<BlockParts, MethodError> {
    let damaged = || MethodError::Damaged { what: "a block" };
    let blob = queries::block_blob(&**snapshot, height)?.ok_or_else(damaged)?;
    let block = Block::decode(&blob).map_err(|_| damaged())?;
    let mut size = blob.len();
    let mut indices = Vec::with_capacity(block.transaction_ids.len().saturating_add(1));
    let coinbase = block.miner_transaction.as_ref().map(Transaction::id);
    indices.push(match coinbase.filter(|_| coinbases == CoinbaseIndices::Given) {
        Some(id) => indices_of(snapshot, &id)?,
        None => Section::new().with("indices", Value::Array(Vec::new())),
    });
    let mut transactions = Vec::with_capacity(block.transaction_ids.len());
    for id in &block.transaction_ids {
        let stored = queries::transaction(&**snapshot, id)?.ok_or_else(damaged)?;
        indices.push(packed_indices(output_indices(&stored)));
        let bytes = match proofs {
            Proofs::LeftOut => stored.pruned,
            Proofs::Included => stored.blob().ok_or(MethodError::ProofsPruned { id: *id })?,
        };
        size = size.saturating_add(bytes.len());
        transactions.push(bytes);
    }
    Ok(BlockParts {
        entry: Section::new()
            .with("block", blob)
            .with("txs", transactions.into_iter().collect::<Value>()),
        indices: indices.into_iter().collect(),
        size,
    })
}

fn indices_of(snapshot: &Snapshot, id: &Hash) -> Result<Section, MethodError> {
    let stored = queries::transaction(&**snapshot, id)?.ok_or(MethodError::Damaged { what: "a transaction" })?;
    Ok(packed_indices(output_indices(&stored)))
}

fn packed_indices(indices: Vec<u64>) -> Section {
    Section::new().with("indices", indices.into_iter().collect::<Value>())
}

fn get_hashes(call: &Call<'_>, body: &[u8]) -> Result<Pieces, MethodError> {
    /// Ids of one answer, as Monero's daemons send.
    const MOST: usize = 25_000;
    let request = document(body)?;
    let snapshot = call.snapshot();
    let tip = queries::totals(&*snapshot)?.tip;
    let start = common_height(&snapshot, request.bytes("block_ids"))?;
    let rows = queries::block_rows(&*snapshot, start, MOST)?;
    let packed: Vec<u8> = rows.iter().flat_map(|row| row.id.to_bytes()).collect();
    Ok(answer(
        Section::new()
            .with("m_block_ids", packed)
            .with("start_height", start.index())
            .with("current_height", tip.next().index()),
    ))
}

fn get_alt_blocks_hashes(call: &Call<'_>, _: &[u8]) -> Result<Pieces, MethodError> {
    let chains = call.handles().chain.alternative_chains()?;
    let hashes: Value = chains
        .iter()
        .flat_map(|chain| &chain.blocks)
        .map(|id| Value::from(id.to_string().as_str()))
        .collect();
    Ok(answer(Section::new().with("blks_hashes", hashes)))
}
