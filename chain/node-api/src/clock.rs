//! Time, as an argument.

use oxen_types::Timestamp;

/// Tells the time. The only source of it, so that tests own it.
pub trait Clock: Send + Sync {
    /// Unix time now.
    fn now(&self) -> Timestamp;
}
