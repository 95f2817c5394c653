//! The sync as others see it.

use oxen_node_api::{SyncSpan, SyncState};
use oxen_types::Height;

/// A node this close to its peers has what they have: the newest block is always on its way to somebody.
const CLOSE: u64 = 1;

/// Where the sync stands.
#[derive(Debug, Default)]
pub(crate) struct SyncView {
    /// Newest block of those followed, while somebody is.
    pub(crate) target: Option<Height>,
    /// Blocks on their way.
    pub(crate) spans: Vec<SyncSpan>,
}

impl SyncView {
    /// Where a node with this newest block stands.
    pub(crate) fn state(&self, tip: Height) -> SyncState {
        match self.target {
            Some(target) if target > tip.saturating_add(CLOSE) => SyncState::CatchingUp { target },
            _ => SyncState::Synchronised,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_block_behind_is_not_behind() {
        let state = |target| {
            let view = SyncView {
                target,
                spans: Vec::new(),
            };
            view.state(Height::new(10))
        };
        assert_eq!(state(None), SyncState::Synchronised);
        assert_eq!(state(Some(Height::new(11))), SyncState::Synchronised);
        let target = Height::new(12);
        assert_eq!(state(Some(target)), SyncState::CatchingUp { target });
    }
}
