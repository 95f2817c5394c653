//! The names and the checkpoints at the end of the chain.

use super::chain::Chain;
use crate::{
    recording::Recording,
    report::{Check, Report},
};
use oxen_names::{NameEntry, name::hash_text};
use oxen_state::{block::checkpoints::verify_checkpoint, delta::scan_rows, names::Names};
use oxen_types::{Checkpoint, Height, block::QuorumSignature, checkpoint::CheckpointKind, extra::NameOwner};
use std::collections::BTreeMap;

/// Compares every name, its newest row, field by field.
pub fn compare(recording: &Recording, chain: &Chain<'_>, report: &mut Report) {
    let Some(database) = &recording.names else {
        report.unchecked(Check::Names, "ons_db.json is absent");
        return;
    };
    let rows = match scan_rows::<Names>(chain.state(), &[], &[], usize::MAX) {
        Ok(rows) => rows,
        Err(error) => return report.verify(Check::Names, || "the names".to_owned(), Err(error)),
    };
    let computed: BTreeMap<(u8, String), NameEntry> = rows
        .into_iter()
        .map(|(_, entry)| ((entry.kind.number(), hash_text(&entry.name_hash)), entry))
        .collect();
    let recorded = database.newest();
    report.compare(
        Check::Names,
        || "number of names".to_owned(),
        &recorded.len(),
        &computed.len(),
    );
    for ((kind, hash), row) in recorded {
        let backup = row.backup_owner_id.map(|id| database.owner_keys(id));
        let expected = format!(
            "{} of {} by {} or {backup:?} at {} until {:?}",
            hex::encode(&row.encrypted_value.0),
            row.txid,
            database.owner_keys(row.owner_id),
            row.update_height,
            row.expiration_height,
        );
        let found = computed.get(&(kind, hash.to_owned())).map(|entry| {
            format!(
                "{} of {} by {} or {:?} at {} until {:?}",
                hex::encode(&entry.encrypted_value),
                entry.transaction,
                owner_keys(&entry.owner),
                entry.backup_owner.as_ref().map(owner_keys),
                entry.update_height,
                entry.expiration,
            )
        });
        let place = || format!("name {hash} of register {kind}");
        report.compare(
            Check::Names,
            place,
            &expected,
            &found.unwrap_or_else(|| "none".to_owned()),
        );
    }
}

fn owner_keys(owner: &NameOwner) -> String {
    match owner {
        NameOwner::Wallet {
            spend_key, view_key, ..
        } => format!("{spend_key}{view_key}"),
        NameOwner::Ed25519(key) => format!("{key}{}", "00".repeat(32)),
    }
}

/// Verifies every recorded checkpoint against the quorums of the replayed registry, and that it names the chain's block.
pub fn verify_checkpoints(recording: &Recording, chain: &Chain<'_>, report: &mut Report) {
    let checkpoints = recording.final_answers.iter().map(|answers| answers.checkpoints());
    let checkpoints = match checkpoints.collect::<Result<Vec<_>, _>>() {
        Ok(checkpoints) => checkpoints,
        Err(error) => {
            let place = || "get_checkpoints in rpc_final.json".to_owned();
            return report.verify(Check::Checkpoints, place, Err(error));
        }
    };
    for recorded in checkpoints.into_iter().flatten() {
        let checkpoint = Checkpoint {
            kind: CheckpointKind::ServiceNode,
            height: recorded.height,
            block_id: recorded.block_hash,
            signatures: recorded
                .signatures
                .iter()
                .map(|vote| QuorumSignature {
                    voter_index: vote.voter_index,
                    signature: vote.signature,
                })
                .collect(),
            previous_height: Height::GENESIS,
        };
        if checkpoint.signatures.is_empty() {
            continue;
        }
        let place = || format!("checkpoint at height {}", checkpoint.height);
        let verified = verify_checkpoint(chain.state(), chain.network(), &checkpoint);
        report.verify(Check::Checkpoints, place, verified);
    }
}
