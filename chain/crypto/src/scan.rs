//! Finding the owner of outputs fast: derivations and candidate spend keys of many transactions at once (chain §1.3, §B.2).

use crate::{
    derivation::{DerivationScalar, KeyDerivation},
    keys::{SecretKey, encode_public_key},
    point,
};
use curve25519_dalek::EdwardsPoint;
use oxen_types::PublicKey;

/// One transaction key and the outputs that may have been made with it.
#[derive(Debug, Clone, Copy)]
pub struct ScanJob<'a> {
    /// `R`, or an additional key.
    pub transaction_key: PublicKey,
    /// Index in the transaction and one-time key of each output.
    pub outputs: &'a [(u64, PublicKey)],
}

/// What a job found out.
#[derive(Debug, Clone)]
pub struct ScanResult {
    /// `D = 8·a·R`.
    pub derivation: KeyDerivation,
    /// One for each output of the job, in the same order; nothing for a key that does not decode.
    pub candidates: Vec<Option<Candidate>>,
}

/// Who an output pays to, if it was made with this derivation.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// `B' = P_i − d·G`: an output is ours if this is the spend key of one of our addresses.
    pub spend_key: PublicKey,
    /// `d(D, i)`, which opens the amount.
    pub scalar: DerivationScalar,
}

/// Scans with one view key.
#[derive(Debug, Clone)]
pub struct Scanner {
    view: SecretKey,
}

impl Scanner {
    /// Prepares for a secret view key.
    #[must_use]
    pub fn new(view: &SecretKey) -> Self {
        Self { view: view.clone() }
    }

    /// Does all jobs; nothing for a job whose transaction key does not decode.
    #[must_use]
    pub fn scan(&self, jobs: &[ScanJob<'_>]) -> Vec<Option<ScanResult>> {
        jobs.iter().map(|job| self.scan_job(job)).collect()
    }

    fn scan_job(&self, job: &ScanJob<'_>) -> Option<ScanResult> {
        let derivation = KeyDerivation::new(&self.view, &job.transaction_key).ok()?;
        let candidates = job
            .outputs
            .iter()
            .map(|(index, key)| {
                let scalar = derivation.scalar(*index);
                let output = point::decode(key.as_bytes())?;
                let spend_key = encode_public_key(&(output - EdwardsPoint::mul_base(&scalar.0)));
                Some(Candidate { spend_key, scalar })
            })
            .collect();
        Some(ScanResult { derivation, candidates })
    }
}
