//! One line on standard error now and then, so that long work is seen to go on.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// Time between two lines.
const INTERVAL: Duration = Duration::from_secs(2);

/// Counts steps of one piece of work; may be shared by threads.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    total: usize,
    done: AtomicUsize,
    started: Instant,
    next_line: AtomicU64,
}

impl Progress {
    /// Starts a piece of work of `total` steps.
    #[must_use]
    pub fn start(what: &'static str, total: usize) -> Self {
        Self {
            what,
            total,
            done: AtomicUsize::new(0),
            started: Instant::now(),
            next_line: AtomicU64::new(INTERVAL.as_secs()),
        }
    }

    /// Another step is done; prints a line when the last one is some seconds old.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let elapsed = self.started.elapsed().as_secs();
        let due = self.next_line.load(Ordering::Relaxed);
        if elapsed < due {
            return;
        }
        let next = elapsed.saturating_add(INTERVAL.as_secs());
        let mine = self
            .next_line
            .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok();
        if mine {
            eprintln!("{}: {done} of {} after {elapsed} s", self.what, self.total);
        }
    }
}
