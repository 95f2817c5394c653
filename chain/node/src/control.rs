//! The running node as its RPC sees it.

use crate::{
    shutdown::{Shutdown, ShutdownReason},
    status::status_line,
};
use oxen_node_api::{ChainReader, Clock, NodeControl, PeerControl, Pool, SyncState};
use oxen_types::Timestamp;
use std::{path::PathBuf, sync::Arc, time::Instant};

/// Answers about the process.
pub(crate) struct Control {
    pub(crate) chain: Arc<dyn ChainReader>,
    pub(crate) pool: Arc<dyn Pool>,
    /// None when the node is alone.
    pub(crate) peers: Option<Arc<dyn PeerControl>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shutdown: Shutdown,
    pub(crate) started_at: Timestamp,
    pub(crate) started: Instant,
    pub(crate) data_directory: PathBuf,
}

impl NodeControl for Control {
    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn started(&self) -> Timestamp {
        self.started_at
    }

    fn sync_state(&self) -> SyncState {
        // Without peers there is nothing to catch up with.
        self.peers
            .as_ref()
            .map_or(SyncState::Synchronised, |peers| peers.sync_state())
    }

    fn status_line(&self) -> String {
        status_line(&*self.chain, &*self.pool, self.clock.now(), self.started.elapsed())
    }

    fn warnings(&self) -> Vec<String> {
        /// A day of full blocks.
        const LITTLE_DISK: u64 = 1 << 30;
        self.free_disk_bytes()
            .filter(|free| *free < LITTLE_DISK)
            .map(|free| {
                format!(
                    "only {} MiB are left on the disk of the database; make room",
                    free >> 20
                )
            })
            .into_iter()
            .collect()
    }

    fn free_disk_bytes(&self) -> Option<u64> {
        fs2::available_space(&self.data_directory).ok()
    }

    fn request_stop(&self) {
        self.shutdown.request(ShutdownReason::Rpc);
    }
}
