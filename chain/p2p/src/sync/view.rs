//! The sync as others see it.

use oxen_node_api::{SyncSpan, SyncState};
use oxen_types::Height;
use std::time::Duration;
use tokio::time::Instant;

/// A node this close to its peers has what they have: the newest block is always on its way to somebody.
const CLOSE: u64 = 1;

/// How long after a verified block a node counts as catching up. Ids alone prove nothing: anybody can invent them.
const LASTING: Duration = Duration::from_secs(10);

/// Where the sync stands.
#[derive(Debug, Default)]
pub(crate) struct SyncView {
    /// Height of the newest block that the peer followed has named, while somebody is followed.
    pub(crate) target: Option<Height>,
    /// Blocks on their way.
    pub(crate) spans: Vec<SyncSpan>,
    /// When following last moved the tip.
    advanced: Option<Instant>,
    /// Blocks by which it did since it began.
    blocks: u64,
}

impl SyncView {
    /// A verified block of the peer followed is the tip.
    pub(crate) fn advanced(&mut self, now: Instant) {
        self.advanced = Some(now);
        self.blocks = self.blocks.saturating_add(1);
    }

    /// Nobody is followed any more.
    pub(crate) fn end(&mut self) {
        *self = Self::default();
    }

    /// Where a node with this newest block stands. It catches up only while blocks come and are verified, and more than the newest
    /// one: a node that runs Pulse stands down meanwhile, which no stranger may bring about by what it claims.
    pub(crate) fn state(&self, tip: Height, now: Instant) -> SyncState {
        let advances = self.blocks > CLOSE && self.advanced.is_some_and(|last| now.duration_since(last) < LASTING);
        match self.target {
            Some(target) if advances && target > tip.saturating_add(CLOSE) => SyncState::CatchingUp { target },
            _ => SyncState::Synchronised,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIP: Height = Height::new(10);

    fn following(target: u64, blocks: u64, now: Instant) -> SyncView {
        let mut view = SyncView {
            target: Some(Height::new(target)),
            ..SyncView::default()
        };
        for _ in 0..blocks {
            view.advanced(now);
        }
        view
    }

    #[test]
    fn one_block_behind_is_not_behind() {
        let now = Instant::now();
        assert_eq!(SyncView::default().state(TIP, now), SyncState::Synchronised);
        assert_eq!(following(11, 2, now).state(TIP, now), SyncState::Synchronised);
        let target = Height::new(12);
        assert_eq!(following(12, 2, now).state(TIP, now), SyncState::CatchingUp { target });
    }

    #[test]
    fn a_target_that_verified_blocks_do_not_confirm_does_not_stand() {
        let now = Instant::now();
        assert_eq!(following(2_000, 0, now).state(TIP, now), SyncState::Synchronised);
        assert_eq!(
            following(2_000, 1, now).state(TIP, now),
            SyncState::Synchronised,
            "the newest block"
        );
        let view = following(2_000, 2, now);
        assert_ne!(view.state(TIP, now), SyncState::Synchronised);
        assert_eq!(
            view.state(TIP, now + LASTING),
            SyncState::Synchronised,
            "nothing came since"
        );
    }
}
