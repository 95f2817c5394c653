//! The system's clock.

use oxen_node_api::Clock;
use oxen_types::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Unix time as the operating system tells it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(since_1970().as_secs())
    }

    fn now_milliseconds(&self) -> u64 {
        u64::try_from(since_1970().as_millis()).unwrap_or(u64::MAX)
    }
}
