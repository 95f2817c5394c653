//! The registry and the quorums as the prober reads them.

use oxen_staking_rules::{Registry, registry::update::StateQuorums};
use oxen_state::{
    View, ViewError,
    service_nodes::{StakingRules, state_quorums},
};
use oxen_types::Height;
use std::sync::Arc;

/// Reads service nodes from a snapshot. A seam for tests: the node passes its [`StakingRules`].
pub trait StakingView: Send + Sync {
    /// The registry after the newest block of the view.
    ///
    /// # Errors
    /// The state could not be read.
    fn registry(&self, view: &dyn View) -> Result<Arc<Registry>, ViewError>;

    /// The quorums of the state after the block at `height`; `None` when it is too old or too new.
    ///
    /// # Errors
    /// The state could not be read.
    fn quorums(&self, view: &dyn View, height: Height) -> Result<Option<StateQuorums>, ViewError> {
        state_quorums(view, height)
    }
}

impl StakingView for StakingRules {
    fn registry(&self, view: &dyn View) -> Result<Arc<Registry>, ViewError> {
        Self::registry(self, view)
    }
}
