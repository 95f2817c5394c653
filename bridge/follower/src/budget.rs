//! How often a provider is asked: at most so many requests a minute, a part of them at once.

use tokio::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// Requests to one provider are spread by this.
#[derive(Debug)]
pub(crate) struct RequestBudget(Mutex<Pace>);

#[derive(Debug)]
struct Pace {
    interval: Duration,
    /// How far ahead of the steady pace requests may run.
    burst: Duration,
    /// When the next request would be due at the steady pace.
    due: Instant,
}

impl RequestBudget {
    /// A quarter of a minute's requests may go out at once.
    pub(crate) fn new(requests_per_minute: u32) -> Self {
        Self(Mutex::new(Pace::new(requests_per_minute, Instant::now())))
    }

    /// Waits until one more request is within the budget.
    pub(crate) async fn take(&self) {
        let start = self.0.lock().await.next(Instant::now());
        tokio::time::sleep_until(start).await;
    }
}

impl Pace {
    fn new(requests_per_minute: u32, now: Instant) -> Self {
        Self {
            interval: Duration::from_secs(60) / requests_per_minute.max(1),
            burst: Duration::from_secs(15),
            due: now,
        }
    }

    /// When a request that is wished for now may go out.
    fn next(&mut self, now: Instant) -> Instant {
        let slot = self.due.max(now);
        self.due = slot + self.interval;
        slot.checked_sub(self.burst).map_or(now, |start| start.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_goes_at_once_and_the_rest_at_the_steady_pace() {
        let start = Instant::now();
        let mut pace = Pace::new(60, start);
        let waits: Vec<u64> = (0..20).map(|_| (pace.next(start) - start).as_secs()).collect();
        assert_eq!(waits[..16], [0; 16]);
        assert_eq!(waits[16..], [1, 2, 3, 4]);
    }

    #[test]
    fn a_pause_saves_up_no_more_than_the_burst() {
        let start = Instant::now();
        let mut pace = Pace::new(60, start);
        let later = start + Duration::from_secs(3600);
        let waits: Vec<u64> = (0..17).map(|_| (pace.next(later) - later).as_secs()).collect();
        assert_eq!(waits[..16], [0; 16]);
        assert_eq!(waits[16], 1);
    }
}
