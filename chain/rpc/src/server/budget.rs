//! Memory for large requests and answers: bounded for all clients of a listener together, because many that send or read slowly
//! would otherwise each hold as much as one may.

use crate::error::MethodError;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is smaller is not counted.
const SMALL: usize = 64 * 1024;
/// Bytes of a unit.
const UNIT: usize = 1024;

/// Memory that is left.
#[derive(Clone)]
pub(super) struct Budget(Arc<Semaphore>);

/// Memory that is taken until this is dropped.
#[derive(Default)]
pub(super) struct Taken(Option<OwnedSemaphorePermit>);

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / UNIT).min(Semaphore::MAX_PERMITS))))
    }

    /// Takes memory for `bytes`.
    ///
    /// # Errors
    /// There is not enough left.
    pub(super) fn take(&self, bytes: usize) -> Result<Taken, MethodError> {
        if bytes <= SMALL {
            return Ok(Taken::default());
        }
        let units = u32::try_from(bytes.div_ceil(UNIT)).map_err(|_| MethodError::ServerBusy)?;
        Arc::clone(&self.0)
            .try_acquire_many_owned(units)
            .map(|permit| Taken(Some(permit)))
            .map_err(|_| MethodError::ServerBusy)
    }
}

impl Taken {
    /// Is anything held?
    pub(super) const fn is_some(&self) -> bool {
        self.0.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_things_share_what_there_is_and_small_ones_pass() {
        let budget = Budget::new(1024 * 1024);
        let first = budget.take(600 * 1024).unwrap();
        assert!(first.is_some());
        assert!(matches!(budget.take(600 * 1024), Err(MethodError::ServerBusy)));
        assert!(!budget.take(SMALL).unwrap().is_some());
        drop(first);
        assert!(budget.take(600 * 1024).is_ok());
    }
}
