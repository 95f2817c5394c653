//! How often somebody may ask.

use std::collections::BTreeMap;

/// A number of requests at once after a pause, and one more after each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// At once.
    pub(crate) burst: u64,
    /// Milliseconds until one more is allowed.
    pub(crate) interval: u64,
}

/// How much of a burst was used, in milliseconds until it is whole again.
#[derive(Debug, Clone, Copy)]
struct Used {
    milliseconds: u64,
    at: u64,
}

/// Who asks, each with a rate of its own.
#[derive(Debug)]
pub(crate) struct RateLimit<K> {
    rate: Rate,
    capacity: usize,
    used: BTreeMap<K, Used>,
}

impl<K: Ord + Clone> RateLimit<K> {
    /// Nobody has asked. Remembers at most `capacity` askers; while as many ask, nobody else may.
    pub(crate) const fn new(rate: Rate, capacity: usize) -> Self {
        Self {
            rate,
            capacity,
            used: BTreeMap::new(),
        }
    }

    /// Notes a request at `now`, in milliseconds.
    ///
    /// # Errors
    /// In how many milliseconds it would be allowed.
    pub(crate) fn admit(&mut self, asker: &K, now: u64) -> Result<(), u64> {
        let rate = self.rate;
        let left = |used: &Used| used.milliseconds.saturating_sub(now.saturating_sub(used.at));
        let used = self.used.get(asker).map_or(0, left);
        let after = used.saturating_add(rate.interval);
        let whole = rate.interval.saturating_mul(rate.burst);
        if after > whole {
            return Err(after - whole);
        }
        if self.used.len() >= self.capacity && !self.used.contains_key(asker) {
            self.used.retain(|_, used| left(used) > 0);
            if self.used.len() >= self.capacity {
                return Err(rate.interval);
            }
        }
        self.used.insert(
            asker.clone(),
            Used {
                milliseconds: after,
                at: now,
            },
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(capacity: usize) -> RateLimit<u8> {
        RateLimit::new(
            Rate {
                burst: 3,
                interval: 1_000,
            },
            capacity,
        )
    }

    #[test]
    fn after_a_burst_one_request_an_interval_is_allowed() {
        let mut limit = limit(8);
        for _ in 0..3 {
            assert_eq!(limit.admit(&1, 10_000), Ok(()));
        }
        assert_eq!(limit.admit(&1, 10_000), Err(1_000));
        assert_eq!(limit.admit(&1, 10_400), Err(600));
        assert_eq!(limit.admit(&1, 11_000), Ok(()));
        assert_eq!(limit.admit(&1, 11_000), Err(1_000));
        assert_eq!(limit.admit(&2, 11_000), Ok(()), "others are not bound by it");
    }

    #[test]
    fn a_pause_gives_the_burst_back_and_no_more() {
        let mut limit = limit(8);
        let admitted = |limit: &mut RateLimit<u8>, now| (0..10).filter(|_| limit.admit(&1, now).is_ok()).count();
        assert_eq!(admitted(&mut limit, 0), 3);
        assert_eq!(admitted(&mut limit, 1_000_000), 3);
    }

    #[test]
    fn those_who_paused_make_room_for_others() {
        let mut limit = limit(2);
        assert_eq!(limit.admit(&1, 0), Ok(()));
        assert_eq!(limit.admit(&2, 0), Ok(()));
        assert_eq!(limit.admit(&3, 0), Err(1_000));
        assert_eq!(limit.admit(&1, 0), Ok(()), "the known go on");
        assert_eq!(limit.admit(&3, 2_000), Ok(()));
        assert_eq!(limit.used.len(), 1);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let mut limit = limit(2);
        (0..3).for_each(|_| limit.admit(&1, 10_000).unwrap());
        assert!(limit.admit(&1, 9_000).is_err());
    }
}
