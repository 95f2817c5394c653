//! A test chain and a clock as services see them.

use crate::chain::TestChain;
use oxen_node_api::{AlternativeChain, ChainReader, Clock, Snapshot};
use oxen_state::ViewError;
use oxen_types::{Hash, Network, Timestamp};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// A [`TestChain`] that a test goes on changing while services read it.
#[derive(Clone)]
pub struct SharedChain {
    network: Arc<Network>,
    chain: Arc<Mutex<TestChain>>,
}

impl SharedChain {
    /// Shares the chain.
    #[must_use]
    pub fn new(chain: TestChain) -> Self {
        Self {
            network: Arc::clone(chain.network()),
            chain: Arc::new(Mutex::new(chain)),
        }
    }

    /// The chain itself. Services wait while the guard lives.
    pub fn lock(&self) -> MutexGuard<'_, TestChain> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChainReader for SharedChain {
    fn network(&self) -> &Arc<Network> {
        &self.network
    }

    fn snapshot(&self) -> Snapshot {
        self.lock().snapshot()
    }

    fn alternative_block(&self, _: &Hash) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(None)
    }

    fn alternative_chains(&self) -> Result<Vec<AlternativeChain>, ViewError> {
        Ok(Vec::new())
    }

    fn database_bytes(&self) -> u64 {
        0
    }
}

/// A clock that stands still until the test moves it.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// Shows this time.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicU64::new(now.seconds()))
    }

    /// Moves on.
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::SeqCst))
    }
}
