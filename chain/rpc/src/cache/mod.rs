//! What is worth keeping between requests. Everything here follows from the chain and may be dropped at any time.

mod facts;
mod output_counts;
mod scan_blocks;
mod service_nodes;

pub(crate) use facts::{ChainFacts, FactsCache};
pub(crate) use output_counts::OutputCountCache;
pub(crate) use scan_blocks::ScanBlockCache;
pub(crate) use service_nodes::{AnswerKey, ServiceNodeCache};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A cache is whole after every statement, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
