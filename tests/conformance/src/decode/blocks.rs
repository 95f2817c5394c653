//! Blocks: ids, headers, decoded form, the transactions they list, weights.

use super::decoded::DecodedChain;
use crate::{
    forms::{first_difference, wire},
    recording::{Recording, chain::RecordedBlock},
    report::{Check, Report},
};
use oxen_types::{Amount, Block, Extra, Hash, Transaction, transaction::Weight};

/// Compares every block.
pub fn compare(recording: &Recording, chain: &DecodedChain, report: &mut Report) {
    compare_genesis(recording, report);
    for (recorded, block) in recording.blocks.iter().zip(&chain.blocks) {
        let Some(block) = block else { continue };
        let place = || format!("block {}", recorded.height);
        report.compare(Check::BlockId, place, &recorded.hash, &block.id());
        compare_header(recorded, block, report);
        compare_form(recorded, block, report);
        compare_transactions(recording, chain, recorded, block, report);
    }
    let listed: usize = recording.blocks.iter().map(|block| block.tx_hashes.len() + 1).sum();
    let place = || "number of transactions in txs.json, and in blocks.json".to_owned();
    report.compare(Check::BlockTransactions, place, &recording.transactions.len(), &listed);
}

fn compare_genesis(recording: &Recording, report: &mut Report) {
    let Some(first) = recording.blocks.first() else { return };
    let place = || "genesis block of network.json, compared with block 0".to_owned();
    match recording.network.genesis.block_bytes() {
        Ok(bytes) => report.compare(Check::Genesis, place, &hex::encode(&first.blob.0), &hex::encode(bytes)),
        Err(error) => report.verify(Check::Genesis, place, Err(error)),
    }
}

/// Every field of the RPC's header that the block determines.
fn compare_header(recorded: &RecordedBlock, block: &Block, report: &mut Report) {
    let header = &recorded.header;
    let coinbase = block.miner_transaction.as_ref();
    let pays = coinbase.map_or(Amount::ZERO, coinbase_sum);
    let fields = [
        (
            "height",
            header.height.to_string(),
            block.height().unwrap_or_default().to_string(),
        ),
        ("hash", header.hash.to_string(), block.id().to_string()),
        (
            "major_version",
            header.major_version.to_string(),
            block.header.major_version.to_string(),
        ),
        (
            "minor_version",
            header.minor_version.to_string(),
            block.header.minor_version.to_string(),
        ),
        (
            "timestamp",
            header.timestamp.to_string(),
            block.header.timestamp.to_string(),
        ),
        (
            "prev_hash",
            header.prev_hash.to_string(),
            block.header.previous.to_string(),
        ),
        ("nonce", header.nonce.to_string(), block.header.nonce.to_string()),
        (
            "miner_tx_hash",
            header.miner_tx_hash.to_string(),
            coinbase.map_or(Hash::ZERO, Transaction::id).to_string(),
        ),
        (
            "miner_tx_outs",
            header.miner_tx_outs.to_string(),
            coinbase.map_or(0, |coinbase| coinbase.prefix.outputs.len()).to_string(),
        ),
        (
            "num_txes",
            header.num_txes.to_string(),
            block.transaction_ids.len().to_string(),
        ),
        (
            "coinbase_payouts",
            header.coinbase_payouts.to_string(),
            pays.to_string(),
        ),
        (
            "reward",
            header.reward.to_string(),
            block.reward().unwrap_or(pays).to_string(),
        ),
        (
            "service_node_winner",
            header.service_node_winner.to_string(),
            coinbase
                .and_then(|coinbase| Extra::parse_or_empty(&coinbase.prefix.extra).winner())
                .unwrap_or_default()
                .to_string(),
        ),
    ];
    for (name, recorded_value, computed) in fields {
        let place = || format!("header field {name} of block {}", recorded.height);
        report.compare(Check::BlockHeader, place, &recorded_value, &computed);
    }
}

fn coinbase_sum(coinbase: &Transaction) -> Amount {
    Amount::checked_sum(coinbase.prefix.outputs.iter().map(|output| output.amount)).unwrap_or_default()
}

fn compare_form(recorded: &RecordedBlock, block: &Block, report: &mut Report) {
    let Some(form) = wire::block(block) else {
        report.unchecked(Check::BlockForm, "no recording has shown the form of such a block");
        return;
    };
    match first_difference(&recorded.json, &form) {
        None => report.agree(Check::BlockForm),
        Some((path, left, right)) => report.differ(
            Check::BlockForm,
            format!("{path} in the decoded form of block {}", recorded.height),
            left.to_string(),
            right.to_string(),
        ),
    }
}

/// The block lists what is recorded, each transaction is recorded at its place, and the weights add up.
fn compare_transactions(
    recording: &Recording,
    chain: &DecodedChain,
    recorded: &RecordedBlock,
    block: &Block,
    report: &mut Report,
) {
    let coinbase = block.miner_transaction.as_ref();
    let mut weight = coinbase.map_or(Weight::new(0), Transaction::weight);
    let place = || format!("coinbase of block {}", recorded.height);
    let id = coinbase.map_or(Hash::ZERO, Transaction::id);
    report.compare(Check::BlockTransactions, place, &recorded.miner_tx_hash, &id);
    let list = |ids: &[Hash]| ids.iter().map(Hash::to_string).collect::<Vec<_>>().join(" ");
    let place = || format!("transaction list of block {}", recorded.height);
    report.compare(
        Check::BlockTransactions,
        place,
        &list(&recorded.tx_hashes),
        &list(&block.transaction_ids),
    );
    for (position, id) in (-1..).zip([id].iter().chain(&block.transaction_ids)) {
        let place = || {
            format!(
                "transaction {id} of block {}, as height/index in txs.json",
                recorded.height
            )
        };
        let Some(entry) = chain.entry(recording, id) else {
            report.differ(
                Check::BlockTransactions,
                place(),
                "missing or undecodable".into(),
                id.to_string(),
            );
            continue;
        };
        report.compare(
            Check::BlockTransactions,
            place,
            &format!("{}/{}", entry.recorded.height, entry.recorded.index_in_block),
            &format!("{}/{position}", recorded.height),
        );
        if position >= 0 {
            weight = weight.saturating_add(entry.transaction.weight());
        }
    }
    let place = || format!("weight of block {}", recorded.height);
    report.compare(Check::BlockWeight, place, &recorded.header.block_weight, &weight);
}
