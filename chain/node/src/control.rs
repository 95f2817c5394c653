//! The running node as its RPC sees it.

use crate::{
    own_report::OwnReporter,
    shutdown::{Shutdown, ShutdownReason},
    status::NodeStatus,
};
use oxen_node_api::{ChainReader, Clock, NodeControl, PeerControl, Pool, SyncState};
use oxen_pulse_driver::PulseWatch;
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
    /// What is told about the service node, if the process runs one.
    pub(crate) own: OwnReporter,
    /// Where Pulse stands, if the process runs a service node.
    pub(crate) pulse: Option<PulseWatch>,
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
        let first = NodeStatus::gather(
            &*self.chain,
            &*self.pool,
            self.peers.as_deref(),
            self.clock.now(),
            self.started.elapsed(),
        )
        .map_or_else(
            |error| format!("the database cannot be read: {error}"),
            |status| status.to_string(),
        );
        let own = self.own.report().map(|report| report.lines()).unwrap_or_default();
        let pulse = self.pulse.as_ref().map(|pulse| pulse.situation().to_string());
        std::iter::once(first)
            .chain(own)
            .chain(pulse)
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn warnings(&self) -> Vec<String> {
        let own = self.own.report().map(|report| report.warnings()).unwrap_or_default();
        self.little_disk().into_iter().chain(own).collect()
    }

    fn free_disk_bytes(&self) -> Option<u64> {
        fs2::available_space(&self.data_directory).ok()
    }

    fn request_stop(&self) {
        self.shutdown.request(ShutdownReason::Rpc);
    }
}

impl Control {
    fn little_disk(&self) -> Option<String> {
        /// A day of full blocks.
        const LITTLE_DISK: u64 = 1 << 30;
        let free = self.free_disk_bytes().filter(|free| *free < LITTLE_DISK)?;
        Some(format!(
            "only {} MiB are left on the disk of the database; make room",
            free >> 20
        ))
    }
}
