//! How often one address may ask: a bucket of tokens for each.

use crate::config::Rate;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Addresses that are remembered at once.
const MOST_ADDRESSES: usize = 65_536;
/// Parts of a token, so that slow rates fill evenly.
const PARTS: u64 = 1_000;

/// What an address has left.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    parts: u64,
    filled: Instant,
}

/// The buckets of one listener.
pub(crate) struct RateLimiter {
    rate: Rate,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

impl RateLimiter {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            buckets: Mutex::default(),
        }
    }

    /// Takes tokens for requests of an address.
    ///
    /// # Errors
    /// There are not enough; says how long until there are.
    pub(crate) fn take(&self, address: IpAddr, requests: u32, now: Instant) -> Result<(), Duration> {
        let full = u64::from(self.rate.burst).saturating_mul(PARTS);
        // A batch larger than a full bucket is let through when the bucket is full.
        let price = u64::from(requests).saturating_mul(PARTS).min(full);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_ADDRESSES {
            buckets.retain(|_, bucket| self.filled(*bucket, now).parts < full);
        }
        if buckets.len() >= MOST_ADDRESSES {
            // So many addresses at once are an attack: forgetting some costs less than remembering all.
            buckets.clear();
        }
        let bucket = buckets.entry(network_of(address)).or_insert(Bucket {
            parts: full,
            filled: now,
        });
        *bucket = self.filled(*bucket, now);
        match bucket.parts.checked_sub(price) {
            Some(rest) => {
                bucket.parts = rest;
                Ok(())
            }
            None => {
                let missing = price.saturating_sub(bucket.parts);
                Err(Duration::from_millis(
                    missing.div_ceil(u64::from(self.rate.per_second).max(1)),
                ))
            }
        }
    }

    /// The bucket with what came in since. One token a second is one part a millisecond.
    fn filled(&self, bucket: Bucket, now: Instant) -> Bucket {
        let elapsed = now.saturating_duration_since(bucket.filled);
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let income = milliseconds.saturating_mul(u64::from(self.rate.per_second));
        let full = u64::from(self.rate.burst).saturating_mul(PARTS);
        Bucket {
            parts: bucket.parts.saturating_add(income).min(full),
            // What is less than a millisecond counts the next time.
            filled: if milliseconds == 0 { bucket.filled } else { now },
        }
    }
}

/// An IPv6 customer has at least a /64, which counts as one address.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn after_the_burst_tokens_come_at_the_rate() {
        let limiter = RateLimiter::new(Rate {
            per_second: 10,
            burst: 3,
        });
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(limiter.take(ADDRESS, 1, start), Ok(()));
        }
        assert_eq!(limiter.take(ADDRESS, 1, start), Err(Duration::from_millis(100)));
        let later = start + Duration::from_millis(100);
        assert_eq!(limiter.take(ADDRESS, 1, later), Ok(()));
        assert!(limiter.take(ADDRESS, 1, later).is_err());
        let other = "192.0.2.2".parse().unwrap();
        assert_eq!(limiter.take(other, 1, later), Ok(()), "another address has its own");
    }

    #[test]
    fn a_batch_costs_as_many_tokens_as_it_has_requests() {
        let limiter = RateLimiter::new(Rate {
            per_second: 10,
            burst: 5,
        });
        let start = Instant::now();
        assert_eq!(limiter.take(ADDRESS, 4, start), Ok(()));
        assert!(limiter.take(ADDRESS, 2, start).is_err());
        let rested = start + Duration::from_secs(60);
        assert_eq!(
            limiter.take(ADDRESS, 50, rested),
            Ok(()),
            "a full bucket pays for any batch"
        );
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_a_bucket() {
        let limiter = RateLimiter::new(Rate {
            per_second: 1,
            burst: 1,
        });
        let start = Instant::now();
        assert_eq!(limiter.take("2001:db8::1".parse().unwrap(), 1, start), Ok(()));
        assert!(limiter.take("2001:db8::2".parse().unwrap(), 1, start).is_err());
        assert_eq!(limiter.take("2001:db8:0:1::1".parse().unwrap(), 1, start), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let limiter = RateLimiter::new(Rate {
            per_second: 1,
            burst: 1,
        });
        let start = Instant::now();
        for number in 0..MOST_ADDRESSES as u32 + 10 {
            let _ = limiter.take(IpAddr::V4(number.into()), 1, start);
        }
        assert!(limiter.buckets.lock().unwrap().len() <= MOST_ADDRESSES);
    }
}
