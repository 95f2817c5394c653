//! Figures for Prometheus.

use metrics::{counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use oxen_node_api::{ChainEvent, ChainReader, ChainSubscriber, Pool};
use std::sync::{Arc, OnceLock};

const HEIGHT: &str = "oxen_chain_height";
const POOL_TRANSACTIONS: &str = "oxen_pool_transactions";
const DATABASE_BYTES: &str = "oxen_database_bytes";
const BLOCKS_COMMITTED: &str = "oxen_blocks_committed_total";
const BLOCKS_REVERTED: &str = "oxen_blocks_reverted_total";

/// The process-wide recorder: there is one however many nodes a test starts in a process.
fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let handle = PrometheusBuilder::new().install_recorder();
            if let Err(error) = &handle {
                tracing::warn!(%error, "metrics are not recorded");
            }
            describe_gauge!(HEIGHT, "Blocks of the main chain");
            describe_gauge!(POOL_TRANSACTIONS, "Transactions that wait for a block");
            describe_gauge!(DATABASE_BYTES, "Bytes of the database on disk");
            describe_counter!(BLOCKS_COMMITTED, "Blocks that became the tip since the start");
            describe_counter!(BLOCKS_REVERTED, "Blocks that were taken back since the start");
            handle.ok()
        })
        .as_ref()
}

/// Counts block events.
pub(crate) struct MetricsSubscriber;

impl MetricsSubscriber {
    pub(crate) fn new() -> Arc<Self> {
        recorder();
        Arc::new(Self)
    }
}

impl ChainSubscriber for MetricsSubscriber {
    fn on_event(&self, event: &ChainEvent) {
        match event {
            ChainEvent::Committed { .. } => counter!(BLOCKS_COMMITTED).increment(1),
            ChainEvent::Reverted { .. } => counter!(BLOCKS_REVERTED).increment(1),
            ChainEvent::StorageStopped { .. } | ChainEvent::PoolAdded { .. } | ChainEvent::PoolRemoved { .. } => {}
        }
    }
}

/// The figures in Prometheus' text format, gauges read at this moment.
pub(crate) fn render(chain: &dyn ChainReader, pool: &dyn Pool) -> String {
    let height = oxen_state::queries::totals(&*chain.snapshot()).map_or(0, |totals| totals.tip.next().index());
    #[allow(clippy::cast_precision_loss)] // gauges are doubles; these figures stay far below 2⁵³
    {
        gauge!(HEIGHT).set(height as f64);
        gauge!(POOL_TRANSACTIONS).set(pool.len() as f64);
        gauge!(DATABASE_BYTES).set(chain.database_bytes() as f64);
    }
    recorder().map(PrometheusHandle::render).unwrap_or_default()
}
