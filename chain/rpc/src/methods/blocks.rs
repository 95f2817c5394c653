//! Blocks and their headers.

use super::transactions::{EntryShape, mined_entry};
use crate::render::{halves, wide};
use crate::{
    error::MethodError,
    method::Method,
    node::{Call, check_count, parse_hex},
    render::{HeaderContext, alternative_header, block_json, header_entry},
    types::{
        ErrorCode, HexText, Status,
        block::{
            AlternativeChainEntry, AlternativeChainsAnswer, AlternativeHashesAnswer, BlockAnswer, BlockRequest,
            CoinbaseSumAnswer, CoinbaseSumRequest, HeaderAnswer, HeaderByHashRequest, HeaderByHeightRequest,
            HeaderEntry, HeaderRangeAnswer, HeaderRangeRequest, LastHeaderRequest,
        },
        chain::NoParameters,
    },
};
use oxen_node_api::Snapshot;
use oxen_state::{queries, tables::BlockRow};
use oxen_types::{Block, ConsensusDecode, Hash, Height, Transaction};

pub(super) fn methods() -> Vec<Method> {
    const FLAGS: &[&str] = &["fill_pow_hash", "get_tx_hashes"];
    vec![
        Method::new(
            "get_last_block_header",
            "Header of the newest block.",
            get_last_block_header,
        )
        .aliases(&["getlastblockheader"])
        .parameters(FLAGS),
        Method::new(
            "get_block_header_by_hash",
            "Headers by block id.",
            get_block_header_by_hash,
        )
        .aliases(&["getblockheaderbyhash"])
        .parameters(&["hash", "hashes", "fill_pow_hash", "get_tx_hashes"])
        .errors(&[ErrorCode::WrongParameter, ErrorCode::Internal])
        .example(r#"{"hashes":[]}"#),
        Method::new(
            "get_block_header_by_height",
            "Headers by height.",
            get_block_header_by_height,
        )
        .aliases(&["getblockheaderbyheight"])
        .parameters(&["height", "heights", "fill_pow_hash", "get_tx_hashes"])
        .errors(&[ErrorCode::WrongParameter, ErrorCode::HeightTooBig])
        .example(r#"{"height":0}"#),
        Method::new(
            "get_block_headers_range",
            "Headers from one height to another.",
            get_block_headers_range,
        )
        .aliases(&["getblockheadersrange"])
        .parameters(&["start_height", "end_height", "fill_pow_hash", "get_tx_hashes"])
        .errors(&[ErrorCode::WrongParameter, ErrorCode::HeightTooBig])
        .example(r#"{"start_height":0,"end_height":0}"#),
        Method::new("get_block", "A block by id or height, as bytes and as JSON.", get_block)
            .aliases(&["getblock"])
            .parameters(&["hash", "height", "fill_pow_hash", "include_txs"])
            .errors(&[ErrorCode::WrongParameter, ErrorCode::HeightTooBig, ErrorCode::Internal])
            .example(r#"{"height":0}"#),
        Method::new(
            "get_coinbase_tx_sum",
            "What blocks of a range created, took in fees and burned.",
            get_coinbase_tx_sum,
        )
        .admin()
        .parameters(&["height", "count"])
        .errors(&[ErrorCode::HeightTooBig])
        .example(r#"{"height":0,"count":1}"#),
        Method::new(
            "get_alternative_chains",
            "Chains beside the main one.",
            get_alternative_chains,
        )
        .aliases(&["get_alternate_chains"])
        .admin(),
        Method::new(
            "get_alt_blocks_hashes",
            "Ids of blocks beside the main chain.",
            get_alt_blocks_hashes,
        )
        .path(),
    ]
}

/// A block of the main chain as it is read.
struct FoundBlock {
    height: Height,
    row: BlockRow,
    bytes: Vec<u8>,
    block: Block,
}

fn read_block(snapshot: &Snapshot, height: Height) -> Result<Option<FoundBlock>, MethodError> {
    let (Some(row), Some(bytes)) = (
        queries::block_row(&**snapshot, height)?,
        queries::block_blob(&**snapshot, height)?,
    ) else {
        return Ok(None);
    };
    let block = Block::decode(&bytes).map_err(|_| MethodError::Damaged { what: "a block" })?;
    Ok(Some(FoundBlock {
        height,
        row,
        bytes,
        block,
    }))
}

fn block_at(snapshot: &Snapshot, height: u64) -> Result<FoundBlock, MethodError> {
    let tip = queries::totals(&**snapshot)?.tip;
    read_block(snapshot, Height::new(height))?.ok_or(MethodError::HeightTooBig { height, tip })
}

impl FoundBlock {
    fn header(&self, context: HeaderContext) -> HeaderEntry {
        header_entry(&self.block, self.height, &self.row, self.bytes.len(), context)
    }
}

fn header_context(snapshot: &Snapshot, transaction_ids: bool) -> Result<HeaderContext, MethodError> {
    let tip = queries::totals(&**snapshot)?.tip;
    Ok(HeaderContext { tip, transaction_ids })
}

fn get_last_block_header(call: &Call<'_>, request: LastHeaderRequest) -> Result<HeaderAnswer, MethodError> {
    if call.sync_target().is_some() {
        return Ok(HeaderAnswer {
            status: Status::BUSY,
            ..HeaderAnswer::default()
        });
    }
    let snapshot = call.snapshot();
    let context = header_context(&snapshot, request.get_tx_hashes)?;
    let header = block_at(&snapshot, context.tip.index())?.header(context);
    Ok(HeaderAnswer {
        block_header: Some(header),
        status: Status::OK,
        ..HeaderAnswer::default()
    })
}

fn get_block_header_by_hash(call: &Call<'_>, request: HeaderByHashRequest) -> Result<HeaderAnswer, MethodError> {
    let snapshot = call.snapshot();
    let context = header_context(&snapshot, request.get_tx_hashes)?;
    let of_hash = |hash: &HexText<Hash>| header_by_hash(call, &snapshot, context, parse_hex("hash", hash)?);
    if request.hash.is_none() && request.hashes.is_none() {
        return Err(MethodError::MissingParameter { name: "hash" });
    }
    let several = match &request.hashes {
        Some(hashes) => {
            check_count("hashes", hashes.len(), call.sizes().block_headers)?;
            Some(hashes.iter().map(of_hash).collect::<Result<_, _>>()?)
        }
        None => None,
    };
    Ok(HeaderAnswer {
        block_header: request.hash.as_ref().map(of_hash).transpose()?,
        block_headers: several,
        untrusted: false,
        status: Status::OK,
    })
}

/// Looks on the main chain first, then beside it.
fn header_by_hash(
    call: &Call<'_>,
    snapshot: &Snapshot,
    context: HeaderContext,
    id: Hash,
) -> Result<HeaderEntry, MethodError> {
    if let Some(height) = queries::block_height(&**snapshot, &id)?
        && let Some(found) = read_block(snapshot, height)?
    {
        return Ok(found.header(context));
    }
    let (block, bytes) = alternative_block(call, id)?;
    Ok(alternative_header(&block, id, bytes.len(), context))
}

fn alternative_block(call: &Call<'_>, id: Hash) -> Result<(Block, Vec<u8>), MethodError> {
    let bytes = call
        .handles()
        .chain
        .alternative_block(&id)?
        .ok_or(MethodError::NoSuchBlock { id })?;
    let block = Block::decode(&bytes).map_err(|_| MethodError::Damaged { what: "a block" })?;
    Ok((block, bytes))
}

fn get_block_header_by_height(call: &Call<'_>, request: HeaderByHeightRequest) -> Result<HeaderAnswer, MethodError> {
    let snapshot = call.snapshot();
    let context = header_context(&snapshot, request.get_tx_hashes)?;
    check_count("heights", request.heights.len(), call.sizes().block_headers)?;
    let of_height = |height: u64| block_at(&snapshot, height).map(|found| found.header(context));
    if request.height.is_none() && request.heights.is_empty() {
        return Err(MethodError::MissingParameter { name: "height" });
    }
    let several: Vec<HeaderEntry> = request
        .heights
        .iter()
        .copied()
        .map(of_height)
        .collect::<Result<_, _>>()?;
    Ok(HeaderAnswer {
        block_header: request.height.map(of_height).transpose()?,
        block_headers: Some(several).filter(|headers| !headers.is_empty()),
        untrusted: false,
        status: Status::OK,
    })
}

fn get_block_headers_range(call: &Call<'_>, request: HeaderRangeRequest) -> Result<HeaderRangeAnswer, MethodError> {
    let HeaderRangeRequest {
        start_height: start,
        end_height: end,
        get_tx_hashes,
    } = request;
    let snapshot = call.snapshot();
    let context = header_context(&snapshot, get_tx_hashes)?;
    for height in [start, end] {
        if Height::new(height) > context.tip {
            return Err(MethodError::HeightTooBig {
                height,
                tip: context.tip,
            });
        }
    }
    if start > end {
        return Err(MethodError::ReversedRange { start, end });
    }
    let asked = usize::try_from(end.saturating_sub(start).saturating_add(1)).unwrap_or(usize::MAX);
    check_count("headers", asked, call.sizes().block_headers)?;
    let headers = (start..=end)
        .map(|height| block_at(&snapshot, height).map(|found| found.header(context)))
        .collect::<Result<_, _>>()?;
    Ok(HeaderRangeAnswer {
        headers,
        untrusted: false,
        status: Status::OK,
    })
}

fn get_block(call: &Call<'_>, request: BlockRequest) -> Result<BlockAnswer, MethodError> {
    let snapshot = call.snapshot();
    let context = header_context(&snapshot, false)?;
    let found = match &request.hash {
        Some(hash) if !hash.as_str().is_empty() => {
            let id = parse_hex("hash", hash)?;
            match queries::block_height(&*snapshot, &id)? {
                Some(height) => block_at(&snapshot, height.index())?,
                None => return alternative_block_answer(call, id, context),
            }
        }
        // Monero's clients send height 0 with every hash, and mean it without one.
        _ => block_at(&snapshot, request.height.unwrap_or(0))?,
    };
    let txs = if request.include_txs {
        Some(block_transactions(call, &snapshot, &found.block)?)
    } else {
        None
    };
    let header = found.header(context);
    block_answer(&found.block, found.bytes, header, txs)
}

fn alternative_block_answer(call: &Call<'_>, id: Hash, context: HeaderContext) -> Result<BlockAnswer, MethodError> {
    let (block, bytes) = alternative_block(call, id)?;
    let header = alternative_header(&block, id, bytes.len(), context);
    block_answer(&block, bytes, header, None)
}

fn block_answer(
    block: &Block,
    bytes: Vec<u8>,
    header: HeaderEntry,
    txs: Option<Vec<crate::types::transaction::TransactionEntry>>,
) -> Result<BlockAnswer, MethodError> {
    let json = block_json(block).and_then(|json| serde_json::to_string(&json));
    Ok(BlockAnswer {
        miner_tx_hash: header.miner_tx_hash,
        block_header: header,
        tx_hashes: block.transaction_ids.clone(),
        blob: bytes.into(),
        json: json.map_err(MethodError::Unwritable)?,
        txs,
        untrusted: false,
        status: Status::OK,
    })
}

/// Coinbase and transactions of a block, as `get_transactions` shows them.
fn block_transactions(
    call: &Call<'_>,
    snapshot: &Snapshot,
    block: &Block,
) -> Result<Vec<crate::types::transaction::TransactionEntry>, MethodError> {
    let coinbase = block.miner_transaction.as_ref().map(Transaction::id);
    let ids: Vec<Hash> = coinbase
        .into_iter()
        .chain(block.transaction_ids.iter().copied())
        .collect();
    check_count("transactions", ids.len(), call.sizes().transactions)?;
    let mut entries = Vec::with_capacity(ids.len());
    for id in ids {
        let entry = mined_entry(call, snapshot, id, EntryShape::whole_with_json())?;
        entries.push(entry.ok_or(MethodError::Damaged { what: "a transaction" })?);
    }
    Ok(entries)
}

fn get_coinbase_tx_sum(call: &Call<'_>, request: CoinbaseSumRequest) -> Result<CoinbaseSumAnswer, MethodError> {
    /// Rows read at once.
    const PAGE: u64 = 10_000;
    let snapshot = call.snapshot();
    let tip = queries::totals(&*snapshot)?.tip;
    if Height::new(request.height) > tip {
        return Err(MethodError::HeightTooBig {
            height: request.height,
            tip,
        });
    }
    let (mut payouts, mut fees, mut burned) = (0_u64, 0_u64, 0_u64);
    let end = request.height.saturating_add(request.count).min(tip.next().index());
    let mut next = request.height;
    while next < end {
        let count = PAGE.min(end.saturating_sub(next));
        let rows = queries::block_rows(
            &*snapshot,
            Height::new(next),
            usize::try_from(count).unwrap_or(usize::MAX),
        )?;
        for row in &rows {
            payouts = payouts.saturating_add(row.coinbase_payouts.atomic());
            fees = fees.saturating_add(row.fees.saturating_sub(row.burned).atomic());
            burned = burned.saturating_add(row.burned.atomic());
        }
        next = next.saturating_add(count);
    }
    let emission = i128::from(payouts).saturating_sub(i128::from(fees));
    Ok(CoinbaseSumAnswer {
        emission_amount: i64::try_from(emission).unwrap_or(i64::MAX),
        fee_amount: fees,
        burn_amount: burned,
        untrusted: false,
        status: Status::OK,
    })
}

fn get_alternative_chains(call: &Call<'_>, _: NoParameters) -> Result<AlternativeChainsAnswer, MethodError> {
    let entry = |chain: oxen_node_api::AlternativeChain| {
        let length = chain.blocks.len() as u64;
        let (difficulty, difficulty_top64) = halves(chain.cumulative_difficulty);
        AlternativeChainEntry {
            block_hash: chain.tip,
            height: chain.height.next().saturating_sub(length).index(),
            length,
            difficulty,
            difficulty_top64,
            wide_difficulty: wide(chain.cumulative_difficulty),
            block_hashes: chain.blocks,
            main_chain_parent_block: chain.main_chain_parent,
        }
    };
    Ok(AlternativeChainsAnswer {
        chains: call
            .handles()
            .chain
            .alternative_chains()?
            .into_iter()
            .map(entry)
            .collect(),
        untrusted: false,
        status: Status::OK,
    })
}

fn get_alt_blocks_hashes(call: &Call<'_>, _: NoParameters) -> Result<AlternativeHashesAnswer, MethodError> {
    let chains = call.handles().chain.alternative_chains()?;
    Ok(AlternativeHashesAnswer {
        blks_hashes: chains.into_iter().flat_map(|chain| chain.blocks).collect(),
        untrusted: false,
        status: Status::OK,
    })
}
