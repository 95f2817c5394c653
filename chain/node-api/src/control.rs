//! The process as its front ends see it: what it is, how it fares, how to end it.

use oxen_types::{Height, Timestamp};

/// Where the node stands against its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncState {
    /// It has what its peers have, or no peers to compare with.
    Synchronised,
    /// It is behind.
    CatchingUp {
        /// Height of the newest block the peers have.
        target: Height,
    },
}

/// The running node.
pub trait NodeControl: Send + Sync {
    /// Version of the software, as `major.minor.patch` and what may follow.
    fn version(&self) -> &str;

    /// When the node was started.
    fn started(&self) -> Timestamp;

    /// Where it stands against its network.
    fn sync_state(&self) -> SyncState;

    /// The line that tells an operator how the node is (rpc §7.3).
    fn status_line(&self) -> String;

    /// What the operator should act on, one sentence each; empty when all is well.
    fn warnings(&self) -> Vec<String>;

    /// Bytes left on the disk of the database; `None` where they cannot be told.
    fn free_disk_bytes(&self) -> Option<u64>;

    /// Asks the node to stop in order. Returns at once.
    fn request_stop(&self);
}
