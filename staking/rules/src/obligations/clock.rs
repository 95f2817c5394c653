//! Asking a node for its time, and judging the answer (staking §15.2).

use super::history::{History, TestOutcome};
use crate::uptime_proof::SoftwareVersion;
use oxen_types::Timestamp;

/// Seconds between two such tests of an active node.
pub const INTERVAL_SECONDS: u64 = 5;

/// Nodes of older versions do not know the question.
pub const MIN_VERSION: SoftwareVersion = SoftwareVersion([9, 1, 0]);

/// Seconds by which two clocks may differ.
pub const MAX_DIFFERENCE_SECONDS: u64 = 30;

/// Of a hundred nodes, so many may disagree with our clock before it is the one that is wrong.
const MAX_DISAGREEING_PERCENT: usize = 80;

/// The answer of a node whose clock shows `now`.
#[must_use]
pub fn answer(now: Timestamp) -> Vec<u8> {
    now.seconds().to_string().into_bytes()
}

/// The time in an answer: a decimal number. `None` counts as no answer.
#[must_use]
pub fn read_answer(answer: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(answer).ok()?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().map(Timestamp::from_seconds)
}

/// Whether our own clock is right, as far as others agree with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnClock(History<TestOutcome>);

impl OwnClock {
    /// Judges the time that a node tells, and our own by it. A node passes when its time is near ours, and also when most others
    /// disagree with ours, because then we cannot know.
    pub fn judge(&mut self, told: Timestamp, now: Timestamp) -> TestOutcome {
        let difference = told.seconds().abs_diff(now.seconds());
        let outcome = TestOutcome::passed_if(difference <= MAX_DIFFERENCE_SECONDS);
        self.0.push(outcome);
        if self.is_doubtful() {
            return TestOutcome::Passed;
        }
        outcome
    }

    /// True when more nodes disagree than can be wrong. Rounded down, so that one of one is more.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        let allowed = self.0.len().saturating_mul(MAX_DISAGREEING_PERCENT) / 100;
        self.0.failures() > allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TestOutcome::{Failed, Passed};

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn told(ahead: i64) -> Timestamp {
        Timestamp::from_seconds(NOW.seconds().checked_add_signed(ahead).unwrap())
    }

    #[test]
    fn half_a_minute_is_forgiven_and_no_second_more() {
        let mut own = OwnClock::default();
        for _ in 0..8 {
            assert_eq!(own.judge(NOW, NOW), Passed);
        }
        for (ahead, outcome) in [
            (30, Passed),
            (-30, Passed),
            (31, Failed),
            (-31, Failed),
            (-1_700_000_000, Failed),
        ] {
            assert_eq!(own.judge(told(ahead), NOW), outcome, "{ahead} seconds ahead");
        }
    }

    #[test]
    fn when_nearly_all_disagree_our_own_clock_is_the_wrong_one() {
        let mut own = OwnClock::default();
        assert_eq!(own.judge(told(100), NOW), Passed, "one of one");
        for _ in 0..8 {
            assert_eq!(own.judge(NOW, NOW), Passed);
        }
        // Six of eight may be wrong: 80 % are 6.4.
        for _ in 0..6 {
            assert_eq!(own.judge(told(100), NOW), Failed);
        }
        assert!(!own.is_doubtful());
        assert_eq!(own.judge(told(100), NOW), Passed, "seven of eight");
        assert!(own.is_doubtful());
    }

    #[test]
    fn an_answer_is_a_decimal_number() {
        assert_eq!(read_answer(&answer(NOW)), Some(NOW));
        for garbage in [
            b"".as_slice(),
            b"-5",
            b"+5",
            b" 5",
            b"5.0",
            b"now",
            &[0xff],
            b"99999999999999999999999",
        ] {
            assert_eq!(read_answer(garbage), None, "{garbage:?}");
        }
    }
}
