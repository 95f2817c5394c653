//! The pool's limits.

use oxen_types::{
    network::constants::{
        POOL_ALTERNATIVE_LIFETIME_SECONDS, POOL_LIFETIME_SECONDS, POOL_MAX_WEIGHT, POOL_NONSTANDARD_LIFETIME_SECONDS,
    },
    transaction::Weight,
};

/// Whether a submitted transaction must pay the fee that its weight and outputs ask for. From HF19 on this is policy, not
/// consensus (chain §9, quirk 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeePolicy {
    /// It must.
    Enforced,
    /// Any fee is good: for private networks and tests.
    Free,
}

/// Limits of the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// Weight of all transactions together; what pays least per weight is dropped above it.
    pub max_weight: Weight,
    /// Seconds a transfer may wait.
    pub lifetime_seconds: u64,
    /// Seconds a transaction from a reverted block may wait.
    pub reverted_lifetime_seconds: u64,
    /// Seconds a transaction that is no transfer may wait.
    pub nonstandard_lifetime_seconds: u64,
    /// Expired ids that are remembered, so that they are not taken again.
    pub remembered_expired: usize,
    /// Fees.
    pub fees: FeePolicy,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            max_weight: Weight::new(POOL_MAX_WEIGHT),
            lifetime_seconds: POOL_LIFETIME_SECONDS,
            reverted_lifetime_seconds: POOL_ALTERNATIVE_LIFETIME_SECONDS,
            nonstandard_lifetime_seconds: POOL_NONSTANDARD_LIFETIME_SECONDS,
            remembered_expired: 10_000,
            fees: FeePolicy::Enforced,
        }
    }
}
