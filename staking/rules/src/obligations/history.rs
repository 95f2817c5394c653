//! The last eight results of a duty or a test (staking §15.2).

use oxen_types::Height;
use parity_scale_codec::{Decode, Encode};
use std::collections::VecDeque;

/// Results that are kept (QUORUM_VOTE_CHECK_COUNT).
pub const WINDOW: usize = 8;

/// Failures among them that are forgiven.
pub const MAX_FAILURES: usize = 4;

/// Result of one test, or of one duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum TestOutcome {
    /// It answered, voted, or was right.
    Passed,
    /// It did not.
    Failed,
}

impl TestOutcome {
    /// Passed when `passed` holds.
    #[must_use]
    pub const fn passed_if(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Failed }
    }
}

/// Something that was passed or failed.
pub trait Outcome {
    /// Which.
    fn outcome(&self) -> TestOutcome;
}

impl Outcome for TestOutcome {
    fn outcome(&self) -> TestOutcome {
        *self
    }
}

/// Whether a validator voted on a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointParticipation {
    /// Height of the checkpoint.
    pub checkpoint: Height,
    /// Did it vote?
    pub outcome: TestOutcome,
}

impl Outcome for CheckpointParticipation {
    fn outcome(&self) -> TestOutcome {
        self.outcome
    }
}

/// Whether a validator took part in a Pulse block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PulseParticipation {
    /// Height of the block.
    pub height: Height,
    /// Its round.
    pub round: u8,
    /// Did it take part?
    pub outcome: TestOutcome,
}

impl Outcome for PulseParticipation {
    fn outcome(&self) -> TestOutcome {
        self.outcome
    }
}

/// The newest results, oldest first; at most [`WINDOW`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History<T> {
    entries: VecDeque<T>,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
        }
    }
}

impl<T: Outcome> FromIterator<T> for History<T> {
    /// The newest results of an iterator that gives the oldest first.
    fn from_iter<I: IntoIterator<Item = T>>(results: I) -> Self {
        let mut history = Self::default();
        for result in results {
            history.push(result);
        }
        history
    }
}

impl<T: Outcome> History<T> {
    /// Adds a result; the oldest one leaves a full history.
    pub fn push(&mut self, result: T) {
        if self.entries.len() >= WINDOW {
            self.entries.pop_front();
        }
        self.entries.push_back(result);
    }

    /// Forgets everything, as after a recommission.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The results, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        self.entries.iter()
    }

    /// Number of results.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of failures among them.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.iter()
            .filter(|result| result.outcome() == TestOutcome::Failed)
            .count()
    }

    /// Number of the newest results that are failures, without a pass among them.
    #[must_use]
    pub fn failures_in_a_row(&self) -> usize {
        self.entries
            .iter()
            .rev()
            .take_while(|result| result.outcome() == TestOutcome::Failed)
            .count()
    }

    /// More failures than are forgiven.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.failures() > MAX_FAILURES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TestOutcome::{Failed, Passed};

    fn history(results: &[TestOutcome]) -> History<TestOutcome> {
        let mut history = History::default();
        results.iter().for_each(|result| history.push(*result));
        history
    }

    #[test]
    fn four_failures_are_forgiven_and_five_are_not() {
        assert!(!history(&[]).fails());
        assert!(!history(&[Failed; 4]).fails());
        assert!(history(&[Failed; 5]).fails());
        assert!(!history(&[Failed, Failed, Failed, Failed, Passed, Passed, Passed, Passed]).fails());
    }

    #[test]
    fn only_the_last_eight_count() {
        let mut history = history(&[Failed; 20]);
        assert_eq!((history.len(), history.failures()), (8, 8));
        for _ in 0..4 {
            history.push(Passed);
        }
        assert_eq!((history.len(), history.failures()), (8, 4));
        assert!(!history.fails());
        history.push(Failed);
        assert!(!history.fails());
        history.clear();
        assert!(history.is_empty() && !history.fails());
    }
}
