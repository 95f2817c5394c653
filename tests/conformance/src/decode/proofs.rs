//! What hides and signs payments: key images, balances, range proofs, ring signatures (chain §2.6 to §2.8).

use super::decoded::{DecodedChain, Entry};
use crate::{
    progress::Progress,
    recording::{
        Recording,
        chain::{RecordedOutput, output_at},
    },
    report::{Check, Report},
};
use oxen_crypto::{
    bulletproof::BatchVerifier,
    clsag::{self, RingMember},
    commitment, keys,
};
use oxen_types::{
    ConsensusEncode, GlobalOutputIndex, KeyImage,
    transaction::{ClsagProofs, Input, Proofs},
};
use rand_core::OsRng;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Range proofs verified together. More save little and name a bad one later.
const BATCH: usize = 64;

/// A transaction with CLSAG proofs.
#[derive(Clone, Copy)]
struct Transfer<'a> {
    entry: Entry<'a>,
    proofs: &'a ClsagProofs,
}

/// Verifies every proof of the chain.
pub fn verify(recording: &Recording, chain: &DecodedChain, report: &mut Report) {
    let mut transfers = Vec::new();
    for entry in chain.entries(recording) {
        match &entry.transaction.proofs {
            Proofs::Clsag(proofs) => transfers.push(Transfer { entry, proofs }),
            Proofs::Absent | Proofs::Null => {}
            Proofs::Legacy(_) | Proofs::RingSignatures(_) => {
                report.unchecked(Check::RingSignatures, "proofs before HF16 are only parsed");
            }
        }
    }
    check_key_images(&transfers, report);
    for transfer in &transfers {
        let outcome = commitment::check_balance(
            &transfer.proofs.prunable.pseudo_outputs,
            &transfer.proofs.base.commitments,
            transfer.proofs.base.fee,
        );
        report.verify(Check::Balance, || transfer.entry.place(), outcome);
    }
    verify_range_proofs(&transfers, report);
    verify_ring_signatures(recording, &transfers, report);
}

/// In the prime-order group, descending within a transaction, never twice on the chain.
fn check_key_images(transfers: &[Transfer<'_>], report: &mut Report) {
    let mut seen: BTreeMap<KeyImage, String> = BTreeMap::new();
    for transfer in transfers {
        let mut previous = None;
        for image in transfer.entry.transaction.prefix.key_images() {
            let outcome = if !keys::is_valid_key_image(&image) {
                Err("not in the prime-order group".to_owned())
            } else if previous.is_some_and(|previous| previous <= image) {
                Err("not below the one before".to_owned())
            } else if let Some(earlier) = seen.get(&image) {
                Err(format!("already spent in {earlier}"))
            } else {
                Ok(())
            };
            report.verify(
                Check::KeyImages,
                || format!("key image {image} of {}", transfer.entry.place()),
                outcome,
            );
            previous = Some(image);
            seen.insert(image, transfer.entry.place());
        }
    }
}

fn verify_range_proofs(transfers: &[Transfer<'_>], report: &mut Report) {
    let progress = Progress::start("range proof batches", transfers.len().div_ceil(BATCH));
    let parts: Vec<Report> = transfers
        .par_chunks(BATCH)
        .map(|batch| {
            let mut part = Report::new();
            let mut verifier = BatchVerifier::new();
            let mut queued = Vec::new();
            for transfer in batch {
                let bytes = transfer.proofs.prunable.range_proof.encode();
                match verifier.queue(&bytes, &transfer.proofs.base.commitments) {
                    Ok(_) => queued.push(transfer),
                    Err(error) => part.verify(Check::RangeProofs, || transfer.entry.place(), Err(error)),
                }
            }
            let bad = verifier
                .verify(&mut OsRng)
                .err()
                .map(|error| error.places)
                .unwrap_or_default();
            for (position, transfer) in queued.into_iter().enumerate() {
                let outcome = if bad.contains(&position) {
                    Err("invalid")
                } else {
                    Ok(())
                };
                part.verify(Check::RangeProofs, || transfer.entry.place(), outcome);
            }
            progress.step();
            part
        })
        .collect();
    parts.into_iter().for_each(|part| report.merge(part));
}

fn verify_ring_signatures(recording: &Recording, transfers: &[Transfer<'_>], report: &mut Report) {
    let progress = Progress::start("ring signatures of transactions", transfers.len());
    let parts: Vec<Report> = transfers
        .par_iter()
        .map(|transfer| {
            let mut part = Report::new();
            verify_inputs(&recording.outputs, transfer, &mut part);
            progress.step();
            part
        })
        .collect();
    parts.into_iter().for_each(|part| report.merge(part));
}

fn verify_inputs(outputs: &[RecordedOutput], transfer: &Transfer<'_>, report: &mut Report) {
    let message = transfer.proofs.signed_message(transfer.entry.transaction.prefix.hash());
    let prunable = &transfer.proofs.prunable;
    let signed = prunable.signatures.iter().zip(&prunable.pseudo_outputs);
    for (position, (input, (signature, pseudo_output))) in
        transfer.entry.transaction.prefix.inputs.iter().zip(signed).enumerate()
    {
        let place = || format!("input {position} of {}", transfer.entry.place());
        let Input::Key {
            key_offsets, key_image, ..
        } = input
        else {
            report.verify(Check::RingSignatures, place, Err("not an input with a ring"));
            continue;
        };
        let outcome = match ring(outputs, key_offsets) {
            Ok(ring) => clsag::verify(&signature.encode(), &ring, key_image, pseudo_output, &message)
                .map_err(|error| error.to_string()),
            Err(missing) => Err(format!("ring member {missing} is not recorded")),
        };
        report.verify(Check::RingSignatures, place, outcome);
    }
}

/// Ring members: outputs at the running sums of the offsets.
fn ring(outputs: &[RecordedOutput], offsets: &[u64]) -> Result<Vec<RingMember>, GlobalOutputIndex> {
    let mut index = 0_u64;
    offsets
        .iter()
        .map(|offset| {
            index = index.saturating_add(*offset);
            let member = GlobalOutputIndex::new(index);
            let output = output_at(outputs, member).ok_or(member)?;
            Ok(RingMember {
                key: output.key,
                commitment: output.mask,
            })
        })
        .collect()
}
