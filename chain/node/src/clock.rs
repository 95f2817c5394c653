//! The system's clock.

use oxen_node_api::Clock;
use oxen_types::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// Unix time as the operating system tells it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
        )
    }
}
