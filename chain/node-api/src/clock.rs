//! Time, as an argument.

use oxen_types::Timestamp;

/// Tells the time. The only source of it, so that tests own it.
pub trait Clock: Send + Sync {
    /// Unix time now.
    fn now(&self) -> Timestamp;

    /// The same in milliseconds since 1970, for what is faster than a second. Whole seconds where nothing finer is known.
    fn now_milliseconds(&self) -> u64 {
        self.now().seconds().saturating_mul(1000)
    }
}
