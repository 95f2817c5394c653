//! Finding the owner of outputs fast: derivations and candidate spend keys of many transactions at once (chain §1.3, B.2).
//!
//! The more jobs go into one [`Scanner::scan`], the cheaper each gets: all points of a call are compressed together. A few
//! hundred are plenty. Spread calls over threads, not jobs.

use crate::{
    batch::{BatchPoint, BatchScalar},
    derivation::{DerivationScalar, KeyDerivation},
    keys::SecretKey,
};
use oxen_types::PublicKey;
use std::fmt;

/// One transaction key and the outputs that may have been made with it.
#[derive(Debug, Clone, Copy)]
pub struct ScanJob<'a> {
    /// `R`, or an additional key.
    pub transaction_key: PublicKey,
    /// Index in the transaction and one-time key of each output to look at.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// `B' = P_i − d·G`: the output is ours if this is the spend key of one of our addresses.
    pub spend_key: PublicKey,
    /// `d(D, i)`, which opens the amount.
    pub scalar: DerivationScalar,
}

/// Scans with one view key.
#[derive(Clone)]
pub struct Scanner {
    view: BatchScalar,
}

impl Scanner {
    /// Prepares for a secret view key.
    #[must_use]
    pub fn new(view: &SecretKey) -> Self {
        Self {
            view: BatchScalar::new(*view.to_bytes()),
        }
    }

    /// Does all jobs, in order; nothing for a job whose transaction key does not decode.
    #[must_use]
    pub fn scan(&self, jobs: &[ScanJob<'_>]) -> Vec<Option<ScanResult>> {
        let mut results = self.derive(jobs);
        let mut points = Vec::with_capacity(jobs.iter().map(|job| job.outputs.len()).sum());
        for (result, job) in results.iter_mut().zip(jobs) {
            if let Some(result) = result {
                result.candidates = job
                    .outputs
                    .iter()
                    .map(|output| start_candidate(&result.derivation, output, &mut points))
                    .collect();
            }
        }
        let candidates = results
            .iter_mut()
            .flatten()
            .flat_map(|result| &mut result.candidates)
            .flatten();
        for (candidate, spend_key) in candidates.zip(BatchPoint::compress_all(&points)) {
            candidate.spend_key = PublicKey::new(spend_key);
        }
        results
    }

    /// The derivations of all jobs, still without candidates.
    fn derive(&self, jobs: &[ScanJob<'_>]) -> Vec<Option<ScanResult>> {
        let points: Vec<Option<BatchPoint>> = jobs
            .iter()
            .map(|job| BatchPoint::decode(&job.transaction_key).map(|key| key.multiply_with_cofactor(&self.view)))
            .collect();
        let decoded: Vec<BatchPoint> = points.iter().copied().flatten().collect();
        let mut compressed = BatchPoint::compress_all(&decoded).into_iter();
        let mut next = || compressed.next().map(KeyDerivation::from_bytes);
        let result = |derivation| ScanResult {
            derivation,
            candidates: Vec::new(),
        };
        points
            .into_iter()
            .map(|point| point.and_then(|_| next()).map(result))
            .collect()
    }
}

/// Everything of a candidate but the compressed spend key, whose point is put last of all.
fn start_candidate(
    derivation: &KeyDerivation,
    (index, key): &(u64, PublicKey),
    points: &mut Vec<BatchPoint>,
) -> Option<Candidate> {
    let output = BatchPoint::decode(key)?;
    let scalar = derivation.scalar(*index);
    points.push(output.minus(&BatchPoint::multiple_of_base(scalar.as_bytes())));
    Some(Candidate {
        spend_key: PublicKey::ZERO,
        scalar,
    })
}

impl fmt::Debug for Scanner {
    /// Says only that it holds a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scanner(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some keys, the last of which does not decode.
    fn keys(count: u8) -> Vec<PublicKey> {
        let mut keys: Vec<PublicKey> = (1..count)
            .map(|byte| SecretKey::reduce([byte; 32]).public_key())
            .collect();
        keys.push(PublicKey::new([0xff; 32]));
        keys
    }

    #[test]
    fn a_scan_finds_what_single_steps_find_whatever_does_not_decode() {
        let view = SecretKey::reduce([0x77; 32]);
        let outputs: Vec<(u64, PublicKey)> = (0..).step_by(100).zip(keys(6)).collect();
        let mut mixed = outputs.clone();
        mixed.reverse();
        let none: Vec<(u64, PublicKey)> = Vec::new();
        let mut jobs = Vec::new();
        for transaction_key in keys(5) {
            for outputs in [&outputs, &none, &mixed] {
                jobs.push(ScanJob {
                    transaction_key,
                    outputs,
                });
            }
        }
        let results = Scanner::new(&view).scan(&jobs);
        assert_eq!(results.len(), jobs.len());
        for (job, result) in jobs.iter().zip(results) {
            let Ok(derivation) = KeyDerivation::new(&view, &job.transaction_key) else {
                assert!(result.is_none());
                continue;
            };
            let result = result.unwrap();
            assert_eq!(result.derivation, derivation);
            assert_eq!(result.candidates.len(), job.outputs.len());
            for ((index, key), candidate) in job.outputs.iter().zip(result.candidates) {
                let expected = derivation.recover_spend_key(*index, key).ok();
                let expected = expected.map(|spend_key| Candidate {
                    spend_key,
                    scalar: derivation.scalar(*index),
                });
                assert_eq!(candidate, expected);
            }
        }
    }

    #[test]
    fn nothing_to_scan_is_no_fault() {
        assert!(Scanner::new(&SecretKey::reduce([1; 32])).scan(&[]).is_empty());
    }
}
