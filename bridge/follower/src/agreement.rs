//! What several providers say, weighed (bridge §3.5): who is in step, how far a majority has come, what a majority says.
//!
//! Pure: numbers in, numbers out.

use std::collections::BTreeMap;

/// By how many seconds a provider's newest block may be older than it should be.
pub(crate) const MAX_AGE_SECONDS: u64 = 300;

/// A provider's newest block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Number.
    pub(crate) number: u64,
    /// Its own time, seconds since 1970.
    pub(crate) timestamp: u64,
}

/// How many of `count` are a majority.
pub(crate) const fn majority(count: usize) -> usize {
    count / 2 + 1
}

/// Whether a provider with this head is in step with the others at `now`. One whose newest block is old follows L2 no more, and
/// counts for nothing. A chain that stands still, or whose clock runs ahead of ours, leaves nobody behind.
pub(crate) fn is_in_step(head: Head, best_timestamp: u64, now: u64) -> bool {
    head.timestamp.saturating_add(MAX_AGE_SECONDS) >= best_timestamp.min(now)
}

/// The height that a majority has reached: neither one that lags nor one that lies ahead moves it. `None` without heads.
pub(crate) fn agreed_height(heights: impl IntoIterator<Item = u64>) -> Option<u64> {
    let mut heights: Vec<u64> = heights.into_iter().collect();
    heights.sort_unstable_by(|a, b| b.cmp(a));
    heights.get(majority(heights.len()).checked_sub(1)?).copied()
}

/// The answer that a majority of those who answered gave; `None` when there is none.
pub(crate) fn agreed_answer<T: Ord>(answers: impl IntoIterator<Item = T>) -> Option<T> {
    let mut count = 0_usize;
    let mut votes: BTreeMap<T, usize> = BTreeMap::new();
    for answer in answers {
        count += 1;
        *votes.entry(answer).or_default() += 1;
    }
    votes
        .into_iter()
        .find(|(_, votes)| *votes >= majority(count))
        .map(|(answer, _)| answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_majority_of_two_is_both() {
        assert_eq!([1, 2, 3, 4, 5].map(majority), [1, 2, 2, 3, 3]);
    }

    #[test]
    fn neither_a_laggard_nor_a_liar_moves_the_agreed_height() {
        assert_eq!(agreed_height([1000, 1001, 7]), Some(1000));
        assert_eq!(agreed_height([1000, 1001, u64::MAX]), Some(1001));
        assert_eq!(agreed_height([1000, u64::MAX]), Some(1000));
        assert_eq!(agreed_height([1000]), Some(1000));
        assert_eq!(agreed_height([]), None);
    }

    #[test]
    fn who_stands_still_is_out_of_step_and_a_future_block_throws_nobody_out() {
        let now = 1_000_000;
        let at = |timestamp| Head { number: 1, timestamp };
        assert!(is_in_step(at(now), now, now));
        assert!(!is_in_step(at(now - 301), now, now));
        // A liar's block from the future does not make an honest one old.
        assert!(is_in_step(at(now), now + 999_999, now));
        // Nobody mines on a quiet test chain.
        assert!(is_in_step(at(5), 5, now));
    }

    #[test]
    fn an_answer_needs_more_than_half() {
        assert_eq!(agreed_answer(["a", "a", "b"]), Some("a"));
        assert_eq!(agreed_answer(["a", "b"]), None);
        assert_eq!(agreed_answer(["a"]), Some("a"));
        assert_eq!(agreed_answer::<u8>([]), None);
    }
}
