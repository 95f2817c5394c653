//! How fast the sync goes and how long it will take.

use oxen_types::Height;
use std::time::Duration;
use tokio::time::Instant;

/// Between two lines in the log.
const INTERVAL: Duration = Duration::from_secs(10);

/// Counts blocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    told: Instant,
    height: Height,
}

/// A line for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    /// Newest block.
    pub(crate) height: Height,
    /// Where the sync goes.
    pub(crate) target: Height,
    /// Since the last report.
    pub(crate) blocks_a_second: u64,
    /// `None` while nothing moves.
    pub(crate) left: Option<Duration>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = u128::from(self.height.index()) * 100 / u128::from(self.target.index().max(1));
        write!(
            f,
            "synchronising: block {} of {} ({percent} %), {} blocks/s",
            self.height, self.target, self.blocks_a_second
        )?;
        match self.left.map(|left| left.as_secs()) {
            None => Ok(()),
            Some(seconds @ 0..60) => write!(f, ", {seconds} s left"),
            Some(seconds @ 60..3_600) => write!(f, ", {} min left", seconds.div_ceil(60)),
            Some(seconds) => write!(f, ", {} h {} min left", seconds / 3_600, seconds / 60 % 60),
        }
    }
}

impl Progress {
    /// Starts at a height.
    pub(crate) const fn new(height: Height, now: Instant) -> Self {
        Self { told: now, height }
    }

    /// A report, when it is time for one.
    pub(crate) fn report(&mut self, height: Height, target: Height, now: Instant) -> Option<Report> {
        let elapsed = now.saturating_duration_since(self.told);
        if elapsed < INTERVAL {
            return None;
        }
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let blocks = height.since(self.height);
        let left = (blocks > 0).then(|| {
            let rest = target.since(height);
            Duration::from_millis(rest.saturating_mul(milliseconds) / blocks)
        });
        *self = Self::new(height, now);
        Some(Report {
            height,
            target,
            blocks_a_second: blocks.saturating_mul(1_000) / milliseconds,
            left,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_tells_rate_and_time_left() {
        let start = Instant::now();
        let mut progress = Progress::new(Height::new(1_000), start);
        let target = Height::new(64_000);
        assert_eq!(progress.report(Height::new(1_500), target, start + INTERVAL / 2), None);
        let report = progress.report(Height::new(2_000), target, start + INTERVAL).unwrap();
        assert_eq!(
            report.to_string(),
            "synchronising: block 2000 of 64000 (3 %), 100 blocks/s, 11 min left"
        );
        let still = progress
            .report(Height::new(2_000), target, start + 2 * INTERVAL)
            .unwrap();
        assert_eq!(still.left, None);
    }
}
