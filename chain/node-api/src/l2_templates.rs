//! What a node that follows L2 puts into the blocks it makes from HF21 on, and what it thinks of those of others.

use oxen_bridge_rules::template::{NoWord, TemplateObjection};
use oxen_state::{View, ViewError, template::TemplateL2, transaction::CheckedTransaction};
use oxen_types::{Block, Height};
use std::sync::Arc;
use thiserror::Error;

/// Why a block maker has nothing to write about L2.
#[derive(Debug, Error)]
pub enum NoL2Values {
    /// It has no word to give: whatever it wrote would be a vote.
    #[error(transparent)]
    NoWord(#[from] NoWord),
    /// The state could not be read.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// Why a validator does not sign what a template says of L2.
#[derive(Debug, Error)]
pub enum L2Refusal {
    /// It is not its word.
    #[error(transparent)]
    Objection(#[from] TemplateObjection),
    /// The state could not be read.
    #[error(transparent)]
    View(#[from] ViewError),
}

/// Who reads L2 for block makers and validators. Answers from what was read before and never waits for a provider. A chain without
/// one makes blocks that repeat what the block before says, and agrees with no report.
pub trait L2Templates: Send + Sync {
    /// What the block at `height`, which is the next of `view`, is to say. `waiting` are the reports in the own pool.
    ///
    /// # Errors
    /// The node has no word to give, and makes no block.
    fn values(
        &self,
        view: &dyn View,
        height: Height,
        waiting: &[Arc<CheckedTransaction>],
    ) -> Result<TemplateL2, NoL2Values>;

    /// Whether this node gives its word for what a template at `height`, the next of `view`, says of L2. `transactions` are those
    /// of the template in its order.
    ///
    /// # Errors
    /// What it does not sign.
    fn check(
        &self,
        view: &dyn View,
        height: Height,
        template: &Block,
        transactions: &[Arc<CheckedTransaction>],
    ) -> Result<(), L2Refusal>;
}
