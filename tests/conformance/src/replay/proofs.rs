//! Ring signatures, verified as soon as the state knows the ring members, before the block is applied.

use super::{chain::Chain, prepared::PreparedChain};
use crate::report::{Check, Report};
use oxen_state::{
    CheckedBlock,
    transaction::{CheckedTransaction, ProofDigest, ProofLedger, ResolvedRings, resolve_rings, verify_ring_signature},
};
use oxen_types::Height;
use rayon::prelude::*;
use std::{collections::BTreeSet, sync::Arc};

/// Remembers whose proofs were verified over which rings.
#[derive(Debug, Default)]
pub struct VerifiedProofs {
    digests: BTreeSet<ProofDigest>,
}

impl VerifiedProofs {
    /// Remembers one.
    pub fn insert(&mut self, digest: ProofDigest) {
        self.digests.insert(digest);
    }
}

impl ProofLedger for VerifiedProofs {
    fn is_verified(&self, digest: &ProofDigest) -> bool {
        self.digests.contains(digest)
    }
}

/// Verifies the ring signatures of a block's transactions against the state before it, and has the chain remember those whose
/// range proofs are good too. Rings that cannot be resolved are for the transition to refuse.
pub fn verify(block: &CheckedBlock, prepared: &PreparedChain, chain: &mut Chain<'_>, report: &mut Report) {
    let height = chain.height().next();
    let resolved: Vec<(&Arc<CheckedTransaction>, ResolvedRings)> = block
        .transactions()
        .iter()
        .filter_map(|transaction| Some((transaction, resolve(chain, block, transaction, height)?)))
        .collect();
    let outcomes: Vec<(usize, Report)> = resolved
        .par_iter()
        .enumerate()
        .map(|(position, (transaction, rings))| (position, verify_inputs(transaction, rings)))
        .collect();
    for (position, part) in outcomes {
        let Some((transaction, rings)) = resolved.get(position) else {
            continue;
        };
        let good = part.differences().is_empty() && prepared.good_range_proofs.contains(&transaction.id());
        report.merge(part);
        if good {
            chain.remember_proofs(rings.digest);
        }
    }
}

/// The rings of a transaction in the chain's state, if the state has them all.
pub fn resolve(
    chain: &Chain<'_>,
    block: &CheckedBlock,
    transaction: &CheckedTransaction,
    height: Height,
) -> Option<ResolvedRings> {
    let now = block.block().header.timestamp;
    resolve_rings(
        chain.state(),
        transaction,
        height,
        now,
        chain.network().target_block_seconds,
    )
    .ok()
}

fn verify_inputs(transaction: &CheckedTransaction, rings: &ResolvedRings) -> Report {
    let mut report = Report::new();
    for input in 0..rings.rings.len() {
        let place = || format!("input {input} of transaction {}", transaction.id());
        let outcome = verify_ring_signature(transaction, rings, input);
        report.verify(Check::RingSignatures, place, outcome);
    }
    report
}
