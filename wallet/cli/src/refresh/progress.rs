//! How far a long work is, for people: a bar on a terminal, now and then a line elsewhere.

use crate::{format::time::duration, session::ShowProgress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use oxen_types::Height;
use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

/// So often a line is written where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);
/// Work below so many blocks is done before a bar could be looked at.
const SHORT_WORK: u64 = 20;

/// Shows heights.
#[derive(Debug)]
pub struct Progress {
    shown: Shown,
    start: Height,
    started: Instant,
}

#[derive(Debug)]
enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines { last: Instant },
}

impl Progress {
    /// Shows the way from `start` to `end`, on standard error.
    #[must_use]
    pub fn new(show: ShowProgress, start: Height, end: Height) -> Self {
        let shown = if show == ShowProgress::No || end.since(start) < SHORT_WORK {
            Shown::Nothing
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(Some(end.index()), ProgressDrawTarget::stderr());
            let template = "Height {pos} / {len} {wide_bar} {per_sec}, {eta} left";
            bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.reset_eta();
            bar.set_position(start.index());
            Shown::Bar(bar)
        } else {
            Shown::Lines { last: Instant::now() }
        };
        Self {
            shown,
            start,
            started: Instant::now(),
        }
    }

    /// Shows that everything below `height` is done and that the end is at `end`.
    #[allow(clippy::print_stderr, reason = "this is where progress goes")]
    pub fn advance(&mut self, height: Height, end: Height) {
        match &mut self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => {
                bar.set_length(end.index());
                bar.set_position(height.index());
            }
            Shown::Lines { last } => {
                if last.elapsed() >= LINE_INTERVAL {
                    *last = Instant::now();
                    eprintln!(
                        "Height {height} / {end}, {}",
                        remaining(self.start, height, end, self.started.elapsed())
                    );
                }
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

/// `N blocks/s, T left`, by the speed so far.
fn remaining(start: Height, height: Height, end: Height, elapsed: Duration) -> String {
    let (done, left) = (height.since(start), end.since(height));
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = done.saturating_mul(1_000) / milliseconds;
    let needed = left
        .saturating_mul(milliseconds)
        .checked_div(done)
        .map(Duration::from_millis);
    match needed {
        Some(needed) => format!("{rate} blocks/s, {} left", duration(needed)),
        None => "starting".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_remains_follows_from_the_speed_so_far() {
        let height = Height::new;
        let text = |at| remaining(height(100), height(at), height(1_100), Duration::from_secs(10));
        assert_eq!(text(600), "50 blocks/s, 10 s left");
        assert_eq!(text(100), "starting");
    }
}
