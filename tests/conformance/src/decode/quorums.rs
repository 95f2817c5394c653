//! What quorums of service nodes signed: Pulse blocks, checkpoints; and that the recorded node keys are pairs.

use super::decoded::DecodedChain;
use crate::{
    recording::{
        Recording,
        extras::RecordedCheckpoint,
        quorums::{QuorumKind, Quorums},
    },
    report::{Check, Report},
};
use oxen_crypto::{SecretKey, signature::schnorr};
use oxen_staking_rules::quorum::Quorum;
use oxen_state::block::pulse::{Completeness, check_maker};
use oxen_types::{
    Block, Hash, Height, PublicKey,
    network::constants::{CHECKPOINT_MIN_VOTES, CHECKPOINT_QUORUM_SIZE},
};

/// Verifies all of them.
pub fn verify(recording: &Recording, chain: &DecodedChain, report: &mut Report) {
    verify_node_keys(recording, report);
    let Some(quorums) = &recording.quorums else {
        let why = "quorums.json is absent";
        report.unchecked(Check::PulseSignatures, why);
        report.unchecked(Check::CheckpointSignatures, why);
        return;
    };
    for (recorded, block) in recording.blocks.iter().zip(&chain.blocks) {
        if let Some(block) = block {
            verify_block(quorums, recorded.height, block, report);
        }
    }
    verify_checkpoints(recording, quorums, report);
}

/// A block with a recorded Pulse quorum is signed by it, one without is not a Pulse block.
fn verify_block(quorums: &Quorums, height: Height, block: &Block, report: &mut Report) {
    let quorum = quorums.get(QuorumKind::Pulse, height);
    let id = block.id();
    let signers = quorum.map(|quorum| Quorum {
        validators: quorum.validators.clone(),
        workers: quorum.workers.clone(),
    });
    let place = || format!("block {height} ({id})");
    report.verify(
        Check::PulseForm,
        place,
        check_maker(block, &id, signers.as_ref(), Completeness::Complete).map(drop),
    );
    let validators = quorum.map(|quorum| quorum.validators.as_slice()).unwrap_or_default();
    for signature in &block.signatures {
        let index = signature.voter_index;
        let place = || format!("signature of validator {index} under block {height}");
        verify_vote(
            validators,
            usize::from(index),
            &id,
            &signature.signature,
            place,
            report,
            Check::PulseSignatures,
        );
    }
}

fn verify_vote(
    validators: &[PublicKey],
    index: usize,
    message: &Hash,
    signature: &oxen_types::Signature,
    place: impl FnOnce() -> String,
    report: &mut Report,
    check: Check,
) {
    match validators.get(index) {
        Some(key) => report.verify(check, place, schnorr::verify(message, key, signature)),
        None => report.verify(check, place, Err("the recorded quorum has no such member")),
    }
}

fn verify_checkpoints(recording: &Recording, quorums: &Quorums, report: &mut Report) {
    let Some(answers) = &recording.final_answers else {
        return;
    };
    let checkpoints = match answers.checkpoints() {
        Ok(checkpoints) => checkpoints,
        Err(error) => {
            let place = || "get_checkpoints in rpc_final.json".to_owned();
            report.verify(Check::CheckpointForm, place, Err(error));
            return;
        }
    };
    for checkpoint in &checkpoints {
        let place = || format!("checkpoint at height {}", checkpoint.height);
        if checkpoint.signatures.is_empty() {
            report.unchecked(Check::CheckpointSignatures, "recorded without votes");
            continue;
        }
        report.verify(Check::CheckpointForm, place, check_form(recording, checkpoint));
        let validators = quorums
            .get(QuorumKind::Checkpointing, checkpoint.height)
            .map(|quorum| quorum.validators.as_slice())
            .unwrap_or_default();
        for vote in &checkpoint.signatures {
            let index = usize::from(vote.voter_index);
            let place = || format!("vote {index} for the checkpoint at height {}", checkpoint.height);
            let check = Check::CheckpointSignatures;
            verify_vote(
                validators,
                index,
                &checkpoint.block_hash,
                &vote.signature,
                place,
                report,
                check,
            );
        }
    }
}

/// The block of that height, enough votes, ascending.
fn check_form(recording: &Recording, checkpoint: &RecordedCheckpoint) -> Result<(), String> {
    let votes = &checkpoint.signatures;
    if votes.len() < CHECKPOINT_MIN_VOTES || votes.len() > CHECKPOINT_QUORUM_SIZE {
        return Err(format!("{} votes", votes.len()));
    }
    if votes.windows(2).any(|pair| pair[0].voter_index >= pair[1].voter_index) {
        return Err("votes are not ascending".to_owned());
    }
    let place = usize::try_from(checkpoint.height.index()).unwrap_or(usize::MAX);
    match recording.blocks.get(place) {
        Some(block) if block.hash == checkpoint.block_hash => Ok(()),
        Some(block) => Err(format!("the block is {}", block.hash)),
        None => Err("there is no block of that height".to_owned()),
    }
}

fn verify_node_keys(recording: &Recording, report: &mut Report) {
    for keys in recording.node_keys.iter().flatten() {
        let place = || format!("primary key of {}", keys.name);
        match super::wallets::secret_key(&keys.secret) {
            Ok(secret) => report.compare(Check::NodeKeys, place, &keys.public, &SecretKey::public_key(&secret)),
            Err(error) => report.verify(Check::NodeKeys, place, Err(error)),
        }
    }
}
