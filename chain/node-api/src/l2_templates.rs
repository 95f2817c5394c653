//! What a node that follows L2 puts into the blocks it makes from HF21 on.

use oxen_state::{View, template::TemplateL2, transaction::CheckedTransaction};
use oxen_types::Height;
use std::sync::Arc;

/// Who reads L2 for block makers. Answers from what was read before and never waits for a provider. A chain without one makes
/// blocks that repeat what the block before says, and agree with no report.
pub trait L2Templates: Send + Sync {
    /// What the block at `height`, which is the next of `view`, is to say. `waiting` are the reports in the own pool.
    fn values(&self, view: &dyn View, height: Height, waiting: &[Arc<CheckedTransaction>]) -> TemplateL2;
}
