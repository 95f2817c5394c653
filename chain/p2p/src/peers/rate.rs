//! How many requests a peer may make, and how many messages it may tell.

use crate::limits::{REQUEST_BURST, REQUESTS_A_SECOND, TOLD_A_SECOND, TOLD_BURST};
use std::time::Instant;

/// How fast an allowance fills up, and how far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    burst: u32,
    a_second: u32,
}

impl Rate {
    /// Of requests, by anybody.
    pub(crate) const REQUESTS: Self = Self {
        burst: REQUEST_BURST,
        a_second: REQUESTS_A_SECOND,
    };
    /// Of messages, by a service node.
    pub(crate) const MESSAGES: Self = Self {
        burst: TOLD_BURST,
        a_second: TOLD_A_SECOND,
    };
}

/// Allowance that fills up with time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    rate: Rate,
    left: u32,
    filled: Instant,
}

impl Allowance {
    /// A full one.
    pub(crate) const fn full(rate: Rate, now: Instant) -> Self {
        Self {
            rate,
            left: rate.burst,
            filled: now,
        }
    }

    /// Takes one; false when there is none.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let seconds = now.saturating_duration_since(self.filled).as_secs();
        if seconds > 0 {
            let gained = u32::try_from(seconds)
                .unwrap_or(u32::MAX)
                .saturating_mul(self.rate.a_second);
            self.left = self.left.saturating_add(gained).min(self.rate.burst);
            self.filled = now;
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_is_allowed_and_then_so_many_a_second() {
        let start = Instant::now();
        let mut allowance = Allowance::full(Rate::REQUESTS, start);
        let taken = (0..2 * REQUEST_BURST).filter(|_| allowance.take(start)).count();
        assert_eq!(taken, REQUEST_BURST as usize);
        let later = start + Duration::from_secs(2);
        let taken = (0..2 * REQUEST_BURST).filter(|_| allowance.take(later)).count();
        assert_eq!(taken, 2 * REQUESTS_A_SECOND as usize);
        let much_later = start + Duration::from_secs(1_000_000);
        let taken = (0..2 * REQUEST_BURST).filter(|_| allowance.take(much_later)).count();
        assert_eq!(taken, REQUEST_BURST as usize);
    }
}
