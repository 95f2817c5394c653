//! Verifying proofs on every core, once.
//!
//! A service without state on disk: depends on types and state. The pool verifies a transaction when it arrives and the writer
//! when it comes with a block; both ask the same [`ProofVerifier`], which remembers what it verified, so that a block made of
//! waiting transactions costs no curve arithmetic.
#![forbid(unsafe_code)]

mod recent;

use oxen_state::{
    TransactionError,
    transaction::{
        CheckedTransaction, ProofDigest, ProofLedger, RangeProofBatch, ResolvedRings, verify_ring_signature,
    },
};
use rand_core::OsRng;
use rayon::prelude::*;
use recent::RecentDigests;
use std::sync::{Arc, Mutex, PoisonError};

/// A transaction with the rings that the chain gives it.
pub type Resolved = (Arc<CheckedTransaction>, ResolvedRings);

/// One proof of a batch failed.
#[derive(Debug, thiserror::Error)]
#[error("transaction {position} of the batch: {error}")]
pub struct InvalidProof {
    /// Place in the slice that was given.
    pub position: usize,
    /// What failed.
    #[source]
    pub error: TransactionError,
}

/// Verifies proofs and remembers them.
#[derive(Debug)]
pub struct ProofVerifier {
    verified: Mutex<RecentDigests>,
}

impl ProofVerifier {
    /// Digests remembered by default: two days of full blocks, 64 MiB at most.
    pub const DEFAULT_CAPACITY: usize = 500_000;

    /// Remembers at most `capacity` transactions, forgetting the oldest.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            verified: Mutex::new(RecentDigests::new(capacity)),
        }
    }

    /// Verifies the ring signatures and range proofs of all transactions that were not verified before: signatures one by one
    /// on every core, range proofs in one batch for each core.
    ///
    /// # Errors
    /// The first transaction, by position, found to be invalid. Nothing of the batch is remembered then.
    pub fn verify(&self, transactions: &[Resolved]) -> Result<(), InvalidProof> {
        let new: Vec<usize> = (0..transactions.len())
            .filter(|position| {
                transactions
                    .get(*position)
                    .is_some_and(|(_, rings)| !self.is_verified(&rings.digest))
            })
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let (signatures, range_proofs) = rayon::join(
            || verify_signatures(transactions, &new),
            || verify_range_proofs(transactions, &new),
        );
        let failures = [signatures.err(), range_proofs.err()];
        if let Some(first) = failures.into_iter().flatten().min_by_key(|failure| failure.position) {
            return Err(first);
        }
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, rings) in new.iter().filter_map(|position| transactions.get(*position)) {
            verified.insert(rings.digest);
        }
        Ok(())
    }
}

impl Default for ProofVerifier {
    fn default() -> Self {
        Self::new(Self::DEFAULT_CAPACITY)
    }
}

impl ProofLedger for ProofVerifier {
    fn is_verified(&self, digest: &ProofDigest) -> bool {
        self.verified
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(digest)
    }
}

/// Every input is a job of its own, so that one transaction with many inputs keeps all cores busy.
fn verify_signatures(transactions: &[Resolved], positions: &[usize]) -> Result<(), InvalidProof> {
    let jobs: Vec<(usize, usize)> = positions
        .iter()
        .flat_map(|position| {
            let inputs = transactions.get(*position).map_or(0, |(_, rings)| rings.rings.len());
            (0..inputs).map(move |input| (*position, input))
        })
        .collect();
    jobs.par_iter()
        .filter_map(|(position, input)| {
            let (transaction, rings) = transactions.get(*position)?;
            let error = verify_ring_signature(transaction, rings, *input).err()?;
            Some(InvalidProof {
                position: *position,
                error,
            })
        })
        .min_by_key(|failure| failure.position)
        .map_or(Ok(()), Err)
}

/// One batch for each core: a batch of all would leave the other cores idle.
fn verify_range_proofs(transactions: &[Resolved], positions: &[usize]) -> Result<(), InvalidProof> {
    let share = positions.len().div_ceil(rayon::current_num_threads()).max(1);
    positions
        .par_chunks(share)
        .filter_map(|chunk| verify_range_proof_batch(transactions, chunk))
        .min()
        .map_or(Ok(()), |position| {
            Err(InvalidProof {
                position,
                error: TransactionError::InvalidRangeProof,
            })
        })
}

/// The first position whose range proof is invalid.
fn verify_range_proof_batch(transactions: &[Resolved], positions: &[usize]) -> Option<usize> {
    let mut batch = RangeProofBatch::new();
    for position in positions {
        let (transaction, _) = transactions.get(*position)?;
        if batch.add(*position, transaction).is_err() {
            return Some(*position);
        }
    }
    batch.invalid(&mut OsRng).into_iter().min()
}
