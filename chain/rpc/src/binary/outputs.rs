//! Outputs and the pool for wallets of other makers, in portable storage (rpc §3.6).

use super::{
    BinaryMethod, LongPoll, Pieces, answer, document,
    epee::{Section, Value},
};
use crate::{
    error::MethodError,
    methods::{blacklist, check_outputs, distribution, output_indices},
    node::Call,
    types::output::DistributionRequest,
};
use oxen_state::queries;
use oxen_types::{GlobalOutputIndex, Hash, codec::write_varint};

pub(super) fn methods() -> Vec<BinaryMethod> {
    const FORMAT: &str = "portable storage";
    vec![
        BinaryMethod {
            name: "get_outs.bin",
            aliases: &[],
            summary: "Keys and commitments of outputs, for rings.",
            format: FORMAT,
            work: get_outs,
            long_poll: None,
        },
        BinaryMethod {
            name: "get_o_indexes.bin",
            aliases: &[],
            summary: "Global indices of a transaction's outputs.",
            format: FORMAT,
            work: get_o_indexes,
            long_poll: None,
        },
        BinaryMethod {
            name: "get_output_distribution.bin",
            aliases: &[],
            summary: "How many outputs each block has.",
            format: FORMAT,
            work: get_output_distribution,
            long_poll: None,
        },
        BinaryMethod {
            name: "get_output_blacklist.bin",
            aliases: &[],
            summary: "Outputs that no wallet should use as decoys.",
            format: FORMAT,
            work: get_output_blacklist,
            long_poll: None,
        },
        BinaryMethod {
            name: "get_transaction_pool_hashes.bin",
            aliases: &[],
            summary: "Ids of waiting transactions, on request only once they have changed.",
            format: FORMAT,
            work: get_transaction_pool_hashes,
            long_poll: Some(LongPoll {
                is_unchanged: is_pool_known,
                timed_out: nothing_new,
            }),
        },
    ]
}

fn get_outs(call: &Call<'_>, body: &[u8]) -> Result<Pieces, MethodError> {
    let request = document(body)?;
    let outputs = request
        .array("outputs")
        .iter()
        .map(|output| {
            let output = output
                .as_section()
                .ok_or(MethodError::MissingParameter { name: "outputs" })?;
            let index = output
                .number("index")
                .ok_or(MethodError::MissingParameter { name: "index" })?;
            Ok((output.number("amount").unwrap_or(0), GlobalOutputIndex::new(index)))
        })
        .collect::<Result<Vec<_>, MethodError>>()?;
    let with_transaction = request.flag("get_txid");
    let outs: Value = check_outputs(call, &outputs)?
        .into_iter()
        .map(|(row, unlocked)| {
            let transaction = if with_transaction { row.transaction } else { Hash::ZERO };
            Section::new()
                .with("key", row.key.to_bytes().to_vec())
                .with("mask", row.commitment.to_bytes().to_vec())
                .with("unlocked", unlocked)
                .with("height", row.height.index())
                .with("txid", transaction.to_bytes().to_vec())
        })
        .collect();
    Ok(answer(Section::new().with("outs", outs)))
}

fn get_o_indexes(call: &Call<'_>, body: &[u8]) -> Result<Pieces, MethodError> {
    let request = document(body)?;
    let id = <[u8; 32]>::try_from(request.bytes("txid"))
        .map(Hash::new)
        .map_err(|_| MethodError::BadPackedHashes { name: "txid" })?;
    let stored = queries::transaction(&*call.snapshot(), &id)?.ok_or(MethodError::NoSuchTransaction { id })?;
    let indices: Value = output_indices(&stored).into_iter().collect();
    Ok(answer(Section::new().with("o_indexes", indices)))
}

fn get_output_distribution(call: &Call<'_>, body: &[u8]) -> Result<Pieces, MethodError> {
    let request = document(body)?;
    let amounts = request.array("amounts").iter().filter_map(Value::as_number).collect();
    let found = distribution(
        call,
        &DistributionRequest {
            amounts,
            from_height: request.number("from_height"),
            to_height: request.number("to_height"),
            cumulative: request.flag("cumulative"),
        },
    )?;
    // Numbers are packed into one string unless a client says that it wants a list.
    let binary = request.get("binary").is_none() || request.flag("binary");
    let compress = binary && request.flag("compress");
    let mut section = Section::new()
        .with("amount", 0_u64)
        .with("start_height", found.start_height)
        .with("base", found.base)
        .with("binary", binary)
        .with("compress", compress);
    section = match (binary, compress) {
        (false, _) => section.with("distribution", found.distribution.into_iter().collect::<Value>()),
        (true, false) => {
            let packed: Vec<u8> = found
                .distribution
                .iter()
                .flat_map(|number| number.to_le_bytes())
                .collect();
            section.with("distribution", packed)
        }
        (true, true) => {
            let mut packed = Vec::new();
            for number in &found.distribution {
                write_varint(&mut packed, *number);
            }
            section.with("compressed_data", packed)
        }
    };
    Ok(answer(
        Section::new().with("distributions", [section].into_iter().collect::<Value>()),
    ))
}

fn get_output_blacklist(call: &Call<'_>, _: &[u8]) -> Result<Pieces, MethodError> {
    let indices = blacklist(&call.snapshot(), GlobalOutputIndex::new(0), usize::MAX)?;
    Ok(answer(
        Section::new().with("blacklist", indices.into_iter().collect::<Value>()),
    ))
}

fn get_transaction_pool_hashes(call: &Call<'_>, body: &[u8]) -> Result<Pieces, MethodError> {
    let request = document(body)?;
    let mut ids = call.pool_ids();
    if request.flag("blinked_txs_only") {
        ids.retain(|id| call.handles().pool.is_blink(id));
    }
    let packed: Vec<u8> = ids.iter().flat_map(|id| id.to_bytes()).collect();
    Ok(answer(Section::new().with("tx_hashes", packed)))
}

/// True when the client asks to wait and knows exactly what is in the pool: its sum of all ids by exclusive or is ours.
fn is_pool_known(call: &Call<'_>, body: &[u8]) -> Result<bool, MethodError> {
    let request = document(body)?;
    if !request.flag("long_poll") {
        return Ok(false);
    }
    let mut sum = [0_u8; Hash::LENGTH];
    for id in call.pool_ids() {
        for (byte, other) in sum.iter_mut().zip(id.to_bytes()) {
            *byte ^= other;
        }
    }
    Ok(request.bytes("tx_pool_checksum") == sum)
}

fn nothing_new() -> Pieces {
    let section = Section::new()
        .with("status", "Long polling client timed out before txpool had an update")
        .with("tx_hashes", Vec::<u8>::new())
        .with("untrusted", false);
    vec![section.encode().into()]
}
