//! The last look at all rings of a transaction together (wallet §6 "sanity test").

use super::ring::Ring;
use std::collections::BTreeSet;
use thiserror::Error;

/// Transactions with at most so many ring members are not looked at.
const FEW_MEMBERS: usize = 10;
/// Chains with fewer outputs are not looked at.
const FEW_OUTPUTS: u64 = 10_000;

/// Why the rings look wrong: make them again, at most three times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SanityError {
    /// The rings share too many members.
    #[error("the rings have only {unique} different members of {total}: the daemon may be hiding outputs")]
    TooFewUnique {
        /// Different members.
        unique: usize,
        /// All members.
        total: usize,
    },
    /// The decoys are too old.
    #[error(
        "the median ring member is output {median} of {outputs}, which is too old: the daemon may be hiding outputs"
    )]
    TooOld {
        /// Median of the different members.
        median: u64,
        /// Outputs of the chain.
        outputs: u64,
    },
}

/// Checks that at least 80 % of the members are different and that their median lies in the newest 40 % of all `outputs`.
///
/// # Errors
/// The first of [`SanityError`] that applies.
pub fn check_rings<'a>(rings: impl IntoIterator<Item = &'a Ring>, outputs: u64) -> Result<(), SanityError> {
    let all: Vec<u64> = rings
        .into_iter()
        .flat_map(Ring::members)
        .map(|member| member.index.index())
        .collect();
    if all.len() <= FEW_MEMBERS || outputs < FEW_OUTPUTS {
        return Ok(());
    }
    let unique: Vec<u64> = all.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    if unique.len().saturating_mul(10) < all.len().saturating_mul(8) {
        return Err(SanityError::TooFewUnique {
            unique: unique.len(),
            total: all.len(),
        });
    }
    let median = median(&unique);
    if u128::from(median).saturating_mul(10) < u128::from(outputs).saturating_mul(6) {
        return Err(SanityError::TooOld { median, outputs });
    }
    Ok(())
}

/// Of sorted numbers; the floored mean of the two middle ones when their count is even.
fn median(sorted: &[u64]) -> u64 {
    let middle = sorted.len() / 2;
    let upper = sorted.get(middle).copied().unwrap_or(0);
    if sorted.len() % 2 == 1 {
        return upper;
    }
    let lower = middle
        .checked_sub(1)
        .and_then(|index| sorted.get(index))
        .copied()
        .unwrap_or(0);
    lower.midpoint(upper)
}
