//! Global output indices, keys and commitments of every output (chain §3.4, §1.8).

use super::decoded::{DecodedChain, Entry};
use crate::{
    recording::Recording,
    report::{Check, Report},
};
use oxen_crypto::commitment::coinbase_commitment;
use oxen_types::{Commitment, Transaction, transaction::Proofs};

/// Numbers the outputs of the chain anew and compares.
pub fn compare(recording: &Recording, chain: &DecodedChain, report: &mut Report) {
    let mut next = 0_u64;
    for block in &recording.blocks {
        for id in [block.miner_tx_hash].iter().chain(&block.tx_hashes) {
            let Some(entry) = chain.entry(recording, id) else {
                continue;
            };
            compare_transaction(recording, &entry, &mut next, report);
        }
    }
    let place = || "number of outputs".to_owned();
    report.compare(Check::OutputIndices, place, &(recording.outputs.len() as u64), &next);
}

fn compare_transaction(recording: &Recording, entry: &Entry<'_>, next: &mut u64, report: &mut Report) {
    let first = *next;
    let outputs = &entry.transaction.prefix.outputs;
    *next += outputs.len() as u64;
    let list = |indices: Vec<u64>| format!("{indices:?}");
    report.compare(
        Check::OutputIndices,
        || entry.place(),
        &list(entry.recorded.output_indices.clone()),
        &list((first..*next).collect()),
    );
    let commitments = commitments(entry.transaction);
    for (position, (output, commitment)) in outputs.iter().zip(commitments).enumerate() {
        let place = || {
            format!(
                "output {position} of {}, global index {}",
                entry.place(),
                first + position as u64
            )
        };
        let row = |key: String, commitment: &Commitment, id: String, height: String| {
            format!("key {key} commitment {commitment} in {id} at {height}")
        };
        let recorded = usize::try_from(first)
            .ok()
            .and_then(|first| recording.outputs.get(first + position))
            .map_or_else(
                || "missing".to_owned(),
                |found| {
                    row(
                        found.key.to_string(),
                        &found.mask,
                        found.txid.to_string(),
                        found.height.to_string(),
                    )
                },
            );
        let key = output.key().unwrap_or_default();
        let computed = row(
            key.to_string(),
            &commitment,
            entry.transaction.id().to_string(),
            entry.recorded.height.to_string(),
        );
        report.compare(Check::Outputs, place, &recorded, &computed);
    }
}

/// Commitments of a transaction's outputs: its own, or those of amounts in the clear.
#[must_use]
pub fn commitments(transaction: &Transaction) -> Vec<Commitment> {
    match &transaction.proofs {
        Proofs::Clsag(proofs) => proofs.base.commitments.clone(),
        _ => transaction
            .prefix
            .outputs
            .iter()
            .map(|output| coinbase_commitment(output.amount))
            .collect(),
    }
}
