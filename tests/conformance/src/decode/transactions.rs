//! Transactions: ids and hashes, the two parts, weights, decoded form, extra fields, fees.

use super::decoded::{DecodedChain, Entry, round_trip};
use crate::{
    forms::{extra, first_difference, wire},
    recording::Recording,
    report::{Check, Report},
};
use oxen_state::transaction::CheckedTransaction;
use oxen_types::{Extra, Hash, Network, keccak256, network::HardForkVersion, transaction::PrunedTransaction};

/// Compares every transaction.
pub fn compare(recording: &Recording, chain: &DecodedChain, report: &mut Report) {
    for entry in chain.entries(recording) {
        compare_hashes(&entry, report);
        compare_parts(&entry, report);
        compare_form(&entry, report);
        compare_extra(&entry, &recording.network, report);
        compare_fee(&entry, report);
        check_rules(&entry, &recording.network, report);
    }
}

fn compare_hashes(entry: &Entry<'_>, report: &mut Report) {
    let hashes = entry.transaction.hashes();
    let place = || entry.place();
    report.compare(Check::TransactionId, place, &entry.recorded.txid, &hashes.id);
    report.compare(Check::PrefixHash, place, &entry.recorded.prefix_hash, &hashes.prefix);
    // The RPC hashes no bytes where the id takes zeros.
    let prunable = entry.transaction.encode_prunable();
    let computed = if prunable.is_empty() {
        keccak256(&[])
    } else {
        hashes.prunable
    };
    report.compare(Check::PrunableHash, place, &entry.recorded.prunable_hash, &computed);
    report.compare(
        Check::TransactionWeight,
        place,
        &entry.recorded.weight,
        &entry.transaction.weight(),
    );
}

/// The two parts that a node stores apart, and the id from the first part and the hash of the second.
fn compare_parts(entry: &Entry<'_>, report: &mut Report) {
    let check = Check::PrunedTransaction;
    let part = |name: &'static str| move || format!("{name} of {}", entry.place());
    let texts = |bytes: &[u8]| hex::encode(bytes);
    report.compare(
        check,
        part("pruned part"),
        &texts(&entry.recorded.pruned.0),
        &texts(&entry.transaction.encode_pruned()),
    );
    report.compare(
        check,
        part("prunable part"),
        &texts(&entry.recorded.prunable.0),
        &texts(&entry.transaction.encode_prunable()),
    );
    let bytes = &entry.recorded.pruned.0;
    let Some(pruned) = round_trip::<PrunedTransaction>(report, check, part("pruned form"), bytes) else {
        return;
    };
    let prunable = if entry.recorded.prunable.0.is_empty() {
        Hash::ZERO
    } else {
        entry.recorded.prunable_hash
    };
    report.compare(
        check,
        part("id of the pruned form"),
        &entry.recorded.txid,
        &pruned.id(prunable),
    );
    report.verify(
        check,
        part("pruned form with its proofs"),
        match pruned.with_prunable(&entry.recorded.prunable.0) {
            Ok(whole) if whole == *entry.transaction => Ok(()),
            Ok(_) => Err("another transaction".to_owned()),
            Err(error) => Err(error.to_string()),
        },
    );
}

fn compare_form(entry: &Entry<'_>, report: &mut Report) {
    let Some(form) = wire::transaction(entry.transaction) else {
        report.unchecked(Check::TransactionForm, "no recording has shown the form of such proofs");
        return;
    };
    match first_difference(&entry.recorded.json, &form) {
        None => report.agree(Check::TransactionForm),
        Some((path, left, right)) => report.differ(
            Check::TransactionForm,
            format!("{path} in the decoded form of {}", entry.place()),
            left.to_string(),
            right.to_string(),
        ),
    }
}

/// Extra parses to its last byte, encodes again, and means what the RPC says.
fn compare_extra(entry: &Entry<'_>, network: &Network, report: &mut Report) {
    let check = Check::ExtraFields;
    let bytes = &entry.transaction.prefix.extra;
    let extra = match Extra::parse(bytes) {
        Ok(extra) => extra,
        Err(error) => {
            report.verify(check, || entry.place(), Err(error));
            return;
        }
    };
    let place = || format!("extra bytes of {}", entry.place());
    report.compare(check, place, &hex::encode(bytes), &hex::encode(extra.encode()));
    let Some(form) = extra::parsed(&extra, network) else {
        report.unchecked(check, "no recording has shown the parsed form of such fields");
        return;
    };
    match first_difference(&entry.recorded.extra, &form) {
        None => report.agree(check),
        Some((path, left, right)) => report.differ(
            check,
            format!("{path} in the extra fields of {}", entry.place()),
            left.to_string(),
            right.to_string(),
        ),
    }
}

fn compare_fee(entry: &Entry<'_>, report: &mut Report) {
    let details = &entry.recorded.rpc;
    let extra = &entry.transaction.prefix.extra;
    let burned = Extra::parse_or_empty(extra).burned();
    let fields = [
        ("burned fee", details.burned.to_string(), burned.to_string()),
        // The RPC's fee is what the block is credited with.
        (
            "fee",
            details.fee.to_string(),
            entry.transaction.fee().saturating_sub(burned).to_string(),
        ),
        (
            "size",
            details.size.to_string(),
            entry.recorded.blob.0.len().to_string(),
        ),
        ("raw extra", hex::encode(&details.tx_extra_raw.0), hex::encode(extra)),
    ];
    for (name, recorded, computed) in fields {
        let place = || format!("{name} of {}", entry.place());
        report.compare(Check::Fee, place, &recorded, &computed);
    }
}

/// Transactions since HF16 obey the rules that need no chain, which have not changed since.
fn check_rules(entry: &Entry<'_>, network: &Network, report: &mut Report) {
    let version = network.forks.version_at(entry.recorded.height).version;
    if entry.transaction.is_coinbase() {
        return;
    }
    if version < HardForkVersion::PULSE {
        report.unchecked(Check::TransactionRules, "the rules before HF16 are not in this version");
        return;
    }
    report.verify(
        Check::TransactionRules,
        || entry.place(),
        CheckedTransaction::from_blob(&entry.recorded.blob.0, version).map(drop),
    );
}
