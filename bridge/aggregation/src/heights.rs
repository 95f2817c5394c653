//! How far the chain is, and how far it is final.

use oxen_node_api::ChainReader;
use oxen_state::{ViewError, block::checkpoints::immutable_height, queries};
use oxen_types::Height;
use std::sync::Arc;

/// Tells heights.
pub trait Heights: Send + Sync {
    /// Height of the newest block.
    ///
    /// # Errors
    /// The database failed.
    fn tip(&self) -> Result<Height, ViewError>;

    /// The height at and below which blocks are final (chain §4.12); `None` while there is none.
    ///
    /// # Errors
    /// The database failed.
    fn immutable(&self) -> Result<Option<Height>, ViewError>;
}

/// Those of a chain.
pub struct ChainHeights(pub Arc<dyn ChainReader>);

impl Heights for ChainHeights {
    fn tip(&self) -> Result<Height, ViewError> {
        Ok(queries::totals(&*self.0.snapshot())?.tip)
    }

    fn immutable(&self) -> Result<Option<Height>, ViewError> {
        let snapshot = self.0.snapshot();
        let tip = queries::totals(&*snapshot)?.tip;
        immutable_height(&*snapshot, self.0.network(), tip)
    }
}
