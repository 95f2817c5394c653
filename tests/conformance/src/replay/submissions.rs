//! Transactions that were given to a node, good ones and bad ones: what it took is taken, what it refused is refused.

use super::chain::Chain;
use crate::{
    recording::{Recording, extras::SubmissionGroup},
    report::{Check, Report},
};
use oxen_state::{
    TransactionError,
    transaction::{CheckedTransaction, RangeProofBatch, resolve_rings, spent_key_image, verify_ring_signatures},
};
use oxen_types::{ConsensusDecode, Height, KeyImage, Timestamp, Transaction};
use rand_core::OsRng;
use std::collections::BTreeSet;

/// Judges the groups whose good transactions were mined at `height`, which is the next one, as if they came now.
pub fn judge_before(recording: &Recording, height: Height, chain: &Chain<'_>, report: &mut Report) {
    for group in recording.events.iter().flat_map(|events| &events.submissions) {
        if mined_at(recording, group) == Some(height) {
            for (what, verdict) in judge(group, height, chain) {
                report.verify(
                    Check::Submissions,
                    || format!("submission \"{what}\""),
                    verdict.agrees(),
                );
                report.note(format!("submission \"{what}\": {verdict}"));
            }
        }
    }
}

/// Where the first transaction of the group that the node took was mined; at the last height if none was.
fn mined_at(recording: &Recording, group: &SubmissionGroup) -> Option<Height> {
    let places = recording.transaction_places();
    let mined = group.blobs.iter().zip(&group.responses).find_map(|(blob, response)| {
        let id = Transaction::decode(&blob.0).ok()?.id();
        let place = places.get(&id).filter(|_| response.status == TAKEN)?;
        recording.transactions.get(*place).map(|transaction| transaction.height)
    });
    mined.or_else(|| recording.blocks.last().map(|block| block.height))
}

const TAKEN: &str = "OK";

/// What the node and this program said of a submission.
#[derive(Debug)]
pub struct Verdict {
    /// The rule it breaks here even apart from the submissions before it.
    pub refused_alone: Option<TransactionError>,
    /// Whether the node took it.
    pub taken: bool,
    /// The node's reasons.
    pub reasons: Vec<String>,
    /// The rule it breaks here.
    pub refused: Option<TransactionError>,
}

impl Verdict {
    /// Both take it or both refuse it.
    ///
    /// # Errors
    /// In words, if not.
    pub fn agrees(&self) -> Result<(), String> {
        if self.taken == self.refused.is_none() {
            Ok(())
        } else {
            Err(self.to_string())
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.refused {
            None => f.write_str("taken here")?,
            Some(error) => write!(f, "refused here ({error})")?,
        }
        if let (Some(_), Some(alone)) = (&self.refused, &self.refused_alone) {
            write!(f, ", and apart from those before it ({alone})")?;
        }
        if self.taken {
            f.write_str("; the reference took it")
        } else {
            write!(f, "; the reference refused it ({})", self.reasons.join(", "))
        }
    }
}

/// Judges every submission of a group in its order; one that is taken occupies its key images for those that follow.
#[must_use]
pub fn judge(group: &SubmissionGroup, height: Height, chain: &Chain<'_>) -> Vec<(String, Verdict)> {
    let mut occupied = BTreeSet::new();
    let mut verdicts = Vec::new();
    for (position, (blob, response)) in group.blobs.iter().zip(&group.responses).enumerate() {
        let outcome = admit(&blob.0, height, group.time, chain, &occupied);
        let refused = match outcome {
            Ok(images) => {
                occupied.extend(images);
                None
            }
            Err(error) => Some(error),
        };
        let what = group
            .what
            .get(position)
            .cloned()
            .unwrap_or_else(|| format!("number {position}"));
        verdicts.push((
            what,
            Verdict {
                refused_alone: judge_one(&blob.0, height, group.time, chain).err(),
                taken: response.status == TAKEN,
                reasons: response.reason_codes.clone(),
                refused,
            },
        ));
    }
    verdicts
}

/// Every rule for a transaction that wants to be in the block at `height`; its key images if it obeys all.
fn admit(
    blob: &[u8],
    height: Height,
    now: Timestamp,
    chain: &Chain<'_>,
    occupied: &BTreeSet<KeyImage>,
) -> Result<Vec<KeyImage>, TransactionError> {
    let version = chain.network().forks.version_at(height).version;
    let transaction = CheckedTransaction::from_blob(blob, version)?;
    let images: Vec<KeyImage> = transaction.transaction().prefix.key_images().collect();
    if let Some(image) = images.iter().find(|image| occupied.contains(image)) {
        return Err(TransactionError::KeyImageSpent { image: *image });
    }
    check(&transaction, height, now, chain)?;
    Ok(images)
}

/// The rules that need the chain, then the proofs.
fn check(
    transaction: &CheckedTransaction,
    height: Height,
    now: Timestamp,
    chain: &Chain<'_>,
) -> Result<(), TransactionError> {
    let view = chain.state();
    if let Some(image) = spent_key_image(view, transaction)? {
        return Err(TransactionError::KeyImageSpent { image });
    }
    let rings = resolve_rings(view, transaction, height, now, chain.network().target_block_seconds)?;
    let mut range_proof = RangeProofBatch::new();
    range_proof.add(0, transaction)?;
    if !range_proof.invalid(&mut OsRng).is_empty() {
        return Err(TransactionError::InvalidRangeProof);
    }
    verify_ring_signatures(transaction, &rings)
}

/// Judges one transaction apart from any group, against the chain alone.
///
/// # Errors
/// The rule it breaks.
pub fn judge_one(blob: &[u8], height: Height, now: Timestamp, chain: &Chain<'_>) -> Result<(), TransactionError> {
    admit(blob, height, now, chain, &BTreeSet::new()).map(drop)
}
