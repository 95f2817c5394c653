//! What the service beside this node reports of the same service of another node (staking §15.3).

use super::history::TestOutcome;
use oxen_types::Timestamp;

/// Seconds for which a failure counts (REACHABLE_MAX_FAILURE_VALIDITY).
pub const FAILURE_VALIDITY_SECONDS: u64 = 300;

/// Reports on one service of one node. `None` where nothing was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reachability {
    /// When it was reached last.
    pub last_reachable: Option<Timestamp>,
    /// When it could not be reached for the first time since; `None` while it can be reached.
    pub first_unreachable: Option<Timestamp>,
    /// When it could not be reached last.
    pub last_unreachable: Option<Timestamp>,
}

impl Reachability {
    /// Notes a report.
    pub fn report(&mut self, outcome: TestOutcome, now: Timestamp) {
        match outcome {
            TestOutcome::Passed => {
                self.last_reachable = Some(now);
                self.first_unreachable = None;
            }
            TestOutcome::Failed => {
                self.last_unreachable = Some(now);
                self.first_unreachable.get_or_insert(now);
            }
        }
    }

    /// True when something was reported.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.last_reachable.is_some() || self.last_unreachable.is_some()
    }

    /// For how many seconds it has been unreachable; `None` when the last report was a pass, or a failure that is too old to
    /// count.
    #[must_use]
    pub fn unreachable_seconds(&self, now: Timestamp) -> Option<u64> {
        let (first, last) = (self.first_unreachable?, self.last_unreachable?);
        let age = now.seconds().saturating_sub(last.seconds());
        (age < FAILURE_VALIDITY_SECONDS).then(|| now.seconds().saturating_sub(first.seconds()))
    }

    /// Fails the test: unreachable for `threshold_seconds` or longer.
    #[must_use]
    pub fn is_unreachable_for(&self, threshold_seconds: u64, now: Timestamp) -> bool {
        self.unreachable_seconds(now)
            .is_some_and(|seconds| seconds >= threshold_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports(reports: &[(u64, TestOutcome)]) -> Reachability {
        let mut reachability = Reachability::default();
        for (seconds, outcome) in reports {
            reachability.report(*outcome, Timestamp::from_seconds(*seconds));
        }
        reachability
    }

    #[test]
    fn it_fails_after_the_threshold_while_failures_are_fresh() {
        use TestOutcome::{Failed, Passed};
        let failing = reports(&[(1_000, Passed), (2_000, Failed), (6_000, Failed)]);
        let fails = |seconds| failing.is_unreachable_for(3_900, Timestamp::from_seconds(seconds));
        assert!(!fails(5_899), "the threshold is not over");
        assert!(fails(5_900) && fails(6_299));
        assert!(!fails(6_300), "the last failure is five minutes old");
    }

    #[test]
    fn a_pass_starts_over_and_silence_is_no_failure() {
        use TestOutcome::{Failed, Passed};
        let now = Timestamp::from_seconds(10_000);
        assert!(!Reachability::default().is_unreachable_for(0, now));
        assert!(!Reachability::default().is_known());
        let reached = reports(&[(1_000, Failed), (9_999, Passed)]);
        assert_eq!(reached.unreachable_seconds(now), None);
        assert!(reached.is_known());
        let again = reports(&[(1_000, Failed), (9_000, Passed), (9_900, Failed)]);
        assert_eq!(again.unreachable_seconds(now), Some(100));
    }
}
